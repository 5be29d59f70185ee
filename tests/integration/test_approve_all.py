"""Approving a large batch in one go: promised on the page, carried out by the outbox, once."""

from django.urls import reverse

from marketplace.base.models import OutboxEvent
from marketplace.delivery import relay
from payments.services import earnings
from tasks.models import Assignment
from tasks.services import reviews
from tasks.views import review
from tests import market


def test_more_answers_than_a_page_can_wait_for_are_approved_by_the_outbox(
    transactional_db, atelier, alice, bob, bea, client_of, monkeypatch
):
    monkeypatch.setattr(review, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(reviews, "LATER", 4)
    batch = market.open_batch(atelier, alice, rows=5, overlap=2)
    done = [market.submitted(worker, batch) for worker in (bob, bea) for _ in range(5)]
    page = client_of(alice).post(
        reverse("submissions-approve", args=[batch.public_id]), {"which": "all"}, follow=True
    )
    assert "10 answers are being approved" in page.content.decode()
    assert Assignment.objects.filter(state="approved").count() == 0
    # One of them is objected to before the job comes by: it is left alone.
    reviews.contest(assignment=done[0], actor=alice, reason="wrong_answer", evidence="See rule 1.")
    assert OutboxEvent.objects.filter(kind="review.approve").count() == 3
    relay.drain(slow=True)
    assert Assignment.objects.filter(state="approved").count() == 9
    assert earnings.summary(bob).payable + earnings.summary(bea).payable == 9 * 650_000
    market.assert_sound()
