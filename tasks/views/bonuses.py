"""Bonuses of a batch: one to somebody, or a list, looked at before it is given; and what was given."""

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from marketplace.base import formats, ids, paging
from marketplace.base.errors import Refusal
from marketplace.base.views import render, signed_in
from payments.services import bonuses as money_given
from payments.services import holdings
from tasks import access
from tasks.models import Batch
from tasks.selectors import requester
from tasks.services import bonuses

MOST_BYTES = 500_000
PER_PAGE = 50


class OneForm(forms.Form):
    """One bonus; `once` tells one press of the button from the next."""

    worker = forms.CharField(
        label=gettext_lazy("To"),
        help_text=gettext_lazy(
            "The wrk_… of a person, or the asg_… of an answer, as your results name them."
        ),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount"), widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    )
    reason = forms.CharField(
        label=gettext_lazy("What for?"),
        help_text=gettext_lazy("The worker reads it."),
        max_length=bonuses.REASON_CHARS,
    )
    once = forms.CharField(widget=forms.HiddenInput, max_length=40)


class ListForm(forms.Form):
    """A list, typed or from a file."""

    file = forms.FileField(label=gettext_lazy("A CSV file"), required=False)
    rows = forms.CharField(
        label=gettext_lazy("Or the lines themselves"),
        help_text=gettext_lazy("worker,amount,reason: one bonus on each line."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, public_id: str) -> HttpResponse:
    """What was given, and the two ways to give (GET); look at a list, or give (POST)."""
    writes = request.method == "POST"
    batch = access.batch(request.user, public_id, "edit" if writes else "read")
    if not writes:
        return _page(request, batch, one=OneForm(initial=_initial(request)), many=ListForm())
    if request.POST.get("step") == "one":
        return _one(request, batch)
    return _many(request, batch)


def _initial(request: HttpRequest) -> dict[str, str]:
    return {"worker": request.GET.get("to", "")[:60], "once": secrets.token_urlsafe(16)}


def _one(request: HttpRequest, batch: Batch) -> HttpResponse:
    form = OneForm(request.POST)
    if not form.is_valid():
        return _page(request, batch, one=form, many=ListForm(), status=400)
    said = form.cleaned_data
    key = f"page:{said['once']}"
    listed = bonuses.take(
        batch=batch, rows=[(said["worker"].strip(), said["amount"], said["reason"])], key=key
    )
    for name, problem in listed.rows[0].problems.items():
        form.add_error(name, problem)
    if form.errors:
        return _page(request, batch, one=form, many=ListForm(), status=400)
    try:
        given = bonuses.give(batch=batch, actor=request.user, listed=listed)  # type: ignore[arg-type]
    except Refusal as refusal:
        return _page(request, batch, one=form, many=ListForm(), refused=refusal, status=refusal.status)
    for refusal in given.refused.values():
        return _page(request, batch, one=form, many=ListForm(), refused=refusal, status=refusal.status)
    return _told(request, batch, given)


def _many(request: HttpRequest, batch: Batch) -> HttpResponse:
    form = ListForm(request.POST, request.FILES)
    form.is_valid()
    upload, text = form.cleaned_data.get("file"), request.POST.get("rows", "")
    if upload and upload.size <= MOST_BYTES:
        text = upload.read().decode("utf-8", errors="replace")
    shown = ListForm(initial={"rows": text})
    one = OneForm(initial=_initial(request))
    try:
        listed = bonuses.read(batch=batch, text=text)
        if request.POST.get("step") != "give" or not listed.good:
            return _page(request, batch, one=one, many=shown, listed=listed, text=text)
        given = bonuses.give(batch=batch, actor=request.user, listed=listed)  # type: ignore[arg-type]
    except Refusal as refusal:
        return _page(request, batch, one=one, many=shown, refused=refusal, status=refusal.status)
    if given.refused or listed.bad:
        _say(request, given)
        return _page(request, batch, one=one, many=shown, listed=listed, given=given, text=text)
    return _told(request, batch, given)


def _told(request: HttpRequest, batch: Batch, given: money_given.Given) -> HttpResponse:
    _say(request, given)
    return redirect("bonuses", batch.public_id)


def _say(request: HttpRequest, given: money_given.Given) -> None:
    count = len(given.bonuses)
    if count:
        words = {"count": count, "total": formats.eur(given.total)}
        said = ngettext(
            "%(count)s bonus given: %(total)s.", "%(count)s bonuses given: %(total)s in all.", count
        )
        messages.success(request, said % words)
    if given.known:
        messages.info(
            request,
            _(
                "Lines that were given before were not given again. To give the same once more, change its reason."
            ),
        )


def _page(
    request: HttpRequest,
    batch: Batch,
    *,
    one: OneForm,
    many: ListForm,
    listed: bonuses.Listed | None = None,
    given: money_given.Given | None = None,
    refused: Refusal | None = None,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = money_given.of_organisation(batch.organisation)
    page = paging.page(rows, cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    context: dict[str, Any] = {
        "batch": batch,
        "may": requester.rights(request.user, batch.organisation_id),
        "one": one,
        "many": many,
        "listed": listed,
        "not_given": _not_given(listed, given),
        "text": text,
        "refused": refused,
        "available": holdings.available(batch.organisation),
        "given": [(row, ids.worker_seen_by(row.worker_id, batch.organisation_id)) for row in page.rows],
        **paging.links(request, page),
    }
    return render(request, "tasks/requester/bonuses.html", context, status=status)


def _not_given(
    listed: bonuses.Listed | None, given: money_given.Given | None
) -> list[tuple[bonuses.Row, str]]:
    """Lines that stay undone, each with why: what can't be read, and what was refused."""
    if listed is None:
        return []
    refused = given.refused if given else {}
    found = [(row, " ".join(row.problems.values())) for row in listed.bad]
    found += [(row, refused[row.position].message) for row in listed.good if row.position in refused]
    return sorted(found, key=lambda pair: pair[0].position)
