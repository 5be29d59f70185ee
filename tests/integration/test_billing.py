"""Billing details, VAT numbers that are confirmed, and the VAT that follows: for a quote, and for a batch for good."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Notice
from payments import vies
from payments.models import BatchTerms, BillingProfile, VatCheck
from payments.services import billing, vat_register
from tasks.services import batches, prices
from tests import vat_register_server
from tests.market import draft, fund

pytestmark = pytest.mark.django_db
VALID = {"valid": True, "requestIdentifier": "WAPIAAAAY1"}


@pytest.fixture
def register(settings):
    with vat_register_server.running() as server:
        settings.VAT_REGISTER_URL = server.address
        yield server


def details(**values):
    return billing.Details(
        **{
            "legal_name": "Atelier GmbH", "address": "Lange Straße 1", "postcode": "10115", "town": "Berlin",
            "country": "DE", "vat_number": "DE 123 456 789", "email": "", "reference": "PO 7", **values,
        }
    )  # fmt: skip


def save(organisation, actor, **values):
    return billing.save(organisation=organisation, actor=actor, details=details(**values))


def publish(organisation, actor):
    fund(organisation)
    return batches.publish(batch=draft(organisation, actor), actor=actor)


def test_details_are_kept_as_they_are_needed_and_the_number_waits_to_be_confirmed(atelier, alice):
    kept = save(atelier, alice, legal_name="  Atelier   GmbH ")
    assert (kept.legal_name, kept.vat_number, kept.vat_checked_at) == ("Atelier GmbH", "DE123456789", None)
    assert VatCheck.objects.get().vat_number == "DE123456789"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"legal_name": " "}, "legal_name"),
        ({"legal_name": "x" * 141}, "legal_name"),
        ({"address": ""}, "address"),
        ({"town": ""}, "town"),
        ({"postcode": ""}, "postcode"),
        ({"country": "XX"}, "country"),
        ({"country": ""}, "country"),
        ({"vat_number": "DE12"}, "vat_number"),
        ({"vat_number": "FR12000000000"}, "vat_number"),
        ({"vat_number": "9" * 21, "country": "US"}, "vat_number"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_details_that_can_not_stand_are_refused_where_they_are_wrong(atelier, alice, values, field):
    with pytest.raises(Invalid) as refusal:
        save(atelier, alice, **values)
    assert field in refusal.value.fields
    assert not BillingProfile.objects.exists()


def test_a_number_from_outside_the_eu_is_kept_and_nobody_is_asked(atelier, alice):
    assert (
        save(atelier, alice, country="GB", postcode="BT1 5GS", vat_number="XI123456789").vat_number
        == "XI123456789"
    )
    assert not VatCheck.objects.exists()
    assert billing.rule(atelier).why == "outside"


def test_a_confirmed_number_makes_the_customer_account_for_the_vat(atelier, alice, register):
    register.answers = [VALID]
    save(atelier, alice)
    assert billing.rule(atelier).why == "unchecked"
    assert vat_register.run() == {"asked": 1, "answered": 1, "again": 0}
    assert register.asked == [
        {
            "path": "/check-vat-number", "countryCode": "DE", "vatNumber": "123456789",
            "requesterMemberStateCode": "FR", "requesterNumber": "12000000000",
        }
    ]  # fmt: skip
    check = VatCheck.objects.get()
    assert (check.answer, check.consultation, check.tries) == ("valid", "WAPIAAAAY1", 1)
    assert (billing.rule(atelier).why, billing.rates(atelier).vat) == ("checked", Decimal(0))
    assert Notice.objects.get(user=alice).kind == "vat_number_valid"
    assert vat_register.run()["asked"] == 0


def test_a_number_that_is_not_valid_changes_nothing_and_says_so(atelier, alice, register):
    register.answers = [{"valid": False}]
    save(atelier, alice)
    vat_register.run()
    assert VatCheck.objects.get().answer == "invalid"
    assert billing.rule(atelier).why == "unchecked"
    assert Notice.objects.get(user=alice).kind == "vat_number_invalid"


@pytest.mark.parametrize(
    "answer",
    [
        503, "rubbish", "slow", {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]},
        {"status": 400, "actionSucceed": False, "errorWrappers": [{"error": "INVALID_REQUESTER_INFO"}]}, {},
    ],
)  # fmt: skip
def test_no_answer_is_never_a_no_and_is_asked_again_later(
    atelier, alice, register, answer, clock, monkeypatch
):
    monkeypatch.setattr(vies, "TIMEOUT", 0.3)
    register.answers = [answer, VALID]
    save(atelier, alice)
    assert vat_register.run()["answered"] == 0
    assert VatCheck.objects.get().answer == "waiting"
    assert vat_register.run()["asked"] == 0  # not at once
    clock.forward(minutes=2)
    assert vat_register.run() == {"asked": 1, "answered": 1, "again": 0}
    assert billing.rule(atelier).why == "checked"


def test_a_register_that_is_not_there_at_all_is_waited_for(atelier, alice, settings):
    settings.VAT_REGISTER_URL = "http://127.0.0.1:9"
    save(atelier, alice)
    assert vat_register.run()["answered"] == 0
    settings.VAT_REGISTER_URL = ""
    assert vat_register.run() == {}


def test_another_number_or_country_is_confirmed_anew_and_a_new_street_is_not(atelier, alice, register):
    register.answers = [VALID]
    save(atelier, alice)
    vat_register.run()
    assert save(atelier, alice, address="Kurze Straße 2").vat_checked_at
    assert save(atelier, alice, vat_number="DE987654321").vat_checked_at is None
    assert billing.rule(atelier).why == "unchecked"
    save(atelier, alice, vat_number="DE111111111")
    assert [check.vat_number for check in vat_register.waiting()] == ["DE111111111"]


def test_an_old_confirmation_is_asked_for_again_and_stands_until_the_answer(atelier, alice, register, clock):
    register.answers = [VALID, {"valid": False}]
    save(atelier, alice)
    vat_register.run()
    clock.forward(days=91)
    assert billing.rule(atelier).why == "checked"
    assert vat_register.run() == {"asked": 1, "answered": 1, "again": 1}
    assert billing.rule(atelier).why == "unchecked"


def test_a_named_person_may_answer_with_a_proof(atelier, alice, erin, dana):
    save(atelier, alice)
    check = vat_register.waiting().get()
    with pytest.raises(Forbidden):
        vat_register.decide(check=check, actor=dana, is_valid=True, proof="seen")
    with pytest.raises(Invalid):
        vat_register.decide(check=check, actor=erin, is_valid=True, proof="  ")
    vat_register.decide(check=check, actor=erin, is_valid=True, proof="Certificate of 3 March, by mail")
    assert billing.rule(atelier).why == "checked"
    with pytest.raises(Lost):
        vat_register.decide(check=check, actor=erin, is_valid=False, proof="again")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"answer": "valid"}, "vat_check_answer_has_its_date"),
        ({"decided_by": True}, "vat_check_by_a_person_has_a_proof"),
    ],
)
def test_sql_keeps_answers_whole(atelier, alice, change, name):
    save(atelier, alice)
    if "decided_by" in change:
        change = {"decided_by": alice}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        VatCheck.objects.update(**change)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"country": "de"}, "billing_country_is_iso"),
        ({"town": ""}, "billing_is_complete"),
        (
            {"vat_number": "", "vat_checked_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
            "billing_checked_number_is_there",
        ),
    ],
)
def test_sql_keeps_details_whole(atelier, alice, change, name):
    save(atelier, alice)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BillingProfile.objects.update(**change)


def test_one_question_about_a_number_waits_at_a_time(atelier, alice):
    save(atelier, alice)
    with pytest.raises(IntegrityError, match="vat_check_one_waiting"), transaction.atomic():
        VatCheck.objects.create(organisation=atelier, vat_number="DE123456789")


def test_a_batch_keeps_the_vat_it_was_published_with(atelier, alice, erin):
    before = publish(atelier, alice)
    assert before.vat_rate == Decimal("0.20")
    save(atelier, alice)
    vat_register.decide(check=vat_register.waiting().get(), actor=erin, is_valid=True, proof="seen")
    before.refresh_from_db()
    assert prices.rates(before).vat == Decimal("0.20")
    after = publish(atelier, alice)
    assert (after.vat_rate, prices.rates(after).vat) == (0, 0)
    terms = {row.batch_ref: (row.treatment, row.why) for row in BatchTerms.objects.all()}
    assert terms == {
        before.public_id: ("domestic", "domestic"), after.public_id: ("reverse_charge", "checked"),
    }  # fmt: skip


def test_a_draft_is_quoted_with_the_vat_of_its_organisation(atelier, alice):
    made = draft(atelier, alice, rows=10)
    assert prices.quote(made).vat > 0
    save(atelier, alice, country="US", postcode="10001", vat_number="")
    assert prices.quote(made).vat == 0
    save(atelier, alice, country="RE", postcode="97400", vat_number="")
    assert prices.rates(made).vat == Decimal("0.085")


def test_without_billing_details_the_country_of_the_organisation_decides(atelier):
    assert billing.rule(atelier).why == "domestic"
    atelier.country = "US"
    atelier.save()
    assert billing.rule(atelier).why == "outside"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"treatment": "none"}, "batch_terms_treatment_known"),
        ({"treatment": "outside_eu", "vat_rate": "0.2"}, "batch_terms_vat_only_when_domestic"),
        ({"vat_rate": "1.5"}, "batch_terms_vat_only_when_domestic"),
    ],
)
def test_sql_knows_which_terms_can_be(atelier, values, name):
    kept = {
        "organisation": atelier,
        "batch_ref": "bat_x",
        "treatment": "domestic",
        "vat_rate": "0.2",
        "why": "domestic",
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BatchTerms.objects.create(**(kept | values))
