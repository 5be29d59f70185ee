"""Differences between the books and the world: how old, whose, both sides, and what to do about each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import ids, paging
from marketplace.base.errors import Lost, NotFound, Refusal
from marketplace.base.views import admin_page, render
from marketplace.console.forms import DifferenceForm
from payments.models import Difference
from payments.services import differences, reconcile, taking_back
from tasks.page_forms.fields import put_back

MOST = 200

# What to do about a difference, by its kind.
ADVICE = {
    "only_outside": gettext_lazy(
        "Money moved at the gateway that our books do not know. Look it up there by its number. If it is ours and its"
        " news was lost, it is booked as soon as the gateway is asked again; if it is not ours, say so and end it."
    ),
    "only_inside": gettext_lazy(
        "Our books say that money moved, and the gateway does not list it. Look for the reference at the gateway. If it"
        " is late, wait: this ends by itself. If you are sure that it never moved, take the posting back below: a new"
        " one of the opposite sign is made, in your name and with your reason."
    ),
    "amount": gettext_lazy(
        "Both sides know it, with another amount. Look for a fee or a part that was kept, or a sum in another currency."
        " Book the rest where it belongs; this ends by itself once both sides agree."
    ),
}


@admin_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Open ones, the oldest first; or those that have ended, the latest on top."""
    ended = request.GET.get("show") == "ended"
    open_ = reconcile.open_differences()
    context = {"ended": ended, "count": open_.count()}
    if ended:
        rows = Difference.objects.filter(ended_at__isnull=False).select_related(
            "owner", "transaction", "ended_by"
        )
        page = paging.page(rows, cursor=request.GET.get("cursor", ""))
        context |= {"rows": page.rows, **paging.links(request, page)}
    else:
        context["rows"] = open_[:MOST]
    return render(request, "console/differences.html", context)


@admin_page
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Ask every gateway now."""
    try:
        report = reconcile.run()
    except Lost:
        messages.info(request, _("Another process asks the gateways just now. Look again in a minute."))
        return redirect("console-differences")
    if report.unreachable:
        messages.warning(request, _("No answer from: %(names)s.") % {"names": ", ".join(report.unreachable)})
    else:
        messages.success(
            request,
            _("Looked at %(looked)s movements: %(opened)s differences opened, %(closed)s ended.")
            % {"looked": report.looked_at, "opened": report.opened, "closed": report.closed},
        )
    return redirect("console-differences")


@admin_page
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, public_id: str) -> HttpResponse:
    """Both sides of a difference (GET); take it on, note what was found, take the posting back, or end it (POST)."""
    found = _difference(public_id)
    if request.method != "POST":
        return _show(request, found, DifferenceForm(initial={"note": found.note}))
    action = request.POST.get("action", "")
    if action == "own":
        differences.own(difference=found, actor=request.user)
        messages.success(request, _("It is yours now: the list shows your name beside it."))
        return redirect("console-difference", found.public_id)
    form = DifferenceForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, 400)
    try:
        if action == "take_back":
            taking_back.take_back(difference=found, actor=request.user, reason=form.cleaned_data["note"])
            messages.success(request, _("Taken back, in your name and with your reason."))
            return redirect("console-differences")
        if action == "end":
            differences.end(difference=found, actor=request.user, reason=form.cleaned_data["note"])
            messages.success(request, _("Ended, with your reason."))
            return redirect("console-differences")
        differences.note(difference=found, actor=request.user, words=form.cleaned_data["note"])
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, found, form, refusal.status)
    messages.success(request, _("Your note is kept."))
    return redirect("console-difference", found.public_id)


def _difference(public_id: str) -> Difference:
    found = (
        Difference.objects.select_related("owner", "transaction", "ended_by")
        .filter(pk=ids.decode("dif", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _show(
    request: HttpRequest, difference: Difference, form: DifferenceForm, status: int = 200
) -> HttpResponse:
    context = {
        "difference": difference,
        "sides": differences.sides(difference),
        "advice": ADVICE[difference.kind],
        "stays": taking_back.why_not(difference),
        "form": form,
    }
    return render(request, "console/difference.html", context, status)
