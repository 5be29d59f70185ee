"""What a bank's line is taken for (DESIGN §4): every line is written once, against `suspense`, and then explained.

Two facts for each: `bank_line` moves our money at the bank, `bank_line_taken` (or the deposit itself) moves it out of
suspense to where it belongs. A line that nothing explains yet stays in suspense until later news does, or a person.
What the bank told about who paid is forgotten as soon as a line is explained; of a deposit the account is kept, since
a refund goes back to it and nowhere else.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from marketplace.base import audit, clock, errors, ids, money, notices
from marketplace.base.models import Membership, Organisation, Role, User
from payments.models import (
    Account,
    AccountKind,
    BankLine,
    Deposit,
    DepositState,
    Payout,
    PayoutRun,
    PayoutState,
    Refund,
    RefundState,
    RunState,
)
from payments.services import creditor_reference, frozen, iban, ledger, refunds, run_books, run_files, sending

Taken = BankLine.Taken
GATEWAY_BANK = "gateway_bank"  # money that the card provider sent and our bank has not got yet
PROVIDER = "provider"
# Subfamilies of bank transaction codes that say fees (ISO 20022 external code set), and the German codes 808 and 809.
_FEES = re.compile(r"/(CHRG|COMM|COMT|COMI|FEES)$|\+(808|809)(\+|$)")
MATCH_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Taking:
    """What a line was recognised as: `reference` is the public id of what it is about, or a name of ours."""

    taken_as: str
    reference: str = ""


def open_lines() -> QuerySet[BankLine]:
    """Lines that wait for an explanation, oldest first; not those that a person decided to send back."""
    rows = BankLine.objects.filter(taken_as=Taken.SUSPENSE, goes_back=False)
    return rows.select_related("statement", "proposed_by").order_by("booked_on", "pk")


def book(lines: Sequence[BankLine]) -> None:
    """Post the movements of new lines. Must be inside `atomic()`."""
    bank, suspense = run_books.clearing("bank"), ledger.account(AccountKind.SUSPENSE).pk
    ledger.post_set(
        "bank_line",
        [(line.public_id, [(bank, -line.amount_micros), (suspense, line.amount_micros)]) for line in lines],
    )


def match(lines: Iterable[BankLine]) -> dict[str, int]:
    """Take lines for what they clearly are; how many for what. Each in a transaction of its own."""
    figures: dict[str, int] = {}
    for line in lines:
        with transaction.atomic():
            locked = BankLine.objects.select_for_update().get(pk=line.pk)
            found = recognise(locked) if locked.taken_as == Taken.SUSPENSE else None
            if found is None:
                continue
            take(locked, found)
        figures[found.taken_as] = figures.get(found.taken_as, 0) + 1
    return figures


def match_open() -> dict[str, int]:
    """Look at the lines in suspense again: what they wait for may have come since."""
    # Any of them: the oldest may wait for a person for weeks, and would keep the others from being looked at.
    return match(list(open_lines().filter(proposed_by__isnull=True).order_by("?")[:MATCH_MOST]))


def recognise(line: BankLine) -> Taking | None:
    """What a line is, where it leaves no doubt; amounts must be right to the cent."""
    for look in (_own_number, _whole_run, _deposit, _fee, _provider):
        if found := look(line):
            return found
    return None


def _own_number(line: BankLine) -> Taking | None:
    """The end-to-end number of one of our payments: it left, or it came back."""
    public_id = run_files.ours(line.end_to_end_id)
    kind = public_id.partition("_")[0]
    if kind == "pay":
        return _payout_line(line, public_id)
    if line.amount_micros > 0:
        return _refund_back(line, public_id) if kind == "ref" else None
    if kind == "ref":
        refund = Refund.objects.filter(pk=_number("ref", public_id)).first()
        right = refund and refund.state == RefundState.STARTED and refund.amount_micros == -line.amount_micros
        if refund and right and _is_released(refund.run_id):
            return Taking(Taken.RUN, public_id)
    if kind == "bln":
        back = BankLine.objects.filter(pk=_number("bln", public_id)).first()
        waits = back and back.taken_as == Taken.SUSPENSE and back.amount_micros == -line.amount_micros
        if back and waits and _is_released(back.run_id):
            return Taking(Taken.RUN, public_id)
    return None


def locked_run(number: int | None) -> PayoutRun | None:
    """A file whose row nobody gives up meanwhile. Inside `atomic()`; a line is locked before, payouts after it."""
    return PayoutRun.objects.select_for_update().filter(pk=number or 0).defer("content").first()


def _is_released(number: int | None) -> bool:
    run = locked_run(number)
    return run is not None and run.state == RunState.RELEASED


def _refund_back(line: BankLine, public_id: str) -> Taking | None:
    refund = Refund.objects.filter(pk=_number("ref", public_id), run__isnull=False).first()
    right = refund and refund.state == RefundState.SETTLED and refund.amount_micros == line.amount_micros
    return Taking(Taken.RETURN, public_id) if right else None


def _payout_line(line: BankLine, public_id: str) -> Taking | None:
    payout = Payout.objects.filter(pk=_number("pay", public_id), run__isnull=False).first()
    if payout is None:
        return None
    if line.amount_micros < 0:
        return Taking(Taken.RUN, public_id) if _leaves_now(line, payout) else None
    kept = int(line.hints.get("charges", 0))
    whole_back = payout.amount_micros in {line.amount_micros, line.amount_micros + kept}
    came_back = BankLine.objects.filter(object_ref=public_id, taken_as=Taken.RETURN).exists()
    if whole_back and not came_back and may_come_back(payout):
        return Taking(Taken.RETURN, public_id)
    return None


def _leaves_now(line: BankLine, payout: Payout) -> bool:
    """Whether a line is the one by which a payout of a file left. One of a file that was given up is for a person:
    it is due again, so nothing on our side stands for that money."""
    run = locked_run(payout.run_id)
    payout.refresh_from_db(fields=["state"])
    if run is None or run.state == RunState.CANCELLED or payout.amount_micros != -line.amount_micros:
        return False
    names = [payout.public_id, run.public_id]
    before = BankLine.objects.filter(object_ref__in=names, taken_as=Taken.RUN).exists()
    return not before and payout.state in {PayoutState.SENT, PayoutState.FAILED}


def may_come_back(payout: Payout) -> bool:
    """Whether money of it left the bank by our books and is not back. (Anybody can write its number on a transfer.)

    One on its way waits until the line by which it left was read. One that was refused may have left with its file:
    then more lies there than what is still to be booked of the others, unless it left by a line of its own.
    """
    if payout.state != PayoutState.FAILED or payout.run is None:
        return payout.state == PayoutState.PAID
    alone = BankLine.objects.filter(object_ref=payout.public_id, taken_as=Taken.RUN).exists()
    others = 0 if alone else run_books.open_sum(payout.run)
    return -run_books.at_rest(payout.run) - others >= payout.amount_micros


def _whole_run(line: BankLine) -> Taking | None:
    """The sum of a file in one line: the bank names it by the number of the message or of its batch."""
    if line.amount_micros > 0:
        return None
    named = (line.hints.get(key, "") for key in ("message", "payment"))
    for public_id in filter(None, (run_files.ours(str(words)) for words in (*named, line.end_to_end_id))):
        if not public_id.startswith("run_"):
            continue
        run = locked_run(_number("run", public_id))
        if run and run.state == RunState.RELEASED and fits_run(line, run):
            return Taking(Taken.RUN, public_id)
    return None


def fits_run(line: BankLine, run: PayoutRun) -> bool:
    """Whether a line is the sum of a released file: of all of it, or of what of it was not refused before."""
    if BankLine.objects.filter(taken_as=Taken.RUN, object_ref=run.public_id).exists():
        return False
    still_open = run_books.open_sum(run)
    return still_open > 0 and -line.amount_micros in {still_open, run.amount_micros}


def _deposit(line: BankLine) -> Taking | None:
    if line.amount_micros <= 0 or line.hints.get("return"):
        return None
    found = creditor_reference.find(
        [*line.hints.get("structured", ()), line.end_to_end_id], [line.remittance]
    )
    return Taking(Taken.DEPOSIT, found.public_id) if found else None


def _fee(line: BankLine) -> Taking | None:
    small = -line.amount_micros <= money.from_decimal(settings.BANK_SECOND_LOOK_EUR)
    told = bool(_FEES.search(str(line.hints.get("code", ""))))
    return Taking(Taken.FEE) if line.amount_micros < 0 and small and told else None


def _provider(line: BankLine) -> Taking | None:
    """Money from the card provider, as much as it said was on its way; or to the provider of mobile money."""
    if line.amount_micros > 0 and _is_one_of(line, settings.BANK_MONEY_FROM):
        on_its_way = -ledger.balance(_account(GATEWAY_BANK))
        return Taking(Taken.GATEWAY, GATEWAY_BANK) if on_its_way >= line.amount_micros else None
    if line.amount_micros < 0 and _is_one_of(line, settings.PROVIDER_KNOWN_AS):
        return Taking(Taken.GATEWAY, PROVIDER)
    return None


def _is_one_of(line: BankLine, known: Iterable[str]) -> bool:
    name = line.counterparty.casefold()
    return any(
        iban.plain(words) == line.counterparty_iban or (name and words.casefold() in name) for words in known
    )


def take(line: BankLine, what: Taking, *, actor: User | None = None, explanation: str = "") -> None:
    """Explain a locked line in suspense: move its money to where it belongs and follow the news it brings.

    Must be inside `atomic()`. `actor` and `explanation` when a person says so. Raises Lost for one that is explained.
    """
    reference = what.reference
    if what.taken_as == Taken.DEPOSIT:
        reference = _make_deposit(line, reference, actor).public_id
    else:
        _move_out_of_suspense(line, what, actor)
    _write(line, Taking(what.taken_as, reference), actor, explanation)
    if what.taken_as == Taken.RUN:
        _follow_left(reference)
    elif what.taken_as == Taken.RETURN:
        _follow_return(line, reference)
    audit.record(
        "payments:bank_line:taken", line.public_id, actor=actor, taken_as=what.taken_as, object=reference
    )


def _write(line: BankLine, what: Taking, actor: User | None, explanation: str) -> None:
    columns: dict[str, object] = {"taken_as": what.taken_as, "object_ref": what.reference, "remittance": ""}
    if what.taken_as != Taken.DEPOSIT:
        columns |= {"counterparty": "", "counterparty_iban": ""}
    if not run_files.ours(line.end_to_end_id):
        columns["end_to_end_id"] = ""  # the other side's own words
    if actor is not None:
        columns |= {"explained_by": actor, "explanation": explanation, "explained_at": clock.now()}
    columns["hints"] = {key: value for key, value in line.hints.items() if key != "structured"}
    moved = BankLine.objects.filter(pk=line.pk, taken_as=Taken.SUSPENSE).update(**columns)
    line.refresh_from_db()
    if not moved:
        raise errors.Lost


def _move_out_of_suspense(line: BankLine, what: Taking, actor: User | None) -> None:
    amount, suspense = line.amount_micros, ledger.account(AccountKind.SUSPENSE).pk
    entries = [(suspense, -amount)]
    kept = _charges_kept(line, what)
    if kept:
        entries.append((ledger.account(AccountKind.GATEWAY_COSTS, gateway="bank").pk, -kept))
    entries.append((counter_account(what), amount + kept))
    ledger.post("bank_line_taken", line.public_id, entries, actor=actor)


def _charges_kept(line: BankLine, what: Taking) -> int:
    """What a bank kept of a payout that came back: it is owed to the worker all the same."""
    if what.taken_as != Taken.RETURN or not what.reference.startswith("pay_"):
        return 0
    payout = Payout.objects.get(pk=_number("pay", what.reference))
    return payout.amount_micros - line.amount_micros


def counter_account(what: Taking) -> int:
    """The account that stands against suspense."""
    if what.taken_as in {Taken.RUN, Taken.RETURN}:
        return run_books.clearing(run_books.RUNS)
    if what.taken_as == Taken.GATEWAY:
        return run_books.clearing(what.reference)
    kinds = {Taken.LOSS: AccountKind.LOSSES, Taken.OWN: AccountKind.OWN_MONEY, Taken.VAT: AccountKind.VAT_DUE}
    if what.taken_as == Taken.FEE:
        return ledger.account(AccountKind.GATEWAY_COSTS, gateway="bank").pk
    return ledger.account(kinds[Taken(what.taken_as)]).pk


def _make_deposit(line: BankLine, organisation_ref: str, actor: User | None) -> Deposit:
    """A settled deposit of the money of a line, and a notice to those who handle the organisation's money."""
    organisation = Organisation.objects.get(pk=_number("org", organisation_ref))
    now = clock.now()
    deposit = Deposit.objects.create(
        organisation=organisation,
        amount_micros=line.amount_micros,
        gateway="bank",
        state=DepositState.SETTLED,
        external_ref=line.public_id,
        method="bank_transfer",
        created_at=now,
        ended_at=now,
    )
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    suspense = ledger.account(AccountKind.SUSPENSE)
    ledger.post(
        "deposit",
        deposit.public_id,
        [(suspense, -line.amount_micros), (funds, line.amount_micros)],
        actor=actor,
    )
    audit.record("payments:deposit:settled", deposit.public_id, actor=actor, organisation_id=organisation.pk)
    members = Membership.objects.filter(organisation=organisation, role__in=[Role.OWNER, Role.FINANCE])
    for user_id in members.order_by("pk").values_list("user_id", flat=True):
        notices.tell(
            user_id,
            "deposit_settled",
            deposit.public_id,
            deposit=deposit.public_id,
            amount=line.amount_micros,
        )
    frozen.absorb(organisation)
    return deposit


