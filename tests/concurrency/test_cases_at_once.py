"""Moderators at once: nobody gets another's case, and joining an organisation does not slip in beside a decision."""

import threading
import time

import pytest
from django.db import connection, transaction

from marketplace.base import teams
from marketplace.base.conflicts import ConflictOfInterest
from marketplace.base.errors import Refusal
from marketplace.base.models import CaseLease, Invitation, Membership
from marketplace.console import desk
from tasks.models import Dispute
from tasks.services import disputes, reviews
from tests import market
from tests.concurrency.test_claims_at_once import at_once
from tests.personas import make_person

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The third line of the instructions decides."


@pytest.fixture
def cases(atelier, alice, bob):
    """Five disputes."""
    batch = market.open_batch(atelier, alice, rows=5)
    for _number in range(5):
        submission = market.submitted(bob, batch)
        reviews.contest(assignment=submission, actor=alice, reason="wrong_answer", evidence="Rule 2 says no.")
        disputes.reply(assignment=submission, worker=bob, text="Rule 3 says yes.")
    return list(Dispute.objects.order_by("pk"))


def test_eight_moderators_at_five_cases_get_five_different_ones(cases):
    staff = [make_person(f"mod{number}", is_moderator=True) for number in range(8)]

    def job(person):
        def takes():
            item = desk.next_case(person)
            return item.number if item else None

        return takes

    said = at_once([job(person) for person in staff])
    assert said == {**{str(case.pk): 1 for case in cases}, "None": 3}
    assert CaseLease.objects.values("moderator").distinct().count() == 5


def _apart(job):
    """Run `job` in a thread of its own; the thread, and a list that gets the code of its refusal or 'done'."""
    said = []

    def run():
        try:
            job()
            said.append("done")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


@pytest.fixture
def token(atelier, alice, dana):
    teams.invite(organisation=atelier, actor=alice, email=dana.email, role="viewer")
    return teams.token_of(Invitation.objects.get())


def test_who_joins_while_a_case_is_open_before_them_does_not_decide_it(cases, token, dana):
    with transaction.atomic():
        teams.accept(token=token, user=dana)  # not committed yet: nobody else sees it
        thread, said = _apart(
            lambda: disputes.decide(dispute=cases[0], moderator=dana, outcome="approve", reason=WHY)
        )
        time.sleep(0.5)
        assert thread.is_alive()  # it waits to see whether they join
    thread.join(30)
    assert said == ["conflict_of_interest"]
    assert Dispute.objects.get(pk=cases[0].pk).decided_at is None


def test_who_decides_first_joins_after_it(cases, token, dana, atelier):
    with transaction.atomic():
        disputes.decide(dispute=cases[0], moderator=dana, outcome="approve", reason=WHY)
        thread, said = _apart(lambda: teams.accept(token=token, user=dana))
        time.sleep(0.5)
        assert not Membership.objects.filter(organisation=atelier, user=dana).exists()
        assert thread.is_alive()
    thread.join(30)
    assert said == ["done"]
    with pytest.raises(ConflictOfInterest):
        disputes.decide(dispute=cases[1], moderator=dana, outcome="approve", reason=WHY)
