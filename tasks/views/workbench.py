"""The workbench: one task, and the next at once. Submit-and-next is the hot path of the whole market.

A request of it makes three queries: the person, what is in hand (with its batch and the number left), and the step
(store and claim). With htmx the answer is the next task's fragment; without scripts a redirect. ADR 5 tells why.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import clock, formats
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import go, is_htmx, render, user_of, worker_page
from tasks import access, markdown, placeholders
from tasks.errors import AlreadyYours, IllegalMove, TaskTaken
from tasks.forms import Form, compile_form, render_task
from tasks.media import links
from tasks.models import Assignment, Batch, Draft
from tasks.services import claims, signals, submissions
from tasks.widgets import code as outside
from tasks.widgets.drawing import OnPicture

from . import qualification_work, stretch

PAGE, FRAGMENT = "tasks/worker/workbench.html", "tasks/worker/_task.html"
# How the instructions of a batch stand: its id when they are folded, as they are after its first answer, and the id
# after this sign when the person opened them by hand since. Also set by workbench.js: a matter of this browser alone.
FOLDS = ("__Host-" if settings.PRODUCTION else "") + "instructions"
OPENED = "~"
FOLDS_KEPT, FOLDS_FOR = 20, 30 * 86_400  # batches, seconds
IN_HAND = (Assignment.State.CLAIMED, Assignment.State.EXPIRED)
DRAFT_MOST = 300_000  # characters of a draft as JSON


@require_POST
@worker_page
def claim(request: HttpRequest, public_id: str) -> HttpResponse:
    """Start: take a task of a batch and go to it. A refusal is said on the page of the batch, at its own address: going
    back from there, or choosing another language, must not ask to send the form again."""
    batch = access.open_batch(user_of(request), public_id)
    try:
        taken = claims.claim(worker=user_of(request), batch=batch)
    except Refusal as refused:
        return _refused(request, batch, refused)
    return go(request, reverse("workbench", args=[taken.public_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def workbench(request: HttpRequest, public_id: str) -> HttpResponse:
    """The task (GET), and its answer (POST, with `then` = next or stop)."""
    if request.method == "POST":
        return _submit(request, access.in_hand(user_of(request), public_id))
    assignment = access.own_assignment(user_of(request), public_id)
    if assignment.state not in IN_HAND:
        return HttpResponseRedirect(reverse("my-submission", args=[public_id]))
    kept = Draft.objects.filter(assignment=assignment).values_list("answer", flat=True).first()
    return _show(request, assignment, kept or {}, drafted=kept is not None)


def _submit(request: HttpRequest, held: access.InHand) -> HttpResponse:
    assignment = held.assignment
    typed = compile_form(assignment.batch.form).from_post(request.POST)
    onward = request.POST.get("then") != "stop" and not _ends(request)
    try:
        done = submissions.submit(
            assignment=assignment, worker=user_of(request), answer=typed, next=onward, standing=held.standing
        )
    except Refusal as refused:
        assignment.refresh_from_db(fields=["state", "lease_until", "reward_micros"])
        return _show(request, assignment, typed, refused=refused)
    if done.outcome in submissions.STORED and (pasted := _pasted(request)):
        signals.note_pasted(assignment_id=assignment.pk, characters=pasted)
    if done.next is not None:
        return _go_on(request, assignment.batch, done.next, _left(request, assignment.batch, held.left_next))
    if done.paid_micros is not None:
        url = reverse("work-done", args=[assignment.batch.public_id])
        return go(request, f"{url}?{urlencode({'ended': assignment.public_id})}")
    return _stop(request, assignment.batch, done.next_refused)


def _ends(request: HttpRequest) -> bool:
    """Whether this person finishes what they hold and takes nothing new: they owe an answer about the terms (M12)."""
    return bool(getattr(request, "ends_after_this", False))


def _pasted(request: HttpRequest) -> int:
    """How many characters the page saw coming from the clipboard (static/js/pasted.js); 0 for anything else."""
    told = request.POST.get("pasted", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _go_on(request: HttpRequest, batch: Batch, taken: claims.Claim, left: int | None) -> HttpResponse:
    """To the task just claimed: its fragment for htmx, a redirect for a plain form."""
    url = reverse("workbench", args=[taken.public_id])
    if not is_htmx(request):
        return _fold(request, HttpResponseRedirect(url), batch)
    worked = stretch.of(request)
    context = _bench(
        request, batch, taken.public_id, taken.data, taken.lease_until, taken.reward_micros, left, {}, {}
    )
    context |= {
        "url": url,
        "worked": worked,
        "stub": True,
        "instructions_open": OPENED + batch.public_id in _folds(request),
    }
    if sent := request.headers.get("X-CSRFToken"):
        # It was checked with this request; masking another one would cost 32 calls of the system.
        context["csrf_token"] = sent
    response = render(request, PAGE, context, fragment=FRAGMENT)
    response["HX-Push-Url"] = url
    stretch.keep(response, worked)
    return _fold(request, response, batch)


def _folds(request: HttpRequest) -> list[str]:
    return [each for each in request.COOKIES.get(FOLDS, "").split(".") if each]


def _fold(request: HttpRequest, response: HttpResponse, batch: Batch) -> HttpResponse:
    """From its second task on, the instructions of a batch are folded, unless the person opened them again."""
    known = _folds(request)
    if batch.public_id not in known and OPENED + batch.public_id not in known:
        response.set_cookie(
            FOLDS,
            ".".join([batch.public_id, *known][:FOLDS_KEPT]),
            max_age=FOLDS_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


def _refused(request: HttpRequest, batch: Batch, refused: Refusal) -> HttpResponse:
    if batch.role != Batch.Role.WORK:
        return go(request, qualification_work.after_answer(user_of(request), batch))
    url = reverse("work-batch", args=[batch.public_id])
    return go(request, f"{url}?{urlencode({'why': refused.code})}")


def _left(request: HttpRequest, batch: Batch, known: int | None) -> int | None:
    """What is left to do: of the batch as it is `known`, or of an attempt at a test."""
    return known if batch.role == Batch.Role.WORK else qualification_work.left(user_of(request), batch)


def _stop(request: HttpRequest, batch: Batch, refused: Refusal | None) -> HttpResponse:
    if batch.role != Batch.Role.WORK:
        return go(request, qualification_work.after_answer(user_of(request), batch))
    url = reverse("work-done", args=[batch.public_id])
    return go(request, f"{url}?{urlencode({'why': refused.code})}" if refused else url)


def _show(
    request: HttpRequest,
    assignment: Assignment,
    answer: Mapping[str, Any],
    *,
    refused: Refusal | None = None,
    drafted: bool = False,
) -> HttpResponse:
    """The task with what was typed; after a refusal with the reason, and what is wrong beside each question."""
    errors = refused.fields if isinstance(refused, Invalid) else {}
    batch, task = assignment.batch, assignment.task
    until, reward = assignment.lease_until, assignment.reward_micros
    left = _left(request, batch, access.left(user_of(request), batch))
    context = _bench(request, batch, assignment.public_id, task.data, until, reward, left, answer, errors)
    over = assignment.state == Assignment.State.EXPIRED or (
        assignment.state == Assignment.State.CLAIMED and assignment.lease_until <= clock.now()
    )
    worked = stretch.of(request)
    context |= {
        "url": reverse("workbench", args=[assignment.public_id]),
        "refused": refused,
        "drafted": drafted,
        "over": over,
        "free": over and (task.is_open or assignment.state == Assignment.State.CLAIMED),
        "ended": not over and assignment.state != Assignment.State.CLAIMED,
        "worked": worked,
        "stub": is_htmx(request),
        "focus": True,
        **_keys(compile_form(batch.form)),
    }
    response = render(request, PAGE, context, refused.status if refused else 200, fragment=FRAGMENT)
    stretch.keep(response, worked)
    return response


def _bench(
    request: HttpRequest,
    batch: Batch,
    public_id: str,
    data: Mapping[str, Any],
    until: dt.datetime,
    reward_micros: int,
    left: int | None,
    answer: Mapping[str, Any],
    errors: Mapping[str, Any],
) -> dict[str, Any]:
    """What the fragment of a task needs, from what is already in memory."""
    form = compile_form(batch.form)
    who = links.who(user_of(request).pk, public_id, batch) if form.personal else None
    remaining = _seconds_left(until)
    return {
        "batch": batch,
        "public_id": public_id,
        "task": render_task(form, links.row(batch, data, who), answer, errors),
        "problems": _problems(form, data, errors),
        "instructions": markdown.render(batch.instructions, data) if batch.instructions else "",
        "instructions_vary": bool(placeholders.names(batch.instructions)),
        "instructions_cookie": FOLDS,
        "instructions_open": batch.public_id not in _folds(request),
        "left": left,
        "remaining": remaining,
        "remaining_words": _in_minutes(remaining),
        "reward_micros": reward_micros,
        # How things stand with a task just claimed: a template looks up what is there faster than what is not.
        "refused": None,
        "drafted": False,
        "over": False,
        "free": False,
        "ended": False,
    }


def _keys(form: Form) -> dict[str, bool]:
    """What the list of keys names beside those of every task: of players, of drawing, of an order."""
    return {
        "plays": any(use in ("audio", "video") for uses in form.media_uses.values() for use in uses),
        "draws": any(isinstance(widget, OnPicture) for widget in form.fields),
        "ranks": any(widget.key == "rank" for widget in form.fields),
    }


def _problems(form: Form, data: Mapping[str, Any], errors: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with an answer, in the order of the questions: the id to go to; the question, and the reason."""
    if not errors:
        return []
    labels = {widget.name: placeholders.fill(widget.label, data) for widget in form.fields}
    return [
        (f"answer-{name}", _named(labels.get(name, ""), line))
        for name in [*labels, *(errors.keys() - labels.keys())]
        for line in errors.get(name, ())
    ]


