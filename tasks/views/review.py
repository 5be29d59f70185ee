"""Submissions: the table with its filters, approving one or many, and one submission with all that was said."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import formats, ids, paging
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import render, signed_in
from tasks import access, markdown
from tasks.forms import compile_form
from tasks.media import links
from tasks.models import Assignment, Batch, Contest
from tasks.page_forms.fields import put_back
from tasks.page_forms.review import ContestForm, FilterForm
from tasks.selectors import requester, stories
from tasks.services import reviews

PER_PAGE = 50
MOST_AT_ONCE = 1_000  # answers approved while the person waits; more are approved by a job
FILTERS = ("state", "task", "worker", "field", "value")


@signed_in
@require_safe
def submissions(request: HttpRequest, public_id: str) -> HttpResponse:
    """The table of submissions, narrowed by filters, newest first."""
    batch = access.batch(request.user, public_id)
    form = compile_form(batch.form)
    filters = FilterForm(request.GET, form=form)
    wanted = filters.wanted()
    rows = requester.submissions(batch, wanted)
    page = paging.page(rows.select_related("task"), cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    context = {
        "batch": batch,
        "may": requester.rights(request.user, batch.organisation_id),
        "filters": filters,
        "filtered": any(request.GET.get(name) for name in FILTERS),
        "rows": [_row(batch, form, assignment) for assignment in page.rows],
        "to_review": rows.filter(state=Assignment.State.SUBMITTED).count(),
        "approve_days": settings.AUTO_APPROVE_DAYS,
        "kept": [(name, request.GET[name]) for name in FILTERS if request.GET.get(name)],
        **paging.links(request, page),
    }
    return render(
        request, "tasks/requester/submissions.html", context, fragment="tasks/requester/_submissions.html"
    )


def _row(batch: Batch, form: Any, assignment: Assignment) -> dict[str, Any]:
    worker = ids.worker_seen_by(assignment.worker_id, batch.organisation_id)
    data = links.row(batch, assignment.task.data)
    return {
        "assignment": assignment,
        "words": requester.row_words(form, data),
        "picture": data.address(form.picture_column, "thumb") if form.picture_column else "",
        "answer": requester.in_few_words(form, assignment.answer or {}, data),
        "worker": worker,
        "url": reverse("submission", args=[batch.public_id, assignment.public_id]),
    }


@signed_in
@require_POST
def approve(request: HttpRequest, public_id: str) -> HttpResponse:
    """Approve the ticked ones, or all that the filters show. What is not waiting for review stays as it is."""
    batch = access.batch(request.user, public_id, "edit")
    if request.POST.get("which") == "all":
        wanted = FilterForm(request.POST, form=compile_form(batch.form)).wanted()
        waiting = requester.submissions(batch, wanted).filter(state=Assignment.State.SUBMITTED).order_by("pk")
        numbers = list(waiting.values_list("pk", flat=True))
    else:
        numbers = requester.numbers(request.POST.getlist("assignment"))
    later = len(numbers) > MOST_AT_ONCE
    act = reviews.approve_later if later else reviews.approve
    done = act(batch=batch, assignments=numbers, actor=request.user)
    _say(request, done, later=later, chosen=bool(numbers))
    return redirect(_back(request, batch))


def _say(request: HttpRequest, done: int, *, later: bool, chosen: bool) -> None:
    if not chosen:
        messages.warning(
            request, _("Nothing was chosen. Tick the answers to approve, or approve all of them.")
        )
        return
    if later:
        words = _("%(n)s answers are being approved and paid. It takes a moment, and goes on when you leave.")
    else:
        words = ngettext("%(n)s answer approved and paid.", "%(n)s answers approved and paid.", done)
    messages.success(request, words % {"n": formats.number(done)})


def _back(request: HttpRequest, batch: Batch) -> str:
    """The page the person came from, if it is one of ours; else the table with the same filters."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    query = QueryDict(mutable=True)
    query.update({name: request.POST[name] for name in FILTERS if request.POST.get(name)})
    return f"{reverse('submissions', args=[batch.public_id])}{'?' if query else ''}{query.urlencode()}"


# --- One submission -------------------------------------------------------------------------------------------


