"""Quality, seen by both sides: of a batch by those who pay for it, of one's own answers by those who gave them."""

import json
from itertools import pairwise

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.base import formats
from marketplace.base.views import render, signed_in, user_of, worker_page
from tasks import access, kinds
from tasks.methods import METHODS
from tasks.models import Batch, Gold
from tasks.selectors import board, requester
from tasks.selectors import quality as selector
from tasks.services.conditions import LEAST_CASES

HARDEST = 15


@signed_in
@require_safe
def quality(request: HttpRequest, public_id: str) -> HttpResponse:
    """How sure the results are, what people disagree about, and what a sure result costs."""
    batch = access.batch(request.user, public_id)
    if batch.role != Batch.Role.WORK:  # of a test the answers are known, and its questions say how it goes
        return redirect("batch-gold", batch.public_id)
    found = selector.of(batch, requester.spent(batch))
    context = {
        "batch": batch,
        "quality": found,
        "bins": list(zip(_ranges(), found.bins, strict=True)),
        "chart": json.dumps(selector.chart(found.bins)),
        "chart_words": json.dumps({"x": _("Confidence in %"), "y": _("Results")}),
        "asked": [(asked, METHODS.get(asked.method)) for asked in found.asked],
        "hardest": [row for row in requester.hardest(batch, HARDEST) if row.confidence < found.sure_from],
        "has_gold": Gold.objects.filter(batch=batch).exists(),
        "least": selector.FROM,
    }
    return render(request, "tasks/requester/quality.html", context)


def _ranges() -> list[str]:
    step = 1 / selector.BINS
    edges = [formats.percent(place * step) for place in range(selector.BINS + 1)]
    return [f"{low} – {high}" for low, high in pairwise(edges)]


@require_safe
@worker_page
def accuracy(request: HttpRequest) -> HttpResponse:
    """How one's own answers did, by kind, with the number of cases and how it is worked out."""
    titles = {kind.key: kind.title for kind in kinds.all_kinds()}
    rows = [(titles.get(own.kind, _("Forms of their own")), own) for own in selector.own(user_of(request))]
    context = {
        "rows": rows,
        "least": selector.FROM,
        "least_cases": LEAST_CASES,
        "due_micros": board.due(user_of(request)),
    }
    return render(request, "tasks/worker/accuracy.html", context)
