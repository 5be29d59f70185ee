"""The help fund of the workers: a share of the fees, given to workers for equipment, connection, training or in a hard
time (charter D5). A worker asks, a named person decides in writing, and the fund's account is public.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, formats, ids, money, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from payments.models import AccountKind, Entry, HelpGrant
from payments.services import ledger, left_money

WORDS_CHARS, DECISION_CHARS = 2_000, 1_000


class AlreadyAsked(Refusal):
    """One request at a time."""

    code = "already_asked"
    detail = _(
        "You have asked already, and it is not decided yet. Take that back first if you want to ask anew."
    )


class FundTooSmall(Refusal):
    """The fund holds less than was to be granted."""

    code = "fund_too_small"
    detail = _("The fund holds %(held)s. Grant at most that.")


@dataclass(frozen=True, slots=True)
class Standing:
    """The fund's public account, in micros: what came in, what was granted, what is left; and how much of what came in
    is no fee, but was due to people who left without it."""

    brought_in: int
    granted: int
    left: int
    from_leavers: int = 0


@transaction.atomic
def ask(*, worker: User, purpose: str, amount_micros: int, words: str) -> HelpGrant:
    """A worker's request. Raises Invalid with the fields that can't be used, AlreadyAsked while one is open."""
    wrong: dict[str, list[object]] = {}
    most = money.from_decimal(settings.HELP_GRANT_MOST_EUR)
    if purpose not in HelpGrant.Purpose.values:
        wrong["purpose"] = [_("Choose what it is for.")]
    if not 0 < amount_micros <= most or amount_micros != money.whole_cents(amount_micros):
        wrong["amount"] = [_("Ask for whole cents, at most %(most)s.") % {"most": formats.eur(most)}]
    if not words.strip() or len(words) > WORDS_CHARS:
        wrong["words"] = [_("Say in a few sentences what it is for, in at most 2000 characters.")]
    if wrong:
        raise Invalid(fields=wrong)
    try:
        with transaction.atomic():
            grant = HelpGrant.objects.create(
                worker=worker, purpose=purpose, asked_micros=amount_micros, words=words.strip(),
                created_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        if "help_grant_one_at_a_time" in str(error):
            raise AlreadyAsked from None
        raise
    audit.record("payments:grant:ask", grant.public_id, actor=worker, amount=amount_micros)
    return grant


@transaction.atomic
def withdraw(*, grant: HelpGrant, worker: User) -> None:
    """Take a request back. Raises NotFound for another's, Lost when it is over already."""
    if grant.worker_id != worker.pk:
        raise NotFound
    _swap(grant, HelpGrant.State.WITHDRAWN)
    audit.record("payments:grant:withdraw", grant.public_id, actor=worker)


@transaction.atomic
def grant(*, request: HelpGrant, actor: User, amount_micros: int, decision: str) -> None:
    """Grant a request: the money is due to the worker at once and leaves with the next payout.

    Never more than the fund holds, also when two decide at once. Raises Forbidden for somebody who may not decide,
    Invalid without words or for an amount that is none, FundTooSmall, Lost when it is over already.
    """
    _check(request, actor, decision)
    if amount_micros <= 0 or amount_micros != money.whole_cents(amount_micros):
        raise Invalid(fields={"amount": [_("Grant whole cents, at least one.")]})
    fund = ledger.account(AccountKind.HELP_FUND)
    payable = ledger.account(AccountKind.WORKER_PAYABLE, user=request.worker)
    # The fund's balance is not stored, and what is only read can't be locked: decisions go one after the other.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('help_fund', 0))")
    held = ledger.balance(fund)
    if held < amount_micros:
        raise FundTooSmall(held=formats.eur(money.whole_cents(held)))
    most = money.from_decimal(settings.HELP_GRANT_MOST_EUR)
    if amount_micros > most:
        words = _("Ask for whole cents, at most %(most)s.")
        raise Invalid(fields={"amount": [words % {"most": formats.eur(most)}]})
    ledger.lock([payable])
    _swap(
        request,
        HelpGrant.State.GRANTED,
        decided_by=actor,
        decision=decision.strip(),
        granted_micros=amount_micros,
    )
    ledger.post(
        "help_grant", request.public_id, [(fund, -amount_micros), (payable, amount_micros)], actor=actor
    )
    _decided(request, actor)


