"""Signals: unusual answers with their evidence. Nothing happens by itself; a moderator looks and says so."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base.views import moderator_page, render
from marketplace.console import desk, lists
from marketplace.console.queues import QUEUES
from tasks import access
from tasks.selectors import signals as selector
from tasks.services import signals

QUEUE = QUEUES["signals"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Those nobody has looked at, the oldest first; or the ones that were."""
    return render(request, "console/signals.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_safe
def signal(request: HttpRequest, public_id: str) -> HttpResponse:
    """One signal: its figures, and answers behind it beside what others answered."""
    found = access.signal(request.user, public_id)  # type: ignore[arg-type]
    at = desk.open_case(request, QUEUE.item(found))
    context = {
        "signal": found,
        "desk": at,
        "words": selector.words(found),
        "evidence": selector.evidence(found),
    }
    return render(request, "console/signal.html", context)


@moderator_page
@require_POST
def seen(request: HttpRequest, public_id: str) -> HttpResponse:
    found = access.signal(request.user, public_id)  # type: ignore[arg-type]
    at = desk.open_case(request, QUEUE.item(found))
    desk.require_free(at.item, at.moderator)
    signals.seen(signal=found, moderator=at.moderator, note=request.POST.get("note", ""))
    desk.done(at.item)
    messages.success(request, _("Noted. Nothing else has happened by it."))
    return redirect("console-signals")
