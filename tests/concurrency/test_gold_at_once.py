"""Two people at once: on the last slot of a check question, and on the two sides of a decision about it."""

import pytest

from tasks.models import Assignment, BatchPause, Gold, GoldContest, GoldScore, Task
from tasks.services import aggregation, claims, gold_contests, submissions
from tests import gold as checks
from tests import market
from tests.concurrency.test_claims_at_once import at_once
from tests.gold import WRONG
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_who_are_due_a_check_question_one_gets_its_last_slot_and_the_others_an_ordinary_task(
    atelier, alice, monkeypatch
):
    monkeypatch.setattr(claims.random, "random", lambda: 0.0)  # everybody is due one
    batch = checks.batch_with_checks(atelier, alice, rows=20, questions=1, rate=0.01)
    assert Task.objects.get(is_gold=True).open_slots == 1
    people = [make_worker(f"crew{number}") for number in range(12)]
    outcomes = at_once(
        [lambda who=who: "claimed" if claims.claim(worker=who, batch=batch) else "" for who in people]
    )
    assert outcomes == {"claimed": 12}
    assert Assignment.objects.filter(task__is_gold=True).count() == 1
    market.assert_sound()


def test_answers_scored_while_the_question_is_set_aside_leave_no_pause_that_stands_on_it(atelier, alice):
    batch = checks.batch_with_checks(atelier, alice, rows=20, questions=4, rate=0.5)
    Task.objects.filter(is_gold=True).update(overlap=50, open_slots=50)
    people = [make_worker(f"crew{number}") for number in range(6)]
    first, tasks = people[0], list(Task.objects.filter(is_gold=True).order_by("pk"))
    rows = checks.answer_checks(first, batch, WRONG * 4, tasks=tasks)
    score = GoldScore.objects.get(pk=rows[0].pk)
    said = gold_contests.contest(score=score, worker=first, text="It is blurred.")
    for person in people[1:]:
        for task in tasks:
            claim = claims.claim(worker=person, batch=batch, task=task)
            row = Assignment.objects.select_related("batch").get(pk=claim.assignment_id)
            submissions.submit(assignment=row, worker=person, answer={"same": WRONG})

    def decide():
        return gold_contests.decide(
            contest=GoldContest.objects.select_related("score__batch", "score__assignment").get(pk=said.pk),
            actor=alice,
            outcome="set_aside",
            reason="It is.",
        ).outcome

    outcomes = at_once([decide, decide, aggregation.validate, aggregation.validate])
    assert outcomes["set_aside"] == 1 and outcomes["state_changed"] == 1
    aggregation.validate()
    assert GoldScore.objects.count() == 24
    assert Gold.objects.get(pk=rows[0].task_id).aside == "contested"
    assert not BatchPause.objects.filter(lifted_at__isnull=True).exists()  # three that count are too few


def test_a_contest_is_decided_once(atelier, alice, bob):
    batch = checks.batch_with_checks(atelier, alice)
    (row,) = checks.answer_checks(bob, batch, WRONG)
    said = gold_contests.contest(score=GoldScore.objects.get(), worker=bob, text="It is blurred.")
    outcomes = at_once(
        [
            lambda outcome=outcome: (
                gold_contests.decide(
                    contest=GoldContest.objects.get(pk=said.pk), actor=alice, outcome=outcome, reason="So."
                ).outcome
            )
            for outcome in ("kept", "right_too") * 4
        ]
    )
    assert outcomes["state_changed"] == 7 and sum(outcomes.values()) == 8
    known = Gold.objects.get(pk=row.task_id)
    assert (len(known.answers) == 2) == (GoldContest.objects.get().outcome == "right_too")
