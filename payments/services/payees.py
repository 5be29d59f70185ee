"""Where a worker's money goes: the one service that reads and writes those personal data."""

import datetime as dt
import re
from dataclasses import dataclass, fields
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz

from marketplace.base import audit, clock, countries, ids, notices
from marketplace.base.errors import Invalid, NotFound
from marketplace.base.models import User
from payments.models import AccountKind, Payee
from payments.services import connected, diligence, ledger, payouts, person_marks, persons, tins, ways
from payments.services import iban as ibans

_LONGEST = {
    "legal_name": 140,
    "address": 140,
    "town": 70,
    "postcode": 16,
    "country": 2,
    "tax_residence": 2,
    "tin": 40,
    "account_holder": 140,
    "iban": 34,
    "mobile_number": 20,
    "mobile_provider": 40,
    "birth_place": 70,
    "birth_country": 2,
}  # fmt: skip - characters, as the columns and bank files hold
# Where the money goes: who changes one of these changes the destination.
_DESTINATION = ("account_holder", "iban", "mobile_number", "mobile_provider")
# Two ways to write a name are at least this alike (0 to 100, rapidfuzz's token_sort_ratio); our own choice.
ALIKE = 70

# What a way needs of a worker: an account number, a mobile number, the provider's own pages, or nothing (no way).
Asks = Literal["iban", "mobile", "connect", "nothing"]
_ASKS: dict[str, Asks] = {"provider": "mobile"}


@dataclass(frozen=True, slots=True)
class Details:
    """What a worker tells us, as typed. `tin`, and a postcode where the country has none, may be empty.

    Of account number and mobile number only the one counts that the way of the country asks for; left empty it
    stays as it is known.
    """

    legal_name: str
    address: str
    town: str
    postcode: str
    country: str
    tax_residence: str
    tin: str
    account_holder: str
    iban: str = ""
    mobile_number: str = ""
    mobile_provider: str = ""
    birth_date: dt.date | None = None
    birth_place: str = ""
    birth_country: str = ""


def asks(country: str) -> Asks:
    """What a worker who lives in `country` must tell so that money reaches them."""
    way = ways.of_country(country) if countries.is_country(country) else None
    if way is None:
        return "nothing"
    return "connect" if way.payout_style == "parts" else _ASKS.get(way.name, "iban")


@transaction.atomic
def save(*, user: User, details: Details, actor: User) -> Payee:
    """Store or replace a worker's payout details. Raises Invalid with the fields that can't be used, NotFound for who
    is gone.

    A change is told to the account's address; a changed destination holds payouts for PAYOUT_CHANGE_HOLD_HOURS,
    those that wait as well. Accounts with the same details are found (`persons`). Locks the worker's payable: a payout
    asked for in this instant comes before or after.
    """
    persons.lock()
    if not User.objects.filter(pk=user.pk, is_active=True).exists():  # erased in this instant
        raise NotFound
    ledger.lock([ledger.account(AccountKind.WORKER_PAYABLE, user=user)])
    known = Payee.objects.select_for_update(no_key=True).filter(user=user).first()
    clean, now = _clean(details, known), clock.now()
    changed = known is not None and any(getattr(known, name) != value for name, value in clean.items())
    moved = known is not None and _moves(known, clean)
    if moved or (known and known.legal_name != clean["legal_name"]):
        clean |= {"name_check": "", "name_checked_at": None}
    if moved:
        clean["destination_changed_at"] = now
    payee, _created = Payee.objects.update_or_create(
        user=user, defaults=clean | {"updated_at": now}, create_defaults=clean | {"user": user}
    )
    audit.record("payments:payee:save", ids.encode("usr", user.pk), actor=actor, destination_changed=moved)
    if changed:
        until = now + dt.timedelta(hours=settings.PAYOUT_CHANGE_HOLD_HOURS)
        until_text = until.isoformat() if moved else ""
        notices.tell(user.pk, "payee_changed", now.isoformat(), at=now.isoformat(), until=until_text)
    diligence.follow(user.pk)
    for number in sorted({user.pk} | persons.follow(payee)):
        payouts.follow_rules(number)
    connected.prepare(payee=payee)
    return payee


def of(user: User) -> Payee | None:
    """The payout details of a worker, None when there are none."""
    return Payee.objects.filter(user=user).first()


