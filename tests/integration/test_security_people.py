"""What people may not do to each other, nor learn of each other, by the pages about people."""

from unittest import mock

import pytest
from django.test import Client

from marketplace.base import notices, teams
from marketplace.base.errors import Forbidden
from marketplace.base.models import Invitation, Notice
from tasks.services import disputes, reviews
from tests import market
from tests.personas import PASSWORD, join, make_organisation, make_person
from workers.services import restrictions


def test_a_moderator_cannot_lift_their_own_restriction(dana, dora, client_of):
    row = restrictions.restrict(user=dana, moderator=dora, reason="Sold answers.", ends_at=market.soon())
    with pytest.raises(Forbidden):
        restrictions.lift(restriction=row, moderator=dana)
    assert client_of(dana).post(f"/console/people/{dana.public_id}/lift/").status_code == 403
    assert restrictions.in_force(dana.pk) == row
    restrictions.lift(restriction=row, moderator=dora)
    assert restrictions.in_force(dana.pk) is None


def test_only_a_moderator_lifts_a_restriction(bob, bea, dana):
    row = restrictions.restrict(user=bob, moderator=dana, reason="Sold answers.", ends_at=market.soon())
    with pytest.raises(Forbidden):
        restrictions.lift(restriction=row, moderator=bea)


def test_taking_invitations_back_does_not_open_the_way_to_a_flood_of_mails(atelier, alice, clock):
    def invite_and_revoke(organisation):
        row = teams.invite(organisation=organisation, actor=alice, email="victim@example.test", role="viewer")
        teams.revoke(organisation=organisation, actor=alice, invitation_id=row.pk)

    for _number in range(teams.MOST_A_DAY):
        invite_and_revoke(atelier)
    with pytest.raises(teams.TooManyInvitations):
        invite_and_revoke(atelier)
    with pytest.raises(teams.TooManyInvitations):  # nor does another organisation of the same person
        invite_and_revoke(make_organisation("Second", owner=alice))
    clock.forward(days=1, seconds=1)
    invite_and_revoke(atelier)
    assert Invitation.objects.count() == teams.MOST_A_DAY + 1


def test_signing_up_with_a_known_address_costs_as_much_hashing_as_with_a_new_one(bob, mailbox):
    """The time a password takes would tell who has an account."""
    counts = []
    for email in ("nobody.yet@example.test", bob.email):
        with mock.patch(
            "django.contrib.auth.hashers.MD5PasswordHasher.encode", autospec=True, return_value="md5$x$y"
        ) as encode:
            answer = Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD})
        assert answer.status_code == 302
        counts.append(encode.call_count)
    assert counts[0] == counts[1] == 1


def test_who_looks_for_a_person_leaves_no_address_in_an_address(dana, bob, client_of):
    browser = client_of(dana)
    answer = browser.post("/console/people/", {"q": bob.email})
    assert answer.headers["Location"] == f"/console/people/{bob.public_id}/"
    for page in ("/console/", "/console/people/"):
        html = browser.get(page).content.decode()
        form = html[: html.index('name="q"')].rpartition("<form")[2]
        assert 'method="post"' in form, page


def test_who_left_the_organisation_hears_nothing_more_of_it(atelier, alice, bob, dana):
    emil = make_person("emil")
    join(atelier, emil, "editor")
    submission = market.submitted(bob, market.open_batch(atelier, alice, rows=1))
    reviews.contest(assignment=submission, actor=emil, reason="wrong_answer", evidence="See rule 2.")
    teams.remove(organisation=atelier, actor=alice, user_id=emil.pk)
    submission.refresh_from_db()
    disputes.reply(assignment=submission, worker=bob, text="I followed rule 2.")
    disputes.decide(
        dispute=submission.disputes.get(), moderator=dana, outcome="reject", reason="It is wrong."
    )
    assert not Notice.objects.filter(user=emil).exists()
    assert set(Notice.objects.filter(user=alice).values_list("kind", flat=True)) >= {
        "disputed_requester",
        "decided_requester",
    }


def test_news_of_an_organisation_that_nobody_belongs_to_any_more_are_told_to_nobody(atelier, alice, bob):
    atelier.memberships.all().delete()
    notices.tell_member(alice.pk, "batch_passed", "bat_x", organisation_id=atelier.pk, batch="bat_x")
    assert not Notice.objects.exists()