def _follow_left(reference: str) -> None:
    """One payment of a file was booked by itself. A whole file is booked in chunks, by `run_books`."""
    kind, run = reference.partition("_")[0], None
    if kind == "pay":
        payout = Payout.objects.select_for_update(of=("self",)).get(pk=_number(kind, reference))
        run_books.pay([payout] if payout.state == PayoutState.SENT else [])
        run = payout.run
    elif kind == "ref":
        refund = Refund.objects.select_related("organisation").get(pk=_number(kind, reference))
        run_books.pay_refund(refund)
        run = refund.run
    elif kind == "bln":
        back = BankLine.objects.select_for_update(of=("self",)).get(pk=_number(kind, reference))
        run_books.close_sent_back(back)
        run = back.run
    if run:
        run_books.finish(run)


def _follow_return(line: BankLine, reference: str) -> None:
    code = str(line.hints.get("reason") or "returned")
    if reference.startswith("ref_"):
        refund = Refund.objects.select_related("organisation").get(pk=_number("ref", reference))
        refunds.fail(refund, code=code)
        return
    payout = Payout.objects.select_related("user").get(pk=_number("pay", reference))
    if payout.state in {PayoutState.PAID, PayoutState.SENT}:
        sending.take_back(payout, code=code)
    if payout.run:
        run_books.finish(payout.run)


def _account(gateway: str) -> Account:
    return ledger.account(AccountKind.GATEWAY_CLEARING, gateway=gateway)


def _number(prefix: str, public_id: str) -> int:
    """The row behind an id that a bank carried; -1 for one that is none."""
    try:
        return ids.decode(prefix, public_id)
    except errors.NotFound:
        return -1
