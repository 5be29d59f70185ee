"""Conversations about a task: the worker's pages and the requester's, and what is published of them."""

from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import clock, paging
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import current_organisation, render, requester_page, user_of, worker_page
from marketplace.web import rate
from marketplace.web.voice_forms import MessageForm, ObjectionForm, QuestionForm
from tasks import access, access_voice
from tasks.models import Assignment, Batch, Side
from tasks.page_forms.fields import put_back
from tasks.selectors import messages as selectors
from tasks.services import contact_data, messages, objections
from tasks.views.board import hours_in_words

PER_PAGE = 30


@require_safe
@worker_page
def mine(request: HttpRequest) -> HttpResponse:
    """The conversations of a worker."""
    page = paging.page(
        selectors.of_worker(user_of(request)), cursor=request.GET.get("cursor", ""), size=PER_PAGE
    )
    context = {"rows": page.rows, **paging.links(request, page)}
    return render(request, "web/worker/messages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def my_thread(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a worker and a requester write to each other about one batch; and what was answered for everybody."""
    user = user_of(request)
    batch = access_voice.talked_batch(user, public_id)
    here = reverse("my-thread", args=[batch.public_id])
    return _thread(request, batch, user, Side.WORKER, here, "web/worker/thread.html")


@require_safe
@requester_page
def index(request: HttpRequest) -> HttpResponse:
    """The conversations about the batches of an organisation."""
    rows = selectors.of_organisation(current_organisation(request))
    page = paging.page(rows, cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    context = {"rows": page.rows, **paging.links(request, page)}
    return render(request, "web/requester/messages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requester_page
def thread(request: HttpRequest, public_id: str, worker: str) -> HttpResponse:
    """A conversation with one worker, whom the page knows as `wrk_…` only."""
    user: User = request.user  # type: ignore[assignment]
    batch = access.batch(user, public_id, "edit" if request.method == "POST" else "read")
    other = access_voice.partner(batch, worker)
    here = reverse("thread", args=[batch.public_id, worker])
    more = {"worker": worker, "may_write": access_voice.member(user, batch.organisation, "edit") is not None}
    return _thread(request, batch, other, Side.REQUESTER, here, "web/requester/thread.html", more)


def _written(request: HttpRequest, form: MessageForm, batch: Batch, worker: User) -> tuple[int, bool]:
    """Send what was typed. The status, 302 where it was sent, and whether contact data in it asks for another look."""
    if not form.is_valid():
        return 400, False
    if contact_data.asks(form.cleaned_data["text"]) and not form.cleaned_data["sure"]:
        return 400, True
    try:
        _send(request, form, batch, worker)
    except Refusal as refusal:
        put_back(form, refusal)
        return refusal.status, False
    flash.success(request, _("Sent."))
    return 302, False


def _thread(
    request: HttpRequest,
    batch: Batch,
    worker: User,
    side: str,
    here: str,
    template: str,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a thread (GET) or write in it (POST). Contact data in a message asks for a second press of the button."""
    form = MessageForm(
        request.POST if request.method == "POST" else None,
        initial={"about": request.GET.get("about", "")[:40]},
    )
    status, warned = 200, False
    if request.method == "POST":
        status, warned = _written(request, form, batch, worker)
        if status == 302:
            return redirect(here + "#last")
    found = messages.thread_of(batch, worker.pk)
    context = {
        "batch": batch,
        "form": form,
        "warned": warned,
        "about": form["about"].value(),
        "here": here,
        "questions": batch.questions.order_by("-pk"),
        **selectors.context(found, side, clock.now()),
        **_of_requester(batch, side),
        **(more or {}),
    }
    response = render(request, template, context, status)
    if found is not None and request.method == "GET":
        messages.read(thread=found, side=side)
    return response


def _send(request: HttpRequest, form: MessageForm, batch: Batch, worker: User) -> None:
    rate.limit(request, "voice", settings.MESSAGES_A_MINUTE)
    author: User = request.user  # type: ignore[assignment]
    messages.send(
        batch=batch,
        worker=worker,
        author=author,
        text=form.cleaned_data["text"],
        assignment=_about(form.cleaned_data["about"], batch, worker),
    )


def _about(public_id: str, batch: Batch, worker: User) -> Assignment | None:
    """The task or answer of the worker that a message is about; None where the address names no such one."""
    try:
        found = access.own_assignment(worker, public_id)
    except NotFound:
        return None
    return found if found.batch_id == batch.pk else None


def _of_requester(batch: Batch, side: str) -> dict[str, Any]:
    """For the worker: how soon this requester answers, from five questions on."""
    time = selectors.answer_time(batch.organisation) if side == Side.WORKER else None
    return {"answer_time": time, "answer_hours": hours_in_words(time.median_hours) if time else ""}


# --- bringing it before a moderator -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def my_report(request: HttpRequest, public_id: str) -> HttpResponse:
    """The worker lets a moderator read this conversation."""
    user = user_of(request)
    batch = access_voice.talked_batch(user, public_id)
    return _report(request, batch, user, Side.WORKER, reverse("my-thread", args=[batch.public_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@requester_page
def report(request: HttpRequest, public_id: str, worker: str) -> HttpResponse:
    """The requester lets a moderator read this conversation."""
    user: User = request.user  # type: ignore[assignment]
    batch = access.batch(user, public_id, "edit")
    other = access_voice.partner(batch, worker)
    return _report(request, batch, other, Side.REQUESTER, reverse("thread", args=[batch.public_id, worker]))


def _report(request: HttpRequest, batch: Batch, worker: User, side: str, back: str) -> HttpResponse:
    found = messages.thread_of(batch, worker.pk)
    if found is None:
        raise NotFound
    form = ObjectionForm(
        request.POST if request.method == "POST" else None,
        thread=True,
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                rate.limit(request, "voice", settings.MESSAGES_A_MINUTE)
                actor: User = request.user  # type: ignore[assignment]
                made = objections.object_to(actor=actor, side=side, thread=found, **form.cleaned_data)
                flash.success(
                    request, _("Reported. A moderator reads the conversation and decides in writing.")
                )
                return redirect("objection", made.public_id)
            except Refusal as refusal:
                put_back(form, refusal)
                status = refusal.status
    context = {"form": form, "batch": batch, "back": back, "days": settings.DECISION_DAYS}
    return render(request, "web/thread_report.html", context, status)


# --- for everybody who works on the batch ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requester_page
def publish(request: HttpRequest, public_id: str, worker: str) -> HttpResponse:
    """Show a question and its answer to all; the form begins with the last of each in the conversation."""
    user: User = request.user  # type: ignore[assignment]
    batch = access.batch(user, public_id, "edit")
    other = access_voice.partner(batch, worker)
    found = messages.thread_of(batch, other.pk)
    if found is None:
        raise NotFound
    form = QuestionForm(request.POST if request.method == "POST" else None, initial=_last_words(found))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                messages.publish(batch=batch, actor=user, thread=found, **form.cleaned_data)
                flash.success(request, _("Everybody who works on this batch can read it now."))
                return redirect("thread", batch.public_id, worker)
            except Refusal as refusal:
                put_back(form, refusal)
                status = refusal.status
    context = {"form": form, "batch": batch, "worker": worker}
    return render(request, "web/requester/question.html", context, status)


def _last_words(found: Any) -> dict[str, str]:
    rows = {row.side: row.text for row in found.messages.order_by("pk")}
    return {"question": rows.get(Side.WORKER, ""), "answer": rows.get(Side.REQUESTER, "")}


@require_POST
@requester_page
def withdraw(request: HttpRequest, public_id: str, question: str) -> HttpResponse:
    """Take a published question out again."""
    user: User = request.user  # type: ignore[assignment]
    batch = access.batch(user, public_id, "edit")
    messages.withdraw_question(question=access_voice.question(batch, question), actor=user)
    flash.success(request, _("Taken out."))
    return redirect("messages")