def _named(question: str, reason: Any) -> str:
    """ "Its lines: …", and "How many? …" """
    if not question:
        return str(reason)
    pattern = "%(question)s %(reason)s" if question[-1] in "?!.:…" else _("%(question)s: %(reason)s")
    return pattern % {"question": question, "reason": reason}


def _seconds_left(until: dt.datetime) -> int:
    return max(0, int((until - clock.now()).total_seconds()))


def _in_minutes(seconds: int) -> str:
    """A deadline said calmly: in whole minutes, begun ones included."""
    return formats.duration(-(-seconds // 60) * 60)


@require_POST
@worker_page
def release(request: HttpRequest, public_id: str) -> HttpResponse:
    """Skip (`then` = next: another task of the batch) or give back (stop). It costs nothing (charter C7)."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    try:
        claims.release(assignment=assignment, worker=user)
    except IllegalMove:
        if assignment.state != Assignment.State.EXPIRED:  # one that ran out has gone back by itself
            raise
    if request.POST.get("then") != "next" or _ends(request):
        return go(request, reverse("board"))
    try:
        taken = claims.claim(worker=user, batch=assignment.batch)
    except Refusal as refused:
        return _stop(request, assignment.batch, refused)
    left = _left(request, assignment.batch, access.left(user, assignment.batch))
    return _go_on(request, assignment.batch, taken, left)


@require_POST
@worker_page
def again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take the same task once more after its time ran out; what was typed is still there."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    claims.expire_one(assignment)
    try:
        claims.claim(worker=user, batch=assignment.batch, task=assignment.task)
    except (AlreadyYours, TaskTaken):
        pass  # it is in hand already, or others have it: the page says which
    except Refusal as refused:
        return _refused(request, assignment.batch, refused)
    return go(request, reverse("workbench", args=[public_id]))


@require_POST
@worker_page
def draft(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keep what was typed so far (204). 413 for more than a draft may hold."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    typed = compile_form(assignment.batch.form).from_post(request.POST)
    if len(json.dumps(typed)) > DRAFT_MOST:
        return HttpResponse(status=413)
    claims.save_draft(assignment=assignment, worker=user, answer=typed)
    return HttpResponse(status=204)


@require_safe
@worker_page
def back(request: HttpRequest, public_id: str) -> HttpResponse:
    """Back from an outside page with `code`: it goes into the draft, to be looked at and submitted by its worker.

    Nothing is checked or submitted here, so that an address somebody else made up does no more than fill in a box.
    """
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    code = request.GET.get("code", "").strip()[: outside.MOST]
    form = compile_form(assignment.batch.form)
    field = next((each.name for each in form.fields if isinstance(each, outside.Code)), None)
    if field and code and assignment.state in IN_HAND:
        kept = Draft.objects.filter(assignment=assignment).values_list("answer", flat=True).first() or {}
        claims.save_draft(
            assignment=assignment, worker=user, answer={**kept, field: code.replace("\x00", "")}
        )
    return HttpResponseRedirect(reverse("workbench", args=[public_id]))


@require_POST
@worker_page
def renew(request: HttpRequest, public_id: str) -> HttpResponse:
    """Prolong the lease of somebody who works: {seconds, words}. 409 when it is over."""
    user = user_of(request)
    until = claims.renew(assignment=access.own_assignment(user, public_id), worker=user)
    seconds = _seconds_left(until)
    return JsonResponse({"seconds": seconds, "words": _in_minutes(seconds)})


@require_POST
@worker_page
def pause(request: HttpRequest, public_id: str) -> HttpResponse:
    """The person was away for `seconds`, which do not count as work (204)."""
    user = user_of(request)
    text = request.POST.get("seconds", "")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    claims.pause(assignment=access.own_assignment(user, public_id), worker=user, seconds=seconds)
    return HttpResponse(status=204)
