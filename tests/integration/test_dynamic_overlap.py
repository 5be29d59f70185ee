"""Dynamic overlap: a task asks one more person while it is not sure, and what nobody was asked for goes back."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Invalid
from payments.services import holdings
from tasks.models import Assignment, Batch, Result, Task
from tasks.services import (
    aggregation,
    batches,
    claims,
    closing,
    disputes,
    floors,
    prices,
    reviews,
    screenouts,
    submissions,
)
from tests import market
from tests.personas import make_worker

pytestmark = pytest.mark.django_db
EUR = market.EUR
TERMS = {"overlap": 2, "overlap_most": 4, "confidence": 0.8, "reward_micros": EUR, "estimated_seconds": 60}


@pytest.fixture
def crew(db):
    return [make_worker(f"crew{number}") for number in range(6)]


def opened(atelier, alice, rows=1, **terms):
    return market.open_batch(atelier, alice, rows=rows, **{**TERMS, **terms})


def give(worker, batch, answer, task=None):
    claim = claims.claim(worker=worker, batch=batch, task=task)
    row = Assignment.objects.select_related("batch__organisation", "task").get(pk=claim.assignment_id)
    submissions.submit(assignment=row, worker=worker, answer={"same": answer})
    row.refresh_from_db()
    return row


def look(batch):
    """The clockwork once: new answers are seen, the batch is fitted, whoever may be asked is asked."""
    aggregation.validate()
    aggregation.refit(batch)
    market.assert_sound()


def end(batch, alice):
    """Everything is approved and the batch completes."""
    numbers = list(batch.assignments.filter(state="submitted").values_list("pk", flat=True))
    reviews.approve(batch=batch, assignments=numbers, actor=alice)
    look(batch)
    closing.complete_finished()
    batch.refresh_from_db()
    market.assert_sound()
    return batch


def test_the_price_is_set_aside_at_the_most_and_shown_as_a_range(atelier, alice):
    batch = opened(atelier, alice, rows=3)
    assert (prices.units(batch), prices.least_units(batch)) == (12, 6)
    assert holdings.held(batch.public_id) == prices.quote(batch, 12).total
    assert prices.least_quote(batch).total * 2 == prices.quote(batch).total
    market.assert_sound()


def test_two_who_agree_are_enough_and_the_rest_goes_back_to_the_cent(atelier, alice, crew):
    batch = opened(atelier, alice)
    before = holdings.available(atelier)
    for worker in crew[:2]:
        give(worker, batch, "1")
    look(batch)
    task = Task.objects.get(batch=batch)
    assert (task.overlap, task.open_slots, task.most) == (2, 0, None)
    batch = end(batch, alice)
    assert batch.state == "completed" and batch.settled_at
    assert holdings.held(batch.public_id) == 0
    unit = prices.unit_micros(batch, EUR)
    assert holdings.available(atelier) == before + prices.quote(batch, 4).total - 2 * unit


def test_two_who_differ_ask_a_third_and_a_fourth_and_nobody_is_to_blame(atelier, alice, crew):
    batch = opened(atelier, alice)
    for worker, answer in zip(crew[:2], "10", strict=True):
        give(worker, batch, answer)
    look(batch)
    task = Task.objects.get(batch=batch)
    assert (task.overlap, task.open_slots, task.is_open, task.most) == (3, 1, True, 4)
    give(crew[2], batch, "1")
    look(batch)
    task.refresh_from_db()
    assert (task.overlap, task.open_slots, task.most) == (4, 1, None)
    give(crew[3], batch, "0")
    look(batch)
    task.refresh_from_db()
    assert (task.overlap, task.open_slots) == (4, 0)
    batch = end(batch, alice)
    assert batch.state == "completed"
    assert Assignment.objects.filter(batch=batch, state="approved").count() == 4


def test_two_of_two_are_not_a_certainty(atelier, alice, crew):
    batch = opened(atelier, alice)
    for worker in crew[:2]:
        give(worker, batch, "1")
    look(batch)
    result = Result.objects.get(batch=batch)
    assert 0.8 < result.confidence < 1
    assert result.values["same"] == {"value": "1", "confidence": result.confidence}


def test_a_task_does_not_grow_while_somebody_is_at_work_on_it(atelier, alice, crew):
    batch = opened(atelier, alice, overlap=3)
    for worker, answer in zip(crew[:2], "10", strict=True):
        give(worker, batch, answer)
    held = market.claimed(crew[2], batch)
    look(batch)
    task = Task.objects.get(batch=batch)
    assert (task.overlap, task.open_slots) == (3, 0)
    claims.release(assignment=held, worker=crew[2])
    look(batch)
    task.refresh_from_db()
    assert (task.overlap, task.open_slots, task.most) == (3, 1, 4)


def test_answers_approved_before_they_were_seen_are_seen_too(atelier, alice, crew):
    batch = opened(atelier, alice)
    done = [give(worker, batch, answer) for worker, answer in zip(crew[:2], "10", strict=True)]
    reviews.approve(batch=batch, assignments=[row.pk for row in done], actor=alice)
    look(batch)
    assert not Assignment.objects.filter(batch=batch, validated_at__isnull=True).exists()
    assert Task.objects.get(batch=batch).overlap == 3


def test_a_batch_is_not_complete_while_it_may_still_ask(atelier, alice, crew):
    batch = opened(atelier, alice)
    done = [give(worker, batch, answer) for worker, answer in zip(crew[:2], "10", strict=True)]
    reviews.approve(batch=batch, assignments=[row.pk for row in done], actor=alice)
    closing.complete_finished()
    batch.refresh_from_db()
    assert batch.state == "published"
    look(batch)
    assert Task.objects.get(batch=batch).is_open


def test_a_paused_batch_asks_and_the_question_waits(atelier, alice, crew):
    batch = opened(atelier, alice)
    rows = [market.claimed(worker, batch) for worker in crew[:2]]
    batches.pause(batch=batch, actor=alice)
    for row, answer in zip(rows, "10", strict=True):
        submissions.submit(assignment=row, worker=row.worker, answer={"same": answer})
    look(batch)
    task = Task.objects.get(batch=batch)
    assert (task.overlap, task.open_slots, task.is_open) == (3, 1, True)
    batches.resume(batch=batch, actor=alice)
    batch.refresh_from_db()
    give(crew[2], batch, "1")
    look(batch)


def test_a_batch_closed_early_asks_nobody_and_gives_everything_back(atelier, alice, crew):
    batch = opened(atelier, alice, rows=2)
    rows = [market.claimed(crew[0], batch)]
    give(crew[1], batch, "1", task=rows[0].task)
    closing.close(batch=batch, actor=alice)
    submissions.submit(assignment=rows[0], worker=crew[0], answer={"same": "0"})
    look(batch)
    assert not Task.objects.filter(batch=batch, is_open=True).exists()
    assert not Task.objects.filter(batch=batch, most__isnull=False).exists()
    reviews.approve(
        batch=batch, assignments=list(batch.assignments.values_list("pk", flat=True)), actor=alice
    )
    closing.complete_finished()
    batch.refresh_from_db()
    assert batch.settled_at and holdings.held(batch.public_id) == 0
    market.assert_sound()


def test_a_raised_price_is_set_aside_for_answers_to_come_as_well(atelier, alice, crew):
    batch = opened(atelier, alice)
    batch = batches.raise_price(batch=batch, actor=alice, reward_micros=2 * EUR)
    assert holdings.held(batch.public_id) == prices.quote(batch, 4).total
    for worker, answer in zip(crew[:4], "1010", strict=True):
        give(worker, batch, answer)
        look(batch)
    batch = end(batch, alice)
    assert batch.state == "completed" and holdings.held(batch.public_id) == 0


def test_topups_do_not_eat_what_a_disagreement_may_still_ask_for(atelier, alice, crew):
    batch = opened(atelier, alice, rows=6, estimated_seconds=60)
    tasks = list(Task.objects.filter(batch=batch))
    for task in tasks:
        for worker, answer in zip(crew[:2], "10", strict=True):
            give(worker, batch, answer, task=task)
    Assignment.objects.filter(batch=batch).update(worked_seconds=1800)
    look(batch)
    give(crew[2], batch, "1", task=tasks[0])
    Assignment.objects.filter(batch=batch).update(worked_seconds=1800)
    paid, _ = floors.measure(batch_id=batch.pk)
    assert paid == 13
    market.assert_sound()
    to_come = sum(task.open_slots + (task.most or task.overlap) - task.overlap for task in batch.tasks.all())
    assert to_come == 11
    assert holdings.held(batch.public_id) >= to_come * prices.unit_micros(batch, EUR)


def test_a_slot_closed_by_screen_outs_is_one_less_of_the_most_too(atelier, alice, crew, monkeypatch):
    batch = opened(atelier, alice, overlap=1, overlap_most=2)
    held = market.claimed(crew[0], batch)
    monkeypatch.setattr(floors, "uncommitted", lambda batch: 0)
    screenouts.screen_out(assignment=held, worker=crew[0])
    monkeypatch.undo()
    task = Task.objects.get(batch=batch)
    assert (task.overlap, task.open_slots, task.most) == (0, 0, 1)
    market.assert_sound()
    look(batch)  # it had no answer yet: what is left of its money asks for one
    task.refresh_from_db()
    assert (task.overlap, task.open_slots, task.most) == (1, 1, None)


def test_rows_added_live_may_grow_like_the_first_ones(atelier, alice, crew):
    from tests.integration.test_money_under_change import loaded

    batch = opened(atelier, alice)
    source = loaded(batch, alice, "needs_funds", 2)
    held = holdings.held(batch.public_id)
    batches.fund_rows(source=source, actor=alice)
    assert holdings.held(batch.public_id) == held + prices.quote(batch, 8).total
    assert list(batch.tasks.values_list("overlap", "most").distinct()) == [(2, 4)]
    market.assert_sound()


def test_a_refused_answer_is_not_counted_and_its_task_asks_for_another(atelier, alice, crew, dana):
    batch = opened(atelier, alice)
    wrong, right = give(crew[0], batch, "1"), give(crew[1], batch, "0")
    reviews.contest(assignment=wrong, actor=alice, reason="wrong_answer", evidence="It is not the same one.")
    wrong.refresh_from_db()
    disputes.reply(assignment=wrong, worker=crew[0], text="It is.")
    disputes.decide(
        dispute=wrong.disputes.get(), moderator=dana, outcome="reject", reason="It is another one."
    )
    look(batch)
    task, result = Task.objects.get(batch=batch), Result.objects.get(batch=batch)
    assert (task.overlap, task.open_slots) == (3, 1)
    assert (result.answers, result.values["same"]["value"]) == (1, "0")
    give(crew[2], batch, "0")
    reviews.approve(batch=batch, assignments=[right.pk], actor=alice)
    batch = end(batch, alice)
    assert batch.state == "completed"


def test_a_redone_answer_is_seen_again(atelier, alice, crew):
    batch = opened(atelier, alice, overlap=3)
    first = give(crew[0], batch, "0")
    for worker in crew[1:3]:
        give(worker, batch, "1")
    look(batch)
    sure = Result.objects.get(batch=batch).confidence
    reviews.contest(assignment=first, actor=alice, reason="wrong_answer", evidence="It is the same one.")
    first.refresh_from_db()
    disputes.redo(assignment=first, worker=crew[0], answer={"same": "1"})
    look(batch)
    result = Result.objects.get(batch=batch)
    assert result.confidence > sure and result.values["same"]["value"] == "1"


def test_a_draft_says_how_far_and_how_sure_together(atelier, alice):
    for terms, place in [
        ({"overlap": 3, "overlap_most": 3, "confidence": 0.9}, "overlap_most"),
        ({"overlap": 3, "overlap_most": 101, "confidence": 0.9}, "overlap_most"),
        ({"overlap": 3, "overlap_most": 5}, "confidence"),
        ({"overlap": 3, "overlap_most": 5, "confidence": 1.0}, "confidence"),
        ({"overlap": 3, "confidence": 0.9}, "overlap_most"),
    ]:
        with pytest.raises(Invalid) as refusal:
            batches.create_draft(organisation=atelier, actor=alice, **terms)
        assert place in refusal.value.fields


def test_the_database_refuses_a_batch_that_grows_to_nowhere(atelier, alice):
    batch = market.draft(atelier, alice, rows=1)
    for half in ({"overlap_most": 5}, {"confidence": 0.9}, {"overlap_most": 1, "confidence": 0.9}):
        with pytest.raises(IntegrityError, match="batch_grows_to_a_confidence"), transaction.atomic():
            Batch.objects.filter(pk=batch.pk).update(**half)


def test_the_database_refuses_a_task_that_grew_past_its_most(atelier, alice):
    batch = opened(atelier, alice)
    with pytest.raises(IntegrityError, match="task_grows_beyond_its_overlap"):
        Task.objects.filter(batch=batch).update(most=2)


def test_selfcheck_names_a_settled_batch_that_could_still_ask(atelier, alice, crew):
    from tasks.services import checks

    batch = opened(atelier, alice)
    closing.close(batch=batch, actor=alice)
    Task.objects.filter(batch=batch).update(most=4)
    broken = {check.name: check.ids for check in checks.run() if not check.ok}
    assert broken == {"nothing_grows_in_a_settled_batch": [batch.public_id]}
