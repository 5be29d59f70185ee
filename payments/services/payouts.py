"""Payouts: what is due to a worker becomes a payment (DESIGN §5, §6.8, charter P12, C2).

A payout is made in a transaction of its own: the payable is locked, whole cents of it move to
`payout_in_transit`, and the row is committed as pending. `payments.services.sending` hands it to the
gateway afterwards. What passes the cap of the year stays payable until 1 January.
"""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, errors, formats, money, notices, switches
from marketplace.base.leavers import GONE
from marketplace.base.models import User
from payments.errors import BelowPayoutMinimum, NoPayoutWay, PayeeMissing, WaitsForNewYear
from payments.models import PAYOUT_MOVES, Account, AccountKind, Payee, Payout, PayoutState
from payments.services import bank_reasons, cap, connected, ledger, payout_rules, ways

CHUNK = 500  # workers whose payouts are committed together
_NEEDS_REASON = _("Write why: the worker reads it.")


def minimum() -> int:
    """The least payout a worker can ask for, in micros."""
    return money.from_decimal(settings.PAYOUT_MINIMUM_EUR)


def automatic() -> int:
    """From this much on a payout is made without being asked for, in micros."""
    return money.from_decimal(settings.PAYOUT_AUTOMATIC_EUR)


def request(*, user: User, actor: User | None, least: int | None = None) -> Payout:
    """Pay out, now, all that can be paid in whole cents. Must not be inside a transaction.

    `least` (micros) takes the place of the minimum for somebody who leaves for good and is paid however little it is.

    Raises SwitchedOff, PayeeMissing, NoPayoutWay, AccountNotReady, BelowPayoutMinimum, or WaitsForNewYear when enough
    is due but passes the cap of the year.
    """
    switches.require("payouts")
    payee = Payee.objects.filter(user=user).first()
    if payee is None:
        raise PayeeMissing
    if ways.of_payee(payee) is None:
        raise NoPayoutWay
    connected.require(payee)
    with transaction.atomic(durable=True):
        payable = ledger.account(AccountKind.WORKER_PAYABLE, user=user)
        made = _make(
            ledger.lock([payable]), [(user.pk, payable.pk)], least or minimum(), Payout.AskedBy.WORKER, actor
        )
        if not made:
            _refuse(user, payable)
    made[0].refresh_from_db()  # a rule may have held it
    return made[0]


def run_due() -> dict[str, int]:
    """Make the payouts nobody has to ask for; figures {made, micros, payee_missing}, and account_not_ready if any is.

    For everybody with at least PAYOUT_AUTOMATIC_EUR due and, once in a calendar month, with at least
    PAYOUT_MINIMUM_EUR. Workers whose bank refused the last payout wait until they change their details or
    ask. Each set is committed on its own; run twice, or by two at once, nothing is made twice.
    """
    figures = {"made": 0, "micros": 0, "payee_missing": 0}
    if not switches.is_on("payouts"):
        return figures
    due = _due()
    for start in range(0, len(due), CHUNK):
        chunk = due[start : start + CHUNK]
        with transaction.atomic(durable=True):
            made = _run_chunk(chunk, figures)
        figures["made"] += len(made)
        figures["micros"] += sum(payout.amount_micros for payout in made)
    return figures


def hold(
    *, payout: Payout, actor: User | None, reason: str, until: dt.datetime | None = None, rule: str = ""
) -> Payout:
    """Hold a pending payout: `actor` is the person who decides, or `rule` a registered rule with its end `until`.

    The worker is told why and until when. Raises Invalid without a reason, ValueError for a hold that
    names neither a person nor a rule with an end (charter M2), Lost when the payout is no longer pending,
    Forbidden for a person who is no moderator or whose money it is.
    """
    _check_actor(payout, actor)
    if not reason.strip():
        raise errors.Invalid(fields={"reason": [_NEEDS_REASON]})
    if actor is None and not (rule and until):
        raise ValueError("a rule holds a payout only until a date")
    with conflicts.refused():
        swap(
            payout,
            PayoutState.HELD,
            held_by=actor,
            held_rule=rule,
            held_reason=reason.strip(),
            held_at=clock.now(),
            held_until=until,
            released_at=None,
            released_by=None,
        )
        audit.record("payments:payout:hold", payout.public_id, actor=actor, rule=rule)
        tell(payout, "payout_held", once=payout.held_at)
    return payout


def release_hold(*, payout: Payout, actor: User | None) -> Payout:
    """End a hold; the payout is sent at the next run. `actor` None: its date has come.

    Raises Lost when it is not held, Forbidden as for `hold`.
    """
    _check_actor(payout, actor)
    with conflicts.refused():
        swap(payout, PayoutState.PENDING, released_at=clock.now(), released_by=actor)
        audit.record("payments:payout:release", payout.public_id, actor=actor)
        tell(payout, "payout_released", once=payout.released_at)
    return payout


