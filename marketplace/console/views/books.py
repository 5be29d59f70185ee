"""The books by month: trial balance, statements of accounts, what the accountant takes, and the close."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.views import admin_page, render
from payments.models import Account, AccountKind
from payments.services import chart, fec, journal, left_money, months, periods, reconcile, trial_balance
from payments.services.months import Month
from tasks.services import checks

MOST_ACCOUNTS = 200
MOST_LINES = 500


@admin_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every month with its state, the one to close next, and how many differences are open."""
    known = periods.known()
    due = periods.next_to_close()
    context = {
        "months": known,
        "due": due if due and due.is_over else None,
        "differences": reconcile.open_differences().count(),
        "years": sorted({month.year for month, period in known if period}, reverse=True),
        "kept": left_money.kept(),
    }
    return render(request, "console/books.html", context)


@admin_page
@require_safe
def month(request: HttpRequest, name: str) -> HttpResponse:
    """The trial balance of a month, by kind of account."""
    found = _month(name)
    rows = trial_balance.rows(found)
    due = periods.next_to_close()
    context = {
        "month": found,
        "period": periods.of(found),
        "kinds": trial_balance.by_kind(rows),
        "numbers": {row.kind: chart.number_of(row.kind) for row in rows},
        "total": [sum(values) for values in zip(*_figures(rows), strict=True)] if rows else [0, 0, 0, 0],
        "may_close": found == due and found.is_over,
        "differences": reconcile.open_differences().count(),
    }
    return render(request, "console/books_month.html", context)


@admin_page
@require_safe
def kind(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """The accounts of a kind in a month: those that moved most, on top."""
    found = _month(name)
    if kind not in AccountKind.values:
        raise NotFound
    rows = [row for row in trial_balance.rows(found) if row.kind == kind]
    rows.sort(key=lambda row: (-(row.added + row.taken), row.account_id))
    accounts = Account.objects.in_bulk([row.account_id for row in rows[:MOST_ACCOUNTS]])
    context = {
        "month": found,
        "label": AccountKind(kind).label,
        "rows": [
            (row, chart.place(accounts[row.account_id]), ids.encode("acc", row.account_id))
            for row in rows[:MOST_ACCOUNTS]
        ],
        "count": len(rows),
        "shown": MOST_ACCOUNTS,
    }
    return render(request, "console/books_kind.html", context)


@admin_page
@require_safe
def account(request: HttpRequest, name: str, public_id: str) -> HttpResponse:
    """The statement of one account in a month."""
    found = _month(name)
    row = Account.objects.filter(pk=ids.decode("acc", public_id)).first()
    if row is None:
        raise NotFound
    balance = next((each for each in trial_balance.rows(found) if each.account_id == row.pk), None)
    if balance is None:
        raise NotFound
    lines = trial_balance.statement(row.pk, found, opening=balance.opening, limit=MOST_LINES + 1)
    context = {
        "month": found,
        "kind": row.kind,
        "place": chart.place(row),
        "balance": balance,
        "lines": lines[:MOST_LINES],
        "more": len(lines) > MOST_LINES,
        "shown": MOST_LINES,
    }
    return render(request, "console/books_account.html", context)


@admin_page
@require_safe
def month_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """The journal of a month for the accountant."""
    found = _month(name)
    return _file(journal.csv_text(found), f"journal-{found}.csv", "text/csv; charset=utf-8")


@admin_page
@require_safe
def year_fec(request: HttpRequest, year: int) -> StreamingHttpResponse:
    """The French tax authority's file of the closed months of a year."""
    if not any(period for found, period in periods.known() if found.year == year):
        raise NotFound
    return _file(fec.text(year), fec.file_name(year), "text/plain; charset=utf-8")


@admin_page
@require_POST
def close(request: HttpRequest, name: str) -> HttpResponse:
    """Close a month, after asking every gateway once more. A refusal says what must be done first."""
    found = _month(name)
    periods.look_outside()
    periods.close(month=found, actor=request.user, look=checks.everything)
    messages.success(request, _("%(month)s is closed. Its figures stay as they are.") % {"month": found})
    return redirect("console-books-month", str(found))


def _month(name: str) -> Month:
    """A month there are books of. Raises NotFound."""
    found = months.parse(name)
    first = periods.first_month()
    if first is None or found < first or not any(found == each for each, _period in periods.known()):
        raise NotFound
    return found


def _figures(rows: list[trial_balance.Row]) -> list[tuple[int, int, int, int]]:
    return [(row.opening, row.added, row.taken, row.closing) for row in rows]


def _file(pieces: Iterator[str], name: str, kind: str) -> StreamingHttpResponse:
    answer: Any = StreamingHttpResponse((piece.encode() for piece in pieces), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
