"""Where money goes: asked by the way of the country, changed only by who has just proved who they are, and then
payouts rest until a shown date (charter M2)."""

import dataclasses
import datetime as dt
import time

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base import clock as house_clock
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import AuditEvent, Notice
from marketplace.delivery import relay
from payments import jobs
from payments.gateways import simulated
from payments.models import Payee, Payout
from payments.services import iban, payees, payout_rules, payouts, sending
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours
from tests.personas import give_second_factor, log_in

OTHER = dataclasses.replace(DETAILS, iban=iban.make("FR", "30004000031234567890143"))
FORM = {
    "legal_name": "Bob Martin", "address": "3 rue des Lilas", "postcode": "69003", "town": "Lyon", "country": "FR",
    "tax_residence": "FR", "tin": "", "birth_place": "", "account_holder": "Bob Martin", "iban": DETAILS.iban,
}  # fmt: skip


@pytest.fixture(autouse=True)
def gateway(db):
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def paid_worker(bob, atelier):
    """Bob, with bank details and 30 € due."""
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 30 * EUR, atelier, reference="asg_1")
    return bob


def aged(client, seconds):
    """The same browser, whose owner proved who they are so long ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - seconds
    session.save()
    return client


class TestRest:
    def test_m2_a_changed_account_holds_what_is_asked_for_until_a_shown_date(self, paid_worker, clock):
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        assert (payout.state, payout.held_rule, payout.held_by) == ("held", payout_rules.CHANGED, None)
        changed_at = Payee.objects.get().destination_changed_at
        assert payout.held_until == changed_at + dt.timedelta(hours=72)
        clock.forward(hours=71, minutes=59)
        jobs.send_payouts.by_hand()
        payout.refresh_from_db()
        assert payout.state == "held"
        clock.forward(minutes=2)
        jobs.send_payouts.by_hand()
        payout.refresh_from_db()
        assert payout.state in ("sent", "paid") and payout.released_by is None

    def test_what_was_about_to_be_sent_is_held_as_well(self, paid_worker):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        assert payout.state == "pending"
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        payout.refresh_from_db()
        assert (payout.state, payout.held_rule) == ("held", payout_rules.CHANGED)

    def test_it_survives_asking_again_and_changing_back(self, paid_worker, atelier, clock):
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        first = payouts.request(user=paid_worker, actor=paid_worker)
        until = first.held_until
        clock.forward(hours=10)
        earn(paid_worker, 10 * EUR, atelier, reference="asg_2")
        second = payouts.request(user=paid_worker, actor=paid_worker)
        assert (second.state, second.held_until) == ("held", until)
        payees.save(user=paid_worker, details=DETAILS, actor=paid_worker)
        first.refresh_from_db()
        assert first.held_until - until >= dt.timedelta(hours=10)

    def test_the_first_details_and_a_new_address_hold_nothing(self, bob, atelier):
        payees.save(user=bob, details=DETAILS, actor=bob)
        payees.save(user=bob, details=dataclasses.replace(DETAILS, town="Brest"), actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        assert payouts.request(user=bob, actor=bob).state == "pending"

    def test_another_holder_of_the_same_account_is_another_destination(self, paid_worker):
        payees.save(
            user=paid_worker,
            details=dataclasses.replace(DETAILS, account_holder="Bob M. Martin"),
            actor=paid_worker,
        )
        assert payouts.request(user=paid_worker, actor=paid_worker).state == "held"

    def test_a_moderator_can_hold_on_by_name_and_it_then_ends_as_they_said(self, paid_worker, dana, clock):
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        until = clock.now() + dt.timedelta(days=9)
        payouts.prolong(
            payout=payout, actor=dana, reason="The owner wrote that it was not them.", until=until
        )
        assert (payout.held_by, payout.held_rule, payout.held_until) == (dana, "", until)
        clock.forward(days=8)
        jobs.send_payouts.by_hand()
        payout.refresh_from_db()
        assert payout.state == "held"
        clock.forward(days=2)
        jobs.send_payouts.by_hand()
        payout.refresh_from_db()
        assert payout.state != "held"

    def test_only_a_moderator_can_with_a_reason_and_only_while_it_is_held(self, paid_worker, dana, bea):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        with pytest.raises(Lost):
            payouts.prolong(payout=payout, actor=dana, reason="Wait.")
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        with pytest.raises(Forbidden):
            payouts.prolong(payout=payout, actor=bea, reason="Wait.")
        with pytest.raises(Invalid):
            payouts.prolong(payout=payout, actor=dana, reason=" ")

    def test_what_a_person_let_go_is_not_held_again_by_the_same_change(self, paid_worker, dana):
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        payouts.release_hold(payout=payout, actor=dana)
        with transaction.atomic():
            payouts.follow_rules(paid_worker.pk)
        payout.refresh_from_db()
        assert payout.state == "pending"
        payees.save(
            user=paid_worker, details=DETAILS, actor=paid_worker
        )  # a further change is a further reason
        payout.refresh_from_db()
        assert payout.state == "held"

    def test_a_lost_call_is_never_made_again_to_another_account(self, paid_worker, clock, settings):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        simulated.behave("payout", simulated.TIMEOUT_BEFORE, key=payout.key)
        payout = sending.send(payout)
        assert payout.state == "sent"
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        forget_behaviours()
        clock.forward(hours=1)
        assert sending.refresh(payout).tries == 1 and payout.state == "sent"
        clock.forward(hours=23)
        assert sending.refresh(payout).state == "failed"
        assert payouts.request(user=paid_worker, actor=paid_worker).state == "held"


class TestTelling:
    def test_the_owner_is_told_by_mail_without_the_number(self, paid_worker, mailbox):
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        relay.drain()
        (mail,) = mailbox.filter(subject="Your payout details were changed")
        assert mail.recipient == paid_worker.email
        assert "Payouts rest until" in mail.body and "Change your password now" in mail.body
        assert OTHER.iban not in mail.body and OTHER.iban[-4:] not in mail.body

    def test_saving_the_same_again_tells_nothing(self, paid_worker):
        payees.save(user=paid_worker, details=DETAILS, actor=paid_worker)
        assert not Notice.objects.filter(kind="payee_changed").exists()

    def test_books_hold_ids_only(self, paid_worker):
        payees.save(user=paid_worker, details=OTHER, actor=paid_worker)
        text = str(list(AuditEvent.objects.values("tag", "subject", "data"))) + str(
            list(Notice.objects.values("data"))
        )
        assert OTHER.iban not in text and "Martin" not in text


class TestProvingWhoOneIs:
    def test_a_session_that_was_not_confirmed_lately_sees_nothing_and_changes_nothing(
        self, paid_worker, client_of
    ):
        client = aged(client_of(paid_worker), 301)
        page = client.get(reverse("payee"))
        assert page.status_code == 302 and page.headers["Location"].startswith(
            reverse("account_reauthenticate")
        )
        answer = client.post(reverse("payee"), {**FORM, "iban": OTHER.iban, "town": "Brest"})
        text = answer.content.decode()
        assert answer.status_code == 403 and "Type your password again first" in text and "Brest" in text
        assert Payee.objects.get().iban == DETAILS.iban

    def test_after_the_password_the_same_session_can(self, paid_worker, client_of):
        from tests.personas import PASSWORD

        client = aged(client_of(paid_worker), 301)
        place = client.get(reverse("payee")).headers["Location"]
        assert client.post(place, {"password": "wrong"}).status_code == 200
        assert client.get(reverse("payee")).status_code == 302
        assert client.post(place, {"password": PASSWORD}).headers["Location"] == reverse("payee")
        assert client.post(reverse("payee"), {**FORM, "iban": OTHER.iban}).status_code == 302
        assert Payee.objects.get().iban == OTHER.iban

    def test_who_has_a_second_factor_needs_it(self, paid_worker):
        give_second_factor(paid_worker)
        client = log_in(paid_worker, second_factor=False)
        place = client.get(reverse("payee")).headers["Location"]
        assert place.startswith(reverse("mfa_reauthenticate"))
        assert client.post(reverse("payee"), {**FORM, "iban": OTHER.iban}).status_code == 403
        assert log_in(paid_worker, second_factor=True).get(reverse("payee")).status_code == 200


class TestPage:
    def test_the_bank_is_shown_back_as_a_check(self, bob, client_of):
        client = client_of(bob)
        answer = client.post(reverse("payee"), FORM, follow=True)
        assert "This is an account at LA BANQUE POSTALE" in answer.content.decode()
        text = client.get(reverse("payee")).content.decode()
        assert (
            "This is an account at LA BANQUE POSTALE that ends in 2606" in text and DETAILS.iban not in text
        )

    def test_a_holder_of_another_name_is_a_warning_never_a_refusal(self, bob, client_of):
        answer = client_of(bob).post(
            reverse("payee"), {**FORM, "account_holder": "Marie Durand"}, follow=True
        )
        assert "does not look like your name" in answer.content.decode() and Payee.objects.exists()

    @pytest.mark.parametrize(
        ("holder", "own"),
        [
            ("MARTIN Bob", True), ("bob  märtin", True), ("B Martin", True), ("Martin", True),
            ("Marie Durand", False), ("Acme Ltd", False),
        ],
    )  # fmt: skip
    def test_names_are_compared_without_case_accents_and_order(self, holder, own):
        assert payees.is_own_account(Payee(legal_name="Bob Martin", account_holder=holder)) is own


class TestByTheWayOfTheCountry:
    @pytest.fixture
    def ways(self, monkeypatch):
        """FR is paid by transfers, SN by a mobile-money provider, GB by Stripe; nothing reaches BR."""
        names = {"FR": "bank", "SN": "provider", "GB": "stripe"}

        class Way:
            def __init__(self, name):
                self.name, self.payout_style = name, "parts" if name == "stripe" else "file"

        def found(country):
            return Way(names[country]) if country in names else None

        monkeypatch.setattr("payments.services.ways.of_country", found)

    def test_a_mobile_number_where_a_provider_pays(self, bob, ways):
        values = {
            "country": "SN",
            "iban": "",
            "mobile_number": "+221 77 123-45.67",
            "mobile_provider": "Wave",
        }
        payee = payees.save(user=bob, details=dataclasses.replace(DETAILS, **values), actor=bob)
        assert (payee.mobile_number, payee.mobile_provider, payee.iban) == ("+221771234567", "Wave", "")

    @pytest.mark.parametrize(
        "number", ["", "77 123 45 67", "+0771234567", "+22", "0022177123", "+221 77 12X"]
    )
    def test_a_number_without_its_country_is_refused(self, bob, ways, number):
        values = {"country": "SN", "iban": "", "mobile_number": number, "mobile_provider": "Wave"}
        with pytest.raises(Invalid) as refusal:
            payees.save(user=bob, details=dataclasses.replace(DETAILS, **values), actor=bob)
        assert set(refusal.value.fields) == {"mobile_number"}

    def test_no_bank_details_where_the_provider_keeps_them(self, bob, ways):
        values = {"country": "GB", "iban": "", "account_holder": ""}
        payee = payees.save(user=bob, details=dataclasses.replace(DETAILS, **values), actor=bob)
        assert (payee.iban, payee.account_holder) == ("", "Bob Martin")

    def test_a_bank_that_no_transfer_of_ours_reaches_is_refused(self, bob, ways):
        values = {"iban": "TN5910006035183598478831"}
        with pytest.raises(Invalid) as refusal:
            payees.save(user=bob, details=dataclasses.replace(DETAILS, **values), actor=bob)
        assert "SEPA" in str(refusal.value.fields["iban"][0])

    def test_the_page_asks_for_what_the_country_needs(self, bob, ways, client_of):
        client = client_of(bob)
        text = client.post(reverse("payee"), {**FORM, "country": "SN"}).content.decode()
        assert 'name="mobile_number"' in text and 'name="iban"' not in text
        text = client.post(reverse("payee"), {**FORM, "country": "BR", "town": ""}).content.decode()
        assert "We can’t pay to this country yet" in text and 'name="iban"' not in text
        assert client.post(reverse("payee"), {**FORM, "country": "GB"}).status_code == 302

    def test_a_mobile_number_instead_of_an_account_is_another_destination(self, paid_worker, ways):
        values = {"country": "SN", "iban": "", "mobile_number": "+221771234567", "mobile_provider": "Wave"}
        payees.save(user=paid_worker, details=dataclasses.replace(DETAILS, **values), actor=paid_worker)
        assert Payee.objects.get().destination_changed_at


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("payee_mobile_number_is_e164", {"mobile_number": "0771234567"}),
        ("payee_name_check_known", {"name_check": "maybe"}),
        ("payee_is_complete", {"account_holder": ""}),
    ],
)
def test_the_database_keeps_the_rules_of_details(bob, constraint, change):
    payees.save(user=bob, details=DETAILS, actor=bob)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Payee.objects.update(**change)


def test_a_rule_can_hold_only_until_a_date(paid_worker):
    payouts.request(user=paid_worker, actor=paid_worker)
    with (
        pytest.raises(IntegrityError, match="payout_hold_names_a_person_or_a_rule_and_its_end"),
        transaction.atomic(),
    ):
        Payout.objects.update(
            state="held", held_at=house_clock.now(), held_rule=payout_rules.CHANGED, held_reason="So."
        )
