"""Taking in what the bank sends (DESIGN §4): each statement once, each line once for ever, and nothing half.

A statement is written whole in one transaction with all its lines, in suspense; then each line is taken for what it is
(`bank_lines`), and whole files of payouts are booked (`run_books`). A process that dies in between loses nothing: lines
in suspense are looked at again by the clock.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, formats, ids, money
from marketplace.base.models import User
from payments.bank_errors import (
    DoesNotAddUp,
    KnownStatement,
    OtherCurrency,
    StatementsOverlap,
    TooEarly,
    WrongAccount,
)
from payments.gateways import bank
from payments.models import AccountKind, BankLine, BankStatement, Payout
from payments.services import bank_lines, camt, ledger, run_books, run_files, runs
from payments.services.camt import Detail, Entry, Statement

Taken = BankLine.Taken
CHUNK = 1_000
AT_ONCE = 1_000  # lines and payouts that are looked at while a person waits; the clock does the others
PART = "§"  # before the place of a payment inside an entry


@dataclass
class Report:
    """What a file brought. `notes` are sentences for the person who sent it."""

    statements: int = 0
    lines: int = 0  # new ones
    known: int = 0  # read before, in another statement or notice
    not_booked: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def to_explain(self) -> int:
        return self.lines - sum(self.taken.values())


def read(upload: IO[bytes], *, actor: User) -> Report:
    """Take in a CAMT file. Must not be inside a transaction.

    Raises NotStaff; BadBankFile and its kinds; WrongAccount, KnownStatement, TooEarly, StatementsOverlap, DoesNotAddUp,
    OtherCurrency: then nothing of the file was taken.
    """
    runs.require_staff(actor)
    statements = list(camt.read(upload))
    ours = bank.account().iban
    mine = [one for one in statements if one.account == ours]
    if not mine:
        raise WrongAccount(theirs=statements[0].account[-4:], ours=ours[-4:])
    report = Report()
    if len(mine) < len(statements):
        report.notes.append(_("Statements of other accounts in the file were left out."))
    upload.seek(0)
    digest = hashlib.file_digest(upload, "sha256").hexdigest()  # type: ignore[arg-type]
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('bank-statements', 0))")
        new = [line for one in mine for line in _keep(one, digest, actor, report, alone=len(mine) == 1)]
    report.lines = len(new)
    if len(new) > AT_ONCE:
        report.notes.append(_("There are many lines: what each is shows within the next minutes."))
        return report
    report.taken = bank_lines.match(new)
    follow(most=AT_ONCE)
    return report


def follow(*, most: int | None = None) -> dict[str, int]:
    """Go on with what the lines that were read have brought, until there is nothing more; also by the clock.

    `most` is how many payouts are booked in this call; without it, all.
    """
    figures = run_books.go_on(most=most)
    while matched := sum(bank_lines.match_open().values()):
        figures["matched"] = figures.get("matched", 0) + matched
        run_books.go_on(most=most)
    return figures


def _keep(one: Statement, digest: str, actor: User, report: Report, *, alone: bool) -> list[BankLine]:
    """Write one statement and its new lines."""
    _check(one)
    name = one.name if one.kind == camt.STATEMENT else f"{one.kind} {one.name}"[:60]
    known = BankStatement.objects.filter(account=one.account, statement_id=name).first()
    if known:
        if alone:
            raise KnownStatement(day=formats.day(known.imported_at))
        report.notes.append(_("Statement %(name)s had been read before.") % {"name": name})
        return []
    _require_apart(one)
    first = _first(one)
    row = BankStatement.objects.create(
        account=one.account,
        statement_id=name,
        sha256=digest,
        opening_micros=one.opening if one.kind == camt.STATEMENT else None,
        closing_micros=one.closing if one.kind == camt.STATEMENT else None,
        first_day=one.first_day,
        last_day=one.last_day,
        imported_by=actor,
        imported_at=clock.now(),
    )
    report.statements += 1
    report.not_booked += sum(not entry.booked for entry in one.entries)
    found = list(_lines(row, one, report))
    if first and one.opening:
        found.insert(0, _opening(row, one))
    audit.record(
        "payments:bank_statement:read", f"stm:{row.pk}", actor=actor, sha256=digest, lines=len(found)
    )
    if gap := gap_before(row):
        report.notes.append(
            _(
                "Between this statement and the one before, %(amount)s are missing: a statement was not read yet."
            )
            % {"amount": formats.eur(gap, signed=True)}
        )
    return _store(found, report)


def _check(one: Statement) -> None:
    foreign = next(
        (entry for entry in one.entries if entry.booked and entry.currency != money.CURRENCY), None
    )
    if foreign or one.currency not in {"", money.CURRENCY}:
        other = foreign.currency if foreign else one.currency
        raise OtherCurrency(statement=one.statement_id, currency=other)
    if one.kind == camt.STATEMENT and one.missing:
        raise DoesNotAddUp(statement=one.statement_id, amount=formats.eur(one.missing, signed=True))


def _require_apart(one: Statement) -> None:
    """Raises StatementsOverlap for days told twice where lines have no name by which they would be known again.

    A bank's portal makes statements of any days one asks for. Statements that join (one opens with what the other
    closed with) are told apart by that.
    """
    unnamed = [entry for entry in one.entries if entry.booked and entry.amount and not entry.reference]
    if one.kind != camt.STATEMENT or not unnamed or one.first_day is None or one.last_day is None:
        return
    read = _whole(one.account).filter(first_day__lte=one.last_day, last_day__gte=one.first_day)
    if read.filter(Q(closing_micros=one.opening) | Q(opening_micros=one.closing)).exists():
        return
    told = BankLine.objects.filter(statement__in=read).values_list("booked_on", "amount_micros")
    if {(entry.booked_on, entry.amount) for entry in unnamed} & set(told):
        raise StatementsOverlap(statement=one.statement_id)


def _first(one: Statement) -> bool:
    """Whether the books of the account begin with this statement. Raises TooEarly for one from before."""
    rows = BankStatement.objects.filter(account=one.account, opening_micros__isnull=False)
    begins = rows.order_by("pk").values_list("first_day", flat=True).first()
    if begins and one.last_day and one.last_day < begins:
        raise TooEarly(day=formats.day(begins))
    return one.kind == camt.STATEMENT and one.opening is not None and not rows.exists()


def _opening(row: BankStatement, one: Statement) -> BankLine:
    """What was on the account when the books of it began: a person says whose it is."""
    return BankLine(
        statement=row,
        external_id=f"{one.account}:opening",
        amount_micros=one.opening or 0,
        booked_on=one.first_day or clock.today(),
        remittance="",
        taken_as=Taken.SUSPENSE,
        hints={"opening": True},
    )


def _lines(row: BankStatement, one: Statement, report: Report) -> Iterable[BankLine]:
    seen: dict[str, int] = {}
    for place, entry in enumerate(one.entries, start=1):
        if not entry.booked or not entry.amount:
            continue
        if entry.reference:
            base = f"{one.account}:{entry.reference}:{entry.booked_on}:{entry.amount // money.CENT}"
        elif one.kind == camt.STATEMENT:
            base = f"{one.account}:{row.statement_id}:{place}"
        else:
            # Without the bank's own number it could not be told from the same movement in the statement.
            report.not_booked += 1
            continue
        seen[base] = seen.get(base, 0) + 1
        if seen[base] > 1:
            base = f"{base}#{seen[base]}"
        for part, detail, amount in _parts(entry):
            yield _line(row, entry, detail, amount, f"{base}{PART}{part}" if part else base)


def _parts(entry: Entry) -> Iterable[tuple[int, Detail, int]]:
    """(place, detail, signed micros) of each payment in an entry that has several and says what each was; else one.

    A file of payouts stays one line when the bank books it as one: its message number says which file it was, or the
    numbers of all the payouts in it do.
    """
    details, sign = entry.details, 1 if entry.amount > 0 else -1
    amounts = [detail.amount or 0 for detail in details]
    together = _together(details)
    whole = len(details) < 2 or not all(amounts) or sum(amounts) != abs(entry.amount)
    if not whole and sign < 0 and (file := _one_file(entry)):
        together.payment_id, whole = file, True
    if whole:
        yield 0, together, entry.amount
        return
    for part, (detail, amount) in enumerate(zip(details, amounts, strict=True), start=1):
        yield part, detail, sign * amount


def _one_file(entry: Entry) -> str:
    """The id of the file whose whole rest an entry with several payments takes; empty when it is not one."""
    named = {detail.message_id or detail.payment_id for detail in entry.details}
    if entry.message_id or entry.payment_id or (len(named) == 1 and "" not in named):
        return entry.message_id or entry.payment_id or named.pop()
    public_ids = [run_files.ours(detail.end_to_end_id) for detail in entry.details]
    if not all(public_id.startswith("pay_") for public_id in public_ids):
        return ""
    first = Payout.objects.filter(pk=ids.decode("pay", public_ids[0]), run__isnull=False).first()
    run = first.run if first else None
    if run is None or run_books.open_sum(run) != -entry.amount:
        return ""
    inside = {payout.public_id for payout in run.lines.all()}
    return run.public_id if set(public_ids) <= inside else ""


def _together(details: list[Detail]) -> Detail:
    """The one detail of an entry, or what several have in common: their words and the number of their file."""
    if not details:
        return Detail()
    if len(details) == 1:
        return details[0]
    first = details[0]
    return Detail(
        message_id=first.message_id,
        payment_id=first.payment_id,
        structured=tuple(ref for detail in details for ref in detail.structured)[:20],
        remittance=" ".join(detail.remittance for detail in details)[:420],
    )


def _line(row: BankStatement, entry: Entry, detail: Detail, amount: int, external_id: str) -> BankLine:
    hints: dict[str, Any] = {
        "code": entry.code,
        "message": entry.message_id or detail.message_id,
        "payment": entry.payment_id or detail.payment_id,
        "reason": detail.reason,
        "charges": detail.charges or entry.charges,
        "return": entry.is_return,
        "structured": list(detail.structured),
    }
    words = " ".join(filter(None, (detail.remittance, " ".join(detail.structured), entry.words)))
    return BankLine(
        statement=row,
        external_id=external_id[:120],
        amount_micros=amount,
        booked_on=entry.booked_on,
        end_to_end_id=detail.end_to_end_id[:35],
        remittance=words[:420],
        counterparty=detail.name,
        counterparty_iban=detail.iban,
        hints={key: value for key, value in hints.items() if value},
        taken_as=Taken.SUSPENSE,
        created_at=clock.now(),
    )


def _store(found: list[BankLine], report: Report) -> list[BankLine]:
    """Write and book the lines that are new: an entry that was read before, split or whole, is known."""
    known: set[str] = set()
    for start in range(0, len(found), CHUNK):
        wanted = {form for line in found[start : start + CHUNK] for form in _forms(line.external_id)}
        rows = BankLine.objects.filter(external_id__in=wanted)
        known |= set(rows.values_list("external_id", flat=True))
    new = [line for line in found if not known & _forms(line.external_id)]
    report.known += len(found) - len(new)
    for start in range(0, len(new), CHUNK):
        bank_lines.book(BankLine.objects.bulk_create(new[start : start + CHUNK]))
    return new


def _forms(external_id: str) -> set[str]:
    base = external_id.partition(PART)[0]
    return {external_id, base, f"{base}{PART}1"}


# --- Continuity ----------------------------------------------------------------------------------------------


def gap_before(row: BankStatement) -> int:
    """What lies between a statement's opening balance and the closing balance before it, in micros; 0 when nothing."""
    if row.opening_micros is None or row.first_day is None:
        return 0
    before = _whole(row.account).filter(
        Q(last_day__lt=row.first_day) | Q(last_day=row.first_day, pk__lt=row.pk)
    )
    last = before.exclude(pk=row.pk).order_by("-last_day", "-pk").first()
    return row.opening_micros - (last.closing_micros or 0) if last else 0


def standing() -> tuple[int, int | None, dt.date | None]:
    """(what our books say lies at the bank, what its last statement says, of which day), in micros."""
    books = -ledger.balance(ledger.account(AccountKind.GATEWAY_CLEARING, gateway=bank.NAME))
    last = _whole(bank.account().iban).order_by("-last_day", "-pk").first()
    return books, last.closing_micros if last else None, last.last_day if last else None


def _whole(account: str) -> Any:
    return BankStatement.objects.filter(
        account=account, closing_micros__isnull=False, opening_micros__isnull=False
    )
