"""Payouts that leave in parts: each part is one transfer out of the charge of one deposit (DESIGN law 7, ADR 51).

Deposits are used up oldest first. A payout is cut as a whole or waits. `transfers` sends the parts and books what each
did under its key, `pay_…:1`. When all have ended, either everything arrived and the payout is paid; or a charge held
less than we knew, and what is missing is cut anew out of others; or the rest can't be sent, and is due to the worker
again.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, Q, Sum

from marketplace.base import audit, clock
from payments import gateways
from payments.models import PartState, Payout, PayoutPart, PayoutState
from payments.services import connected, payout_rules, refunds
from payments.services.payouts import follow_rules, tell

log = logging.getLogger(__name__)
# A charge that refused for want of money is left alone for so long: something about it is not known here yet.
REST = dt.timedelta(days=1)
_STOPPED = Q(state=PayoutState.SENT) & ~Q(waits_for="")

_LEFT = """
SELECT d.id, d.amount_micros
    - coalesce((SELECT sum(p.amount_micros) FROM payments_payoutpart p
                WHERE p.deposit_id = d.id AND p.state NOT IN ('refused', 'reversed')), 0)
    - coalesce((SELECT sum(r.amount_micros) FROM payments_refund r
                WHERE r.deposit_id = d.id AND r.state <> 'failed'), 0)
    - coalesce((SELECT sum(c.amount_micros) FROM payments_chargeback c
                WHERE c.deposit_id = d.id AND c.state IN ('open', 'lost')), 0)
FROM payments_deposit d
WHERE d.gateway = %s AND d.state = 'settled' AND d.charge_ref IS NOT NULL
ORDER BY d.ended_at, d.id
"""


@dataclass
class Pot:
    """What is left of a deposit's charge (micros)."""

    deposit_id: int
    left: int


@dataclass(frozen=True)
class Want:
    """A payout that needs money: all of it, or what its refused parts left open (micros)."""

    payout: Payout
    micros: int


def left() -> int:
    """What the charges still hold for payouts that leave in parts (micros)."""
    names = [name for name in gateways.names() if gateways.by_name(name).payout_style == "parts"]
    return sum(max(0, pot.left) for name in names for pot in _pots(name))


def _pots(gateway: str) -> list[Pot]:
    never = refunds.never_came()
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [gateway])
        return [Pot(*row) for row in cursor.fetchall() if row[0] not in never]


# --- Cutting payouts into parts ----------------------------------------------------------------------------------


def allocate(gateway: str, *, limit: int = 500) -> int:
    """Cut the payouts that wait into parts, oldest first, as far as the money at the gateway goes; how many.

    One that does not fit whole waits, and lets smaller ones pass. Run by two at once, the later one finds what the
    earlier left. Must not be inside a transaction.
    """
    _rest(gateway)
    wants = _wanting(gateway)
    able = connected.ready({want.payout.user_id for want in wants})
    _wait([want.payout for want in wants if want.payout.user_id not in able], "account")
    wants = [want for want in wants if want.payout.user_id in able]
    if not wants:
        return 0
    try:
        with transaction.atomic(durable=True):
            cut, short = _cut(gateway, wants, limit)
    except IntegrityError as error:  # a refund, or another run, took from the same charge in this instant
        if "charge_holds_what_leaves_it" not in str(error):
            raise
        log.info("parts_cut_elsewhere", extra={"gateway": gateway})
        return 0
    _wait(short, "funds")
    return cut


def _rest(gateway: str) -> None:
    """Hold what waited for an account while its owner moved to another one, as what is asked for after that is."""
    waiting = Payout.objects.filter(gateway=gateway, state=PayoutState.PENDING).values_list(
        "user_id", flat=True
    )
    for user_id in payout_rules.in_force(waiting.distinct()):
        with transaction.atomic():
            follow_rules(user_id)


def _wanting(gateway: str) -> list[Want]:
    """Payouts that may leave, and those under way of which a part could not leave for want of money; oldest first."""
    rows = Payout.objects.filter(gateway=gateway).order_by("pk")
    wants = [Want(payout, payout.amount_micros) for payout in rows.filter(state=PayoutState.PENDING)]
    wants += [Want(payout, missing(payout)) for payout in rows.filter(_STOPPED)]
    return sorted((want for want in wants if want.micros > 0), key=lambda want: want.payout.pk)


