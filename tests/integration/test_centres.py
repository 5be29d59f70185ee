"""Work centres: opened by a named moderator, joined by one's own yes, left at any time, and never a way for money."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import AuditEvent, Notice
from marketplace.base.texts import read
from marketplace.web.centres import figures, members
from payments.models import Account, AccountKind, Entry
from payments.services import checks, ledger, payees, payouts, sending
from tasks.services import reviews
from tests import centre_world as made
from tests import market
from tests.payments_helpers import DETAILS
from tests.sources import ROOT
from workers.models import Centre, CentreInvitation, CentreMembership
from workers.services import centre_members, centres

EUR = market.EUR
pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(charlie, dana):
    """Open, and run by Charlie."""
    return made.opened(charlie, dana)


def kinds(user):
    return set(Notice.objects.filter(user=user).values_list("kind", flat=True))


def words(user, kind):
    ((_row, text),) = read(Notice.objects.filter(user=user, kind=kind))
    return " ".join(text.lines)


# --- Checked by a named person ------------------------------------------------------------------------------------


def test_L3_a_centre_opens_by_a_named_moderator_in_words_that_those_who_run_it_read(charlie, dana):
    centre = made.asked(charlie)
    assert list(centres.to_check()) == [centre]
    centres.decide(centre=centre, moderator=dana, opens=True, words="I looked at the register.")
    centre.refresh_from_db()
    assert (centre.state, centre.checked_by) == ("open", dana)
    assert "I looked at the register." in words(charlie, "centre_open")
    assert not centres.to_check().exists()
    with pytest.raises(Lost):
        centres.decide(centre=centre, moderator=dana, opens=False, words="No.")


def test_nobody_is_invited_before_the_check_and_a_refused_centre_is_no_page(charlie, dana, bob, client):
    centre = made.asked(charlie)
    with pytest.raises(centres.NotOpen):
        centre_members.invite(centre=centre, actor=charlie, email=bob.email)
    with pytest.raises(centres.NotOpen):
        centre_members.make_link(centre=centre, actor=charlie)
    assert client.get(f"/centres/{centre.public_id}/").status_code == 404
    centres.decide(centre=centre, moderator=dana, opens=False, words="There is no such house.")
    assert client.get(f"/centres/{centre.public_id}/").status_code == 404
    assert "There is no such house." in words(charlie, "centre_refused")


def test_only_a_moderator_without_a_part_in_it_decides(charlie, dana, dora, bob):
    own = made.asked(dana)
    with pytest.raises(Forbidden):
        centres.decide(centre=own, moderator=dana, opens=True, words="Mine.")
    with pytest.raises(Forbidden):
        centres.decide(centre=own, moderator=bob, opens=True, words="Yes.")
    with pytest.raises(Invalid):
        centres.decide(centre=own, moderator=dora, opens=True, words=" ")
    with pytest.raises(IntegrityError, match="centre_not_checked_by_who_asked"), market.without_triggers():
        Centre.objects.filter(pk=own.pk).update(
            state="open", checked_by=dana, checked_at=house_clock.now(), check_words="Mine."
        )
    with pytest.raises(IntegrityError, match="centre_checked_by_a_named_person"), transaction.atomic():
        Centre.objects.filter(pk=own.pk).update(state="open")


# --- In by one's own yes, out by one's own wish ------------------------------------------------------------------


def test_L3_an_invitation_makes_nobody_a_member(centre, charlie, bob):
    row = centre_members.invite(centre=centre, actor=charlie, email=bob.email)
    assert centre_members.member(centre, bob) is None
    membership = centre_members.accept(token=centre_members.token_of(row), user=bob)
    assert membership.accepted_at is not None
    assert not membership.shares_earnings
    with pytest.raises(centre_members.Over):
        centre_members.accept(token=centre_members.token_of(row), user=bob)


def test_L3_the_database_keeps_no_membership_without_a_yes_nor_a_second_one(centre, charlie, bob):
    made.join(centre, charlie, bob)
    with pytest.raises(IntegrityError, match="accepted_at"), transaction.atomic():
        CentreMembership.objects.create(centre=centre, user=charlie, shown_as="C", invited_by=charlie)
    with pytest.raises(IntegrityError, match="centre_membership_once_at_a_time"), transaction.atomic():
        CentreMembership.objects.create(
            centre=centre, user=bob, shown_as="B", invited_by=charlie, accepted_at=house_clock.now()
        )
    with pytest.raises(IntegrityError, match="ended_by_oneself_or_with_a_reason"), transaction.atomic():
        CentreMembership.objects.filter(user=bob).update(ended_at=house_clock.now(), ended_by=charlie)


def test_an_invitation_speaks_to_one_address_and_can_be_declined_or_taken_back(centre, charlie, bob, bea):
    row = centre_members.invite(centre=centre, actor=charlie, email=bob.email)
    token = centre_members.token_of(row)
    with pytest.raises(centre_members.OtherAddress):
        centre_members.accept(token=token, user=bea)
    with pytest.raises(centre_members.Invited):
        centre_members.invite(centre=centre, actor=charlie, email=bob.email.upper())
    centre_members.decline(token=token, user=bob)
    assert kinds(charlie) == {"centre_open"}  # nobody is told of a no
    with pytest.raises(centre_members.Over):
        centre_members.accept(token=token, user=bob)
    again = centre_members.invite(centre=centre, actor=charlie, email=bob.email)
    centre_members.revoke(centre=centre, actor=charlie, invitation=again.public_id)
    with pytest.raises(centre_members.Over):
        centre_members.invitation(centre_members.token_of(again))


def test_an_invitation_runs_out(centre, charlie, bob, clock):
    row = centre_members.invite(centre=centre, actor=charlie, email=bob.email)
    clock.forward(days=centre_members.INVITATION_DAYS, seconds=1)
    with pytest.raises(centre_members.Over):
        centre_members.accept(token=centre_members.token_of(row), user=bob)
    assert centre_members.invite(centre=centre, actor=charlie, email=bob.email).pk != row.pk


def test_people_come_by_the_link_until_another_takes_its_place(centre, charlie, bob, bea, ben):
    link = centre_members.make_link(centre=centre, actor=charlie)
    for person in (bob, bea):
        centre_members.accept(token=centre_members.token_of(link), user=person)
    centre_members.accept(token=centre_members.token_of(link), user=bob)
    assert centre_members.members(centre).count() == 2
    link.refresh_from_db()
    assert link.uses == 2
    centre_members.make_link(centre=centre, actor=charlie)
    with pytest.raises(centre_members.Over):
        centre_members.accept(token=centre_members.token_of(link), user=ben)


def test_an_address_without_an_account_gets_a_mail_and_one_with_an_account_a_notice(
    centre, charlie, bob, mailbox
):
    from marketplace.delivery import relay

    centre_members.invite(centre=centre, actor=charlie, email=bob.email)
    centre_members.invite(centre=centre, actor=charlie, email="new@example.test")
    relay.drain()
    assert "centre_invitation" in kinds(bob)
    letter = mailbox.get(recipient="new@example.test")
    row = CentreInvitation.objects.get(email="new@example.test")
    assert centre_members.token_of(row) in letter.body
    assert "Maison du Port" in letter.subject


def test_L3_one_leaves_at_once_without_a_reason_and_may_come_back(centre, charlie, bob):
    membership = made.join(centre, charlie, bob)
    centre_members.leave(membership=membership, user=bob)
    membership.refresh_from_db()
    assert (membership.ended_by, membership.end_reason) == (bob, "")
    with pytest.raises(Lost):
        centre_members.leave(membership=membership, user=bob)
    assert made.join(centre, charlie, bob).pk != membership.pk


def test_who_runs_a_centre_ends_a_membership_only_with_a_reason_that_the_person_reads(
    centre, charlie, bob, bea
):
    membership = made.join(centre, charlie, bob)
    with pytest.raises(Invalid):
        centre_members.end(membership=membership, actor=charlie, reason=" ")
    with pytest.raises(NotFound):
        centre_members.end(membership=membership, actor=bea, reason="I want his place.")
    centre_members.end(membership=membership, actor=charlie, reason="You moved to another town.")
    assert "You moved to another town." in words(bob, "centre_ended")


def test_a_closed_centre_ends_everything_and_says_why(centre, charlie, bob, dora):
    made.join(centre, charlie, bob)
    centres.close(centre=centre, actor=dora, words="The lease has ended.")
    assert not centre_members.members(centre).exists()
    for person in (bob, charlie):
        assert "The lease has ended." in words(person, "centre_closed")
    with pytest.raises(Lost):
        centres.close(centre=centre, actor=dora, words="Again.")


def test_somebody_always_runs_a_centre(centre, charlie, bea):
    (first,) = centres.coordinators(centre)
    with pytest.raises(centres.LastCoordinator):
        centres.step_down(centre=centre, actor=charlie, coordinator=first)
    row = centre_members.invite(centre=centre, actor=charlie, email=bea.email, role="librarian")
    centre_members.accept(token=centre_members.token_of(row), user=bea)
    assert centre_members.member(centre, bea) is None  # who helps run it is no member by that
    centres.step_down(centre=centre, actor=bea, coordinator=first)
    assert [row.role for row in centres.coordinators(centre)] == ["librarian"]
    with pytest.raises(NotFound):
        centres.require(centre, charlie)


# --- What is seen ------------------------------------------------------------------------------------------------


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=8, reward_micros=EUR, overlap=6, funds=2000)


def paid(worker, batch, alice):
    row = market.submitted(worker, batch)
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    return row


def test_work_before_joining_is_nobodys_business_and_earnings_are_shown_only_if_allowed(
    centre, charlie, bob, batch, alice, clock
):
    paid(bob, batch, alice)
    clock.forward(hours=1)
    membership = made.join(centre, charlie, bob, shown_as="Bobby")
    seen = members.of_member(membership)
    assert (seen.name, seen.tasks, seen.earned_micros) == ("Bobby", 0, None)
    clock.forward(hours=1)
    paid(bob, batch, alice)
    market.submitted(bob, batch)  # not reviewed yet: done, not earned
    assert (members.of_member(membership).tasks, members.of_member(membership).earned_micros) == (2, None)
    centre_members.share(membership=membership, user=bob, shown_as="B.", shares_earnings=True)
    seen = members.of_member(centre_members.member(centre, bob))
    assert (seen.name, seen.earned_micros) == ("B.", EUR)
    with pytest.raises(NotFound):
        centre_members.share(membership=membership, user=charlie, shown_as="B.", shares_earnings=True)


def test_what_is_seen_of_a_member_has_no_other_field(centre, charlie, bob):
    """A new field is a new promise: change the page that lists them, and the words of the consent, first."""
    seen = members.of_member(made.join(centre, charlie, bob))
    assert set(vars(seen)) == {"membership", "tasks", "seconds", "earned_micros", "paths"}
    source = (ROOT / "marketplace/web/centres/members.py").read_text()
    for word in ("answer", "Dispute", "Contest", "GoldScore", "Payee", "email", "last_login"):
        assert word not in source.split('"""', 2)[2].replace("first_answer", "").replace("answers", ""), word


