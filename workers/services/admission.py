"""Who may begin to work: at once while there is enough work, else in the order in which they came (charter C4).

The work there is for each person who works here is counted by who knows the work (`tasks.services.admissions`) and kept
in one row, the gate; this module keeps the line. Nobody jumps it, moderators included: a trigger holds the order
(docs/adr/0063).
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from marketplace.base import audit, clock, money, notices
from marketplace.base.models import User
from workers.models import Gate, WorkerProfile

MOST = 1_000  # people let in by one run


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person stands in line, and what the line waits for. Micros of open work for each active worker."""

    number: int  # from 1
    waiting: int
    each_micros: int
    needed_micros: int
    active_workers: int


def waiting() -> QuerySet[WorkerProfile]:
    """The line: who waits, the first to be let in on top. A closed account waits for nothing."""
    rows = WorkerProfile.objects.filter(admitted_at__isnull=True, user__is_active=True)
    return rows.order_by("created_at", "user_id")


def may_begin() -> bool:
    """Whether somebody who joins in this transaction begins at once: nobody waits before them, and there is room. Takes
    a place where places are counted. Locks the gate."""
    if not settings.ADMISSION:
        return True
    gate = Gate.objects.select_for_update().filter(pk=1).first()
    if gate is None or gate.room is None:
        return True
    if not gate.room or waiting().exists():
        return False
    Gate.objects.filter(pk=1).update(room=gate.room - 1)
    return True


def needed() -> int:
    """Micros of open work for each active worker from which on people are let in."""
    return money.from_decimal(settings.ADMISSION_LEAST_EUR)


def room(*, open_micros: int, active_workers: int, just_let_in: int) -> int | None:
    """How many more the work is enough for; None while the rule is off, as in a market of few people.

    Who was let in and has not begun yet counts like who works: the work is meant for them too.
    """
    if not settings.ADMISSION or active_workers < settings.ADMISSION_LEAST_WORKERS:
        return None
    return max(0, open_micros // max(1, needed()) - active_workers - just_let_in)


@transaction.atomic
def turn(*, open_micros: int, active_workers: int, just_let_in: int) -> int:
    """Write down how much work there is, and let in as many of the line as it is enough for, in their order. Returns
    how many. Locks the gate; the order is held by the database as well."""
    Gate.objects.get_or_create(pk=1)
    Gate.objects.select_for_update().get(pk=1)
    left = room(open_micros=open_micros, active_workers=active_workers, just_let_in=just_let_in)
    first = list(waiting().values_list("user_id", flat=True)[: MOST if left is None else min(left, MOST)])
    if first:
        WorkerProfile.objects.filter(pk__in=first).update(admitted_at=clock.now())
    for number in first:
        notices.tell(number, "let_in", str(number))
    if first:
        audit.record("workers:admission:let_in", "line", actor=None, people=len(first))
    Gate.objects.filter(pk=1).update(
        at=clock.now(),
        open_micros=open_micros,
        active_workers=active_workers,
        room=None if left is None else left - len(first),
    )
    return len(first)


def place(user: User) -> Place | None:
    """Where this person stands in line; None for who may work, or has no profile."""
    mine = WorkerProfile.objects.filter(user=user, admitted_at__isnull=True).first()
    if mine is None:
        return None
    before = Q(created_at__lt=mine.created_at) | Q(created_at=mine.created_at, user_id__lt=mine.user_id)
    gate = Gate.objects.filter(pk=1).first() or Gate()
    return Place(
        number=waiting().filter(before).count() + 1,
        waiting=waiting().count(),
        each_micros=gate.open_micros // max(1, gate.active_workers),
        needed_micros=needed(),
        active_workers=gate.active_workers,
    )
