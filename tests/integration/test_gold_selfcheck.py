"""What selfcheck finds about check questions, scores and pauses when something was changed behind the code's back."""

import datetime as dt

import pytest

from tasks.models import BatchPause, Gold, GoldScore, Task
from tasks.services import checks as selfcheck
from tests import gold as checks
from tests import market
from tests.gold import WRONG

pytestmark = pytest.mark.django_db


@pytest.fixture
def missed(atelier, alice, bob):
    """A batch in which Bob missed four check questions and has a pause."""
    batch = checks.batch_with_checks(atelier, alice, rows=4, questions=6)
    checks.answer_checks(bob, batch, WRONG * 4)
    market.assert_sound()
    return batch


def broken():
    return {check.name: check.ids for check in selfcheck.run() if not check.ok}


def test_a_score_of_somebody_elses_answer_is_named(missed, bea):
    score = GoldScore.objects.first()
    GoldScore.objects.filter(pk=score.pk).update(worker=bea)
    assert broken() == {"scores_are_of_their_assignments": [score.assignment.public_id]}


def test_a_score_for_another_question_is_named(missed):
    score = GoldScore.objects.first()
    GoldScore.objects.filter(pk=score.pk).update(gold=Gold.objects.exclude(pk=score.gold_id).first())
    assert set(broken()) == {"scores_are_of_their_assignments"}


def test_a_check_question_without_a_known_answer_is_named(missed):
    task = Task.objects.filter(is_gold=True, gold__scores__isnull=True).first()
    Gold.objects.filter(pk=task.pk).delete()
    assert broken() == {"each_check_question_has_a_known_answer": [task.public_id]}


def test_a_question_that_is_set_aside_and_asked_is_named(missed):
    known = Gold.objects.filter(task__is_open=True).first()
    Gold.objects.filter(pk=known.pk).update(aside="taken_back", aside_at=known.created_at)
    assert broken() == {"no_check_question_set_aside_is_asked": [known.task.public_id]}


def test_two_pauses_at_once_and_one_that_does_not_end_are_named(missed):
    pause = BatchPause.objects.get()
    BatchPause.objects.filter(pk=pause.pk).update(ends_at=pause.starts_at + dt.timedelta(days=400))
    assert broken() == {"a_pause_is_one_at_a_time_and_ends": [pause.public_id]}
    BatchPause.objects.filter(pk=pause.pk).update(ends_at=pause.starts_at + dt.timedelta(days=1))
    second = BatchPause.objects.create(
        batch=pause.batch, worker=pause.worker, asked=4, right=0,
        starts_at=pause.starts_at + dt.timedelta(hours=1), ends_at=pause.starts_at + dt.timedelta(days=1),
    )  # fmt: skip
    assert broken() == {"a_pause_is_one_at_a_time_and_ends": [second.public_id]}
