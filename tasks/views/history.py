"""What became of one's work: the list, and the story of one answer with what can be done about it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import paging
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import render, user_of, worker_page
from tasks import access, markdown
from tasks.forms import BadAnswer, compile_form
from tasks.media import links
from tasks.models import Assignment, Batch
from tasks.selectors import board as selector
from tasks.selectors import gold, story
from tasks.services import disputes, screenouts, submissions

State = Assignment.State
PAGE = 30
TEXT_MOST = 5000  # characters of a reply or an appeal
# A filter of the list: (name in the address, words, states).
FILTERS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("", _("All"), ()),
    ("review", _("To review"), (State.SUBMITTED,)),
    ("contested", _("Contested"), (State.CONTESTED, State.DISPUTED)),
    ("approved", _("Approved"), (State.APPROVED, State.COMPENSATED)),
    ("refused", _("Refused"), (State.REJECTED,)),
    ("back", _("Given back"), (State.RELEASED, State.EXPIRED)),
)


@require_safe
@worker_page
def history(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    chosen = request.GET.get("state", "")
    states = next((states for name, _words, states in FILTERS if name == chosen), ())
    rows = Assignment.objects.filter(worker=user).select_related("batch__organisation")
    rows = rows.defer("batch__form", "batch__instructions", "answer", "first_answer")
    if states:
        rows = rows.filter(state__in=states)
    page = paging.page(rows, cursor=request.GET.get("cursor", ""), size=PAGE)
    compensated = screenouts.paid(page.rows)
    for row in page.rows:
        row.paid_micros = compensated.get(row.public_id)
    url = reverse("history")
    tabs: list[dict[str, Any]] = [
        {"label": words, "url": f"{url}?state={name}" if name else url, "current": name == chosen}
        for name, words, _states in FILTERS
    ]
    for tab, (name, _words, counted) in zip(tabs, FILTERS, strict=True):
        if name == "contested":  # the one list in which somebody may be waiting for this person
            tab["count"] = Assignment.objects.filter(worker=user, state__in=counted).count()
    context = {
        "page": page,
        "tabs": tabs,
        "chosen": chosen,
        "checked": gold.of_worker(user).exists(),
        "due_micros": selector.due(user),
    }
    return render(request, "tasks/worker/history.html", context | paging.links(request, page))


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def submission(request: HttpRequest, public_id: str) -> HttpResponse:
    """The story of one answer (GET); a correction while it is not reviewed (POST)."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    if request.method != "POST":
        return _show(request, assignment)
    typed = compile_form(assignment.batch.form).from_post(request.POST)
    try:
        submissions.submit(assignment=assignment, worker=user, answer=typed)
    except Refusal as refused:
        return _show(request, assignment, "edit", refused, answer=typed)
    return _back(assignment, "changed")


@require_POST
@worker_page
def redo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer an objection with a better answer."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    typed = compile_form(assignment.batch.form).from_post(request.POST)
    try:
        _check_changed(assignment, typed)
        disputes.redo(assignment=assignment, worker=user, answer=typed)
    except Refusal as refused:
        return _show(request, assignment, "redo", refused, answer=typed)
    return _back(assignment, "redone")


class Unchanged(Refusal):
    """A new answer that is the old one: whoever means it stands by it, so that a moderator reads why."""

    code = "unchanged"
    detail = _(
        "This is the answer you gave before. Change it where the objection is right. If your answer is right as it "
        "is, open “Stand by your answer” below and say why; a moderator then decides."
    )


def _check_changed(assignment: Assignment, typed: Mapping[str, Any]) -> None:
    """Raises Unchanged when the answer waiting for a correction is sent once more.

    A rule of this page alone: programs may send the same answer again.
    """
    if assignment.state != State.CONTESTED:
        return
    try:
        unchanged = compile_form(assignment.batch.form).clean(typed) == assignment.answer
    except BadAnswer:
        return  # for `disputes.redo` to say, which counts wrong codes
    if unchanged:
        raise Unchanged


