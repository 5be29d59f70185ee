"""Moderators decide, with everything in sight and in writing; nobody else sees that the console exists."""

import datetime as dt
import re

import pytest

from marketplace.base import switches
from marketplace.base.models import AuditEvent, Notice, Switch
from payments.models import Payout
from tasks.models import Assignment, Batch, Dispute
from tasks.services import batches, disputes, reviews
from tests import market
from tests.personas import join, log_in
from workers.models import Restriction
from workers.services import restrictions

EUR = market.EUR
PAGES = [
    "/console/",
    "/console/disputes/",
    "/console/screening/",
    "/console/holds/",
    "/console/people/",
    "/console/switches/",
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(atelier, alice, bob, bea):
    """A dispute between Alice and Bob about a task that Bea answered too."""
    batch = market.open_batch(
        atelier, alice, rows=1, overlap=2, reward_micros=EUR, instructions="Look **twice** at {{name}}."
    )
    market.submitted(bea, batch, "0")
    submission = market.submitted(bob, batch, "1")
    reviews.contest(assignment=submission, actor=alice, reason="wrong_answer", evidence="Rule 2 says no.")
    disputes.reply(assignment=submission, worker=bob, text="Rule 3 says yes.")
    return Dispute.objects.get()


@pytest.fixture
def queued(atelier, alice):
    """A batch of an organisation without history, in screening."""
    market.fund(atelier)
    return batches.publish(batch=market.draft(atelier, alice), actor=alice)


@pytest.fixture
def payout(bob):
    """A payout of 12 € that is about to be sent."""
    from payments.models import AccountKind
    from payments.services import ledger

    costs = ledger.account(AccountKind.PLATFORM_COSTS)
    transit = ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=bob)
    row = Payout.objects.create(user=bob, amount_micros=12 * EUR, gateway="simulated", asked_by="worker")
    ledger.post("payout", row.public_id, [(costs, -12 * EUR), (transit, 12 * EUR)], actor=bob)
    return row


# --- Who may see it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_for_everybody_else_the_console_is_a_wrong_address(page, client, alice, bob, charlie):
    wrong = client.get("/no/such/page/")
    for browser in (client, log_in(alice), log_in(bob), log_in(charlie)):
        answer = browser.get(page)
        assert answer.status_code == wrong.status_code == 404
        assert ">Console<" not in answer.content.decode()


def test_a_post_by_a_stranger_is_a_wrong_address_too(case, charlie):
    answer = log_in(charlie).post(
        f"/console/disputes/{case.public_id}/", {"outcome": "reject", "reason": "x"}
    )
    assert answer.status_code == 404
    case.refresh_from_db()
    assert case.decided_at is None


def test_a_moderator_without_second_factor_is_sent_to_set_it_up_first(dana):
    dana.authenticator_set.all().delete()
    browser = log_in(dana, second_factor=False)
    for page in ["/console/", "/me/", "/charter/"]:
        assert browser.get(page).headers["Location"] == "/accounts/2fa/totp/activate/"
    assert browser.get("/accounts/2fa/totp/activate/").status_code == 200


def test_a_session_that_has_not_seen_the_second_factor_must_confirm_it(dana):
    browser = log_in(dana, second_factor=False)
    assert browser.get("/console/disputes/").headers["Location"] == (
        "/accounts/2fa/reauthenticate/?next=%2Fconsole%2Fdisputes%2F"
    )
    answer = browser.get("/api/v1/disputes/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")


def test_an_administrator_sees_the_switches_and_no_case(erin, case):
    browser = log_in(erin)
    assert browser.get("/console/").status_code == 200
    assert browser.get("/console/switches/").status_code == 200
    assert browser.get("/console/disputes/").status_code == 404
    assert browser.get(f"/console/disputes/{case.public_id}/").status_code == 404


def test_a_moderator_does_not_turn_switches(dana):
    browser = log_in(dana)
    assert browser.post("/console/switches/", {"name": "claims", "on": "0", "reason": "x"}).status_code == 404
    assert switches.is_on("claims")


# --- Queues --------------------------------------------------------------------------------------------


