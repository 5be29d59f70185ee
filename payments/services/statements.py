"""What a worker got and what for: the statement of a payout, a month or a year, from the ledger alone.

Every movement of what is due to the worker is a line, so opening balance and lines make the closing balance, to the
micro. Months and years are those of the books (Europe/Paris).
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from marketplace.base import clock, countries, formats, money
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from marketplace.base.spreadsheet import safe
from payments import pdf
from payments.models import AccountKind, Entry, Payee, Payout
from payments.services import seller

# What a fact of the ledger is to the worker.
WORK, TOPUP, BONUS, COMPENSATION, GRANT, OUT, BACK = (
    "work", "topup", "bonus", "compensation", "grant", "paid_out", "came_back",
)  # fmt: skip
GROSS = (WORK, TOPUP, BONUS, COMPENSATION, GRANT)
_SORTS = {
    "approval": WORK,
    "late_approval": WORK,
    "topup": TOPUP,
    "bonus": BONUS,
    "compensation": COMPENSATION,
    "help_grant": GRANT,
    "payout": OUT,
}
LABELS = {
    WORK: gettext_noop("Work"),
    TOPUP: gettext_noop("Top-ups"),
    BONUS: gettext_noop("Bonuses"),
    COMPENSATION: gettext_noop("Compensations"),
    GRANT: gettext_noop("Grants of the help fund"),
    OUT: gettext_noop("Paid out"),
    BACK: gettext_noop("Came back from the bank"),
}
# A sheet with more lines than this adds them up by day; the CSV always has each of them.
MOST_LINES = 400
_START = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of what is due: when, what for (see LABELS), the public id it is about, signed micros."""

    at: dt.datetime
    sort: str
    reference: str
    micros: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A worker's money over some time, in micros. `key` names the file: 2026, 2026-11 or pay_…"""

    key: str
    start: dt.datetime
    end: dt.datetime
    opening: int
    lines: list[Line] = field(default_factory=list)
    made_at: dt.datetime = field(default_factory=clock.now)

    @property
    def is_running(self) -> bool:
        """Whether more may still be added: its month or year is not over."""
        return self.made_at < self.end

    @property
    def last(self) -> dt.datetime:
        """The moment up to which the figures go: the last of a month or a year that is over, else when it was made."""
        if self.key.startswith("pay_"):
            return self.end
        return max(self.start, min(self.end - dt.timedelta(seconds=1), self.made_at))

    def sum_of(self, *sorts: str) -> int:
        return sum(line.micros for line in self.lines if line.sort in sorts)

    @property
    def gross(self) -> int:
        return self.sum_of(*GROSS)

    @property
    def fees(self) -> int:
        """What was taken from the worker: nothing, ever (charter P13)."""
        return 0

    @property
    def net(self) -> int:
        return self.gross - self.fees

    @property
    def closing(self) -> int:
        return self.opening + sum(line.micros for line in self.lines)


def of_month(user: User, year: int, month: int) -> Statement:
    """The statement of one month. Raises ValueError for a month that is none."""
    start = dt.datetime(year, month, 1, tzinfo=clock.BOOKS)
    end = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=clock.BOOKS)
    return _between(user, f"{year}-{month:02d}", start, end)


def of_year(user: User, year: int) -> Statement:
    """The statement of one year. Raises ValueError for a year that is none."""
    return _between(user, str(year), clock.year_start(year), clock.year_start(year + 1))


def of_payout(payout: Payout) -> Statement:
    """What a payout is made of: everything since the one before it. Raises NotFound for one that was never booked."""
    mine = _entries(payout.user)
    this = mine.filter(transaction__kind="payout", transaction__reference=payout.public_id).first()
    if this is None:
        raise NotFound
    before = mine.filter(pk__lt=this.pk, transaction__kind="payout").order_by("-pk").first()
    since = before.pk if before else 0
    opening = mine.filter(pk__lte=since).aggregate(n=Sum("amount"))["n"] or 0
    lines = _lines(mine.filter(pk__gt=since, pk__lte=this.pk))
    start = before.transaction.created_at if before else lines[0].at
    return Statement(payout.public_id, start, payout.created_at, opening, lines)


def periods(user: User) -> tuple[list[int], list[tuple[int, int]]]:
    """The years and the (year, month) pairs in which something moved, newest first."""
    moments = _entries(user).values_list("transaction__created_at", flat=True)
    months = {(local.year, local.month) for at in moments if (local := at.astimezone(clock.BOOKS))}
    return sorted({year for year, _month in months}, reverse=True), sorted(months, reverse=True)


def _between(user: User, key: str, start: dt.datetime, end: dt.datetime) -> Statement:
    mine = _entries(user)
    opening = mine.filter(transaction__created_at__lt=start).aggregate(n=Sum("amount"))["n"] or 0
    rows = mine.filter(transaction__created_at__gte=start, transaction__created_at__lt=end)
    return Statement(key, start, end, opening, _lines(rows))


def _entries(user: User) -> QuerySet[Entry]:
    return (
        Entry.objects.filter(account__user=user, account__kind=AccountKind.WORKER_PAYABLE)
        .select_related("transaction")
        .order_by("pk")
    )


def _lines(rows: QuerySet[Entry]) -> list[Line]:
    values = rows.values_list(
        "transaction__created_at", "transaction__kind", "transaction__reference", "amount"
    )
    return [
        # What has no name here moves between us and the bank: out, or back.
        Line(at, _SORTS.get(kind, BACK if micros > 0 else OUT), reference, micros)
        for at, kind, reference, micros in values
    ]


