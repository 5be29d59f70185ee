"""Runs: payouts that leave in a file (DESIGN §5, charter M2). Two different people release it; then it is handed over.

A draft only names payouts; they stay pending and can still be held. The first release makes the file and its hash; the
second marks everything in it as sent, in one transaction: from then on nothing of it can go into another file. What
was held or changed in between drops out, and both look again. What the bank took is booked by `run_books`.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, Sum

from marketplace.base import audit, clock, errors, switches
from marketplace.base.models import AuditEvent, Membership, User
from payments import gateways
from payments.bank_errors import (
    BooksBroken,
    DraftOpen,
    FileDamaged,
    FileGone,
    NamesUndecided,
    NothingToPay,
    NotStaff,
    OwnMoney,
    RunChanged,
    SamePerson,
)
from payments.gateways import bank
from payments.models import RUN_MOVES, BankLine, Payee, Payout, PayoutRun, PayoutState, Refund, RunState
from payments.services import checks, payout_rules, payouts, refunds, run_files, run_items, sending

UNCERTAIN = ("close", "no_match")


def waiting(gateway: str) -> list[tuple[Payout, str]]:
    """Payouts that wait for a file of a gateway, oldest first, each with why it can't go into one (empty: it can)."""
    rows = Payout.objects.filter(state=PayoutState.PENDING, gateway=gateway, run__isnull=True)
    found = list(rows.select_related("user").order_by("pk")[: settings.RUN_MOST_PAYOUTS])
    payees = run_items.payees_of(found)
    return [(payout, run_items.unfit(gateway, payees.get(payout.user_id))) for payout in found]


def draft(*, gateway: str, actor: User | None) -> PayoutRun:
    """A run of everything that waits for a file of `gateway`; `actor` None: the clock.

    Raises NotFound for a gateway without files, SwitchedOff, DraftOpen, BooksBroken, NothingToPay, NotStaff.
    """
    if gateway not in gateways.files():
        raise errors.NotFound
    if actor is not None:
        require_staff(actor)
    switches.require("payouts")
    require_sound_books()
    _give_back(gateway)
    with transaction.atomic():
        _alone(gateway)
        if PayoutRun.objects.filter(gateway=gateway, state=RunState.DRAFT).exists():
            raise DraftOpen
        return _fill(gateway, actor)


def _fill(gateway: str, actor: User | None) -> PayoutRun:
    fit = [payout for payout, why in waiting(gateway) if not why]
    locked = Payout.objects.select_for_update(of=("self",)).filter(
        pk__in=[payout.pk for payout in fit], state=PayoutState.PENDING, run__isnull=True
    )
    payable = list(locked.order_by("pk"))
    back_to_organisations = [
        refund for refund in run_items.waiting_refunds(gateway) if _has_account(run_items.source_of(refund))
    ]
    back = [line for line in run_items.waiting_back(gateway) if _has_account(line)]
    items: list[Any] = [*payable, *back_to_organisations, *back]
    if not items:
        raise NothingToPay
    run = PayoutRun.objects.create(
        gateway=gateway,
        payouts=len(items),
        amount_micros=sum(item.amount_micros for item in items),
        execute_on=next_weekday(),
        created_by=actor,
        created_at=clock.now(),
    )
    Payout.objects.filter(pk__in=[payout.pk for payout in payable]).update(run=run)
    Refund.objects.filter(pk__in=[refund.pk for refund in back_to_organisations]).update(run=run)
    BankLine.objects.filter(pk__in=[line.pk for line in back]).update(run=run)
    audit.record(
        "payments:run:draft", run.public_id, actor=actor, payouts=run.payouts, amount=run.amount_micros
    )
    return run


def _give_back(gateway: str) -> None:
    """Refunds of money whose account no statement told can't leave: they are in the organisation's funds again."""
    for refund in run_items.waiting_refunds(gateway).select_related("organisation", "deposit"):
        if not _has_account(run_items.source_of(refund)):
            refunds.fail(refund, code="source_unknown")


def _has_account(line: object) -> bool:
    return bool(line and getattr(line, "counterparty_iban", ""))


def refresh(run: PayoutRun) -> int:
    """Take out of a draft what was held or whose details changed since its first release; how many.

    A draft that changed loses its file and its first release; one that is empty is cancelled.
    """
    with transaction.atomic():
        locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
        dropped = _drop(locked) if locked.state == RunState.DRAFT else []
    run.refresh_from_db()
    with transaction.atomic():
        for user_id in sorted(set(dropped)):
            payouts.follow_rules(user_id)
    return len(dropped)