def test_the_first_page_counts_what_waits_and_says_until_when(dana, queued, case):
    lines = _queues(log_in(dana))
    assert {label: line[0] for label, line in lines.items() if line[0] != "0"} == {
        "Disputes and appeals": "1", "Batches to look at": "1",
    }  # fmt: skip
    assert lines["Disputes and appeals"][1:3] == ["0", "0"]  # late, within a day
    assert "Signals" not in lines


def test_what_is_late_or_due_within_a_day_stands_first(dana, queued, case, clock):
    Dispute.objects.update(decide_by=clock.now() + dt.timedelta(hours=20))
    assert next(iter(_queues(log_in(dana)))) == "Disputes and appeals"
    assert _queues(log_in(dana))["Disputes and appeals"][1:3] == ["0", "1"]
    clock.forward(days=15)
    assert _queues(log_in(dana))["Disputes and appeals"][1:3] == ["1", "0"]


def _queues(browser):
    """The lines of the first page: label → its figures."""
    page = browser.get("/console/").content.decode()
    rows = re.findall(r'<tr[^>]*><th scope="row">(.*?)</tr>', page, re.DOTALL)
    cells = [[re.sub("<[^>]+>", "", cell).strip() for cell in re.split("</t[hd]>", row)] for row in rows]
    return {cell[0]: cell[1:6] for cell in cells}


def test_the_queue_shows_the_case_promised_first_on_top(dana, case, clock):
    browser = log_in(dana)
    page = browser.get("/console/disputes/").content.decode()
    assert case.public_id in page
    assert "Late" not in page
    clock.forward(days=15)
    assert "Late" in browser.get("/console/disputes/").content.decode()


# --- A case -----------------------------------------------------------------------------------------------


def test_a_case_shows_both_sides_the_task_the_instructions_and_the_other_answers(dana, case):
    page = log_in(dana).get(f"/console/disputes/{case.public_id}/").content.decode()
    for words in (
        "Rule 2 says no.",
        "Rule 3 says yes.",
        "row 1",
        "<strong>twice</strong>",
        "1 other answer",
        "Yes",
        "No",
    ):
        assert words in page
    assert "bob@example.test" not in page


def test_a_decision_to_pay_pays_and_tells_both_sides_the_reason(dana, case, alice, bob):
    answer = log_in(dana).post(
        f"/console/disputes/{case.public_id}/", {"outcome": "approve", "reason": "Rule 3 comes first."}
    )
    assert answer.status_code == 302
    assert case.assignment.__class__.objects.get(pk=case.assignment_id).state == Assignment.State.APPROVED
    assert Notice.objects.filter(kind="decided", user=bob).exists()
    assert Notice.objects.filter(kind="decided_requester", user=alice).exists()
    assert "Rule 3 comes first." in log_in(bob).get("/me/notices/").content.decode()
    market.assert_sound()


def test_a_decision_without_a_reason_is_handed_back_with_what_was_chosen(dana, case):
    answer = log_in(dana).post(f"/console/disputes/{case.public_id}/", {"outcome": "reject", "reason": "  "})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Write the reason." in page
    assert 'value="reject" required' in page or "checked" in page
    case.refresh_from_db()
    assert case.decided_at is None


def test_who_is_part_of_a_case_reads_why_they_may_not_decide_it(dana, atelier, case):
    join(atelier, dana, "viewer")
    browser = log_in(dana)
    page = browser.get(f"/console/disputes/{case.public_id}/").content.decode()
    assert "You belong to this organisation" in page
    assert "Rule 3 says yes." not in page
    answer = browser.post(
        f"/console/disputes/{case.public_id}/", {"outcome": "reject", "reason": "Because I say so."}
    )
    assert answer.status_code == 403
    case.refresh_from_db()
    assert case.decided_at is None


