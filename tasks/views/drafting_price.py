"""Steps 3 and 4 of a new batch: price and reach with a live quote, then everything on one page, and publishing."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import formats, money
from marketplace.base.duties import TermsUnanswered
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import is_htmx, render, signed_in
from payments.services import billing, debts, documents, floor, holdings, limits, pricing
from tasks import access, markdown
from tasks.errors import BelowFloor, MediaNotReady, NothingToPublish, NotReady
from tasks.forms import BadForm, compile_form, render_task
from tasks.models import Batch
from tasks.page_forms.drafting import PriceForm
from tasks.page_forms.fields import put_back
from tasks.selectors import qualifications, requester
from tasks.selectors.reach import reach_of
from tasks.services import batches, chains, conditions, distress, gold, media, pilot, prices, screening
from tasks.services.conditions_form import lines

from .drafting import deposit_url, draft, first_row, has_unsaved, steps

MOST_PLACES = 8  # countries listed by name in the quote
FIELD_NAMES = {
    "time_limit_seconds": "time_limit_minutes", "reward_micros": "reward", "confidence": "confidence_percent",
}  # fmt: skip


@signed_in
def price(request: HttpRequest, public_id: str) -> HttpResponse:
    """Reward, time, overlap, where. Each change is stored, and answered with what it costs and whom it reaches."""
    found = draft(request, public_id)
    if request.method != "POST":
        return _price_page(request, found, PriceForm.of(found))
    form = PriceForm(request.POST)
    is_valid, status = form.is_valid(), 200
    try:
        found = batches.update_draft(batch=found, actor=request.user, **form.changes())
    except Invalid as refusal:
        put_back(form, refusal, **FIELD_NAMES)
        is_valid = False
    if is_htmx(request):
        return _price_page(request, found, form)
    if is_valid and request.POST.get("do") in {"audience", "conditions"}:
        return redirect(f"batch-{request.POST['do']}", found.public_id)
    for name, sentence in _needed(form).items():
        form.add_error(name, sentence)
        is_valid = False
    if not is_valid:
        status = 400
        return _price_page(request, found, form, status)
    return redirect("batch-review", found.public_id)


def _needed(form: PriceForm) -> dict[str, str]:
    """What one can't go on without; a draft may lack it, its quote can't."""
    missing = {}
    if not form.cleaned_data.get("reward") and "reward" not in form.errors:
        missing["reward"] = _("Set a price for each answer.")
    if not form.cleaned_data.get("estimated_seconds") and "estimated_seconds" not in form.errors:
        missing["estimated_seconds"] = _("Say how many seconds one task takes; try a few yourself.")
    return missing


def _price_page(request: HttpRequest, found: Batch, form: PriceForm, status: int = 200) -> HttpResponse:
    context = {
        "batch": found,
        "steps": steps(found, "price"),
        "may": requester.rights(request.user, found.organisation_id),
        "form": form,
        "gold_questions": gold.active(found).count(),
        **quote_context(found),
        "limits": _limits(request, found),
    }
    return render(
        request, "tasks/requester/price.html", context, status, fragment="tasks/requester/_quote.html"
    )


def quote_context(found: Batch) -> dict[str, Any]:
    """What the batch costs at its present price and whom it reaches; empty where price or time are missing."""
    if not (found.reward_micros and found.estimated_seconds):
        return {"quote": None}
    quote = prices.quote(found)
    reach = reach_of(reward_micros=found.reward_micros, seconds=found.seconds, asked=found.countries)
    asks = lines(found.conditions)
    return {
        "quote": quote,
        "least_quote": prices.least_quote(found) if found.overlap_most else None,
        "lines": _lines(found, quote),
        **_checks(found),
        "tasks": prices.task_count(found),
        "hourly": money.whole_cents(floor.hourly(found.reward_micros, found.seconds)),
        "reach": reach,
        "asks": asks,
        "qualified": conditions.reached(found, [place.code for place in reach.reached]) if asks else None,
        "test": qualifications.plan(found, quote),
        "published_at_least": reach.least_micros,
        "too_low": found.reward_micros < reach.least_micros or not reach.countries,
        "reached": reach.reached[:MOST_PLACES],
        "more_reached": max(0, len(reach.reached) - MOST_PLACES),
        "missed": reach.missed[:MOST_PLACES],
        "more_missed": max(0, len(reach.missed) - MOST_PLACES),
        "missed_workers": reach.all_workers - reach.workers,
    }


def _limits(request: HttpRequest, found: Batch) -> list[str]:
    """What spending limits leave for this batch, as sentences; said before publishing is refused for it."""
    if not (found.reward_micros and found.estimated_seconds):
        return []
    total = prices.quote(found).total
    kinds = [
        (
            limits.of_member(found.organisation, request.user),
            _("%(left)s of your limit of this month is left."),
        ),
        (limits.of_batch(found.organisation), _("One batch may cost at most %(left)s here.")),
    ]
    return [
        sentence % {"left": formats.eur(money.whole_cents(standing.left))}
        + (" " + _("This costs more: ask an owner to raise it.") if total > standing.left else "")
        for standing, sentence in kinds
        if standing is not None
    ]


def _checks(found: Batch) -> dict[str, Any]:
    """What the quote holds of check questions, and what is to be said about them."""
    answers = prices.units(found) - found.tasks.filter(is_gold=False).count() * found.most_answers
    return {
        "gold_answers": answers,
        "gold_micros": prices.quote(found, answers).total,
        "gold_lacking": gold.lacking(found),
        "gold_advice": gold.advice(found),
    }


def _lines(found: Batch, quote: pricing.Quote) -> list[dict[str, Any]]:
    """The quote as the lines of a bill."""
    rates = prices.rates(found)
    if found.overlap_most:
        answers = ngettext(
            "at most %(n)s answer at %(reward)s", "at most %(n)s answers at %(reward)s", quote.units
        )
    else:
        answers = ngettext("%(n)s answer at %(reward)s", "%(n)s answers at %(reward)s", quote.units)
    return [
        {
            "label": _("To the people who work"),
            "note": answers % {"n": formats.number(quote.units), "reward": formats.eur(found.reward_micros)},
            "micros": quote.rewards,
        },
        {
            "label": _("Reserve in case it takes longer"),
            "note": _("%(rate)s of the rewards; what is not needed comes back")
            % {"rate": formats.percent(rates.reserve)},
            "micros": quote.reserve,
        },
        {
            "label": _("Our fee"),
            "note": _("%(rate)s of the rewards, due only on approved answers")
            % {"rate": formats.percent(rates.fee)},
            "micros": quote.fee,
        },
        {
            "label": _("VAT on the fee"),
            "note": f"{documents.percent(rates.vat)}. {billing.rule(found.organisation).sentence}",
            "micros": quote.vat,
        },
    ]


# --- Step 4 -----------------------------------------------------------------------------------------------------------


@signed_in
@require_safe
def review(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everything on one page before it is published."""
    return _review_page(request, draft(request, public_id))