def _check_actor(payout: Payout, actor: User | None) -> None:
    if actor is not None and (not actor.is_moderator or actor.pk == payout.user_id):
        raise errors.Forbidden(_("Only a moderator may do this, and never about their own money."))
    if actor is not None:
        conflicts.require_none(kind="pay", number=payout.pk, moderator=actor, people=[payout.user_id])


def prolong(*, payout: Payout, actor: User, reason: str, until: dt.datetime | None = None) -> Payout:
    """Go on holding a held payout, as a named person's decision from now on: until a date, or until released.

    The worker is told why. Raises Invalid without a reason, Lost when it is not held any more, Forbidden as `hold`.
    """
    _check_actor(payout, actor)
    if not reason.strip():
        raise errors.Invalid(fields={"reason": [_NEEDS_REASON]})
    with conflicts.refused():
        _hold_on(payout, held_by=actor, held_rule="", held_reason=reason.strip(), held_until=until)
        audit.record("payments:payout:prolong", payout.public_id, actor=actor)
    return payout


def release_expired() -> int:
    """End the holds whose date has come; how many. A rule with a later day of its own holds on, by its own name."""
    over = Payout.objects.filter(state=PayoutState.HELD, held_until__lte=clock.now())
    released = 0
    for payout in over.order_by("pk"):
        rests = payout_rules.in_force([payout.user_id]).get(payout.user_id, {})
        try:
            dated = {rule: rests[rule] for rule in payout_rules.DATED if rule in rests}
            if dated:
                _hold_by(payout, *max(dated.items(), key=lambda rest: rest[1]))
            else:
                release_hold(payout=payout, actor=None)
                released += 1
        except errors.Lost:  # somebody released it in this instant
            continue
    return released


def follow_rules(user_id: int) -> None:
    """Hold, hold on or let go a worker's waiting payouts as the registered rules say now. Must be inside `atomic()`.

    What a person holds, or let go since the rule came up, stays as they decided; so does what lies in a file.
    """
    rests = payout_rules.in_force([user_id]).get(user_id, {})
    changed_at = (
        Payee.objects.filter(user_id=user_id).values_list("destination_changed_at", flat=True).first()
    )
    by_rule = Q(state=PayoutState.PENDING) | Q(state=PayoutState.HELD, held_by__isnull=True)
    for payout in Payout.objects.filter(by_rule, user_id=user_id, run__isnull=True).order_by("pk"):
        served = payout.released_at and not (changed_at and changed_at > payout.released_at)
        try:
            if payout.state == PayoutState.HELD:
                _follow_held(payout, rests)
            elif rests and not served:
                rule, until = max(rests.items(), key=lambda rest: rest[1])
                hold(payout=payout, actor=None, reason=payout_rules.stored(rule), until=until, rule=rule)
        except errors.Lost:  # it was sent, or decided about, in this instant
            continue


def _follow_held(payout: Payout, rests: payout_rules.Rests) -> None:
    """A payout that a rule holds: let go when no rule stands, and held to the end of a change of details."""
    until = rests.get(payout_rules.CHANGED)
    if until and payout.held_until and payout.held_until < until:
        _hold_by(payout, payout_rules.CHANGED, until)
    elif payout.held_rule not in rests:
        if rests:
            _hold_by(payout, *max(rests.items(), key=lambda rest: rest[1]))
        else:
            release_hold(payout=payout, actor=None)


def _hold_by(payout: Payout, rule: str, until: dt.datetime) -> None:
    """Hold a held payout on, by a rule."""
    reason = payout_rules.stored(rule)
    with transaction.atomic():
        _hold_on(payout, held_by=None, held_rule=rule, held_reason=reason, held_until=until)
        audit.record("payments:payout:hold", payout.public_id, actor=None, rule=rule)


def _hold_on(payout: Payout, **columns: object) -> None:
    """Another hold in the place of the present one; the worker is told. Raises Lost when it is not held any more."""
    columns["held_at"] = clock.now()
    held = Payout.objects.filter(pk=payout.pk, state=PayoutState.HELD).update(**columns)
    payout.refresh_from_db()
    if not held:
        raise errors.Lost
    tell(payout, "payout_held", once=payout.held_at)