def test_L3_each_look_is_written_down_and_shown_to_the_member(centre, charlie, bob, bea, client_of):
    mine, other = made.join(centre, charlie, bob), made.join(centre, charlie, bea)
    assert centre_members.looks(mine) == []
    page = client_of(charlie).get(f"/centres/{centre.public_id}/people/")
    assert page.status_code == 200
    assert [look.who for look in centre_members.looks(mine)] == ["Charlie"]
    assert len(centre_members.looks(other)) == 1
    assert "Charlie" in client_of(bob).get(f"/work/centres/{centre.public_id}/").content.decode()
    event = AuditEvent.objects.get(tag=centre_members.LOOK)
    assert set(event.data["members"]) == {mine.public_id, other.public_id}
    assert bob.email not in str(event.data)


def test_nobody_else_sees_members(centre, charlie, bob, bea, dana, client_of, client):
    made.join(centre, charlie, bob, shown_as="Bobby from the port")
    for visitor in (client_of(bea), client_of(bob), client_of(dana)):
        assert visitor.get(f"/centres/{centre.public_id}/people/").status_code == 404
    assert "Bobby from the port" not in client.get(f"/centres/{centre.public_id}/").content.decode()


# --- Figures ------------------------------------------------------------------------------------------------------


def test_figures_are_told_from_five_people_on(centre, charlie, batch, alice, bob, bea, ben, clock):
    from tests.personas import make_worker

    people = [bob, bea, ben, make_worker("bill")]
    for person in people:
        made.join(centre, charlie, person)
        paid(person, batch, alice)
    figures.count()
    centre.refresh_from_db()
    assert set(centre.figures.values()) == {None}
    fifth = make_worker("babs")
    paid(fifth, batch, alice)  # before joining: no figure of the centre
    clock.forward(hours=1)
    made.join(centre, charlie, fifth)
    figures.count()
    centre.refresh_from_db()
    assert (centre.figures["members"], centre.figures["median_hourly"]) == (5, None)
    paid(fifth, batch, alice)
    figures.count()
    centre.refresh_from_db()
    assert (centre.figures["members"], centre.figures["median_hourly"]) == (5, None)  # pay needs ten
    for number in range(5):
        person = make_worker(f"more{number}")
        made.join(centre, charlie, person)
        paid(person, batch, alice)
    figures.count()
    centre.refresh_from_db()
    assert centre.figures["members"] == 10
    assert centre.figures["median_hourly"] % 50_000 == 0
    # Nothing that somebody's next task would add to: the difference of two counts tells of no single person.
    assert set(centre.figures) == {"members", "median_hourly", "trainings", "equipment_hours"}
    assert figures.totals() == {"centres": 1, **centre.figures}


