"""Check questions, for those who post: the board, making them by hand or by file, mending them, contests."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import paging, spreadsheet
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import render, signed_in
from payments.services import holdings
from tasks import access, access_gold
from tasks.forms import Form, compile_form
from tasks.media import links
from tasks.models import Batch, Gold, Import, Task
from tasks.page_forms.fields import put_back
from tasks.page_forms.gold import FairForm, GoldFileForm, WhyForm
from tasks.selectors import gold as selector
from tasks.selectors import requester
from tasks.services import gold, gold_contests, gold_files, gold_questions, prices
from tasks.services.gold_questions import Question

BAD_SHOWN = 50


@signed_in
@require_safe
def board(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every check question with how it is answered, what waits for a decision, and the ways to make more."""
    return _board(request, access.batch(request.user, public_id), GoldFileForm())


def _board(
    request: HttpRequest,
    batch: Batch,
    upload: GoldFileForm,
    parsed: gold_files.Parsed | None = None,
    status: int = 200,
) -> HttpResponse:
    only = request.GET.get("only", "")
    found = selector.board(batch, cursor=request.GET.get("cursor", ""), only=only)
    waiting = gold.waiting_answers(batch) if batch.state in Batch.LIVE else 0
    checks = batch.role == Batch.Role.WORK
    context = {
        "batch": batch,
        "board": found,
        "only": only,
        "may": requester.rights(request.user, batch.organisation_id),
        "is_draft": batch.state == Batch.State.DRAFT,
        "is_work": checks,
        "can_add": batch.state == Batch.State.DRAFT
        or (checks and batch.state in Batch.LIVE and batch.gold_rate > 0),
        "rows": Task.objects.filter(batch=batch, gold__isnull=True).exists(),
        "lacking": gold.lacking(batch),
        "advice": gold.advice(batch),
        "upload": upload,
        "bad": parsed.bad[:BAD_SHOWN] if parsed else [],
        "bad_count": len(parsed.bad) if parsed else 0,
        "columns": gold_files.example(batch)[0],
        "waiting": gold.waiting(batch).count() if waiting else 0,
        "waiting_answers": waiting,
        "price": prices.quote(batch, waiting).total if waiting else 0,
        "available": holdings.available(batch.organisation) if waiting else 0,
        **paging.links(request, found.page),
    }
    return render(request, "tasks/requester/gold.html", context, status)


# --- a file ----------------------------------------------------------------------------------------------------------


