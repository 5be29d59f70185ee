"""The register of the automated rules, for everybody: as pages, JSON and CSV (charter M1)."""

import csv
import io

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from marketplace.base import spreadsheet
from marketplace.base.errors import NotFound
from marketplace.base.views import download, render
from marketplace.web import charter
from marketplace.web.automated import show, versions


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every rule with what it does, what it can lead to, its numbers of today, and when it last changed."""
    return render(request, "web/rules.html", {"chapters": show.chapters()})


@require_safe
def rule(request: HttpRequest, name: str) -> HttpResponse:
    """One rule with all that it reads, and its history."""
    found = show.by_name(name)
    if found is None:
        raise NotFound
    promises = [each for each in charter.RULES if each.id in found.rule.charter]
    history = [(row, show.sentences(row)) for row in versions.history(name)]
    return render(request, "web/rule.html", {"rule": found, "history": history, "promises": promises})


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """The register with its history, for programs."""
    return JsonResponse({"rules": show.table()}, json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """A line for each version of each rule."""
    file = io.StringIO()
    out = csv.writer(file)
    out.writerow(["rule", "version", "since", "what it does", "parameters of today", "changed"])
    for row in show.table():
        parameters = "; ".join(f"{name} = {value}" for name, value in row["parameters"].items())
        for each in row["versions"]:
            changed = "; ".join(f"{one['name']}: {one['old']} -> {one['new']}" for one in each["changed"])
            cells = [row["name"], each["number"], each["since"], row["does"], parameters, changed]
            out.writerow([spreadsheet.safe(str(cell)) for cell in cells])
    return download(file.getvalue().encode(), "text/csv; charset=utf-8", "tessera-rules.csv")
