"""A restriction that is decided between a caller's look and the claim holds all the same (charter M2)."""

import pytest
from django.db import connection

from tasks.errors import Restricted
from tasks.models import Assignment
from tasks.services import claims, eligibility, submissions
from tests import market
from workers.services import restrictions

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=6)


def restrict(bob, dana):
    return restrictions.restrict(
        user=bob, moderator=dana, reason="Until this is clear.", ends_at=market.soon()
    )


def test_M2_a_claim_by_somebody_who_was_looked_at_before_is_refused(batch, bob, dana):
    looked = eligibility.standing(bob)
    restrict(bob, dana)
    assert not looked.restricted
    with pytest.raises(Restricted):
        claims.claim(worker=bob, batch=batch, standing=looked)
    assert not Assignment.objects.exists()
    market.assert_sound()


def test_M2_the_answer_is_stored_and_no_next_task_comes_with_it(batch, bob, dana):
    held = market.claimed(bob, batch)
    looked = eligibility.standing(bob)
    restrict(bob, dana)
    done = submissions.submit(assignment=held, worker=bob, answer={"same": "1"}, next=True, standing=looked)
    assert (done.state, done.next) == ("submitted", None)
    assert isinstance(done.next_refused, Restricted)
    assert Assignment.objects.count() == 1
    market.assert_sound()


def test_one_that_is_lifted_over_or_yet_to_begin_keeps_nobody_from_a_task(batch, bob, dana, clock):
    row = restrict(bob, dana)
    looked = eligibility.standing(bob)
    restrictions.lift(restriction=row, moderator=dana)
    with pytest.raises(Restricted):
        claims.claim(worker=bob, batch=batch, standing=looked)  # the caller's look still counts, too
    market.claimed(bob, batch)
    restrictions.restrict(user=bob, moderator=dana, reason="For an hour.", ends_at=market.soon(1 / 24))
    clock.forward(hours=2)
    market.claimed(bob, batch)


def test_it_is_looked_up_by_its_index(bob):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM workers_restriction r WHERE r.user_id = %s AND r.lifted_at IS NULL"
            " AND r.starts_at <= now() AND (r.ends_at IS NULL OR r.ends_at > now())",
            [bob.pk],
        )
        assert "restriction_in_force" in "\n".join(line for (line,) in cursor.fetchall())
