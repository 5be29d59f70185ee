"""Every task has its batch and, if it came with one, its import: kept by the database, a statement at a time."""

import threading
import time

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.base import clock
from tasks.models import Batch, Import, Task
from tests import market

NOBODY = 987_654_321


@pytest.fixture
def batch(atelier, alice):
    return market.draft(atelier, alice, rows=2)


@pytest.fixture
def source(batch, alice):
    return Import.objects.create(
        batch=batch, created_by=alice, filename="rows.csv", path="imports/none", size=1, format="csv"
    )


def row(batch_id, number, source_id=None):
    return Task(
        batch_id=batch_id, source_id=source_id, row_number=number, key=0, overlap=1, open_slots=1,
        is_open=False, data={"name": "x"},
    )  # fmt: skip


@pytest.mark.django_db
def test_no_row_of_a_statement_may_name_a_batch_that_is_not_there(batch):
    with pytest.raises(IntegrityError, match="batch that does not exist"), transaction.atomic():
        Task.objects.bulk_create([row(batch.pk, 3), row(NOBODY, 1)])
    assert batch.tasks.count() == 2


@pytest.mark.django_db
def test_no_row_may_name_an_import_that_is_not_there(batch, source):
    with pytest.raises(IntegrityError, match="import that does not exist"), transaction.atomic():
        Task.objects.bulk_create([row(batch.pk, 3, source.pk), row(batch.pk, 4, NOBODY)])
    Task.objects.bulk_create([row(batch.pk, 3, source.pk), row(batch.pk, 4)])
    assert batch.tasks.count() == 4


@pytest.mark.django_db
def test_a_task_stays_with_its_batch_and_its_import(batch, source, atelier, alice):
    other = market.draft(atelier, alice, rows=1)
    for change in ({"batch": other}, {"source": source}):
        with pytest.raises(IntegrityError, match="stays with"), transaction.atomic():
            batch.tasks.filter(row_number=1).update(**change)
    batch.tasks.get(row_number=1).save()  # names both keys, changes neither


@pytest.mark.django_db
def test_a_batch_or_an_import_goes_only_after_its_tasks(batch, source):
    Task.objects.bulk_create([row(batch.pk, 3, source.pk)])
    for table, pk in (("tasks_batch", batch.pk), ("tasks_import", source.pk)):
        with (
            pytest.raises(IntegrityError, match="still has tasks"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [pk])
    batch.tasks.all().delete()
    source.delete()


@pytest.mark.django_db(transaction=True)
def test_a_batch_can_not_go_while_rows_that_name_it_arrive(atelier, alice):
    batch = Batch.objects.create(
        organisation=atelier, created_by=alice, title="Empty", form=market.FORM, created_at=clock.now()
    )
    outcome = []

    def delete():
        try:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM tasks_batch WHERE id = %s", [batch.pk])
            outcome.append("deleted")
        except IntegrityError as error:
            outcome.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        Task.objects.bulk_create([row(batch.pk, 1)])
        deleting = threading.Thread(target=delete)
        deleting.start()
        time.sleep(0.3)  # the other side waits for this transaction, however long
        assert not outcome
    deleting.join(30)
    assert "still has tasks" in outcome[0]
    assert batch.tasks.count() == 1
