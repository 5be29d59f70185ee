"""Keys for programs: made once, shown once, kept as a hash, scoped, expiring and revocable (DESIGN §8).

A key is 256 random bits, so a plain SHA-256 is enough to store it: there is nothing to guess. It speaks for one
person and, for the requester scopes, inside one organisation; what the person may do there is still
looked up at each call, so a smaller role or a lost membership holds at once.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from . import audit, clock, ids
from .errors import Invalid, NotFound, Refusal
from .models import ApiKey, Membership, Organisation, User

START = "tes_"  # lets people and secret scanners recognise a key of ours
REQUESTER_SCOPES = frozenset({ApiKey.Scope.READ, ApiKey.Scope.WRITE, ApiKey.Scope.FUNDS})
# What the person's role must allow for a key to have the scope.
RIGHT_OF = {ApiKey.Scope.READ: "read", ApiKey.Scope.WRITE: "edit", ApiKey.Scope.FUNDS: "funds"}
LONGEST_DAYS = 366
MOST_KEYS = 20
TOUCH_EVERY = dt.timedelta(minutes=10)


class TooManyKeys(Refusal):
    """A person has as many keys in force as allowed."""

    code = "too_many_keys"
    detail = _("You already have %(most)s keys. Revoke one that you no longer use.")


@transaction.atomic
def create(
    *, user: User, organisation: Organisation | None, name: str, scopes: Sequence[str], days: int
) -> tuple[ApiKey, str]:
    """A new key of `user` that works for `days` days, and its secret, which nobody can read again later.

    `organisation` is needed for the requester scopes and left out for the others. Raises Invalid with
    `fields` (name, scopes, days, organisation), TooManyKeys.
    """
    wanted = sorted(set(scopes))
    name = name.strip()
    _check(user, organisation, name, wanted, days)
    if of(user).count() >= MOST_KEYS:
        raise TooManyKeys(most=MOST_KEYS)
    secret = START + secrets.token_urlsafe(32)
    now = clock.now()
    key = ApiKey.objects.create(
        user=user,
        organisation=organisation if REQUESTER_SCOPES.intersection(wanted) else None,
        name=name,
        prefix=secret[:12],
        key_hash=_hash(secret),
        scopes=wanted,
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    audit.record(
        "base:key:create",
        key.public_id,
        actor=user,
        organisation_id=key.organisation_id,
        scopes=wanted,
        days=days,
    )
    return key, secret


def _check(user: User, organisation: Organisation | None, name: str, scopes: list[str], days: int) -> None:
    fields: dict[str, list[Any]] = {}
    if not name:
        fields["name"] = [_("Name the key after the program that will use it.")]
    elif len(name) > 60:
        fields["name"] = [_("Keep the name under 60 characters.")]
    if not 1 <= days <= LONGEST_DAYS:
        fields["days"] = [_("A key works for between 1 and 366 days.")]
    if not scopes:
        fields["scopes"] = [_("Choose what the key may do.")]
    elif unknown := set(scopes) - set(ApiKey.Scope.values):
        fields["scopes"] = [_("There is no scope “%(scope)s”.") % {"scope": min(unknown)}]
    elif ApiKey.Scope.MODERATE in scopes and not user.is_moderator:
        fields["scopes"] = [_("Only moderators can have a key that decides disputes.")]
    elif asked := REQUESTER_SCOPES.intersection(scopes):
        member = organisation and Membership.objects.filter(user=user, organisation=organisation).first()
        if not member:
            fields["organisation"] = [_("Choose the organisation that the key belongs to.")]
        elif not all(member.may(RIGHT_OF[ApiKey.Scope(scope)]) for scope in asked):
            fields["scopes"] = [_("Your role in this organisation does not allow all of this.")]
    if fields:
        raise Invalid(fields=fields)


def lookup(secret: str) -> ApiKey | None:
    """The key in force with this secret, with its person; None when it is unknown, revoked, expired, or the
    person's account is closed. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOKUP, [_hash(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    key = ApiKey.from_db(connection.alias, _OF_KEY, row[: len(_OF_KEY)])
    key.user = User.from_db(connection.alias, _OF_USER, row[len(_OF_KEY) :])
    if key.revoked_at is not None or key.expires_at <= clock.now() or not key.user.is_active:
        return None
    return key


def _columns(model: type[ApiKey] | type[User]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


# Every call by a key asks this, so the statement is written once: the ORM takes a millisecond to do it anew.
_OF_KEY, _OF_USER = _columns(ApiKey), _columns(User)
_LOOKUP = (
    f"SELECT {', '.join(f'k.{name}' for name in _OF_KEY)}, {', '.join(f'u.{name}' for name in _OF_USER)}"  # noqa: S608
    f" FROM {ApiKey._meta.db_table} k JOIN {User._meta.db_table} u ON u.id = k.user_id WHERE k.key_hash = %s"
)


def touch(key: ApiKey) -> None:
    """Note that a key was used, to within TOUCH_EVERY: a write for every call would be too dear."""
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at > TOUCH_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def of(user: User) -> QuerySet[ApiKey]:
    """The person's keys in force, newest first."""
    return ApiKey.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=clock.now()).order_by(
        "-pk"
    )


def in_organisation(organisation: Organisation) -> QuerySet[ApiKey]:
    """Every key in force that acts for an organisation, whoever holds it, newest first."""
    return (
        ApiKey.objects.select_related("user")
        .filter(organisation=organisation, revoked_at__isnull=True, expires_at__gt=clock.now())
        .order_by("-pk")
    )


def find(*, user: User, public_id: str) -> ApiKey:
    """A key that `user` may revoke: their own, or one of an organisation whose team they manage. Raises NotFound."""
    key = ApiKey.objects.select_related("user").filter(pk=ids.decode("key", public_id)).first()
    if key is None:
        raise NotFound
    if key.user_id != user.pk:
        member = (
            key.organisation and Membership.objects.filter(user=user, organisation=key.organisation).first()
        )
        if not member or not member.may("team"):
            raise NotFound
    return key


@transaction.atomic
def revoke(*, key: ApiKey, actor: User) -> None:
    """End a key at once. Revoking it again changes nothing."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=clock.now()):
        audit.record("base:key:revoke", key.public_id, actor=actor, organisation_id=key.organisation_id)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