def test_somebody_of_two_centres_is_counted_once_in_the_sum(centre, charlie, dana, bob, bea, ben):
    other = made.opened(charlie, dana, name="Second")
    for person in (bob, bea, ben):
        made.join(centre, charlie, person)
        made.join(other, charlie, person)
    assert figures.totals()["members"] is None  # three people, though six memberships
    assert figures.totals()["centres"] == 2


# --- Never a way for money ----------------------------------------------------------------------------------------


def test_P13_nothing_moves_from_a_workers_account_but_to_their_own_payout(
    centre, charlie, bob, bea, batch, alice
):
    for person in (bob, bea):
        made.join(centre, charlie, person, shares_earnings=True)
        for _each in range(6):
            paid(person, batch, alice)
    payees.save(user=bob, details=DETAILS, actor=bob)
    payouts.request(user=bob, actor=bob)
    sending.send_pending()
    out = Entry.objects.filter(account__kind=AccountKind.WORKER_PAYABLE, amount__lt=0)
    assert out.exists()
    for entry in out:
        beside = entry.transaction.entries.exclude(pk=entry.pk)
        assert {row.account.kind for row in beside} == {AccountKind.PAYOUT_IN_TRANSIT}
        assert {row.account.user_id for row in beside} == {entry.account.user_id}
    market.assert_sound()


def test_P13_selfcheck_names_money_that_leaves_a_worker_for_anything_else(bob, bea, atelier, batch, alice):
    paid(bob, batch, alice)
    mine = ledger.account(AccountKind.WORKER_PAYABLE, user=bob)
    for number, other in enumerate(
        (
            ledger.account(AccountKind.PLATFORM_FEES),
            ledger.account(AccountKind.WORKER_PAYABLE, user=bea),
            ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier),
        )
    ):
        mark = transaction.savepoint()
        ledger.post("commission", f"centre:{number}", [(mine, -100_000), (other, 100_000)], actor=None)
        broken = {check.name for check in checks.broken()}
        assert "workers_money_leaves_by_payout_alone" in broken, other.kind
        transaction.savepoint_rollback(mark)
    assert "workers_money_leaves_by_payout_alone" not in {check.name for check in checks.broken()}


def test_P13_no_account_of_the_books_can_belong_to_a_centre():
    assert not [kind for kind in AccountKind.values if "centre" in kind]
    owners = {field.related_model for field in Account._meta.fields if field.is_relation}
    assert Centre not in owners and len(owners) == 2
    for path in (ROOT / "payments").rglob("*.py"):
        assert "centre" not in path.read_text().lower(), path
