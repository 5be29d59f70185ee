"""The public figures: the page of a half-year, and its files (charter D4)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from marketplace.base.errors import NotFound
from marketplace.base.models import PublishedFigures
from marketplace.base.views import render
from marketplace.web import transparency
from marketplace.web.transparency import files, pages, periods, privacy

FORMS = ("csv", "json")


@require_safe
def current(request: HttpRequest) -> HttpResponse:
    """The newest edition of the newest half-year."""
    return _page(request, transparency.current())


@require_safe
def half_year(request: HttpRequest, period: str) -> HttpResponse:
    """The newest edition of a half-year; its last once that is over. 404 before its first."""
    return _page(request, _edition(period))


@require_safe
def as_file(request: HttpRequest, period: str, form: str) -> HttpResponse:
    """A half-year as CSV or JSON. The address stays; once the half-year is closed, so does the file."""
    edition = _edition(period)
    return _csv([edition], period) if _form(form) == "csv" else JsonResponse(files.as_json(edition))


@require_safe
def all_as_file(request: HttpRequest, form: str) -> HttpResponse:
    """Everything published since the beginning, half-year by half-year."""
    editions = list(reversed(transparency.all_editions()))
    if _form(form) == "csv":
        return _csv(editions, "all")
    return JsonResponse({"half_years": [files.as_json(edition) for edition in editions]})


def _page(request: HttpRequest, edition: PublishedFigures | None) -> HttpResponse:
    editions = transparency.all_editions()
    context = {
        "edition": edition,
        "name": pages.name(edition.period) if edition else "",
        "others": [(each.period, pages.name(each.period), each.is_closed) for each in editions],
        "glance": pages.glance(edition) if edition else [],
        "chapters": pages.chapters(edition) if edition else [],
        "sums": pages.since_the_beginning(editions),
        "hidden": pages.hidden(edition) if edition else (0, 0),
        "closes": pages.closes(edition) if edition else None,
        "few": transparency.FEW,
        "least": transparency.least("people"),
        "top": privacy.most_of_one(),
        "columns": files.COLUMNS.items(),
    }
    return render(request, "web/transparency.html", context)


def _edition(period: str) -> PublishedFigures:
    found = transparency.edition(periods.named(period))
    if found is None:
        raise NotFound
    return found


def _form(form: str) -> str:
    if form not in FORMS:
        raise NotFound
    return form


def _csv(editions: list[PublishedFigures], name: str) -> HttpResponse:
    answer = HttpResponse(files.as_csv(editions), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="tessera-figures-{name}.csv"'
    return answer
