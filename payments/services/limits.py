"""Spending limits: what a member may set aside in a month, and what any one batch may cost (set by owners).

What counts is what was set aside and did not come back, bonuses included, in the calendar month of the books
(Europe/Paris). Rows that a chain brings by itself count for the member who set the chain up. Where the money came from,
a deposit or an automatic top-up, plays no part: limits are on what is spent.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, formats, money
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.models import Membership, Organisation, User
from payments.models import AccountKind, SpendingLimit
from payments.services import ledger


class LimitReached(Refusal):
    """A member's limit of this month does not allow it."""

    code = "limit_reached"
    detail = _(
        "Your limit is %(limit)s a month; %(used)s of it is used and this needs %(needed)s. Ask an owner to raise it,"
        " or wait until %(until)s."
    )


class BatchLimitReached(Refusal):
    """The limit of one batch does not allow it."""

    code = "batch_limit_reached"
    detail = _(
        "One batch may cost at most %(limit)s here; this one has %(used)s set aside and needs %(needed)s more."
        " Ask an owner to raise the limit."
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit in micros: what it allows, what is used of it, what is left."""

    limit: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def require(
    *, organisation: Organisation, actor: User | None, amount_micros: int, batch_ref: str = ""
) -> None:
    """Raises LimitReached or BatchLimitReached when `amount_micros` would pass a limit; `actor` None is no member.

    Inside the transaction that takes the money, after the organisation's funds were locked: two at once are counted
    one after the other. Locks the funds itself where the caller did not.
    """
    known = of_organisation(organisation)
    if not known or not amount_micros:
        return
    ledger.lock([ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)])
    if batch_ref and None in known:
        used = used_by_batch(batch_ref)
        if used + amount_micros > known[None]:
            raise BatchLimitReached(**_words(known[None], used, amount_micros))
    if actor is not None and actor.pk in known:
        used = used_by_member(organisation, actor)
        if used + amount_micros > known[actor.pk]:
            until = formats.day(_month_bounds()[1].date())
            raise LimitReached(until=until, **_words(known[actor.pk], used, amount_micros))


def room(*, organisation: Organisation, actor: User | None, batch_ref: str = "") -> int | None:
    """The most micros that the limits allow now, None where there is no limit. A hint: `require` decides."""
    found = [
        standing.left
        for standing in (of_batch(organisation, batch_ref), of_member(organisation, actor))
        if standing
    ]
    return min(found) if found else None


def of_member(organisation: Organisation, member: User | None) -> Standing | None:
    """A member's limit of this month; None without one."""
    row = member and SpendingLimit.objects.filter(organisation=organisation, member=member).first()
    return Standing(row.amount_micros, used_by_member(organisation, member)) if row and member else None


def of_batch(organisation: Organisation, batch_ref: str = "") -> Standing | None:
    """The limit of one batch and, with its public id, what it has used; None without a limit."""
    row = SpendingLimit.objects.filter(organisation=organisation, member=None).first()
    return Standing(row.amount_micros, used_by_batch(batch_ref) if batch_ref else 0) if row else None


def of_organisation(organisation: Organisation) -> dict[int | None, int]:
    """Every limit in micros by member number; None is that of a batch."""
    rows = SpendingLimit.objects.filter(organisation=organisation)
    return {member: micros for member, micros in rows.values_list("member_id", "amount_micros")}  # noqa: C416


@transaction.atomic
def set_limit(
    *, organisation: Organisation, actor: User, member: User | None, amount_micros: int | None
) -> None:
    """Set, change or (None) take away the limit of a member, or of one batch when `member` is None.

    Raises Forbidden but for owners, NotFound for somebody who is no member, ValueError for negative amounts.
    """
    memberships = Membership.objects.filter(organisation=organisation)
    ours = memberships.filter(user=actor).first()
    if ours is None or not ours.may("team"):
        raise Forbidden
    if member is not None and not memberships.filter(user=member).exists():
        raise NotFound
    if amount_micros is not None and amount_micros < 0:
        raise ValueError("a limit is never negative")
    if amount_micros is None:
        SpendingLimit.objects.filter(organisation=organisation, member=member).delete()
    else:
        SpendingLimit.objects.update_or_create(
            organisation=organisation, member=member,
            defaults={"amount_micros": amount_micros, "set_by": actor, "updated_at": clock.now()},
        )  # fmt: skip
    audit.record(
        "payments:limit:set", organisation.public_id, actor=actor, organisation_id=organisation.pk,
        member=member.public_id if member else None, amount=amount_micros,
    )  # fmt: skip


# What the member set aside for each batch this month, at most what of the batch's money of the month did not come
# back; bonuses have no batch to come back to.
_MEMBER = """
WITH moved AS (
    SELECT t.kind, t.actor_id, coalesce(h.reference, '') AS batch, -e.amount AS micros
    FROM payments_account f
    JOIN payments_entry e ON e.account_id = f.id
    JOIN payments_transaction t ON t.id = e.transaction_id
    LEFT JOIN LATERAL (
        SELECT a.reference FROM payments_entry o JOIN payments_account a ON a.id = o.account_id
        WHERE o.transaction_id = t.id AND a.kind = 'batch_holding' LIMIT 1
    ) h ON true
    WHERE f.kind = 'organisation_available' AND f.organisation_id = %(organisation)s
      AND t.kind IN ('set_aside', 'give_back', 'bonus') AND t.created_at >= %(start)s AND t.created_at < %(end)s
), batches AS (
    SELECT batch, sum(micros) AS net,
           coalesce(sum(micros) FILTER (WHERE kind = 'set_aside' AND actor_id = %(member)s), 0) AS mine
    FROM moved WHERE kind <> 'bonus' GROUP BY batch
)
SELECT coalesce((SELECT sum(least(mine, greatest(net, 0))) FROM batches), 0)
     + coalesce((SELECT sum(micros) FROM moved WHERE kind = 'bonus' AND actor_id = %(member)s), 0)
"""


def used_by_member(organisation: Organisation, member: User) -> int:
    """Micros of this month's limit that a member has used."""
    start, end = _month_bounds()
    return _sum(_MEMBER, {"organisation": organisation.pk, "member": member.pk, "start": start, "end": end})


_BATCH = """
SELECT coalesce(sum(e.amount), 0) FROM payments_account a
JOIN payments_entry e ON e.account_id = a.id
JOIN payments_transaction t ON t.id = e.transaction_id
WHERE a.kind = 'batch_holding' AND a.reference = %(batch)s AND t.kind IN ('set_aside', 'give_back')
"""


def used_by_batch(batch_ref: str) -> int:
    """Micros set aside for a batch so far that did not come back."""
    return _sum(_BATCH, {"batch": batch_ref})


def _sum(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def _month_bounds() -> tuple[dt.datetime, dt.datetime]:
    """The first moment of this month and of the next, in the time zone of the books."""
    first = clock.now().astimezone(clock.BOOKS).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return first, following


def _words(limit: int, used: int, needed: int) -> dict[str, Any]:
    """Amounts as a person adds them up: what is used and needed goes up to the cent."""
    return {
        "limit": formats.eur(limit),
        "used": formats.eur(-money.whole_cents(-used)),
        "needed": formats.eur(-money.whole_cents(-needed)),
    }
