"""The people of the tests: Alice requests, Bob, Bea and Ben work, Charlie is a stranger, Dana and Dora moderate,
Erin administers. `client_of(person)` is a browser in which that person is logged in.

A plugin of `conftest.py`: its fixtures are there in every test. The functions make further people.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

PASSWORD = "a long password, 42"
BORN = dt.date(1990, 5, 31)


def make_person(name: str, **fields: Any) -> Any:
    """An account with a verified address, `<name>@example.test`, and PASSWORD; no role yet."""
    from allauth.account.models import EmailAddress

    from marketplace.base.models import User

    user = User.objects.create_user(
        email=f"{name.lower()}@example.test", password=PASSWORD, name=name.capitalize(), **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_worker(
    name: str, *, country: str = "FR", languages: tuple[str, ...] = ("fr", "en"), **fields: Any
) -> Any:
    """Somebody with a worker profile."""
    from workers.services import onboarding

    user = make_person(name, **fields)
    onboarding.save_profile(
        user=user, country=country, languages=languages, birth_date=BORN, time_zone="Europe/Paris"
    )
    return user


def make_organisation(name: str, *, owner: Any, country: str = "FR", **fields: Any) -> Any:
    """An organisation with its owner."""
    from marketplace.base.models import Organisation

    organisation = Organisation.objects.create(name=name, country=country, **fields)
    join(organisation, owner, "owner")
    return organisation


def join(organisation: Any, user: Any, role: str) -> None:
    """Make `user` a member with `role`: viewer, editor, finance or owner."""
    from marketplace.base.models import Membership

    Membership.objects.create(organisation=organisation, user=user, role=role)
    user.posts = True
    user.save(update_fields=["posts"])


def give_second_factor(user: Any) -> str:
    """Activate TOTP and recovery codes; the answer is the TOTP secret."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def log_in(user: Any, *, second_factor: bool | None = None) -> Client:
    """A browser of `user`. `second_factor` says whether the session proved one (None: where the role needs it)."""
    from allauth.account.internal.userkit import user_id_to_str

    client = Client()
    client.force_login(user)
    session = client.session
    records: list[dict[str, Any]] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    if user.needs_second_factor if second_factor is None else second_factor:
        records.append({"method": "mfa", "type": "totp", "at": time.time()})
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session.save()
    return client


def _moderator(name: str) -> Any:
    user = make_person(name, is_moderator=True)
    give_second_factor(user)
    return user


@pytest.fixture
def client_of() -> Callable[..., Client]:
    return log_in


@pytest.fixture
def mailbox(settings: Any) -> Any:
    """What was sent by mail (rows of SentMail): kept in the database, as in the demonstration."""
    from marketplace.base.models import SentMail

    settings.EMAIL_BACKEND = "marketplace.delivery.mailbox.EmailBackend"
    return SentMail.objects


@pytest.fixture
def alice(db: None) -> Any:
    """Posts work; owner of `atelier`."""
    user = make_person("alice")
    user.organisation = make_organisation(
        "Atelier Nord",
        owner=user,
        description="A small catalogue of furniture.",
        website="https://atelier.example",
    )
    return user


@pytest.fixture
def atelier(alice: Any) -> Any:
    """The organisation of Alice, in France, without funds."""
    return alice.organisation


@pytest.fixture
def vera(atelier: Any) -> Any:
    """May read what `atelier` does, no more."""
    user = make_person("vera")
    join(atelier, user, "viewer")
    return user


@pytest.fixture
def bob(db: None) -> Any:
    return make_worker("bob")


@pytest.fixture
def bea(db: None) -> Any:
    return make_worker("bea")


@pytest.fixture
def ben(db: None) -> Any:
    return make_worker("ben")


@pytest.fixture
def charlie(db: None) -> Any:
    """A stranger: an account, and nothing else."""
    return make_person("charlie")


@pytest.fixture
def dana(db: None) -> Any:
    """A moderator with a second factor."""
    return _moderator("dana")


@pytest.fixture
def dora(db: None) -> Any:
    """Another moderator, for appeals."""
    return _moderator("dora")


@pytest.fixture
def erin(db: None) -> Any:
    """An administrator with a second factor; does not moderate."""
    user = make_person("erin", is_admin=True)
    give_second_factor(user)
    return user