def _drop(run: PayoutRun) -> list[int]:
    """The workers whose payouts were taken out of the locked draft."""
    lines = list(run.lines.order_by("pk"))
    payees = run_items.payees_of(lines)
    rests = payout_rules.in_force(payees)
    gone = []
    for payout in lines:
        payee = payees.get(payout.user_id)
        changed = bool(run.first_at and payee and payee.updated_at > run.first_at)
        if (
            payout.state != PayoutState.PENDING
            or changed
            or run_items.unfit(run.gateway, payee)
            or (payout.user_id in rests and not _let_go(payout, payee))
        ):
            gone.append(payout)
    if not gone:
        return []
    Payout.objects.filter(pk__in=[payout.pk for payout in gone]).update(run=None)
    left = run.lines.count() + run.refunds.count() + run.sent_back.count()
    if left:
        run.payouts, run.amount_micros = left, _sum(run)
        run.first_by, run.first_at, run.content, run.sha256 = None, None, None, ""
        run.save(update_fields=["payouts", "amount_micros", "first_by", "first_at", "content", "sha256"])
    else:
        _end(run, RunState.CANCELLED)
    audit.record("payments:run:drop", run.public_id, actor=None, payouts=[row.public_id for row in gone][:50])
    return [payout.user_id for payout in gone]


def _let_go(payout: Payout, payee: Payee | None) -> bool:
    """Whether a hold of it ended after the last change of where the money goes: it does not rest a second time."""
    changed = payee.destination_changed_at if payee else None
    return bool(payout.released_at and not (changed and changed > payout.released_at))


def refresh_drafts() -> int:
    """Take out of the drafts what was held or changed; how many payouts."""
    return sum(refresh(run) for run in PayoutRun.objects.filter(state=RunState.DRAFT).order_by("pk"))


def _sum(run: PayoutRun) -> int:
    """What the rows of a run sum to, in micros."""
    parts = (run.lines, run.refunds, run.sent_back)
    return sum(int(part.aggregate(sum=Sum("amount_micros"))["sum"] or 0) for part in parts)


def release(*, run: PayoutRun, actor: User) -> PayoutRun:
    """Release a draft: the first person's release makes the file, the second one's sends it.

    Raises NotStaff, OwnMoney, SamePerson, SwitchedOff, BooksBroken, NamesUndecided, NotValid, Lost when it is no draft
    any more, or RunChanged when something dropped out of it: then nobody has released it.
    """
    require_staff(actor)
    switches.require("payouts")
    require_not_own(run, actor)
    require_sound_books()
    if dropped := refresh(run):
        if run.state != RunState.DRAFT:
            raise errors.Lost
        raise RunChanged(dropped=dropped)
    with transaction.atomic():
        locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != RunState.DRAFT:
            raise errors.Lost
        if undecided := undecided_names(locked):
            raise NamesUndecided(count=undecided)
        if locked.first_by_id is None:
            _release_first(locked, actor)
        elif locked.first_by_id == actor.pk:
            raise SamePerson
        else:
            _release_second(locked, actor)
    run.refresh_from_db()
    return run


def _release_first(run: PayoutRun, actor: User) -> None:
    now = clock.now()
    run.execute_on = max(run.execute_on, next_weekday())
    items = run_items.transfers(run)
    if len(items) != run.payouts or run_items.total(items) != run.amount_micros:
        raise errors.Lost  # held in this instant: the next look drops it
    if run.gateway == bank.NAME:
        content = run_files.pain001(items, message_id=run.public_id, execute_on=run.execute_on, made_at=now)
    else:
        content = run_files.table(items, execute_on=run.execute_on)
    run.content, run.sha256 = content, hashlib.sha256(content).hexdigest()
    run.first_by, run.first_at = actor, now
    run.save(update_fields=["content", "sha256", "first_by", "first_at", "execute_on"])
    audit.record("payments:run:release_first", run.public_id, actor=actor, sha256=run.sha256)


def _release_second(run: PayoutRun, actor: User) -> None:
    """Everything in it is sent, or nothing: a payout that was held in this instant stops the whole."""
    now = clock.now()
    content_of(run)
    pks = list(run.lines.order_by("pk").values_list("pk", flat=True))
    moved = Payout.objects.filter(pk__in=pks, state=PayoutState.PENDING).update(
        state=PayoutState.SENT, sent_at=now, tried_at=now, tries=1
    )
    if moved != len(pks) or _sum(run) != run.amount_micros:
        raise errors.Lost
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                at=now, tag="payments:payout:send", subject=payout.public_id, data={"run": run.public_id}
            )
            for payout in run.lines.order_by("pk")
        ],
        batch_size=2_000,
    )
    run.state, run.second_by, run.second_at = RunState.RELEASED, actor, now
    run.save(update_fields=["state", "second_by", "second_at"])
    audit.record("payments:run:release", run.public_id, actor=actor, sha256=run.sha256)


