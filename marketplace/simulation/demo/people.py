"""The demonstration's personas, and the file that says how to log in as them."""

import json
import secrets
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings

from marketplace.base import clock, keys
from marketplace.base.models import ApiKey, Organisation, User
from marketplace.simulation import people
from payments.services import iban, payees

# role in demo.json: (address, name, country of a worker)
PERSONAS: dict[str, tuple[str, str, str]] = {
    "requester": ("alice@example.org", "Alice", ""),
    "worker": ("bob@example.org", "Bob", "FR"),
    "worker_2": ("bea@example.org", "Béa", "FR"),
    "worker_3": ("ben@example.org", "Ben", "TN"),
    "moderator": ("dana@example.org", "Dana", ""),
    "moderator_2": ("dora@example.org", "Dora", ""),
    "admin": ("erin@example.org", "Erin", ""),
}
# Valid IBANs of no customer: the examples of the standard's own documentation, and one more; each person has their own.
IBANS = {
    "Bob": "FR1420041010050500013M02606",
    "Béa": iban.make("FR", "20041010050500013M02607"),
    "Ben": "TN5910006035183598478831",
}


def make() -> dict[str, User]:
    """All personas, by role. Made once; found again afterwards."""
    made = {}
    for role, (email, name, country) in PERSONAS.items():
        user = people.person(email, name=name)
        user.is_moderator = role.startswith("moderator") or role == "admin"  # in a small house she does both
        user.is_admin = role == "admin"
        user.save(update_fields=["is_moderator", "is_admin"])
        if country:
            people.worker(user, country=country)
            payees.save(user=user, details=_payee(name, country), actor=user)
        made[role] = user
    return made


def _payee(name: str, country: str) -> payees.Details:
    town, postcode = ("Lorient", "56100") if country == "FR" else ("Tunis", "1000")
    return payees.Details(
        legal_name=f"{name} Exemple", address="1 rue du Port", town=town, postcode=postcode, country=country,
        tax_residence=country, tin="", account_holder=f"{name} Exemple", iban=IBANS[name],
    )  # fmt: skip


def credentials(personas: dict[str, User], organisation: Organisation) -> dict[str, Any]:
    """Give each persona a new password, key and, where needed, second factor; returns what demo.json says."""
    found: dict[str, Any] = {"base_url": settings.BASE_URL}
    for role, user in personas.items():
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save(update_fields=["password"])
        entry = {"email": user.email, "password": password, "api_key": _key(role, user, organisation)}
        if user.needs_second_factor:
            entry["totp_secret"] = _second_factor(user)
        found[role] = entry
    return found


def _key(role: str, user: User, organisation: Organisation) -> str:
    scope = ApiKey.Scope
    scopes, owner = [scope.WORK], None
    if role == "requester":
        scopes, owner = [scope.READ, scope.WRITE, scope.FUNDS], organisation
    elif user.needs_second_factor:
        scopes = [scope.MODERATE]
    _row, secret = keys.create(
        user=user, organisation=owner, name="demonstration", scopes=[str(one) for one in scopes], days=365
    )
    return secret


def _second_factor(user: User) -> str:
    Authenticator.objects.filter(user=user).delete()
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return str(secret)


def write(path: Path, found: dict[str, Any]) -> None:
    """Keep the log-ins beside the other local files, readable by this account alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(
        json.dumps(found | {"written": clock.today().isoformat()}, indent=2) + "\n", encoding="utf-8"
    )
