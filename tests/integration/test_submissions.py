"""Submitting: once, editable until reviewed, and the next task in the same breath."""

import pytest
from django.db import connection

from marketplace.base.errors import Invalid, NotFound
from tasks.errors import IllegalMove, NoneLeft, NotEditable
from tasks.models import Assignment
from tasks.services import claims, reviews, submissions
from tests import market


def test_submit_and_next_stores_the_answer_and_claims_another_task(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=2)
    assignment = market.claimed(bob, batch)
    done = submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"}, next=True)
    assert done.state == "submitted" and done.next is not None
    assert done.next.task_id != assignment.task_id
    held = Assignment.objects.get(pk=done.next.assignment_id)
    last = submissions.submit(assignment=held, worker=bob, answer={"same": "0"}, next=True)
    assert last.next is None and isinstance(last.next_refused, NoneLeft)
    assert Assignment.objects.filter(state="submitted").count() == 2
    market.assert_sound()


def test_the_same_answer_again_changes_nothing_and_another_keeps_the_first(atelier, alice, bob):
    assignment = market.submitted(bob, market.open_batch(atelier, alice))
    at = assignment.submitted_at
    assert submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"}).outcome == "same"
    assert submissions.submit(assignment=assignment, worker=bob, answer={"same": "0"}).outcome == "replaced"
    assignment.refresh_from_db()
    assert (assignment.answer, assignment.first_answer) == ({"same": "0"}, {"same": "1"})
    assert assignment.submitted_at == at
    submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"})
    assignment.refresh_from_db()
    assert assignment.first_answer == {"same": "1"}


def test_after_review_an_answer_is_final(atelier, alice, bob):
    batch = market.open_batch(atelier, alice)
    assignment = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[assignment.pk], actor=alice)
    assert submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"}).state == "approved"
    with pytest.raises(NotEditable):
        submissions.submit(assignment=assignment, worker=bob, answer={"same": "0"})


def test_bad_answers_are_refused_with_their_field_and_the_task_stays_in_hand(atelier, alice, bob):
    assignment = market.claimed(bob, market.open_batch(atelier, alice))
    for answer in ({}, {"same": "7"}, {"same": "1", "more": "x"}):
        with pytest.raises(Invalid) as refused:
            submissions.submit(assignment=assignment, worker=bob, answer=answer)
        assert refused.value.fields
    assignment.refresh_from_db()
    assert assignment.state == "claimed"


def test_an_assignment_of_somebody_else_is_not_there(atelier, alice, bob, bea):
    assignment = market.claimed(bob, market.open_batch(atelier, alice))
    with pytest.raises(NotFound):
        submissions.submit(assignment=assignment, worker=bea, answer={"same": "1"})


def test_a_released_task_takes_no_answer(atelier, alice, bob):
    assignment = market.claimed(bob, market.open_batch(atelier, alice))
    claims.release(assignment=assignment, worker=bob)
    with pytest.raises(IllegalMove):
        submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"})


def test_a_failing_claim_never_loses_the_answer(atelier, alice, bob):
    assignment = market.claimed(bob, market.open_batch(atelier, alice))

    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION tasks_pick RENAME TO tasks_pick_is_gone")
    done = submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"}, next=True)
    assert (done.state, done.next) == ("submitted", None)
    assignment.refresh_from_db()
    assert assignment.state == "submitted"
