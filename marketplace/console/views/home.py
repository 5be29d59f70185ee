"""The first page of the console: what waits, for how long, and by when it was promised."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketplace.base.views import render, staff_page
from marketplace.console.forms import FindForm
from payments.models import Payout, PayoutState
from tasks.selectors import moderation
from tasks.selectors.moderation import Queue


@staff_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Queues with their ages; for an administrator who does not moderate, only the switches."""
    if not request.user.is_moderator:  # type: ignore[union-attr]
        return render(request, "console/home.html", {})
    waiting = moderation.screening_queue()
    held = Payout.objects.filter(state=PayoutState.HELD).order_by("held_at")
    oldest = held.first()
    context = {
        "disputes": moderation.dispute_queue(),
        "screening": Queue(
            len(waiting), waiting[0].since if waiting else None, waiting[0].due if waiting else None
        ),
        "holds": Queue(held.count(), oldest.held_at if oldest else None),
        "find": FindForm(),
    }
    return render(request, "console/home.html", context)