def cancel(*, run: PayoutRun, actor: User) -> None:
    """Give a draft up: its payouts wait for the next one. Raises NotStaff, or Lost when it is no draft any more."""
    require_staff(actor)
    with transaction.atomic():
        locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != RunState.DRAFT:
            raise errors.Lost
        for part in (locked.lines, locked.refunds, locked.sent_back):
            part.update(run=None)
        _end(locked, RunState.CANCELLED)
        audit.record("payments:run:cancel", run.public_id, actor=actor)
    run.refresh_from_db()


def refuse_all(run: PayoutRun, code: str) -> int:
    """Nothing of the locked run left: each payout failed with `code`, refunds wait for the next file."""
    open_rows = list(run.lines.filter(state=PayoutState.SENT).order_by("pk"))
    for payout in open_rows:
        sending.fail(payout, code=code)
    run.refunds.filter(state="started").update(run=None)
    run.sent_back.filter(taken_as="suspense").update(run=None)
    _end(run, RunState.CANCELLED)
    return len(open_rows)


def download(*, run: PayoutRun, actor: User) -> tuple[str, bytes]:
    """The file's name and content, for a released run; written down with its hash each time.

    Raises NotStaff, OwnMoney, Lost for one that is not released, FileGone, FileDamaged.
    """
    require_staff(actor)
    require_not_own(run, actor)
    if run.state not in {RunState.RELEASED, RunState.BOOKED}:
        raise errors.Lost
    content = content_of(run)
    audit.record("payments:run:download", run.public_id, actor=actor, sha256=run.sha256)
    return f"{run_files.carried(run.public_id)}.{'xml' if run.gateway == bank.NAME else 'csv'}", content


def content_of(run: PayoutRun) -> bytes:
    """The stored file, when it still has its hash. Raises FileGone, FileDamaged."""
    if run.content is None:
        raise FileGone
    content = bytes(run.content)
    if hashlib.sha256(content).hexdigest() != run.sha256:
        raise FileDamaged
    return content


def forget_files() -> int:
    """Remove the content of files that are over for longer than RUN_KEEP_DAYS; how many. Their hash stays."""
    before = clock.now() - dt.timedelta(days=settings.RUN_KEEP_DAYS)
    over = PayoutRun.objects.filter(content__isnull=False, ended_at__lt=before)
    return over.update(content=None)


def draft_waiting() -> dict[str, int]:
    """What the clock does on working days: a draft for each gateway with payouts that wait; figures {drafts}."""
    made = 0
    for gateway in gateways.files():
        try:
            draft(gateway=gateway, actor=None)
            made += 1
        except (NothingToPay, DraftOpen, BooksBroken, errors.SwitchedOff):
            continue
    return {"drafts": made}


def undecided_names(run: PayoutRun) -> int:
    """How many payouts of a draft the bank has doubts about that nobody has decided."""
    doubtful = Q(user__payee__name_check="no_match", name_passed_by__isnull=True)
    return run.lines.filter(doubtful).count()


def next_weekday() -> dt.date:
    """The next day from Monday to Friday; a bank moves a holiday's payments on by itself."""
    day = clock.today() + dt.timedelta(days=1)
    return day + dt.timedelta(days=max(7 - day.weekday(), 0) if day.weekday() > 4 else 0)


def require_staff(actor: User) -> None:
    """Raises NotStaff but for administrators and moderators (whose sessions need a second factor)."""
    if not (actor.is_admin or actor.is_moderator):
        raise NotStaff


def require_not_own(run: PayoutRun, actor: User) -> None:
    """Raises OwnMoney when a payout of the person's own, or a refund to their organisation, is in the file."""
    ours = Membership.objects.filter(user=actor).values("organisation")
    if run.lines.filter(user=actor).exists() or run.refunds.filter(organisation__in=ours).exists():
        raise OwnMoney


def require_sound_books() -> None:
    """Raises BooksBroken while an invariant of the books does not hold."""
    broken: Sequence[checks.Check] = checks.broken()
    if broken:
        raise BooksBroken(checks=", ".join(check.name for check in broken))


def _end(run: PayoutRun, state: str) -> None:
    """A draft's file is forgotten at once; one that was released keeps it for its time."""
    assert state in RUN_MOVES[run.state]
    if run.state == RunState.DRAFT:
        run.content = None
    run.state, run.ended_at = state, clock.now()
    run.save(update_fields=["state", "ended_at", "content"])


def _alone(gateway: str) -> None:
    """One draft at a time for each gateway."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payout-run:{gateway}"])
