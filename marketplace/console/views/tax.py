"""What the tax office is told of workers: figures, the yearly file, and whom it can't carry. For administrators."""

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import audit, clock, ids, money
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.spreadsheet import safe
from marketplace.base.views import admin_page, render, user_of
from payments.services import dac7, dac7_file

HEAD = ["worker", *(f"consideration_q{n}" for n in range(1, 5)), *(f"activities_q{n}" for n in range(1, 5))]


@admin_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One year, by the number in the address line; the last full one when there is none."""
    return _show(request, _year(request.GET.get("year", "")))


@admin_page
@require_safe
def figures(request: HttpRequest, year: int) -> HttpResponse:
    """Ids and figures, as CSV."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([*HEAD, "fees", "taxes"])
    rows = dac7.figures(_year(str(year)))
    for row in rows:
        amounts = [money.to_string(micros) for micros in row.consideration]
        table.writerow([safe(ids.encode("usr", row.user_id)), *amounts, *row.activities, "0.00", "0.00"])
    audit.record("console:dac7:figures", f"dac7:{year}", actor=user_of(request), rows=len(rows))
    return _file(out.getvalue(), f"dac7-{year}-figures.csv", "text/csv")


@admin_page
@require_POST
def declaration(request: HttpRequest, year: int) -> HttpResponse:
    """The file for the tax office: made now, handed out, not kept. Its hash and who made it are written down."""
    try:
        made = dac7_file.make(year=_year(str(year)), actor=user_of(request))
    except Refusal as refusal:
        return _show(request, year, refusal)
    return _file(made.xml, f"dac7-{year}.xml", "application/xml")


def _show(request: HttpRequest, year: int, refused: Refusal | None = None) -> HttpResponse:
    carried, left_out = dac7_file.sort_out(year)
    context: dict[str, Any] = {
        "year": year,
        "years": range(clock.today().year, clock.today().year - 5, -1),
        "carried": len(carried),
        "total": sum(figures.total for figures, _payee in carried),
        "left_out": left_out,
        "refused": refused,
    }
    return render(request, "console/tax.html", context, status=refused.status if refused else 200)


def _year(text: str) -> int:
    if not text:
        return clock.today().year - 1
    if not text.isascii() or not text.isdigit() or not 2020 <= int(text) <= clock.today().year:
        raise NotFound
    return int(text)


def _file(text: str, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)
