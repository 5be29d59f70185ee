"""What may not happen behind check questions, tests and conditions: money missing, answers told, one batch for all."""

import io
from itertools import pairwise

import pytest
from django.urls import reverse

from marketplace.api import presents
from marketplace.base.errors import Invalid
from payments.services import holdings
from tasks import access
from tasks.models import Assignment, Batch, Gold, Task
from tasks.selectors import board
from tasks.selectors import gold as gold_selector
from tasks.selectors import qualifications as explaining
from tasks.services import (
    aggregation,
    batches,
    chains,
    claims,
    conditions,
    floors,
    gold_files,
    gold_questions,
    gold_scores,
    prices,
    qualification_attempts,
    qualification_questions,
    qualifications,
    reviews,
    submissions,
)
from tests import gold as checks
from tests import market, qualifying
from tests.personas import make_worker
from workers.models import Award
from workers.services import awards

pytestmark = pytest.mark.django_db


def worked_long(live, people=3):
    """Answers that took so long that the top-ups eat what nobody needs."""
    for number in range(people):
        worker = make_worker(f"slow{number}")
        for _row in range(4):
            market.submitted(worker, live)
    Assignment.objects.filter(batch=live).update(worked_seconds=180 * 4)
    floors.measure(batch_id=live.pk)


def test_a_question_that_comes_back_opens_no_slot_that_is_not_paid_for(atelier, alice):
    live = checks.batch_with_checks(atelier, alice, questions=1, rows=20, rate=0.5, overlap=1)
    known = Gold.objects.get(batch=live)
    gold_questions.take_back(known=known, actor=alice)
    worked_long(live)
    gold_questions.restore(known=known, actor=alice)
    market.assert_sound()
    task = Task.objects.get(pk=known.pk)
    for number in range(task.open_slots):
        worker = make_worker(f"quick{number}", country="IN")
        claim = claims.claim(worker=worker, batch=live, task=task)
        row = Assignment.objects.select_related("batch", "task").get(pk=claim.assignment_id)
        submissions.submit(assignment=row, worker=worker, answer={"same": "1"})
    rows = list(Assignment.objects.filter(batch=live).values_list("pk", flat=True))
    reviews.approve(batch=live, assignments=rows, actor=alice)
    assert not Assignment.objects.filter(batch=live, state="submitted").exists()
    market.assert_sound()


def test_a_question_that_comes_back_soon_is_asked_as_before(atelier, alice):
    live = checks.batch_with_checks(atelier, alice)
    known = Gold.objects.filter(batch=live).first()
    slots = Task.objects.get(pk=known.pk).open_slots
    gold_questions.take_back(known=known, actor=alice)
    gold_questions.restore(known=known, actor=alice)
    task = Task.objects.get(pk=known.pk)
    assert task.is_open and task.open_slots == slots


def test_cells_that_nobody_is_shown_tell_no_check_question_apart(atelier, alice, bob):
    market.fund(atelier)
    draft = market.draft(atelier, alice, rows=10)
    for task in draft.tasks.all():
        task.data = {**task.data, "sku": f"SKU-{task.row_number}"}
        task.save(update_fields=["data"])
    Batch.objects.filter(pk=draft.pk).update(columns=["name", "sku"])
    draft.refresh_from_db()
    draft = batches.update_draft(batch=draft, actor=alice, gold_rate=0.5)
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question(n) for n in range(5)])
    atelier.trusted_at = draft.created_at
    atelier.save()
    draft.refresh_from_db()
    live = batches.publish(batch=draft, actor=alice)
    seen = set()
    for _row in range(8):
        claim = claims.claim(worker=bob, batch=live)
        data = presents.claim(claim, live)["task"]["data"]
        assert set(data) == {"name", "sku"} and data["sku"].startswith("SKU-")
        seen.add(Task.objects.get(pk=claim.task_id).is_gold)
        row = Assignment.objects.select_related("batch", "task").get(pk=claim.assignment_id)
        submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    assert seen == {True, False}


def test_many_right_answers_in_many_columns_are_refused_without_being_multiplied(atelier, alice):
    fields = [{"name": f"f{n}", "widget": "choice", "label": "?", "options": ["1", "2"]} for n in range(4)]
    draft = market.draft(atelier, alice, form={"show": market.FORM["show"], "fields": fields})
    header = "name," + ",".join(f"f{n}" for n in range(4)) + ",explanation\n"
    row = "Lamp," + ",".join(["|".join(["1"] * 60)] * 4) + ",Look.\n"
    parsed = gold_files.parse(draft, io.BytesIO((header + row).encode()))
    assert all(len(each.answers) <= gold_questions.MOST_RIGHT + 1 for each in parsed.questions)


def test_what_was_not_asked_in_an_attempt_is_not_told_at_its_end(atelier, alice, bob, clock):
    given = qualifying.qualification(atelier, alice)
    test = qualifying.open_test(
        given, atelier, alice, rows=4, questions=4, shows_answers=True, time_limit_seconds=2400, retry_after_hours=0,
        batch={"overlap": 3},
    )  # fmt: skip
    first = qualification_attempts.begin(worker=bob, batch=test.batch)
    clock.forward(seconds=2500)
    qualification_questions.finish_due()
    first.refresh_from_db()
    assert first.finished_at and explaining.explained(first) == []


