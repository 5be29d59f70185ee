"""Accounts for simulated people, made through the services."""

import datetime as dt
from collections.abc import Sequence

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from marketplace.base.models import User
from payments.services import iban, payees
from workers.services import onboarding

COUNTRIES = ("FR", "FR", "FR", "DE", "ES", "PT", "PL", "MA", "SN", "MG")


def person(email: str, *, name: str, password: str | None = None, locale: str = "en") -> User:
    """The person with this address, made with a verified address when there is none."""
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, locale=locale)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def worker(user: User, *, country: str, languages: Sequence[str] = ("en", "fr")) -> User:
    """Give a person a worker profile."""
    onboarding.save_profile(
        user=user,
        country=country,
        languages=languages,
        birth_date=dt.date(1990, 5, 17),
        time_zone="Europe/Paris",
    )
    return user


def crowd(count: int, *, prefix: str = "crowd", countries: Sequence[str] = COUNTRIES) -> list[User]:
    """`count` workers without a password (nobody logs in as them), living in various countries."""
    emails = [f"{prefix}-{number}@example.org" for number in range(1, count + 1)]
    unusable = make_password(None)
    missing = set(emails) - set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    User.objects.bulk_create(
        [
            User(email=email, name=f"{prefix} {email.split('@')[0].rpartition('-')[2]}", password=unusable)
            for email in emails
            if email in missing
        ]
    )
    users = {user.email: user for user in User.objects.filter(email__in=emails)}
    for number, email in enumerate(emails):
        if not users[email].works:
            worker(users[email], country=countries[number % len(countries)])
        if payees.of(users[email]) is None:
            bank_details(users[email], number)
    return [users[email] for email in emails]


def bank_details(user: User, number: int) -> None:
    """Invented payout details with a number of its own, so that payouts can be run."""
    details = payees.Details(
        legal_name=f"Worker {number}", address="1 rue du Port", town="Lorient", postcode="56100", country="FR",
        tax_residence="FR", tin="", account_holder=f"Worker {number}", iban=iban.make("FR", f"{number:023d}"),
    )  # fmt: skip
    payees.save(user=user, details=details, actor=user)
