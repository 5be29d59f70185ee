"""Times in which the market did not work: those its clock noticed, and a form to declare one."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from marketplace.base import clock
from marketplace.base.errors import Refusal
from marketplace.base.views import admin_page, render
from marketplace.console.forms import OutageForm
from tasks.models import Assignment, Outage
from tasks.services import outages

SHOWN = 50


@admin_page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The outages, newest first (GET); declare one (POST)."""
    form = OutageForm(request.POST if request.method == "POST" else None, initial={"ended_at": clock.now()})
    if request.method == "POST" and form.is_valid():
        try:
            outage = outages.declare(**form.cleaned_data, actor=request.user)  # type: ignore[arg-type]
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            touched = outage.interrupted.count()
            messages.success(
                request,
                ngettext(
                    "Written down. %(count)s task was in hand then: it has its time back, or is paid for it.",
                    "Written down. %(count)s tasks were in hand then: they have their time back, or are paid for it.",
                    touched,
                )
                % {"count": touched},
            )
            return redirect("console-outages")
    status = 400 if request.method == "POST" else 200
    return render(request, "console/outages.html", {"form": form, "rows": _rows()}, status)


def _rows() -> Any:
    paid = Q(interrupted__assignment__state=Assignment.State.COMPENSATED, interrupted__ended_at__isnull=False)
    counted = Outage.objects.select_related("declared_by").annotate(
        tasks=Count("interrupted"), paid=Count("interrupted", filter=paid)
    )
    return counted[:SHOWN]
