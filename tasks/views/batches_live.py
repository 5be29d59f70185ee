"""A batch at work: its mosaic and figures, and what can be done to it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import countries, formats
from marketplace.base.errors import Refusal
from marketplace.base.views import is_htmx, render, signed_in
from payments.services import debts
from tasks import access
from tasks.models import Batch
from tasks.page_forms.drafting import RaiseForm
from tasks.page_forms.fields import put_back
from tasks.selectors import chains as selectors_chains
from tasks.selectors import requester
from tasks.services import audiences, batches, closing, pilot, screening
from tasks.services.raising import LargeRaise


@signed_in
@require_safe
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page of a batch; htmx asks for its figures every few seconds. A draft goes on where it stopped."""
    found = access.batch(request.user, public_id)
    if found.state == Batch.State.DRAFT and not is_htmx(request):
        return redirect(next_step(found), found.public_id)
    if is_htmx(request) and request.GET.get("state") != found.state:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})  # other buttons, other sentences
    return _page(request, found)


def next_step(found: Batch) -> str:
    """The name of the first step of a draft that still lacks something."""
    done = requester.steps_done(found)
    return next((f"batch-{step}" for step, is_done in done.items() if not is_done), "batch-review")


def _page(
    request: HttpRequest,
    found: Batch,
    raise_form: RaiseForm | None = None,
    status: int = 200,
    raise_sure: int | None = None,
) -> HttpResponse:
    """`raise_sure`: the price in micros that is asked about once more, since it is a large sum."""
    figures = _figures(found)
    context = figures | {
        "batch": found,
        "may": requester.rights(request.user, found.organisation_id),
        "raise_form": raise_form or _raise_form(found, figures.get("pilot")),
        "raise_open": bool(raise_form),
        "raise_sure": raise_sure,
        "chains": selectors_chains.of(found).order_by("pk"),
        "joined": audiences.members(found).count() if found.is_private else None,
    }
    return render(
        request, "tasks/requester/batch.html", context, status, fragment="tasks/requester/_figures.html"
    )


def _raise_form(found: Batch, report: pilot.Report | None) -> RaiseForm:
    """Filled in with the price that the rest of a batch waits for, where it does."""
    if report and found.pilot == Batch.Pilot.HELD and report.needed_micros > found.reward_micros:
        return RaiseForm(initial={"reward": report.needed_micros})
    return RaiseForm()


def _figures(found: Batch) -> dict[str, Any]:
    live = requester.live(found)
    context: dict[str, Any] = {
        "live": live,
        "hardest": requester.hardest(found),
        "debt": debts.owed(found.organisation),
        "lost": [countries.name(code) for code in requester.countries_lost(found)]
        if found.state in Batch.LIVE
        else [],
        "moving": found.state in Batch.LIVE or found.settled_at is None,
    }
    if found.pilot in Batch.SHUT and found.state in Batch.LIVE:
        context |= {"pilot": pilot.report(found), "lost": []}  # the pilot says what the price must be
    if found.state == Batch.State.SCREENING:
        context |= {
            "reasons": [screening.RULES.get(code, code) for code in found.screening_reasons],
            "since": requester.screening_since(found),
            "due": requester.screening_due(found),
        }
    return context


@signed_in
@require_POST
def pause(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stop new claims."""
    found = access.batch(request.user, public_id, "edit")
    batches.pause(batch=found, actor=request.user)
    messages.success(
        request, _("Paused. Nobody can take a new task; what is in hand may be finished and is paid.")
    )
    return redirect("batch", found.public_id)


@signed_in
@require_POST
def resume(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let people claim again."""
    found = access.batch(request.user, public_id, "edit")
    batches.resume(batch=found, actor=request.user)
    messages.success(request, _("Open again."))
    return redirect("batch", found.public_id)


@signed_in
@require_POST
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    """End a batch early; what nobody can earn any more comes back at once."""
    found = access.batch(request.user, public_id, "edit")
    before = requester.live(found).held_micros
    ended = closing.close(batch=found, actor=request.user)
    after = requester.live(ended).held_micros
    messages.success(
        request,
        _("Closed. %(back)s came back to your funds; %(kept)s stays set aside for answers not yet decided.")
        % {"back": formats.eur(before - after), "kept": formats.eur(after)},
    )
    return redirect("batch", found.public_id)


@signed_in
@require_POST
def raise_price(request: HttpRequest, public_id: str) -> HttpResponse:
    """Pay more for the answers still open."""
    found = access.batch(request.user, public_id, "edit")
    form = RaiseForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=400)
    reward = form.cleaned_data["reward"]
    # What was confirmed is one price: another one typed beside the tick is asked about anew.
    confirmed = request.POST.get("sure") == str(reward)
    try:
        batches.raise_price(
            batch=found, actor=request.user, reward_micros=reward, confirmed=confirmed, steep_too=True
        )
    except Refusal as refusal:
        put_back(form, refusal)
        sure = reward if isinstance(refusal, LargeRaise) else None
        return _page(request, found, form, status=refusal.status, raise_sure=sure)
    messages.success(
        request,
        _("From now on each answer is paid %(reward)s.") % {"reward": formats.eur(reward)},
    )
    return redirect("batch", found.public_id)
