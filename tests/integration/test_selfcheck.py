"""selfcheck: clean on a living market, and naming the row when an invariant is broken behind the code's back."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from marketplace.base.models import Notice
from payments.models import Cap
from tasks.models import Assignment, Batch, Task
from tasks.services import checks, reviews
from tests import market

pytestmark = pytest.mark.django_db


@pytest.fixture
def living(atelier, alice, bob, bea):
    batch = market.open_batch(atelier, alice, rows=4, overlap=2)
    done = [market.submitted(worker, batch) for worker in (bob, bea)]
    market.claimed(bob, batch)
    reviews.approve(batch=batch, assignments=[done[0].pk], actor=alice)
    return batch


def broken(capsys) -> list[str]:
    with pytest.raises(CommandError):
        call_command("selfcheck", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    return [check["name"] for check in found["checks"] if not check["ok"] and check["ids"]]


def test_a_living_market_is_sound(living, capsys):
    call_command("selfcheck", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True and len(found["checks"]) > 20
    assert all(set(check) == {"name", "ok", "ids"} for check in found["checks"])


def test_a_lost_slot_is_named(living, capsys):
    task = Task.objects.filter(open_slots=2).first() or Task.objects.filter(open_slots=1).first()
    Task.objects.filter(pk=task.pk).update(open_slots=0, is_open=False)
    assert broken(capsys) == ["slots_are_conserved"]


def test_an_approval_without_its_payment_is_named(living, capsys):
    held = Assignment.objects.filter(state="submitted").first()
    Assignment.objects.filter(pk=held.pk).update(state="approved", reviewed_at=held.submitted_at)
    names = broken(capsys)
    assert "each_approved_answer_is_paid_once" in names and "cap_reserved_equals_what_is_undecided" in names


def test_a_forgotten_reservation_is_named(living, bob, capsys):
    Cap.objects.filter(user=bob).update(reserved_micros=1)
    assert broken(capsys) == ["cap_reserved_equals_what_is_undecided"]


def test_slots_without_money_are_named(living, capsys):
    Batch.objects.filter(pk=living.pk).update(reward_micros=10**9)
    assert "holding_covers_open_and_undecided_work" in broken(capsys)


def test_a_ledger_changed_by_its_owner_is_named(living, capsys):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")  # as a superuser could
        cursor.execute(
            "UPDATE payments_entry SET amount = amount + 1 WHERE id = (SELECT min(id) FROM payments_entry)"
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert "ledger_sums_to_zero" in broken(capsys)


def test_the_nightly_run_tells_the_administrators_once(living, erin, bob):
    assert checks.nightly()["broken"] == 0
    Cap.objects.filter(user=bob).update(reserved_micros=1)
    checks.nightly()
    checks.nightly()
    assert Notice.objects.filter(user=erin, kind="selfcheck_broken").count() == 1