@signed_in
@require_safe
def submission(request: HttpRequest, public_id: str, assignment: str) -> HttpResponse:
    """One answer: the task as it was shown, what others answered, what has happened and what can be done."""
    return _submission_page(request, _found(request, public_id, assignment, "read"), ContestForm())


def _found(request: HttpRequest, public_id: str, assignment: str, right: str) -> Assignment:
    found = access.submission(request.user, assignment, right)
    if found.batch.public_id != public_id:
        raise NotFound
    return found


def _submission_page(
    request: HttpRequest, found: Assignment, form: ContestForm, status: int = 200, problem: str = ""
) -> HttpResponse:
    batch = found.batch
    compiled = compile_form(batch.form)
    data = links.row(batch, found.task.data)
    contest = Contest.objects.filter(assignment=found).first()
    state = found.state
    context = {
        "batch": batch,
        "assignment": found,
        "may": requester.rights(request.user, batch.organisation_id),
        "worker": ids.worker_seen_by(found.worker_id, batch.organisation_id),
        "shown": compiled.render_shown(data),
        "lines": compiled.describe(found.answer or {}, data),
        "first_lines": compiled.describe(found.first_answer, data) if found.first_answer else [],
        "instructions": markdown.render(batch.instructions, data),
        "others": [_other(batch, compiled, other) for other in requester.other_answers(found)],
        "contest": contest,
        "contested_lines": compiled.describe(contest.contested_answer, data) if contest else [],
        "events": stories.of_submission(found, contest),
        "contest_form": form,
        "contest_open": form.is_bound,
        "redo_days": settings.REDO_DAYS,
        "problem": problem,
        "can_approve": state == Assignment.State.SUBMITTED,
        "can_contest": state == Assignment.State.SUBMITTED and contest is None,
        "can_withdraw": state == Assignment.State.CONTESTED,
        "can_hand_over": state == Assignment.State.SUBMITTED and bool(contest and contest.redone_at),
    }
    return render(request, "tasks/requester/submission.html", context, status)


def _other(batch: Batch, form: Any, other: Assignment) -> dict[str, Any]:
    return {
        "assignment": other,
        "worker": ids.worker_seen_by(other.worker_id, batch.organisation_id),
        "answer": requester.in_few_words(form, other.answer or {}, other.task.data),
        "url": reverse("submission", args=[batch.public_id, other.public_id]),
    }


@signed_in
@require_POST
def contest(request: HttpRequest, public_id: str, assignment: str) -> HttpResponse:
    """Object to an answer, once, with a reason of the closed list and evidence."""
    found = _found(request, public_id, assignment, "edit")
    form = ContestForm(request.POST)
    if not form.is_valid():
        return _submission_page(request, found, form, status=400)
    try:
        reviews.contest(assignment=found, actor=request.user, **form.cleaned_data)
    except Refusal as refusal:
        put_back(form, refusal)
        found.refresh_from_db()
        return _submission_page(request, found, form, status=refusal.status)
    messages.success(request, _("The worker has been told why, and can answer or redo it. You will be told."))
    return redirect("submission", public_id, assignment)


@signed_in
@require_POST
def withdraw(request: HttpRequest, public_id: str, assignment: str) -> HttpResponse:
    """Take the objection back; the answer is approved and paid."""
    found = _found(request, public_id, assignment, "edit")
    return _act(request, found, reviews.withdraw, _("Withdrawn. The answer is approved and paid."))


@signed_in
@require_POST
def hand_over(request: HttpRequest, public_id: str, assignment: str) -> HttpResponse:
    """After a redo that does not satisfy: let a moderator decide."""
    found = _found(request, public_id, assignment, "edit")
    return _act(request, found, reviews.hand_over, _("A moderator looks at it now and decides in writing."))


def _act(request: HttpRequest, found: Assignment, service: Any, words: str) -> HttpResponse:
    try:
        service(assignment=found, actor=request.user)
    except Refusal as refusal:
        found.refresh_from_db()
        return _submission_page(request, found, ContestForm(), refusal.status, refusal.message)
    messages.success(request, words)
    return redirect("submission", found.batch.public_id, found.public_id)
