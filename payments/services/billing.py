"""Whom we bill: the details of an organisation, and the VAT that follows from them."""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, countries, vat_areas
from marketplace.base.errors import Invalid
from marketplace.base.models import Membership, Organisation, Role, User
from payments.models import BatchTerms, BillingProfile, VatCheck
from payments.services import pricing, vat

# What a text may hold at most, in characters; the same as the columns.
_MOST = {"legal_name": 140, "address": 140, "postcode": 16, "town": 70, "vat_number": 20, "reference": 60}


@dataclass(frozen=True, slots=True)
class Details:
    """What an invoice says about the customer, as it was typed."""

    legal_name: str
    address: str
    town: str
    country: str
    postcode: str = ""
    vat_number: str = ""
    email: str = ""
    reference: str = ""


def profile(organisation: Organisation) -> BillingProfile | None:
    """The billing details, None before anybody gave them."""
    return BillingProfile.objects.filter(organisation=organisation).first()


@transaction.atomic
def save(*, organisation: Organisation, actor: User, details: Details) -> BillingProfile:
    """Keep the details; a VAT number of the EU that is new is to be confirmed. Raises Invalid with `fields`.

    A number that was confirmed stays so until it, or the country, changes.
    """
    values = {name: " ".join(text.split()) for name, text in dataclasses.asdict(details).items()}
    values["country"] = values["country"].upper()
    values["vat_number"] = re.sub(r"[\s.\-/]", "", values["vat_number"]).upper()
    _check(values)
    before = BillingProfile.objects.select_for_update(no_key=True).filter(organisation=organisation).first()
    same = before is not None and (before.vat_number, before.country) == (
        values["vat_number"],
        values["country"],
    )
    kept = {
        **values,
        "updated_at": clock.now(),
        "vat_checked_at": before.vat_checked_at if before is not None and same else None,
    }
    found, _new = BillingProfile.objects.update_or_create(organisation=organisation, defaults=kept)
    audit.record(
        "payments:billing:save", organisation.public_id, actor=actor, organisation_id=organisation.pk,
        country=found.country,
    )  # fmt: skip
    if not same:
        _drop_checks(organisation)
        ask(found)
    return found


def ask(found: BillingProfile) -> VatCheck | None:
    """Note that the VAT number is to be confirmed; the clockwork asks. None where there is nothing to ask."""
    if not is_eu_number(found.vat_number, found.country):
        return None
    check, _new = VatCheck.objects.get_or_create(
        organisation_id=found.organisation_id, vat_number=found.vat_number, answer=VatCheck.Answer.WAITING
    )
    return check


def is_eu_number(number: str, country: str) -> bool:
    """Whether a number is written as one of the customer's country in the EU; Monaco has French ones."""
    return vat_areas.is_number(number, "FR" if country == "MC" else country)


def rule(organisation: Organisation) -> vat.Rule:
    """The VAT rule for our fee to an organisation today; without billing details, by the country it signed up with."""
    found = profile(organisation)
    customer = vat.Customer(organisation.country)
    if found is not None:
        customer = vat.Customer(found.country, found.postcode, found.vat_checked_at is not None)
    return vat.rule(vat.Seller(settings.SELLER_COUNTRY, settings.VAT_RATE), customer)


def rates(organisation: Organisation) -> pricing.Rates:
    """The rates of a batch that the organisation would publish now."""
    return dataclasses.replace(pricing.Rates.from_settings(), vat=rule(organisation).rate)


def fix_terms(*, organisation: Organisation, batch_ref: str, title: str) -> vat.Rule:
    """The rule a batch is published under, kept for its invoices. Inside the transaction that sets its price aside."""
    found = rule(organisation)
    values = {
        "organisation": organisation, "title": title[:120], "treatment": found.treatment, "vat_rate": found.rate,
        "why": found.why, "set_at": clock.now(),
    }  # fmt: skip
    BatchTerms.objects.update_or_create(batch_ref=batch_ref, defaults=values)
    return found


def snapshot(organisation: Organisation) -> dict[str, Any]:
    """The customer as a document keeps them; without billing details, what the organisation signed up with."""
    found = profile(organisation)
    if found is None:
        return {"name": organisation.name, "address": [], "country": organisation.country, "vat_number": "",
                "reference": "", "organisation": organisation.public_id, "is_complete": False}  # fmt: skip
    town = f"{found.postcode} {found.town}".strip()
    return {
        "name": found.legal_name, "address": [found.address, town], "country": found.country,
        "vat_number": found.vat_number, "reference": found.reference, "organisation": organisation.public_id,
        "is_complete": True,
    }  # fmt: skip


def readers(organisation: Organisation) -> list[User]:
    """Who handles money in the organisation: owners and finance."""
    roles = [role for role in Role.values if Membership(role=role).may("funds")]
    members = Membership.objects.filter(organisation=organisation, role__in=roles, user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("pk")]


def _drop_checks(organisation: Organisation) -> None:
    """Questions about a number that no longer stands need no answer."""
    VatCheck.objects.filter(organisation=organisation, answer=VatCheck.Answer.WAITING).delete()


def _check(values: dict[str, str]) -> None:
    fields: dict[str, list[Any]] = {}
    for name, most in _MOST.items():
        if len(values[name]) > most:
            fields[name] = [_("Keep this under %(most)s characters.") % {"most": most}]
    for name, sentence in {
        "legal_name": _("Write the name as it is registered."),
        "address": _("Write street and number."),
        "town": _("Write the town."),
    }.items():
        if not values[name]:
            fields[name] = [sentence]
    country, number = values["country"], values["vat_number"]
    in_eu = country in vat_areas.EU or country == "MC"
    if not countries.is_country(country):
        fields["country"] = [_("Choose a country from the list.")]
    elif in_eu and not values["postcode"]:
        fields["postcode"] = [_("Write the postcode: the VAT depends on it.")]
    if number and in_eu and not is_eu_number(number, country) and "vat_number" not in fields:
        start = vat_areas.prefix("FR" if country == "MC" else country)
        fields["vat_number"] = [
            _("This is not how VAT numbers of this country are written; they begin with %(start)s.")
            % {"start": start}
        ]
    if values["email"]:
        try:
            validate_email(values["email"])
        except ValidationError:
            fields["email"] = [_("Write an e-mail address such as name@example.org.")]
    if fields:
        raise Invalid(fields=fields)
