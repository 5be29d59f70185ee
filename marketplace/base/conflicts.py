"""Nobody decides a case they have a part in: the one place that says who has (DESIGN §3, charter M2, docs/adr/0072).

The rule itself is SQL (`base/sql/conflicts.sql`, and `tasks/sql/conflicts.sql` above it), since triggers keep it too. A
service asks here before it decides, and sees the sentence; whoever goes around the services meets the trigger.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from . import audit, clock, ids
from .errors import Forbidden
from .models import CaseLease, Stake, User

BASE = "base_conflict"  # what people and organisations tell; `tasks_conflict` also knows who worked for whom
CONSTRAINT = "decided_by_nobody_involved"


class ConflictOfInterest(Forbidden):
    """Nobody decides a case they are part of."""

    code = "conflict_of_interest"
    detail = _("You are part of this case, so somebody else must decide it.")


# What SQL answers → what the moderator reads.
WHY: dict[str, Any] = {
    "self": ConflictOfInterest.detail,
    "declared": _("You have said that you have a stake in this case, so somebody else decides it."),
    "organisation": _(
        "You belong to this organisation, or did within a year, so somebody else must decide it."
    ),
    "shared": _(
        "You and somebody in this case belong to the same organisation, so somebody else must decide it."
    ),
    "works_for": _("This person has worked for an organisation of yours, so somebody else must decide it."),
}


def found(
    *,
    kind: str,
    number: int,
    moderator: User,
    people: Iterable[int | None],
    organisation_id: int | None,
    function: str = BASE,
) -> str:
    """A code of WHY, or '' where this moderator has no part in the case (kind, number).

    `people` are the row numbers of those whom it is about, `organisation_id` whose work or money it is.
    """
    numbers = [each for each in people if each is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(%s, %s, %s, %s::bigint[], %s, %s)",
            [kind, number, moderator.pk, numbers, organisation_id, clock.now()],
        )
        answer: str = cursor.fetchone()[0]
        return answer


@dataclass(frozen=True, slots=True)
class Case:
    """What the rule has to know of a case; see `found`."""

    kind: str
    number: int
    people: tuple[int, ...]
    organisation_id: int | None


def found_in(cases: Iterable[Case], *, moderator: User, function: str = BASE) -> dict[tuple[str, int], str]:
    """{(kind, number): code of WHY} of the cases in which this moderator has a part. One query, however many."""
    rows = [
        {
            "kind": case.kind,
            "number": case.number,
            "people": case.people,
            "organisation": case.organisation_id,
        }
        for case in cases
    ]
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kind, number, {function}(kind, number, %s, people, organisation, %s)"  # noqa: S608
            " FROM jsonb_to_recordset(%s::jsonb)"
            " AS c (kind text, number bigint, people bigint[], organisation bigint)",
            [moderator.pk, clock.now(), json.dumps(rows)],
        )
        return {(kind, number): code for kind, number, code in cursor.fetchall() if code}


def without_part(case: Case, *, function: str = BASE) -> list[User]:
    """The moderators who have no part in a case, by name. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.id FROM base_user u WHERE u.is_moderator AND u.is_active"  # noqa: S608
            f" AND {function}(%s, %s, u.id, %s::bigint[], %s, %s) = ''",
            [case.kind, case.number, list(case.people), case.organisation_id, clock.now()],
        )
        numbers = [number for (number,) in cursor.fetchall()]
    return list(User.objects.filter(pk__in=numbers).order_by("name", "pk"))


def require_none(
    *,
    kind: str,
    number: int,
    moderator: User,
    people: Iterable[int | None],
    organisation_id: int | None = None,
    function: str = BASE,
) -> None:
    """Raises ConflictOfInterest where `found` says so.

    Inside a transaction it holds the moderator's row, as joining an organisation does (`teams.accept`): who joins in
    the same instant does so before this looks, or after the decision.
    """
    if connection.in_atomic_block:
        list(User.objects.select_for_update(no_key=True).filter(pk=moderator.pk).values_list("pk"))
    code = found(
        kind=kind, number=number, moderator=moderator, people=people, organisation_id=organisation_id,
        function=function,
    )  # fmt: skip
    if code:
        raise ConflictOfInterest(WHY[code])


@contextmanager
def refused() -> Iterator[None]:
    """What a trigger refuses inside becomes ConflictOfInterest: for services that know less than the database does.

    A savepoint where a transaction is open, else a transaction of its own.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        named = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if named != CONSTRAINT:
            raise
        code = getattr(error.__cause__.diag, "message_detail", "")  # type: ignore[union-attr]
        raise ConflictOfInterest(WHY.get(code)) from None


@transaction.atomic
def declare(*, kind: str, number: int, moderator: User) -> None:
    """Say that a case touches oneself: it goes on without this moderator, and back to the queue. Twice is once.

    Raises Forbidden for who does not moderate.
    """
    if not moderator.is_moderator:
        raise Forbidden
    _row, made = Stake.objects.get_or_create(
        kind=kind, number=number, moderator=moderator, defaults={"declared_at": clock.now()}
    )
    CaseLease.objects.filter(kind=kind, number=number, moderator=moderator).delete()
    if made:
        audit.record("console:case:stake", ids.encode(kind, number), actor=moderator)