def test_a_test_tells_what_was_right_at_its_end_and_not_before(atelier, alice, bob):
    test = qualifying.open_test(
        qualifying.qualification(atelier, alice), atelier, alice, rows=4, shows_answers=True
    )
    attempt = qualifying.take(bob, test, "0")
    assert attempt.finished_at is None
    aggregation.validate()
    assert not gold_selector.of_worker(bob).exists()


@pytest.mark.parametrize("taken_back", [False, True])
def test_an_old_try_that_is_counted_again_changes_no_later_award(atelier, alice, bob, clock, taken_back):
    given = qualifying.qualification(atelier, alice)
    test = qualifying.open_test(
        given, atelier, alice, rows=8, questions=4, retry_after_hours=0, batch={"overlap": 3}
    )
    first = qualifying.take(bob, test, "1100")
    second = qualifying.take(bob, test, "1111")
    assert second.passed and second.award.score == 1.0
    if taken_back:
        qualifications.revoke(award=second.award, actor=alice, reason="The answers were sold to others.")
    wrong = first.drawn.filter(right=False).first()
    gold_scores.set_aside(Gold.objects.get(pk=wrong.task_id), Gold.Aside.TAKEN_BACK, actor=alice)
    qualification_questions.judge_anew(wrong.task)
    if taken_back:
        assert not awards.held(bob.pk).exists()
    else:
        assert Award.objects.get(user=bob, superseded_at__isnull=True).score == 1.0


def test_a_draft_that_gets_results_along_a_chain_becomes_no_test(atelier, alice):
    source, target = market.open_batch(atelier, alice), market.draft(atelier, alice, rows=2)
    chains.make(source=source, target=target, actor=alice, mapping={"name": "name"})
    with pytest.raises(Invalid) as refused:
        qualifications.make_test(
            qualification=qualifying.qualification(atelier, alice), batch=target, actor=alice, role="test",
            questions=2, pass_mark=0.5,
        )  # fmt: skip
    assert "role" in refused.value.fields


def test_a_question_of_a_test_that_was_set_aside_stays_closed_when_it_is_given_back(
    atelier, alice, bob, clock
):
    test = qualifying.open_test(
        qualifying.qualification(atelier, alice), atelier, alice, rows=4, questions=4, batch={"overlap": 3}
    )
    qualification_attempts.begin(worker=bob, batch=test.batch)
    row = market.claimed(bob, test.batch)
    gold_scores.set_aside(Gold.objects.get(pk=row.task_id), Gold.Aside.CONTESTED, actor=alice)
    claims.release(assignment=row, worker=bob)
    assert not Task.objects.get(pk=row.task_id).is_open


def test_one_batch_that_fails_holds_up_the_validation_of_no_other(atelier, alice, bob, monkeypatch):
    bad, good = (market.open_batch(atelier, alice, rows=3, title=title) for title in ("Bad", "Good"))
    for batch in (bad, good):
        market.submitted(bob, batch)
    real = aggregation.write_results

    def write(batch, tasks):
        if batch.pk == bad.pk:
            raise ZeroDivisionError
        return real(batch, tasks)

    monkeypatch.setattr(aggregation, "write_results", write)
    with pytest.raises(ZeroDivisionError):  # said after all others had their turn
        aggregation.validate()
    assert good.assignments.filter(validated_at__isnull=False).exists()


def test_no_condition_of_one_batch_takes_the_board_from_anybody(atelier, alice, bob, client_of):
    market.open_batch(
        atelier, alice, conditions={"all": [{"fact": "tenure_days", "op": "<", "value": 1_000_000}]}
    )
    assert client_of(bob).get(reverse("board")).status_code == 200
    assert board.board(bob)


def test_hundreds_of_conditions_at_once_are_asked_in_several_queries(atelier, bob):
    many = [
        Batch(
            pk=number + 1,
            organisation=atelier,
            conditions={
                "all": [{"fact": "approved", "op": ">=", "value": 20 * number + n + 1} for n in range(20)]
            },
        )
        for number in range(84)
    ]
    assert len(conditions.lacking(bob.pk, many)) == 84


def test_the_number_left_does_not_stand_still_at_a_check_question(atelier, alice, bob):
    """Others work too: what a page says is left goes down by one with every task, check question or not."""
    live = checks.batch_with_checks(atelier, alice, rows=12, questions=6, rate=0.4, overlap=3)
    aggregation.refresh(live)
    said = []
    for _row in range(8):
        row = market.claimed(bob, live)
        said.append(access.left(bob, live))
        submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    assert {before - after for before, after in pairwise(said)} == {1}, said


def test_holdings_cover_a_batch_with_checks_from_the_beginning(atelier, alice):
    live = checks.batch_with_checks(atelier, alice)
    assert holdings.held(live.public_id) == prices.quote(live).total


def test_further_questions_are_paid_for_only_by_who_owes_nothing(atelier, alice, monkeypatch):
    from payments.services import debts
    from tasks.errors import DebtOutstanding
    from tasks.services import gold

    live = checks.batch_with_checks(atelier, alice)
    gold_questions.add(batch=live, actor=alice, questions=[checks.question(77)])
    held = holdings.held(live.public_id)
    monkeypatch.setattr(debts, "owed", lambda _organisation: 1_000_000)
    with pytest.raises(DebtOutstanding):
        gold.fund(batch=live, actor=alice)
    assert holdings.held(live.public_id) == held
    monkeypatch.undo()
    assert gold.fund(batch=live, actor=alice)
    market.assert_sound()
