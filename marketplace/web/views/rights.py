"""What the charter promises to somebody who works, in plain words."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketplace.base import money
from marketplace.base.models import User
from marketplace.base.views import render, worker_page
from payments.services import cap
from tasks.selectors import board
from tasks.views.board import floor_words
from workers.models import WorkerProfile


@require_safe
@worker_page
def rights(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    country = WorkerProfile.objects.values_list("country", flat=True).get(user=user)
    context = {
        "floor": floor_words(country),
        "cap_micros": cap.limit(),
        "review_days": settings.AUTO_APPROVE_DAYS,
        "redo_days": settings.REDO_DAYS,
        "decision_days": settings.DECISION_DAYS,
        "appeal_months": round(settings.APPEAL_DAYS / 30.5),
        "payout_micros": money.from_decimal(settings.PAYOUT_MINIMUM_EUR),
        "due_micros": board.due(user),
    }
    return render(request, "web/worker/rights.html", context)
