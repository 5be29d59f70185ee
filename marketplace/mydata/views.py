"""My data: one page, the file to take along, leaving, and having a file verified."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import formats, ids
from marketplace.base.errors import Lost, NotFound, Refusal
from marketplace.base.views import render, signed_in, user_of
from marketplace.web import confirm
from marketplace.web.rate import limit
from tasks.media import shelf

from . import exporting, pages, reading, requests, vault, waiting

MOST_VERIFIED = 100_000_000  # bytes of a file that is looked at on the page; the command takes larger ones
VERIFIED_A_MINUTE = 6


class LeaveForm(forms.Form):
    """What somebody says who leaves."""

    leaves_rest = forms.BooleanField(
        label=gettext_lazy("What is due to me and can't be paid out may go to the help fund"), required=False
    )
    sure = forms.BooleanField(
        label=gettext_lazy("I know that after this nobody can bring my account back"),
        error_messages={"required": gettext_lazy("Tick this once you have read what goes and what stays.")},
    )


@require_safe
@signed_in
def data(request: HttpRequest) -> HttpResponse:
    """What is kept, why, until when, who looked, the file, and leaving."""
    user = user_of(request)
    row = requests.of(user)
    context = {
        "kept": pages.kept(user),
        "clocks": pages.clocks(),
        "looks": pages.looks(user),
        "file": exporting.newest(user),
        "leaving": row,
        "reasons": waiting.reasons(user, leaves_rest=row.leaves_rest) if row else [],
        "waits_for_key": bool(row and requests.NO_KEY in row.waits_for),
        "export_days": settings.EXPORT_KEEP_DAYS,
    }
    return render(request, "mydata/data.html", context)


@require_POST
@signed_in
def export(request: HttpRequest) -> HttpResponse:
    """Ask for the file."""
    try:
        exporting.ask(user=user_of(request))
    except Refusal as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(
            request, _("Your file is being made: reload this page in a moment. A notice tells you too.")
        )
    return redirect("my-data")


@require_safe
@signed_in
def download(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """The file, to its person only."""
    row = exporting.own(user_of(request), ids.decode("exp", public_id))
    if not shelf.exists(row.path):
        raise NotFound
    headers = {
        "Content-Disposition": f'attachment; filename="tessera-{row.made_at:%Y-%m-%d}.zip"',
        "Content-Length": str(row.size),
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(
        shelf.pieces(row.path, 0, row.size), content_type="application/zip", headers=headers
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def erase(request: HttpRequest) -> HttpResponse:
    """Ask to be erased, right after proving who one is."""
    if not confirm.recently(request):
        return HttpResponseRedirect(confirm.address(request))
    user, status = user_of(request), 200
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                requests.ask(user=user, leaves_rest=form.cleaned_data["leaves_rest"])
            except Refusal as refusal:
                messages.warning(request, refusal.message)
            else:
                messages.success(
                    request, _("You asked for your account to be erased. This page says how far it is.")
                )
            return redirect("my-data")
    context: dict[str, Any] = {
        "form": form,
        "reasons": waiting.reasons(user),
        "archive": vault.is_needed(user),
        "years": settings.TAX_KEEP_YEARS,
        "days": settings.ERASURE_COOLING_DAYS,
    }
    return render(request, "mydata/erase.html", context, status)


@require_POST
@signed_in
def keep(request: HttpRequest) -> HttpResponse:
    """Take the request back."""
    try:
        requests.withdraw(user=user_of(request))
    except Lost:
        messages.warning(request, _("There was nothing to take back."))
    else:
        messages.success(request, _("You stay. Everything is as it was."))
    return redirect("my-data")


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Anybody has a file of data looked at: whether it is whole, and who signed it. Nothing of it is kept."""
    if request.method != "POST":
        return render(request, "mydata/verify.html", {})
    limit(request, "mydata-verify", VERIFIED_A_MINUTE)
    sent = request.FILES.get("file")
    if sent is None:
        return render(request, "mydata/verify.html", {"missing": True}, 400)
    if (sent.size or 0) > MOST_VERIFIED:
        return render(request, "mydata/verify.html", {"too_large": MOST_VERIFIED // 1_000_000}, 413)
    found = reading.read(sent, with_data=False)
    made_at = parse_datetime(str(found.manifest.get("made_at"))) if found.holds else None
    context = {"found": found, "made_at": formats.exact(made_at) if made_at else ""}
    return render(request, "mydata/verify.html", context, 200 if found.holds else 400)
