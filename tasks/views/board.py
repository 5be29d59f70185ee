"""What there is to do: the board, one batch before claiming, and the page after the last task."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from marketplace.base import countries, formats, money
from marketplace.base.errors import Refusal, SwitchedOff
from marketplace.base.models import User
from marketplace.base.views import render, user_of, worker_page
from payments.errors import NoPayoutWay
from payments.services import floor
from tasks import access, markdown
from tasks.errors import CapReached, ChecksMissed, NoneLeft, NotInvited, NotLetInYet, TooManyOpen
from tasks.forms import compile_form, render_task
from tasks.media import links
from tasks.models import Assignment, Batch, BatchFigures, Task
from tasks.selectors import board as selector
from tasks.selectors import messages as talk
from tasks.selectors import ratings
from tasks.services import audiences, chains, distress, eligibility, gold_pauses, messages, screenouts

from . import advice, qualification_work

HOURS_A_DAY = 24


@require_safe
@worker_page
def board(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    page = selector.board(user, _number(request.GET.get("page", "")), selector.PAGE)
    objected, reply_until = selector.objected(user)
    # Read once the page of the board is made: marks stand on the cards and order nothing (charter M8).
    marks = ratings.figures(offer.batch.organisation_id for offer in [*page.offers, *page.invited])
    context = {
        "page": page,
        "cards": [card(offer, marks) for offer in page.offers],
        "invited": [card(offer, marks) for offer in page.invited],
        "unread_messages": messages.unread_threads_of(user),
        "closed": [(offer.batch, advice.about(offer.refusal)) for offer in page.closed if offer.refusal],
        "nowhere": next((o.refusal for o in page.closed if isinstance(o.refusal, NoPayoutWay)), None),
        "in_hand": selector.in_hand(user),
        "objected": objected,
        "reply_until": reply_until,
        "due_micros": selector.due(user),
        **_line(user, page),
        "newer_url": f"?page={page.number - 1}" if page.number > 1 else "",
        "older_url": f"?page={page.number + 1}" if page.number < page.pages else "",
    }
    return render(request, "tasks/worker/board.html", context)


def _line(user: User, page: selector.Board) -> dict[str, Any]:
    """The place of somebody who waits to begin (charter C4), and the work there is: to look at, in place of a list of
    what is closed to them."""
    line = selector.line(user, page)
    if line is None:
        return {}
    waits = [isinstance(offer.refusal, NotLetInYet) for offer in page.closed]
    closed = [offer for offer, waiting in zip(page.closed, waits, strict=True) if not waiting]
    return {
        "line": line,
        "waiting": [card(offer) for offer, waiting in zip(page.closed, waits, strict=True) if waiting],
        "closed": [(offer.batch, advice.about(offer.refusal)) for offer in closed if offer.refusal],
    }


@require_safe
@worker_page
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """A batch before claiming. `why` in the address is the code of the refusal that a claim met just now."""
    user = user_of(request)
    shown = access.open_batch(user, public_id)
    why = request.GET.get("why", "")
    return show_batch(request, shown, reason(user, shown, why) if why else None)


def show_batch(request: HttpRequest, shown: Batch, refused: Refusal | None = None) -> HttpResponse:
    """A batch before claiming; `refused` is why a claim just now was. A test has a page of its own."""
    if shown.role != Batch.Role.WORK:
        return qualification_work.show_test(request, shown, refused)
    user = user_of(request)
    who = eligibility.standing(user)
    closed = (
        eligibility.refusal(who, shown)
        or eligibility.screened(who, shown)
        or audiences.refusal(user, shown)
        or gold_pauses.refusal(user, shown)
    )
    figures = BatchFigures.objects.filter(batch=shown).first()
    offer = selector.Offer(shown, figures, closed)
    held = selector.in_hand(user)
    record = selector.record(shown.organisation)
    context = {
        "batch": shown,
        "labels": distress.words(shown.distress or ()),
        "offer": offer,
        "mosaic": figures.counts if figures else {},
        **_floor_of(shown, who.country),
        "answers": _answers(figures),
        "record": record,
        **_voice(shown),
        "time_to_pay": formats.DASH if record.median_hours is None else hours_in_words(record.median_hours),
        "organisation_country": countries.name(shown.organisation.country),
        "instructions": markdown.render(shown.instructions),
        "example": _example(shown),
        "closed": advice.about(closed) if closed else None,
        "invited": isinstance(closed, NotInvited) and audiences.waits_for(user, shown),
        "refused": advice.about(refused) if refused else None,
        "spent": closed is None and bool(selector.without_task([shown.pk], user)),
        "mine": next((each for each in held if each.batch_id == shown.pk), None),
        "held": held,
        "pilot_tasks": settings.PILOT_TASKS if shown.pilot in Batch.SHUT else None,
        "due_micros": selector.due(user),
        **_promised(),
    }
    return render(request, "tasks/worker/batch.html", context)


def _answers(figures: BatchFigures | None) -> int:
    """How many answers were given."""
    if figures is None:
        return 0
    return figures.submitted + figures.contested + figures.approved + figures.rejected


def _floor_of(shown: Batch, country: str) -> dict[str, Any]:
    """What a task would have to pay where this person lives; nothing is said to who told no country yet."""
    if not country:
        return {"reward_needed": None, "floor": None, "country": ""}
    return {
        "reward_needed": floor.price_needed(shown.seconds, country),
        "floor": floor_words(country),
        "country": countries.name(country),
    }


def _promised() -> dict[str, int]:
    """The numbers of the promises that the page makes."""
    return {
        "paid_leaves": settings.DISTRESS_LEAVES_PAID,
        "review_days": settings.AUTO_APPROVE_DAYS,
        "pause_hours": settings.GOLD_PAUSE_HOURS,
        "redo_days": settings.REDO_DAYS,
        "measure_after": settings.FLOOR_MEASURE_SUBMISSIONS,
    }


def _voice(shown: Batch) -> dict[str, Any]:
    """What is said of who asks, and what was asked and answered about this batch (charter M11)."""
    time = talk.answer_time(shown.organisation)
    return {
        "marks": ratings.figures([shown.organisation_id]).get(shown.organisation_id),
        "marks_least": settings.RATING_LEAST,
        "questions": shown.questions.order_by("-pk"),
        "answer_time": time,
        "answer_hours": hours_in_words(time.median_hours) if time else "",
    }


@require_safe
@worker_page
def done(request: HttpRequest, public_id: str) -> HttpResponse:
    """The calm page after "submit and stop", or when there is no next task; `why` is the code of the refusal.

    `ended` names a task of the person that ended as a screen-out just now: the page says what was paid for it.
    """
    user = user_of(request)
    shown = access.open_batch(user, public_id)
    why = request.GET.get("why", "")
    ended_micros = _ended(user, request.GET.get("ended", ""))
    refusal = reason(user, shown, why) if why or ended_micros else None
    others = [card(offer) for offer in selector.board(user).offers if offer.batch.pk != shown.pk]
    waiting = selector.waiting(user, shown).get(Assignment.State.SUBMITTED, (0, 0))
    context = {
        "batch": shown,
        "last": why == NoneLeft.code,
        "first_run": shown.pilot in Batch.SHUT,
        "only_own": why == NoneLeft.code and chains.only_own_left(user.pk, shown.pk),
        "ended_micros": ended_micros,
        "refused": advice.about(refusal)
        if refusal and why != NoneLeft.code and ended_micros is None
        else None,
        "waiting_count": waiting[0],
        "waiting_micros": waiting[1],
        "can_go_on": refusal is None,
        "cards": others[:3],
        "in_hand": selector.in_hand(user),
        "review_days": settings.AUTO_APPROVE_DAYS,
        "due_micros": selector.due(user),
    }
    return render(request, "tasks/worker/done.html", context)


def _ended(user: User, public_id: str) -> int | None:
    """What was paid for a task of this person that ended as a screen-out, in micros; None for anything else."""
    if not public_id:
        return None
    assignment = access.own_assignment(user, public_id)
    return screenouts.paid([assignment]).get(assignment.public_id)


def reason(user: User, shown: Batch, why: str) -> Refusal | None:
    """The refusal behind a code that stands in an address: found again, never taken from the address."""
    who = eligibility.standing(user)
    closed = (
        eligibility.refusal(who, shown)
        or eligibility.screened(who, shown)
        or audiences.refusal(user, shown)
        or gold_pauses.refusal(user, shown)
    )
    if closed is not None:
        return closed
    known: dict[str, Refusal] = {
        "none_left": NoneLeft(),
        "switched_off": SwitchedOff(),
        "cap_reached": CapReached(cap=money.to_string(money.from_decimal(settings.CAP_EUR))),
        "too_many_open": TooManyOpen(most=settings.MAX_OPEN_ASSIGNMENTS),
        "resting": ChecksMissed(),
    }
    return known.get(why)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def card(offer: selector.Offer, marks: Mapping[int, ratings.Marks] | None = None) -> dict[str, Any]:
    """A batch as `_components/batch_card.html` shows it; `marks` are the ratings of requesters, by organisation."""
    return {
        "title": offer.batch.title,
        "by": offer.batch.organisation.name,
        "purpose": offer.batch.purpose,
        "url": reverse("work-batch", args=[offer.batch.public_id]),
        "reward_micros": offer.batch.reward_micros,
        "seconds": offer.seconds,
        "measured": offer.measured,
        "hourly_micros": offer.hourly_micros,
        "left": offer.left,
        "counts": offer.figures.counts if offer.figures else {},
        "seed": offer.batch.public_id,
        "marks": (marks or {}).get(offer.batch.organisation_id),
        "note": note(offer.figures),
    } | first_run(offer.batch)


def first_run(batch: Batch) -> dict[str, Any]:
    """What the card of a batch says in place of its usual note while only its pilot is open (charter W2)."""
    if batch.pilot not in Batch.SHUT:
        return {}
    return {"note": _("A first small run; the rest opens when its time is measured")}


def note(figures: BatchFigures | None) -> str:
    """The one quiet sentence of a card: refusals where there were any, else how soon the work is paid."""
    if figures is None or not figures.approved + figures.rejected:
        return _("Paid within %(days)s days after you submit") % {"days": settings.AUTO_APPROVE_DAYS}
    if figures.rejected or figures.median_hours_to_pay is None:
        answers = figures.approved + figures.rejected
        words = ngettext(
            "%(refused)s of %(n)s answer refused", "%(refused)s of %(n)s answers refused", answers
        )
        return words % {"refused": formats.number(figures.rejected), "n": formats.number(answers)}
    return _("Paid %(time)s after you submit") % {"time": hours_in_words(figures.median_hours_to_pay)}


def hours_in_words(hours: float) -> str:
    """A time to pay, no finer than it matters: minutes under an hour, hours under two days, then days."""
    if hours < 1:
        return formats.duration(max(1, round(hours * 60)) * 60)
    if hours < 2 * HOURS_A_DAY:
        return formats.duration(round(hours) * 3600)
    days = round(hours / HOURS_A_DAY)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": formats.number(days)}


# How the floor of a country is made, by the rule that made it (charter P1, M1).
FLOOR = {
    "override": _lazy(
        "In %(country)s the floor is %(floor)s an hour. It was set for this country on its own, so that what a"
        " self-employed person keeps is no less than the net minimum wage."
    ),
    "group_median": _lazy(
        "In %(country)s there is no minimum wage by law that we can use, so the floor is the median of its"
        " neighbours: %(floor)s an hour."
    ),
    "absolute": _lazy(
        "In %(country)s the floor is %(floor)s an hour: the least that anybody may be asked to work for here."
    ),
    "minimum_wage": _lazy("In %(country)s the floor is %(floor)s an hour: the minimum wage of %(year)s."),
    "times": _lazy(
        "In %(country)s the floor is %(floor)s an hour: the minimum wage of %(year)s, times %(times)s."
    ),
}


def floor_words(country: str) -> dict[str, Any]:
    """The floor of a country in micros an hour, and in a sentence that says how it is made."""
    figure = floor.explain(country)
    values = {
        "country": countries.name(country),
        "floor": formats.eur(figure.micros_per_hour),
        "year": figure.year,
        "times": formats.number(figure.multiplier),
    }
    wage = figure.source == "minimum_wage"
    rule = "times" if wage and figure.multiplier != 1 else figure.source
    unsure = wage and figure.confidence != "sourced"
    return {"micros": figure.micros_per_hour, "words": FLOOR[rule] % values, "unsure": unsure}


def _example(shown: Batch) -> str:
    """The first task of the batch, exactly as the workbench draws it."""
    rows = Task.objects.filter(batch=shown, funded=True, is_gold=False)
    task = rows.order_by("row_number").only("data").first()
    if task is None:
        return ""
    return render_task(compile_form(shown.form), links.row(shown, task.data), prefix="example-")