def _cut(gateway: str, wants: Sequence[Want], limit: int) -> tuple[int, list[Payout]]:
    """Make the parts of those that fit, and say which don't. One process does this at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"parts:{gateway}"])
    pots = [pot for pot in _pots(gateway) if pot.left > 0]
    resting = _resting()
    pots = [pot for pot in pots if pot.deposit_id not in resting]
    rows = Payout.objects.select_for_update(no_key=True).filter(pk__in=[want.payout.pk for want in wants])
    states = {row.pk: (row.state, row.waits_for) for row in rows.order_by("pk")}
    left = sum(pot.left for pot in pots)
    cut: list[Want] = []
    short: list[Payout] = []
    for want in wants:
        if states[want.payout.pk] != (want.payout.state, want.payout.waits_for):
            continue  # held, sent or cut by somebody else meanwhile
        if left < want.micros:
            short.append(want.payout)
        elif len(cut) < limit:
            cut.append(want)
            left -= want.micros
    _make(cut, pots)
    return len(cut), short


def _resting() -> set[int]:
    """The deposits whose charge said a short while ago that it does not hold what we thought."""
    refused = PayoutPart.objects.filter(
        state=PartState.REFUSED, failure_code=gateways.SOURCE_SHORT, ended_at__gt=clock.now() - REST
    )
    return set(refused.values_list("deposit_id", flat=True))


def _make(wants: Sequence[Want], pots: list[Pot]) -> None:
    """The parts of these payouts, out of the oldest charges; their rows are locked, and what they want is there."""
    now = clock.now()
    stopped = [want.payout.pk for want in wants if want.payout.state == PayoutState.SENT]
    last = PayoutPart.objects.filter(payout__in=stopped).values_list("payout").annotate(last=Max("position"))
    positions = dict(last)
    made = [part for want in wants for part in _parts(want, pots, positions.get(want.payout.pk, 0), now)]
    PayoutPart.objects.bulk_create(made)
    chosen = Payout.objects.filter(pk__in=[want.payout.pk for want in wants])
    chosen.filter(state=PayoutState.PENDING).update(state=PayoutState.SENT, sent_at=now, tries=1)
    chosen.update(waits_for="", tried_at=now)
    for want in wants:
        audit.record("payments:payout:send", want.payout.public_id, actor=None)


def _parts(want: Want, pots: list[Pot], position: int, now: dt.datetime) -> list[PayoutPart]:
    """One payout cut, from `position` on; the pots it empties are taken away."""
    made, needed = [], want.micros
    while needed:
        pot = pots[0]
        taken = min(pot.left, needed)
        position += 1
        made.append(
            PayoutPart(
                payout=want.payout,
                position=position,
                deposit_id=pot.deposit_id,
                amount_micros=taken,
                created_at=now,
            )
        )
        pot.left, needed = pot.left - taken, needed - taken
        if pot.left == 0:
            pots.pop(0)
    return made


def _wait(payouts: Iterable[Payout], what: str) -> None:
    """Say of payouts what they wait for, and tell their owners once."""
    for payout in payouts:
        if payout.waits_for == what and payout.state == PayoutState.PENDING:
            continue
        with transaction.atomic():
            rows = Payout.objects.filter(pk=payout.pk, state=payout.state, waits_for=payout.waits_for)
            if rows.update(waits_for=what):
                kind = "payout_waits_account" if what == "account" else "payout_waits_funds"
                tell(payout, kind)


def missing(payout: Payout) -> int:
    """What of a payout no part stands for: neither one that may still arrive, nor one that did (micros)."""
    stands = payout.parts.exclude(state=PartState.REFUSED).aggregate(sum=Sum("amount_micros"))["sum"] or 0
    return int(payout.amount_micros - stands)


def any_to_send(gateway: str) -> bool:
    """Whether anything of a payout by this gateway waits to be cut or sent."""
    payouts = Payout.objects.filter(Q(state=PayoutState.PENDING) | _STOPPED, gateway=gateway)
    cut = PayoutPart.objects.filter(state=PartState.WAITING, payout__gateway=gateway)
    return payouts.exists() or cut.exists()


def stopped(gateway: str) -> list[Payout]:
    """Payouts under way of which a part could not leave for want of money."""
    return list(Payout.objects.filter(_STOPPED, gateway=gateway).order_by("pk"))


def waiting() -> dict[str, tuple[int, int]]:
    """What payouts wait for → (how many, micros): for those who run the place."""
    rows = Payout.objects.exclude(waits_for="").values("waits_for").order_by("waits_for")
    figures = rows.annotate(count=Count("pk"), micros=Sum("amount_micros"))
    return {row["waits_for"]: (row["count"], row["micros"]) for row in figures}
