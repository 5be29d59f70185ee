"""Qualifications for those who work: what one holds, what one can take, an attempt from its beginning to its result."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import clock
from marketplace.base.errors import Invalid, NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import go, render, user_of, worker_page
from tasks import access, access_qualifications, markdown
from tasks.models import Assignment, Attempt, Batch
from tasks.selectors import board
from tasks.selectors import qualifications as selector
from tasks.services import qualification_attempts
from workers.models import Award
from workers.services import awards

from . import advice


@require_safe
@worker_page
def index(request: HttpRequest) -> HttpResponse:
    """What I hold, what I can take, and what is closed to me for now."""
    user = user_of(request)
    given = selector.own_awards(user)
    offers = selector.offers(user)
    context = {
        "held": [award for award in given if selector.holds(award)],
        "ended": [award for award in given if not selector.holds(award) and award.superseded_at is None],
        "running": [each for each in offers if each.standing.running],
        "open": [each for each in offers if not each.standing.running and each.standing.refusal is None],
        "closed": [
            (each, advice.about(each.standing.refusal))
            for each in offers
            if each.standing.refusal is not None
        ],
        "due_micros": board.due(user),
    }
    return render(request, "tasks/worker/qualifications.html", context)


@require_safe
@worker_page
def test(request: HttpRequest, public_id: str) -> HttpResponse:
    """A test before it is begun: what it takes, pays, and opens, and the rules of it."""
    return show_test(request, access.open_batch(user_of(request), public_id))


def show_test(request: HttpRequest, batch: Batch, refused: Refusal | None = None) -> HttpResponse:
    """The page of a test or training; `refused` is why beginning it, or claiming a question, was refused just now."""
    user = user_of(request)
    found = selector.test_of(batch)
    if found is None:
        raise NotFound
    offer = selector.offer(user, found)
    closed = offer.standing.refusal
    context = {
        "batch": batch,
        "test": found,
        "offer": offer,
        "standing": offer.standing,
        "refused": advice.about(refused) if refused else None,
        "closed": advice.about(closed) if closed else None,
        "held": _in_hand(user, batch),
        "needed": -(-round(found.pass_mark * found.questions * 1e6) // 1_000_000),
        "instructions": markdown.render(batch.instructions, None) if batch.instructions else "",
        "days": qualification_attempts.UNHURRIED_DAYS,
        "due_micros": board.due(user),
    }
    return render(request, "tasks/worker/test.html", context, refused.status if refused else 200)


def _in_hand(user: User, batch: Batch) -> Assignment | None:
    return Assignment.objects.filter(worker=user, batch=batch, state=Assignment.State.CLAIMED).first()


@require_POST
@worker_page
def begin(request: HttpRequest, public_id: str) -> HttpResponse:
    """Begin an attempt; the first question is claimed with its own button, when the person is ready."""
    user = user_of(request)
    batch = access.open_batch(user, public_id)
    try:
        attempt = qualification_attempts.begin(worker=user, batch=batch)
    except NotFound:
        raise
    except Refusal:
        return redirect("test", batch.public_id)  # the page says why, at its own address
    return go(request, reverse("attempt", args=[attempt.public_id]))


@require_safe
@worker_page
def attempt(request: HttpRequest, public_id: str) -> HttpResponse:
    """An attempt: how far it is, the explanation of the last answer of a training, and its result."""
    user = user_of(request)
    found = access_qualifications.own_attempt(user, public_id)
    last = _last_answered(found)
    shows = selector.is_explained(found)
    over = found.finished_at is not None or (found.ends_at is not None and found.ends_at <= clock.now())
    context = {
        "attempt": found,
        "test": found.test,
        "batch": found.test.batch,
        "over": over,
        "answered": found.drawn.filter(answered_at__isnull=False).count(),
        "asked": found.drawn.filter(assignment__isnull=False).count(),
        "held": None if over else _in_hand(user, found.test.batch),
        "feedback": selector.explained(found, last)[:1] if shows and last and not over else [],
        "questions": selector.explained(found) if shows and found.finished_at else [],
        "again_at": qualification_attempts.again_at(found)
        if found.finished_at and not found.passed
        else None,
        "opens": selector.asking({found.test.qualification.public_id}).get(
            found.test.qualification.public_id, []
        ),
        "pay_micros": _paid(found),
        "due_micros": board.due(user),
        "now": clock.now(),
    }
    return render(request, "tasks/worker/attempt.html", context)


def _paid(found: Attempt) -> int:
    answers = found.drawn.filter(assignment__state=Assignment.State.APPROVED)
    return sum(answers.values_list("assignment__reward_micros", flat=True))


def _last_answered(found: Attempt) -> int | None:
    rows = found.drawn.filter(answered_at__isnull=False).order_by("-answered_at", "-position")
    return rows.values_list("assignment_id", flat=True).first()


def after_answer(user: User, batch: Batch) -> str:
    """Where an answer leads when no other question follows at once: the attempt; to its test before the first one."""
    last = Attempt.objects.filter(worker=user, test=batch.pk).order_by("-number").first()
    if last is None:
        return reverse("test", args=[batch.public_id])
    return reverse("attempt", args=[last.public_id])


def left(user: User, batch: Batch) -> int | None:
    """Questions of the running attempt that are not answered yet."""
    running = Attempt.objects.filter(worker=user, test=batch.pk, finished_at__isnull=True).first()
    return running.drawn.filter(answered_at__isnull=True).count() if running else None


# --- awards -------------------------------------------------------------------------------------------------------


@require_safe
@worker_page
def award(request: HttpRequest, public_id: str) -> HttpResponse:
    """A qualification of one's own: since when, until when, by what; why it was taken back, and how to contest it."""
    return _award_page(request, access_qualifications.own_award(user_of(request), public_id))


def _award_page(
    request: HttpRequest, found: Award, text: str = "", errors: Any = (), status: int = 200
) -> HttpResponse:
    asked = found.qualification.public_id
    context = {
        "award": found,
        "holds": selector.holds(found),
        "attempt": found.attempts.first(),
        "contest": getattr(found, "contest", None),
        "can_contest": awards.contestable(found),
        "opens": selector.asking({asked}).get(asked, []),
        "text": text,
        "text_errors": errors,
        "due_micros": board.due(user_of(request)),
    }
    return render(request, "tasks/worker/award.html", context, status)


@require_POST
@worker_page
def contest(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask a moderator to look at a qualification that was taken back."""
    user = user_of(request)
    found = access_qualifications.own_award(user, public_id)
    text = request.POST.get("text", "")
    try:
        awards.contest(award=found, user=user, text=text)
    except Invalid as refused:
        return _award_page(request, found, text, refused.fields["text"], 400)
    messages.success(request, _("A moderator looks at it and answers you in writing."))
    return redirect("award", public_id)
