"""The first page of the site: what Tessera is, with a real batch and real figures; and where people go from it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.base import money
from marketplace.base.views import render, signed_in
from marketplace.web.adapters import place_of
from payments.services import floor
from tasks.models import Batch, BatchFigures

EXAMPLE_SECONDS, EXAMPLE_COUNTRY = 180, "FR"
FRESH_SECONDS = 15  # for so long a shown batch is shown again without asking the database


@dataclass(frozen=True)
class Sight:
    """A batch as everybody may see it: no more than its card on the board tells."""

    title: str
    by: str
    purpose: str
    public_id: str
    counts: dict[str, int]
    slots: int
    reward_micros: int
    hourly_micros: int
    workers: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """For visitors; whoever is logged in goes to their own first page."""
    if request.user.is_authenticated:
        return redirect(place_of(request.user))  # type: ignore[arg-type]
    context = {
        "sight": cache.get_or_set("home:sight", sight, FRESH_SECONDS),
        "example_micros": floor.price_needed(EXAMPLE_SECONDS, EXAMPLE_COUNTRY),
        "example_seconds": EXAMPLE_SECONDS,
        "floor_micros": floor.floor_micros_per_hour(EXAMPLE_COUNTRY),
        "fee_rate": settings.FEE_RATE,
        "cap_micros": money.from_decimal(settings.CAP_EUR),
        "payout_micros": money.from_decimal(settings.PAYOUT_MINIMUM_EUR),
        "review_days": settings.AUTO_APPROVE_DAYS,
        "decision_days": settings.DECISION_DAYS,
    }
    return render(request, "web/home.html", context)


def sight() -> Sight | None:
    """The batch, open to all, in which most has been answered so far; None while nothing is open."""
    row = (
        BatchFigures.objects.filter(
            batch__state=Batch.State.PUBLISHED, batch__audience=Batch.Audience.OPEN, slots__gt=0
        )
        .select_related("batch__organisation")
        .order_by("-answers_last_hour", "-submitted", "-pk")
        .first()
    )
    if row is None:
        return None
    batch = row.batch
    return Sight(
        title=batch.title,
        by=batch.organisation.name,
        purpose=batch.purpose,
        public_id=batch.public_id,
        counts=row.counts,
        slots=row.slots,
        reward_micros=batch.reward_micros,
        hourly_micros=floor.hourly(batch.reward_micros, batch.seconds),
        workers=row.workers,
    )


@signed_in
def start(request: HttpRequest) -> HttpResponse:
    """Choose a side: work, post, or both. What a person already has is said, and can be joined by the other."""
    user: Any = request.user
    if request.method == "POST":
        first = {"work": "worker-profile", "post": "organisation-new", "both": "worker-profile"}.get(
            request.POST.get("side", "")
        )
        if first:
            onward = f"?next={reverse('organisation-new')}" if request.POST["side"] == "both" else ""
            return redirect(reverse(first) + onward)
        problem = _("Choose one of the ways in.")
        return render(request, "web/start.html", {"problem": problem}, status=400)
    return render(request, "web/start.html", {"place": place_of(user) if user.works or user.posts else ""})