def test_an_appeal_is_decided_by_another_moderator_on_the_same_page(dana, dora, case, bob):
    disputes.decide(dispute=case, moderator=dana, outcome="reject", reason="See rule 2.")
    case.assignment.refresh_from_db()
    appeal = disputes.appeal(assignment=case.assignment, worker=bob, text="Rule 3 was not read.")
    mine = log_in(dana).post(f"/console/disputes/{appeal.public_id}/", {"outcome": "reject", "reason": "No."})
    assert mine.status_code == 403
    browser = log_in(dora)
    page = browser.get(f"/console/disputes/{appeal.public_id}/").content.decode()
    assert "Rule 3 was not read." in page
    assert "The decision appealed against" in page
    done = browser.post(
        f"/console/disputes/{appeal.public_id}/", {"outcome": "approve", "reason": "See rule 3."}
    )
    assert done.status_code == 302
    market.assert_sound()


def test_a_case_decided_by_somebody_else_meanwhile_is_not_decided_again(dana, dora, case):
    disputes.decide(dispute=case, moderator=dora, outcome="approve", reason="See rule 3.")
    answer = log_in(dana).post(f"/console/disputes/{case.public_id}/", {"outcome": "reject", "reason": "No."})
    assert answer.status_code == 409
    assert Dispute.objects.get().outcome == "approve"


# --- Screening -----------------------------------------------------------------------------------------------


def test_a_batch_is_looked_at_as_a_worker_sees_it_and_opened(dana, queued):
    browser = log_in(dana)
    assert queued.title in browser.get("/console/screening/").content.decode()
    page = browser.get(f"/console/screening/{queued.public_id}/").content.decode()
    for words in (
        "first batch of this organisation",
        "row 1",
        "The same?",
        "Atelier Nord",
        "A test of the market.",
    ):
        assert words in page
    answer = browser.post(f"/console/screening/{queued.public_id}/", {"outcome": "pass", "reason": ""})
    assert answer.status_code == 302
    queued.refresh_from_db()
    assert queued.state == Batch.State.PUBLISHED
    assert browser.get(f"/console/screening/{queued.public_id}/").status_code == 404


def test_a_batch_is_handed_back_only_with_a_reason_and_with_its_money(dana, queued, alice):
    from payments.services import holdings

    browser = log_in(dana)
    address = f"/console/screening/{queued.public_id}/"
    assert browser.post(address, {"outcome": "refuse", "reason": ""}).status_code == 400
    assert holdings.held(queued.public_id) > 0
    assert browser.post(address, {"outcome": "refuse", "reason": "Say what it is for."}).status_code == 302
    assert holdings.held(queued.public_id) == 0
    assert "Say what it is for." in log_in(alice).get("/me/notices/").content.decode()


def test_a_member_of_the_organisation_does_not_screen_its_batch(dana, atelier, queued):
    join(atelier, dana, "viewer")
    browser = log_in(dana)
    address = f"/console/screening/{queued.public_id}/"
    assert "somebody else must decide" in browser.get(address).content.decode()
    assert browser.post(address, {"outcome": "pass", "reason": ""}).status_code == 403


# --- Holds -----------------------------------------------------------------------------------------------------


def test_a_payout_is_held_with_a_reason_and_released(dana, bob, payout):
    browser = log_in(dana)
    address = f"/console/holds/{payout.public_id}/"
    assert browser.post(address, {"action": "hold", "reason": ""}).status_code == 400
    assert (
        browser.post(address, {"action": "hold", "reason": "Another name.", "until": ""}).status_code == 302
    )
    payout.refresh_from_db()
    assert (payout.state, payout.held_by) == ("held", dana)
    assert "Another name." in browser.get("/console/holds/").content.decode()
    assert "Another name." in log_in(bob).get("/me/notices/").content.decode()
    assert browser.post(address, {"action": "release"}).status_code == 302
    payout.refresh_from_db()
    assert payout.state == "pending"


def test_nobody_holds_or_releases_their_own_money(dana, payout):
    Payout.objects.filter(pk=payout.pk).update(user=dana)
    browser = log_in(dana)
    address = f"/console/holds/{payout.public_id}/"
    assert "You are part of this case" in browser.get(address).content.decode()
    assert browser.post(address, {"action": "hold", "reason": "x", "until": ""}).status_code == 403
    assert browser.post(address, {"action": "release"}).status_code == 403


