"""Signals: unusual answers with their evidence. Nothing happens by itself; a moderator looks and says so."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import paging
from marketplace.base.views import moderator_page, render
from tasks import access
from tasks.selectors import signals as selector
from tasks.services import signals


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Those nobody has looked at, the newest first; or the ones that were."""
    was_seen = request.GET.get("show") == "seen"
    page = paging.page(selector.listed(seen=was_seen), cursor=request.GET.get("cursor", ""))
    context = {
        "seen": was_seen,
        "queue": selector.queue(),
        "rows": [(row, selector.words(row)) for row in page.rows],
        **paging.links(request, page),
    }
    return render(request, "console/signals.html", context)


@moderator_page
@require_safe
def signal(request: HttpRequest, public_id: str) -> HttpResponse:
    """One signal: its figures, and answers behind it beside what others answered."""
    found = access.signal(request.user, public_id)  # type: ignore[arg-type]
    context = {"signal": found, "words": selector.words(found), "evidence": selector.evidence(found)}
    return render(request, "console/signal.html", context)


@moderator_page
@require_POST
def seen(request: HttpRequest, public_id: str) -> HttpResponse:
    found = access.signal(request.user, public_id)  # type: ignore[arg-type]
    signals.seen(signal=found, moderator=request.user, note=request.POST.get("note", ""))  # type: ignore[arg-type]
    messages.success(request, _("Noted. Nothing else has happened by it."))
    return redirect("console-signals")
