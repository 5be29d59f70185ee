"""`manage.py crowd` on batches of drawings, consent and sent files: through the services, and the books stay sound."""

import random
from collections import Counter
from typing import Any

import pytest

from marketplace.base import clock
from marketplace.simulation import crowd, files
from tasks import kinds
from tasks.forms import compile_form
from tasks.models import AnswerFile, Assignment, Batch, Task
from tasks.services import answer_files, batches
from tests import market

pytestmark = pytest.mark.django_db


def work(batch: Any, worker: Any, seed: int = 1) -> Counter[str]:
    tally = crowd.Tally()
    rng = random.Random(seed)
    for _each in range(batch.tasks.count()):
        crowd._one_task(worker, 0.9, rng, tally)
    return tally.counts


def opened(organisation: Any, actor: Any, form: dict[str, Any], rows: list[dict[str, str]]) -> Any:
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    batch = market.draft(organisation, actor, rows=len(rows), form=form)
    for task, row in zip(Task.objects.filter(batch=batch).order_by("pk"), rows, strict=True):
        task.data = dict(row)
        task.save(update_fields=["data"])
    Batch.objects.filter(pk=batch.pk).update(columns=compile_form(form).columns)
    market.fund(organisation)
    batches.publish(batch=batch, actor=actor)
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize("key", ["boxes_objects", "mark_names", "transcribe_invoice", "choose_ai_answer"])
def test_the_crowd_works_on_a_kind_of_any_sort(atelier: Any, alice: Any, bob: Any, key: str) -> None:
    kind = kinds.get(key)
    batch = opened(atelier, alice, kind.form(), kind.example_rows())
    assert work(batch, bob) == {"claimed": 3, "submitted": 3}
    assert Assignment.objects.filter(batch=batch, state="submitted").count() == 3
    market.assert_sound()


def test_a_worker_of_the_crowd_sends_a_photo_of_their_own(atelier: Any, alice: Any, bob: Any) -> None:
    form = {"fields": [{"name": "photo", "widget": "upload", "label": "A photo", "required": True}]}
    batch = opened(atelier, alice, {**market.FORM, **form}, [{"name": "one"}])
    assert work(batch, bob) == {"claimed": 1, "submitted": 1}
    file = AnswerFile.objects.get()
    assert file.assignment.answer == {"photo": file.public_id}
    assert file.named_at is not None


def test_some_say_no_to_a_survey_and_are_paid_for_the_look(
    atelier: Any, alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = kinds.get("survey")
    batch = opened(atelier, alice, kind.form(), kind.example_rows())
    monkeypatch.setattr(crowd, "UNWILLING", 1.0)
    done = work(batch, bob)
    assert done["screened_out"] == 1 and not done["submitted"]
    assert done["refused_screened_out"] == 2  # whoever said no is not asked again
    market.assert_sound()


def test_a_sound_of_the_crowd_is_one_that_we_take(atelier: Any, alice: Any, bob: Any) -> None:
    name, size = answer_files._cleaned("sound", files.take("sound", random.Random(1)))
    assert name.endswith(".m4a") and size > 0