@signed_in
@require_POST
def upload(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make questions of a file; rows that can't be used are named, or left out, and so is a file without any."""
    batch = access.batch(request.user, public_id, "edit")
    form = GoldFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _board(request, batch, form, status=400)
    try:
        parsed = gold_files.parse(batch, form.cleaned_data["file"])
        stops = form.cleaned_data["bad_rows"] == Import.BadRows.STOP
        if not parsed.questions and not parsed.bad:
            form.add_error(
                "file", _("This file holds no question: write at least one below the names of its columns.")
            )
            return _board(request, batch, form, status=400)
        if not parsed.questions or (parsed.bad and stops):
            form.add_error("file", _("Nothing was taken yet: look at the rows below."))
            return _board(request, batch, form, parsed, status=400)
        made = gold_questions.add(batch=batch, actor=request.user, questions=parsed.questions)
    except Refusal as refusal:
        told = [str(line) for lines in refusal.fields.values() for line in lines]
        for line in told or [refusal.message]:
            form.add_error("file", line)
        return _board(request, batch, form, status=refusal.status)
    words = ngettext("%(n)s check question was added.", "%(n)s check questions were added.", len(made))
    messages.success(request, words % {"n": len(made)})
    if parsed.left_out:
        sentence = _("Columns that your rows don't have were left out: %(columns)s.")
        messages.info(request, sentence % {"columns": ", ".join(parsed.left_out[:20])})
    return redirect("batch-gold", batch.public_id)


@signed_in
@require_safe
def example(request: HttpRequest, public_id: str) -> HttpResponse:
    """A file to fill in: the columns of the rows, of the answers, and why."""
    batch = access.batch(request.user, public_id)
    headers, rows = gold_files.example(batch)
    text = io.StringIO()
    text.write("\ufeff")  # so that a spreadsheet reads it as UTF-8
    writer = csv.writer(text)
    writer.writerow([spreadsheet.safe(header) for header in headers])
    writer.writerows([spreadsheet.safe(cell) for cell in row] for row in rows)
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="check-questions.csv"'
    return answer


@signed_in
@require_POST
def fund(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set the price of the questions aside that wait for it, and ask them."""
    batch = access.batch(request.user, public_id, "edit")
    try:
        gold.fund(batch=batch, actor=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Set aside. The new check questions are asked from now on."))
    return redirect("batch-gold", batch.public_id)


# --- by hand ---------------------------------------------------------------------------------------------------------


@signed_in
def new(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a row of one's own data and answer it; `row` names one, `after` goes on from a row number."""
    right = "read" if request.method in {"GET", "HEAD"} else "edit"
    batch = access.batch(request.user, public_id, right)
    task = _row(batch, request)
    if task is None and request.method != "POST" and not request.GET:
        context = {"batch": batch, "task": None, "made": Gold.objects.filter(batch=batch).count()}
        return render(request, "tasks/requester/gold_new.html", context)
    if task is None:
        messages.info(request, _("There is no further row that could become a check question."))
        return redirect("batch-gold", batch.public_id)
    form = compile_form(batch.form)
    if request.method != "POST":
        return _new(request, batch, task, WhyForm(form=form))
    why = WhyForm(request.POST, form=form)
    typed = _judged(form).from_post(request.POST)
    if not why.is_valid():
        return _new(request, batch, task, why, typed, {}, 400)
    question = Question([_given(why.counting(typed))], why.cleaned_data["explanation"], why.tolerance())
    try:
        made = gold_questions.of_row(task=task, actor=request.user, question=question)
    except Refusal as refusal:
        _mark(why, refusal)
        return _new(request, batch, task, why, typed, refusal.fields, refusal.status)
    if request.POST.get("do") == "more":
        return redirect("gold-question", batch.public_id, made.task.public_id)
    messages.success(request, _("That is a check question now. Here is the next row."))
    return redirect(f"{reverse('gold-new', args=[batch.public_id])}?after={task.row_number}")


def _row(batch: Batch, request: HttpRequest) -> Task | None:
    """A row of the draft that is no question yet: the one that is named, or the next one."""
    rows = Task.objects.filter(batch=batch, gold__isnull=True, batch__state=Batch.State.DRAFT)
    rows = rows.select_related("batch").order_by("row_number")
    named = request.POST.get("row") or request.GET.get("row", "")
    if named:
        return rows.filter(pk=access_gold.task_number(named)).first()
    after = request.GET.get("after", "")
    return rows.filter(row_number__gt=int(after) if after.isdecimal() and len(after) < 10 else 0).first()


def _judged(form: Form) -> Form:
    """The form with those questions alone whose answers can be known beforehand."""
    return compile_form({"show": [], "fields": [widget.spec for widget in gold_questions.judged(form)]})


def _given(typed: dict[str, Any]) -> dict[str, Any]:
    """What was answered: an empty box is no answer."""
    return {name: value for name, value in typed.items() if value not in ("", None)}


def _mark(why: WhyForm, refusal: Refusal) -> None:
    """Show a refusal at the boxes it is about; those of the form mark themselves."""
    tolerances = {f"{name}_tolerance": f"tolerance-{name}" for name in why.tolerances}
    own = {name for name in refusal.fields if name in {"explanation", *tolerances}}
    rest = {name: lines for name, lines in refusal.fields.items() if name in own}
    if own:
        put_back(why, Invalid(fields=rest), **tolerances)
    for name, lines in refusal.fields.items():
        if name not in own:
            for line in lines:
                why.add_error(None, str(line))
    if not refusal.fields:
        why.add_error(None, refusal.message)


def _new(
    request: HttpRequest,
    batch: Batch,
    task: Task,
    why: WhyForm,
    typed: dict[str, Any] | None = None,
    errors: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    form = compile_form(batch.form)
    data = links.row(batch, task.data)
    context = {
        "batch": batch,
        "task": task,
        "may": requester.rights(request.user, batch.organisation_id),
        "shown": form.render_shown(data),
        "fields": _judged(form).render_fields(data, typed, errors),
        "why": why,
        "made": Gold.objects.filter(batch=batch).count(),
        "next_url": f"{reverse('gold-new', args=[batch.public_id])}?after={task.row_number}",
    }
    return render(request, "tasks/requester/gold_new.html", context, status)


# --- one question ----------------------------------------------------------------------------------------------------


@signed_in
def question(request: HttpRequest, public_id: str, task: str) -> HttpResponse:
    """One question with its right answers, what people answered, and what they said (GET); a change of it (POST)."""
    right = "read" if request.method in {"GET", "HEAD"} else "edit"
    known = access_gold.gold(request.user, public_id, task, right)
    form = compile_form(known.batch.form)
    if request.method != "POST":
        return _question(request, known, WhyForm.of(known, form))
    typed = _judged(form).from_post(request.POST)
    do = request.POST.get("do", "")
    why = WhyForm(request.POST, form=form, choose=do == "add")
    why.is_valid()
    try:
        changed = _changed(known, do, why, typed, request.POST.get("place", ""))
        gold_questions.change(known=known, actor=request.user, question=changed)
    except Refusal as refusal:
        return _refused(request, known, do, refusal, typed)
    messages.success(request, _("Changed. Whoever answered so is counted as right from now on."))
    return redirect("gold-question", known.batch.public_id, known.task.public_id)


def _changed(known: Gold, do: str, why: WhyForm, typed: dict[str, Any], place: str) -> Question:
    """The question with the change that was asked for."""
    answers, words, tolerance = list(known.answers), known.explanation, dict(known.tolerance)
    if do == "add":
        answers.append(_given(why.counting(typed)))
    elif do == "remove":
        answers = [each for number, each in enumerate(answers) if str(number) != place]
    else:
        words, tolerance = why.data.get("explanation", ""), why.tolerance()
    return Question(answers, words, tolerance)


def _refused(
    request: HttpRequest, known: Gold, do: str, refusal: Refusal, typed: dict[str, Any]
) -> HttpResponse:
    form = compile_form(known.batch.form)
    if do in {"add", "remove"}:
        why = WhyForm.of(known, form)
        lines = [line for lines in refusal.fields.values() for line in lines] or [refusal.message]
        return _question(request, known, why, typed, refusal.fields, lines, status=refusal.status)
    why = WhyForm(request.POST, form=form, choose=False)
    _mark(why, refusal)
    return _question(request, known, why, status=refusal.status)


def _question(
    request: HttpRequest,
    known: Gold,
    why: WhyForm,
    typed: dict[str, Any] | None = None,
    errors: dict[str, Any] | None = None,
    wrong: list[Any] | None = None,
    fair: tuple[str, FairForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    batch = known.batch
    form = compile_form(batch.form)
    data = links.row(batch, known.task.data)
    found = selector.one(batch, known)
    said = [
        (each, fair[1] if fair and fair[0] == each.public_id else FairForm(prefix=each.public_id))
        for each in found.said
    ]
    context = {
        "batch": batch,
        "known": known,
        "one": found,
        "said": said,
        "may": requester.rights(request.user, batch.organisation_id),
        "why": why,
        "counts": WhyForm(form=form),
        "fields": _judged(form).render_fields(data, typed, errors),
        "wrong": wrong or [],
        "is_waiting": not known.task.funded,
    }
    return render(request, "tasks/requester/gold_question.html", context, status)


@signed_in
@require_POST
def take_back(request: HttpRequest, public_id: str, task: str) -> HttpResponse:
    """Ask a question no more; of a draft it goes."""
    known = access_gold.gold(request.user, public_id, task, "edit")
    asked = known.task.funded
    gold_questions.take_back(known=known, actor=request.user)
    if asked:
        messages.success(request, _("Taken back. Nobody is asked it any more, and it counts for nobody."))
        return redirect("gold-question", public_id, task)
    messages.success(request, _("It is no check question any more."))
    return redirect("batch-gold", public_id)


@signed_in
@require_POST
def restore(request: HttpRequest, public_id: str, task: str) -> HttpResponse:
    """Ask a question again."""
    known = access_gold.gold(request.user, public_id, task, "edit")
    try:
        gold_questions.restore(known=known, actor=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It is asked again."))
    return redirect("gold-question", public_id, task)


@signed_in
@require_POST
def decide(request: HttpRequest, public_id: str, task: str, assignment: str) -> HttpResponse:
    """Answer a worker who says that the question was unfair."""
    known = access_gold.gold(request.user, public_id, task, "edit")
    contest = access_gold.gold_contest(known, assignment)
    fair = FairForm(request.POST, prefix=assignment)
    refusal: Refusal | None = None
    if fair.is_valid():
        try:
            gold_contests.decide(contest=contest, actor=request.user, **fair.cleaned_data)
        except Refusal as found:
            refusal = found
            put_back(fair, found)
        else:
            messages.success(
                request, _("Decided. Everybody it touches is put right, and the worker is told.")
            )
            return redirect("gold-question", public_id, task)
    why = WhyForm.of(known, compile_form(known.batch.form))
    status = refusal.status if refusal else 400
    return _question(request, known, why, fair=(assignment, fair), status=status)