def _due() -> list[tuple[int, int]]:
    """(user, payable account) of everybody whose payable may be paid out by the calendar."""
    month_start = dt.datetime.combine(clock.today().replace(day=1), dt.time(), tzinfo=clock.BOOKS)
    paid_this_month = Payout.objects.filter(created_at__gte=month_start).exclude(
        state__in=[PayoutState.FAILED, PayoutState.RETURNED]
    )
    arrived_since = Payout.objects.filter(
        user=OuterRef("user"), state=PayoutState.PAID, paid_at__gt=OuterRef("reversed_at")
    )
    # (What was wrong with our file or our bank is nothing that they could mend.)
    refused = Payout.objects.exclude(failure_code__in=bank_reasons.OURS).filter(
        ~Exists(arrived_since),
        state__in=[PayoutState.FAILED, PayoutState.RETURNED],
        reversed_at__gte=F("user__payee__updated_at"),
    )
    # What came back for who is gone waits for them (`left_money`).
    rows = (
        Account.objects.filter(kind=AccountKind.WORKER_PAYABLE, balance__gte=minimum())
        .exclude(user__email__endswith=f"@{GONE}")
        .filter(Q(balance__gte=automatic()) | ~Q(user_id__in=paid_this_month.values("user_id")))
        .exclude(user_id__in=refused.values("user_id"))
        .order_by("pk")
        .values_list("user_id", "pk")
    )
    return [(user_id, pk) for user_id, pk in rows if user_id is not None]


def _run_chunk(chunk: Sequence[tuple[int, int]], figures: dict[str, int]) -> list[Payout]:
    payees = list(Payee.objects.filter(user_id__in=[user_id for user_id, _account in chunk]))
    with_payee = {payee.user_id for payee in payees}
    for user_id, _account in chunk:
        if user_id not in with_payee:
            figures["payee_missing"] += 1
            notices.tell(user_id, "payee_missing", f"{clock.today():%Y-%m}")
    unready = connected.not_ready(payees)
    if unready:
        connected.tell_not_ready(unready)
        figures["account_not_ready"] = figures.get("account_not_ready", 0) + len(unready)
    payable = [(user_id, pk) for user_id, pk in chunk if user_id in with_payee - unready]
    return _make(ledger.lock([pk for _user, pk in payable]), payable, minimum(), Payout.AskedBy.CLOCK, None)


def _make(
    balances: dict[int, int],
    payable: Sequence[tuple[int, int]],
    least: int,
    asked_by: str,
    actor: User | None,
) -> list[Payout]:
    """Payouts of all that can be paid to each (user, payable account), whose rows are locked."""
    over = cap.withheld([user_id for user_id, _account in payable])
    now, by_user = clock.now(), _gateways([user_id for user_id, _account in payable])
    rows = []
    for user_id, account_pk in payable:
        amount = money.whole_cents(balances[account_pk] - min(balances[account_pk], over.get(user_id, 0)))
        gateway = by_user.get(user_id)
        if amount >= least and gateway:
            rows.append(
                Payout(
                    user_id=user_id, amount_micros=amount, gateway=gateway, asked_by=asked_by, created_at=now
                )
            )
    made = Payout.objects.bulk_create(rows)
    transit = ledger.accounts_of_users(AccountKind.PAYOUT_IN_TRANSIT, [row.user_id for row in made])
    source = dict(payable)
    ledger.post_set(
        "payout",
        [
            (p.public_id, [(source[p.user_id], -p.amount_micros), (transit[p.user_id], p.amount_micros)])
            for p in made
        ],
        actor=actor,
    )
    for payout in made:
        audit.record("payments:payout:make", payout.public_id, actor=actor, amount=payout.amount_micros)
    for user_id in payout_rules.in_force([payout.user_id for payout in made]):
        follow_rules(user_id)
    return made


def _gateways(user_ids: Sequence[int]) -> dict[int, str]:
    """The way each worker is paid by, of those whom one reaches."""
    payees = Payee.objects.filter(user_id__in=user_ids)
    found = ((payee.user_id, ways.of_payee(payee)) for payee in payees)
    return {user_id: gateway.name for user_id, gateway in found if gateway}


def _refuse(user: User, payable: Account) -> None:
    """Say why there is nothing to pay out."""
    balance = ledger.balance(payable)
    waiting = min(balance, cap.withheld([user.pk]).get(user.pk, 0))
    if balance >= minimum() > balance - waiting:
        date = cap.next_january().astimezone(clock.BOOKS).date()
        raise WaitsForNewYear(waiting=formats.eur(waiting), date=date.isoformat())
    raise BelowPayoutMinimum(
        least=formats.eur(minimum()), payable=formats.eur(money.whole_cents(balance - waiting))
    )


def swap(payout: Payout, state: str, **columns: object) -> None:
    """Compare and swap, and show the row as it is now. Raises Lost when somebody moved it first."""
    sources = [old for old, targets in PAYOUT_MOVES.items() if state in targets]
    moved = Payout.objects.filter(pk=payout.pk, state__in=sources).update(state=state, **columns)
    payout.refresh_from_db()
    if not moved:
        raise errors.Lost


def tell(payout: Payout, kind: str, *, once: dt.datetime | None = None) -> None:
    """Leave the worker a notice about a payout; `once` tells occasions of the same kind apart."""
    key = f"{payout.public_id}:{once.timestamp():.0f}" if once else payout.public_id
    notices.tell(payout.user_id, kind, key, payout=payout.public_id, amount=payout.amount_micros)