@transaction.atomic
def refuse(*, request: HelpGrant, actor: User, decision: str) -> None:
    """Refuse a request, in writing. Raises Forbidden, Invalid, Lost as `grant`."""
    _check(request, actor, decision)
    _swap(request, HelpGrant.State.REFUSED, decided_by=actor, decision=decision.strip())
    _decided(request, actor)


@transaction.atomic
def reopen(*, request: HelpGrant, actor: User) -> None:
    """A refusal is taken back: the request waits for a decision again, unless the worker has asked anew since.

    Raises Forbidden for who may not decide or refused it, Lost when it is not refused.
    """
    _check(request, actor, request.decision)
    if actor.pk == request.decided_by_id:
        raise Forbidden
    waiting_now = HelpGrant.objects.filter(worker=request.worker, state=HelpGrant.State.ASKED)
    if waiting_now.exists():
        return
    moved = HelpGrant.objects.filter(pk=request.pk, state=HelpGrant.State.REFUSED).update(
        state=HelpGrant.State.ASKED, decided_by=None, decision="", ended_at=None
    )
    if not moved:
        raise Lost
    audit.record("payments:grant:reopen", request.public_id, actor=actor)


def standing() -> Standing:
    """The fund's account, from the ledger."""
    rows = Entry.objects.filter(account__kind=AccountKind.HELP_FUND)
    left = rows.aggregate(n=Sum("amount"))["n"] or 0
    granted = -(rows.filter(transaction__kind="help_grant").aggregate(n=Sum("amount"))["n"] or 0)
    from_leavers = rows.filter(transaction__kind=left_money.TO_FUND).aggregate(n=Sum("amount"))["n"] or 0
    return Standing(left + granted, granted, left, from_leavers)


def published() -> list[tuple[str, int, dt.date]]:
    """Every grant as (purpose, micros, first day of its month), newest month first: nothing that tells who it was.

    Within a month they stand by purpose and amount, never in the order in which they were decided.
    """
    rows = HelpGrant.objects.filter(state=HelpGrant.State.GRANTED)
    found = [
        (row.get_purpose_display(), row.granted_micros or 0, _month(row.ended_at))
        for row in rows
        if row.ended_at
    ]
    return sorted(found, key=lambda row: (-row[2].toordinal(), row[0], row[1]))


def of_worker(user: User) -> QuerySet[HelpGrant]:
    """A worker's own requests, newest first."""
    return HelpGrant.objects.filter(worker=user).select_related("decided_by").order_by("-pk")


def waiting() -> QuerySet[HelpGrant]:
    """What waits for a decision, oldest first."""
    return HelpGrant.objects.filter(state=HelpGrant.State.ASKED).select_related("worker").order_by("pk")


def find(public_id: str) -> HelpGrant:
    """A request by its id. Raises NotFound."""
    found = (
        HelpGrant.objects.select_related("worker", "decided_by")
        .filter(pk=ids.decode("grt", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _check(request: HelpGrant, actor: User, decision: str) -> None:
    if not (actor.is_moderator or actor.is_admin) or actor.pk == request.worker_id:
        raise Forbidden(
            _("Only a moderator or an administrator may decide this, and never about their own request.")
        )
    conflicts.require_none(kind="grt", number=request.pk, moderator=actor, people=[request.worker_id])
    if not decision.strip() or len(decision) > DECISION_CHARS:
        raise Invalid(fields={"decision": [_("Write why: the worker reads it.")]})


def _swap(grant: HelpGrant, state: str, **columns: object) -> None:
    with conflicts.refused():
        moved = HelpGrant.objects.filter(pk=grant.pk, state=HelpGrant.State.ASKED).update(
            state=state, ended_at=clock.now(), **columns
        )
    grant.refresh_from_db()
    if not moved:
        raise Lost


def _decided(grant: HelpGrant, actor: User) -> None:
    amount, name = grant.granted_micros or 0, grant.public_id
    audit.record(f"payments:grant:{grant.state}", name, actor=actor, amount=amount)
    if grant.state == HelpGrant.State.GRANTED:
        notices.tell(grant.worker_id, "help_granted", name, grant=name, amount=amount)
    else:
        notices.tell(grant.worker_id, "help_refused", name, grant=name, amount=amount)


def _month(moment: dt.datetime) -> dt.date:
    return moment.astimezone(clock.BOOKS).date().replace(day=1)