def title(statement: Statement) -> str:
    """What the statement is of, in the active language; one that is not over says up to which day it goes."""
    start = statement.start.astimezone(clock.BOOKS)
    if statement.key.startswith("pay_"):
        return _("Statement of the payout of %(day)s") % {"day": _day(statement.end)}
    if statement.is_running:
        named = str(start.year) if len(statement.key) == 4 else formats.month(start.date())
        return _("Statement of %(period)s, up to %(day)s") % {"period": named, "day": _day(statement.last)}
    if len(statement.key) == 4:
        return _("Statement of %(year)s") % {"year": start.year}
    return _("Statement of %(month)s") % {"month": formats.month(start.date())}


def to_csv(statement: Statement) -> Iterator[str]:
    """The statement as a table, line by line, with the balance after each; in the active language."""
    yield _row([_("Date"), _("What for"), _("Reference"), _("Amount in EUR"), _("Due to you in EUR")])
    balance = statement.opening
    yield _row([_iso(statement.start), _("Opening balance"), "", "", money.to_string(balance)])
    for line in statement.lines:
        balance += line.micros
        values = [money.to_string(line.micros), money.to_string(balance)]
        yield _row([_iso(line.at), _(LABELS[line.sort]), line.reference, *values])
    end = statement.lines[-1].at if statement.key.startswith("pay_") else statement.last
    yield _row([_iso(end), _("Closing balance"), "", "", money.to_string(balance)])


def to_pdf(statement: Statement, user: User) -> bytes:
    """The statement as a document, in the active language."""
    sheet = pdf.Sheet(
        title=title(statement),
        language=translation.get_language() or "en",
        issuer=seller.issuer(),
        made_at=clock.now(),
    )
    payee = Payee.objects.filter(user=user).first()
    if payee:
        town = f"{payee.postcode} {payee.town}".strip()
        lines = [payee.legal_name, payee.address, town, countries.name(payee.country)]
        sheet.address(pgettext("whom a document is for", "For"), lines)
    with timezone.override(clock.BOOKS):
        period = _("%(first)s to %(last)s") % {"first": _day(statement.start), "last": _day(statement.last)}
        sheet.facts(
            [
                (_("Account"), user.public_id),
                (_("From"), period),
                (pgettext("the day of a document", "Made"), _day(clock.now())),
            ]
        )
        _sums(sheet, statement)
        _details(sheet, statement)
    sheet.notes([*_running(statement), *_notes()])
    return sheet.render()


def _sums(sheet: pdf.Sheet, statement: Statement) -> None:
    kinds = [(_(LABELS[sort]), statement.sum_of(sort)) for sort in GROSS]
    sheet.totals(
        [
            *[(label, micros) for label, micros in kinds if micros],
            (_("Gross"), statement.gross),
            (_("Fees taken from you"), statement.fees),
            (_("Net"), statement.net),
        ]
    )
    moved = [(_(LABELS[sort]), statement.sum_of(sort)) for sort in (OUT, BACK)]
    sheet.totals(
        [
            (_("Due to you at the beginning"), statement.opening),
            (_("Net"), statement.net),
            *[(label, micros) for label, micros in moved if micros],
            (_("Due to you at the end"), statement.closing),
        ]
    )


def _details(sheet: pdf.Sheet, statement: Statement) -> None:
    columns = [pdf.Column(_("Date"), share=1.3), pdf.Column(_("What for"), share=1.6)]
    rows: list[list[str | int]] = []
    if len(statement.lines) <= MOST_LINES:
        columns.append(pdf.Column(_("Reference"), share=2.1))
        rows = [[_day(row.at), _(LABELS[row.sort]), row.reference, row.micros] for row in statement.lines]
    else:
        sheet.text(_("There are many lines: they are added up by day here, and one by one in the CSV."))
        columns.append(pdf.Column(_("How many"), share=0.8, right=True))
        by_day = sorted(statement.lines, key=lambda line: (line.at.astimezone(clock.BOOKS).date(), line.sort))
        groups = groupby(by_day, key=lambda line: (line.at.astimezone(clock.BOOKS).date(), line.sort))
        for (day, sort), found in groups:
            lines = list(found)
            amount = sum(line.micros for line in lines)
            rows.append([_day(day), _(LABELS[sort]), formats.number(len(lines)), amount])
    if rows:
        sheet.table([*columns, pdf.Column(_("Amount"), money=True)], rows, total=_("Change of what is due"))


def _running(statement: Statement) -> list[str]:
    if not statement.is_running:
        return []
    return [
        _("This time is not over: the figures go up to %(day)s, and more may follow.")
        % {"day": _day(statement.last)}
    ]


def _notes() -> list[str]:
    return [
        _("Working here costs you nothing, and neither does a payout: no fee was taken."),
        _("What you earn is income: what to declare, and your social rights, is explained at %(url)s")
        % {"url": settings.BASE_URL.rstrip("/") + "/terms/#taxes"},
        _("Grants of the help fund are no pay for work; ask your tax office how they count."),
    ]


def _day(moment: dt.date) -> str:
    """A date with its year, always: a document is read later."""
    if isinstance(moment, dt.datetime):
        moment = moment.astimezone(clock.BOOKS).date()
    return formats.full_day(moment)


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(clock.BOOKS).date().isoformat()


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()