def _review_page(
    request: HttpRequest, found: Batch, refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    row = first_row(found)
    available = holdings.available(found.organisation)
    context = {
        "batch": found,
        "steps": steps(found, "review"),
        "may": requester.rights(request.user, found.organisation_id),
        "refusal": refusal,
        "problems": _problems(request, found),
        "warnings": batches.warnings(found),
        "task": _drawn(found, row),
        "instructions": markdown.render(found.instructions, row),
        "available": available,
        "debt": debts.owed(found.organisation),
        "labels": distress.words(found.distress or ()),
        "screened": [screening.RULES[code] for code in screening.look(found).reasons]
        if found.reward_micros
        else [],
        "tasks": prices.task_count(found),
        "fed": chains.feeds(found),
        "pilot_tasks": settings.PILOT_TASKS if pilot.applies(found) else None,
        **quote_context(found),
        "limits": _limits(request, found),
    }
    if context["quote"]:
        missing = max(0, context["quote"].total - available)
        context["missing"] = -(-missing // money.CENT) * money.CENT
        context["deposit_url"] = deposit_url(missing, reverse("batch-review", args=[found.public_id]))
    return render(request, "tasks/requester/review.html", context, status)


def _drawn(found: Batch, row: dict[str, Any] | None) -> Any:
    try:
        return render_task(compile_form(found.form), row, prefix="preview-")
    except BadForm:
        return None


def _problems(request: HttpRequest, found: Batch) -> list[dict[str, Any]]:
    """What is still missing, each with the step where it is put right."""
    found_: list[dict[str, Any]] = []
    if has_unsaved(request, found):
        text = _("Your last changes to the form could not be kept yet: something in it is marked.")
        found_.append({"text": text, "step": "batch-what"})
    where = {
        "known": "batch-gold",
        "test": "batch-test",
        "reward": "batch-price",
        "estimated_seconds": "batch-price",
        "audience": "batch-audience",
        "gold_rate": "batch-gold",
        "distress": "batch-distress",
    }
    try:
        batches.check_ready(found)
        prices.check_floor(found)
    except NotReady as refusal:
        for name, lines in refusal.fields.items():
            found_ += [{"text": line, "step": where.get(name, "batch-what")} for line in lines]
        if batches.lacks_rows(found):
            found_.append({"text": NothingToPublish().message, "step": "batch-data"})
    except BelowFloor as refusal:
        found_.append({"text": refusal.message, "step": "batch-price"})
    except MediaNotReady:
        pass  # said below, whatever else is missing
    except Refusal as refusal:  # no rows, or still loading
        found_.append({"text": refusal.message, "step": "batch-data"})
    try:
        media.require_ready(found)
    except MediaNotReady as refusal:
        found_.append({"text": refusal.message, "step": "batch-media"})
    return found_


@signed_in
@require_POST
def publish(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set the whole price aside and open the batch, or hand it to a moderator first."""
    found = access.batch(request.user, public_id, "edit")
    if has_unsaved(request, found):
        return _review_page(request, found, status=409)
    try:
        batches.publish(batch=found, actor=request.user, reviewed=request.POST.get("reviewed") == "yes")
    except Refusal as refusal:
        if found.state != Batch.State.DRAFT or isinstance(refusal, TermsUnanswered):
            raise
        return _review_page(request, found, refusal, refusal.status)
    found.refresh_from_db()
    if found.state == Batch.State.PUBLISHED:
        words = (
            _("Its first small run is open. When its time is measured the rest opens by itself.")
            if found.pilot
            else _("It is open. People can begin now; answers show here as they come in.")
        )
        messages.success(request, words)
    return redirect("batch", found.public_id)