def test_a_hold_ends_on_a_day_to_come(dana, payout):
    answer = log_in(dana).post(
        f"/console/holds/{payout.public_id}/", {"action": "hold", "reason": "x", "until": "2001-01-01"}
    )
    assert answer.status_code == 400
    assert "not over yet" in answer.content.decode()


# --- People ------------------------------------------------------------------------------------------------------


def test_a_person_is_found_by_address_restricted_and_freed(dana, bob, clock):
    browser = log_in(dana)
    page = browser.post("/console/people/", {"q": "BOB@example.test"})
    assert page.headers["Location"] == f"/console/people/{bob.public_id}/"
    address = f"/console/people/{bob.public_id}/"
    assert browser.post(address + "restrict/", {"reason": "", "until": ""}).status_code == 400
    said = {"reason": "Answers by a script.", "scope": "claims", "ground": "not_own_work", "source": "found"}
    until = (clock.now() + dt.timedelta(days=7)).date().isoformat()
    assert browser.post(address + "restrict/", {**said, "until": until}).status_code == 302
    assert restrictions.in_force(bob.pk).decided_by == dana
    assert "Answers by a script." in browser.get(address).content.decode()
    assert "Answers by a script." in log_in(bob).get("/me/notices/").content.decode()
    assert browser.post(address + "lift/").status_code == 302
    assert restrictions.in_force(bob.pk) is None
    assert browser.post(address + "lift/").status_code == 404
    assert AuditEvent.objects.filter(tag="workers:restriction:lift", actor_id=dana.pk).exists()


def test_nobody_restricts_themselves(dana):
    answer = log_in(dana).post(f"/console/people/{dana.public_id}/restrict/", {"reason": "x", "until": ""})
    assert answer.status_code == 403
    assert not Restriction.objects.exists()


def test_an_unknown_address_is_said_to_be_unknown(dana):
    assert (
        "Nobody here" in log_in(dana).post("/console/people/", {"q": "nobody@example.test"}).content.decode()
    )
    assert "Nobody here" in log_in(dana).post("/console/people/", {"q": "usr_nonsense"}).content.decode()


# --- Switches --------------------------------------------------------------------------------------------------------


def test_an_administrator_stops_claims_and_opens_them_again(erin):
    browser = log_in(erin)
    assert browser.post("/console/switches/", {"name": "claims", "on": "0", "reason": ""}).status_code == 400
    assert (
        browser.post("/console/switches/", {"name": "nonsense", "on": "0", "reason": "x"}).status_code == 400
    )
    assert (
        browser.post("/console/switches/", {"name": "claims", "on": "0", "reason": "Repairs."}).status_code
        == 302
    )
    assert not switches.is_on("claims")
    assert Switch.objects.get().changed_by == erin
    assert "Repairs." in browser.get("/console/switches/").content.decode()
    browser.post("/console/switches/", {"name": "claims", "on": "1", "reason": "Done."})
    assert switches.is_on("claims")


def test_the_service_itself_turns_switches_for_administrators_only(dana):
    from marketplace.base.errors import Forbidden

    with pytest.raises(Forbidden):
        switches.turn("claims", on=False, actor=dana, reason="x")


def test_what_could_not_be_delivered_is_shown_to_administrators_and_tried_again(
    erin, bob, clock, mailbox, settings
):
    from marketplace.base import notices
    from marketplace.delivery import relay

    settings.EMAIL_BACKEND = "tests.integration.test_delivery.Broken"
    notices.tell(bob.pk, "payee_missing", "x")
    for _ in range(8):
        relay.drain()
        clock.forward(hours=7)
    browser = log_in(erin)
    page = browser.get("/console/").content.decode()
    assert "notice.mail" in page
    assert "ConnectionRefusedError" in page
    settings.EMAIL_BACKEND = "marketplace.delivery.mailbox.EmailBackend"
    assert browser.post("/console/revive/").status_code == 302
    relay.drain()
    assert mailbox.count() == 1
    assert "Could not be delivered" not in browser.get("/console/").content.decode()