@require_POST
@worker_page
def reply(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stand by the answer: a moderator decides, with these words."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    text = request.POST.get("text", "")
    try:
        disputes.reply(assignment=assignment, worker=user, text=_fitting(text))
    except Refusal as refused:
        return _show(request, assignment, "reply", refused, text=text)
    return _back(assignment, "replied")


@require_POST
@worker_page
def appeal(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask another moderator about a refusal."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    text = request.POST.get("text", "")
    try:
        disputes.appeal(assignment=assignment, worker=user, text=_fitting(text))
    except Refusal as refused:
        return _show(request, assignment, "appeal", refused, text=text)
    return _back(assignment, "appealed")


def _fitting(text: str) -> str:
    """The same text. Raises Invalid when it is longer than people will read, or can't be stored."""
    if "\x00" in text:
        sentence = _("There is a character in it that can't be stored. Type the text instead of pasting it.")
        raise Invalid(fields={"text": [sentence]})
    if len(text) > TEXT_MOST:
        raise Invalid(fields={"text": [_("Keep it under %(most)s characters.") % {"most": TEXT_MOST}]})
    return text


# What the page says after something was done; the word stands in the address.
SAID: dict[str, Any] = {
    "changed": _("Your answer is changed. The first one is kept beside it."),
    "redone": _("Your new answer is with the requester, who approves it or hands it to a moderator."),
    "replied": _("Your words are with a moderator now, who decides and tells you why."),
    "appealed": _("Your appeal is with another moderator now, who decides and tells you why."),
}


def _back(assignment: Assignment, said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('my-submission', args=[assignment.public_id])}?said={said}")


def _show(
    request: HttpRequest,
    assignment: Assignment,
    form_of: str = "",
    refused: Refusal | None = None,
    *,
    answer: Mapping[str, Any] | None = None,
    text: str = "",
) -> HttpResponse:
    """The story; after a refusal the form it came from (`form_of`) keeps what was typed in it."""
    if refused is not None:
        assignment.refresh_from_db(fields=["state", "answer", "lease_until", "review_due_at", "reviewed_at"])
    assignment.paid_micros = screenouts.paid([assignment]).get(assignment.public_id)
    batch = assignment.batch
    data = links.row(batch, assignment.task.data)
    form = compile_form(batch.form)
    case = story.case(assignment)
    errors = refused.fields if isinstance(refused, Invalid) else {}
    kept: Mapping[str, Any] = assignment.answer or {}
    context = {
        "assignment": assignment,
        "batch": batch,
        "case": case,
        "events": story.timeline(case),
        "shown": form.render_shown(data),
        "lines": form.describe(kept, data) if assignment.answer is not None else [],
        "first": form.describe(assignment.first_answer, data) if assignment.first_answer is not None else [],
        "editor": _editor(assignment, form_of, answer, errors),
        "instructions": markdown.render(batch.instructions, data) if batch.instructions else "",
        "form_of": form_of,
        "refused": refused,
        "problems": _problems(errors, form_of),
        "text": text,
        "text_errors": errors.get("text", []),
        "said": SAID.get(request.GET.get("said", "")) if refused is None else None,
        "redo_days": settings.REDO_DAYS,
        "check": gold.score_of(assignment) if batch.role == Batch.Role.WORK else None,
        "due_micros": selector.due(user_of(request)),
    }
    return render(request, "tasks/worker/submission.html", context, status=refused.status if refused else 200)


def _editor(
    assignment: Assignment, form_of: str, typed: Mapping[str, Any] | None, errors: Mapping[str, Any]
) -> str:
    """The fields in which the answer can be changed or done again now; empty where it can't."""
    if assignment.state not in (State.SUBMITTED, State.CONTESTED):
        return ""
    mine = form_of in ("edit", "redo")
    answer = typed if mine and typed is not None else assignment.answer
    form = compile_form(assignment.batch.form)
    who = links.who(assignment.worker_id, assignment.public_id, assignment.batch)
    row = links.row(assignment.batch, assignment.task.data, who)
    return form.render_fields(row, answer, errors if mine else {})


def _problems(errors: Mapping[str, Any], form_of: str) -> list[tuple[str, Any]]:
    """Pairs of (id of the field, message) for the summary on top."""
    place = f"{form_of}-" if form_of in ("reply", "appeal") else "answer-"
    return [(f"{place}{name}", message) for name, messages in errors.items() for message in messages]