def bank_of(payee: Payee) -> str:
    """Whose account the money goes to, as a check for its owner's eyes; empty when that is not known, or no bank's."""
    return ibans.bank(payee.iban) if payee.iban and asks(payee.country) == "iban" else ""


def ending(payee: Payee) -> str:
    """The last four of the account or number that the money goes to today; empty where the provider alone knows it.

    A worker who moved may have left an account with us that nothing goes to any more: it is not this one.
    """
    known = {"iban": payee.iban_ending, "mobile": payee.mobile_number[-4:]}
    return known.get(asks(payee.country), "")


def is_own_account(payee: Payee) -> bool:
    """Whether account holder and legal name look like one person's name. A hint: names are written in many ways."""
    holder, name = (person_marks.comparable(each) for each in (payee.account_holder, payee.legal_name))
    return fuzz.token_sort_ratio(holder, name) >= ALIKE or set(holder.split()) <= set(name.split())


def tin_looks_right(payee: Payee) -> bool:
    """Whether the tax number looks like one of its country. A hint."""
    return not payee.tin or tins.looks_right(payee.tax_residence, payee.tin)


def _moves(known: Payee, clean: dict[str, Any]) -> bool:
    """Whether money would go elsewhere than it was first told to: to another account, or by another way.

    An account at a provider belongs to one country: another country is another account.
    """
    if not (known.iban or known.mobile_number or connected.has_account(known.user_id)):
        return False
    before, after = asks(known.country), asks(clean["country"])
    if before != after or (after == "connect" and known.country != clean["country"]):
        return True
    return any(getattr(known, name) != clean[name] for name in _DESTINATION)


def _clean(details: Details, known: Payee | None) -> dict[str, Any]:
    given = {field.name: getattr(details, field.name) for field in fields(details)}
    birth_date = given.pop("birth_date")
    values = {name: " ".join(str(value).split()) for name, value in given.items()}
    for name in ("country", "tax_residence", "birth_country"):
        values[name] = values[name].upper()
    wrong: dict[str, list[Any]] = {}
    for name in ("country", "tax_residence"):
        if not countries.is_country(values[name]):
            wrong[name] = [_("Choose a country from the list.")]
    if values["birth_country"] and not countries.is_country(values["birth_country"]):
        wrong["birth_country"] = [_("Choose a country from the list.")]
    _keep_destination(values, known)
    for name in ("legal_name", "address", "town", "account_holder"):
        if not values[name]:
            wrong[name] = [_("Fill this in.")]
    wrong |= _wrong_destination(values)
    for name, value in values.items():
        longest = _LONGEST[name]
        if len(value) > longest and name not in wrong:
            wrong[name] = [
                _("This is too long for a bank: shorten it to %(most)s characters.") % {"most": longest}
            ]
    if wrong:
        raise Invalid(fields=wrong)
    return values | {"birth_date": birth_date or (known.birth_date if known else None)}


def _keep_destination(values: dict[str, str], known: Payee | None) -> None:
    """What the way of the country does not ask for, or what was left empty, stays as it is known."""
    wanted = asks(values["country"])
    values["iban"] = ibans.plain(values["iban"]) if wanted == "iban" else ""
    values["mobile_number"] = re.sub(r"[\s().\-]", "", values["mobile_number"]) if wanted == "mobile" else ""
    if wanted != "mobile":
        values["mobile_provider"] = ""
    for name in ("iban", "mobile_number", "mobile_provider"):
        values[name] = values[name] or (getattr(known, name) if known else "")
    if wanted in ("connect", "nothing"):
        values["account_holder"] = values["account_holder"] or values["legal_name"]


def _wrong_destination(values: dict[str, str]) -> dict[str, list[Any]]:
    wanted = asks(values["country"])
    wrong: dict[str, list[Any]] = {}
    way = ways.of_country(values["country"]) if wanted == "iban" else None
    if wanted == "iban" and not ibans.is_valid(values["iban"]):
        wrong["iban"] = [_("This is not an IBAN: compare it with your bank's letter, digit by digit.")]
    elif way and way.name == "bank" and not ibans.in_sepa(values["iban"]):
        wrong["iban"] = [_("Our transfers don't reach this bank: give an account in a country of SEPA.")]
    if wanted == "mobile":
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", values["mobile_number"]):
            wrong["mobile_number"] = [_("Write the number with its country code, as in +221 77 123 45 67.")]
        if not values["mobile_provider"]:
            wrong["mobile_provider"] = [_("Fill this in.")]
    return wrong
