"""Step 1 of a new batch: its words and its form; and the preview, where one tries it as a worker would."""

import statistics
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext

from marketplace.base import clock
from marketplace.base.errors import Invalid
from marketplace.base.views import is_htmx, render, signed_in
from tasks import access, markdown
from tasks.forms import BadAnswer, BadForm, compile_form, render_task
from tasks.models import Batch
from tasks.page_forms.drafting import TextsForm
from tasks.page_forms.editor import Editor
from tasks.page_forms.fields import put_back
from tasks.selectors import requester
from tasks.services import batches

from .drafting import draft, example_rows, first_row, has_unsaved, kept_key, steps

TEXTS = ("title", "purpose", "instructions")
TRIES = 3  # tasks to try before the page proposes an estimate
LONGEST_TRY = 3600  # seconds; a longer one was left open


@signed_in
def what(request: HttpRequest, public_id: str) -> HttpResponse:
    """Words and form. Every change is stored as soon as it can stand; what can't is kept until it is mended."""
    found = draft(request, public_id)
    if request.method != "POST":
        typed = request.session.get(kept_key(found))
        texts = TextsForm(typed) if typed else TextsForm.of(found)
        editor = Editor.from_typed(typed) if typed else Editor.from_spec(found.form)
        if typed:
            _check(editor)
        editor.removed = request.session.get(_removed(found), [])
        return _what_page(request, found, texts, editor)
    texts, editor = TextsForm(request.POST), Editor.from_typed(request.POST)
    order = request.POST.get("do", "next")
    editor.removed = request.session.get(_removed(found), [])
    editor.apply(order, found.columns)
    _remember_removed(request, found, editor, order)
    status = _store(request, found, texts, editor)
    if is_htmx(request):
        found.refresh_from_db()
        return _what_page(request, found, texts, editor, status)
    if order.partition(":")[0] in {"add", "up", "down", "copy", "remove", "restore"}:
        return redirect(reverse("batch-what", args=[found.public_id]) + "#" + (editor.now or "editor"))
    if status != 200:
        return _what_page(request, found, texts, editor, status)
    return redirect("batch-data", found.public_id)


def _removed(found: Batch) -> str:
    """Under which key of the session the parts wait that were removed and may be put back."""
    return f"removed:{found.public_id}"


def _remember_removed(request: HttpRequest, found: Batch, editor: Editor, order: str) -> None:
    """Keep what was removed until the person goes on to the next step."""
    if order == "next":
        request.session.pop(_removed(found), None)
    elif order.partition(":")[0] in {"remove", "restore"}:
        request.session[_removed(found)] = editor.removed


def _store(request: HttpRequest, found: Batch, texts: TextsForm, editor: Editor) -> int:
    """Store words and form, each if it can stand; 200, or the status of what was refused."""
    status = 200
    if texts.is_valid():
        try:
            batches.update_draft(batch=found, actor=request.user, **texts.cleaned_data)
        except Invalid as refusal:
            put_back(texts, refusal)
            status = refusal.status
    else:
        status = 400
    try:
        batches.update_draft(batch=found, actor=request.user, form=editor.spec())
        compile_form(editor.spec())
    except Invalid as refusal:
        editor.mark(refusal.fields)
        status = refusal.status
    if status == 200:
        request.session.pop(kept_key(found), None)
    else:
        words = {name: request.POST.get(name, "") for name in TEXTS}
        request.session[kept_key(found)] = words | editor.typed()
    return status


def _check(editor: Editor) -> None:
    try:
        compile_form(editor.spec())
    except BadForm as refusal:
        editor.mark(refusal.fields)


def _what_page(
    request: HttpRequest, found: Batch, texts: TextsForm, editor: Editor, status: int = 200
) -> HttpResponse:
    words = {name: texts[name].value() or "" for name in TEXTS}
    context = {
        "batch": found,
        "steps": steps(found, "what"),
        "may": requester.rights(request.user, found.organisation_id),
        "texts": texts,
        "editor": editor,
        "lists": editor.view(),
        "marked": [*_text_errors(texts), *editor.lines()] if status != 200 else [],
        "saved": status == 200 and not has_unsaved(request, found),
        "columns": found.columns,
        **_drawn(found, editor, words["instructions"]),
    }
    fragments = {"preview": "tasks/requester/_preview.html"}
    fragment = fragments.get(request.POST.get("do", ""), "tasks/requester/_editor.html")
    if is_htmx(request):
        status = 200  # half-typed is no error: the page shows what is missing
    return render(request, "tasks/requester/what.html", context, status, fragment=fragment)


def _text_errors(texts: TextsForm) -> list[tuple[str, str]]:
    """What is wrong with the words, as lines that lead to their boxes."""
    return [(texts[name].id_for_label, str(line)) for name, lines in texts.errors.items() for line in lines]


def _drawn(found: Batch, editor: Editor, instructions: str) -> dict[str, Any]:
    """What a worker would see of the form as it is typed now, with the first row there is."""
    row = first_row(found)
    try:
        form = compile_form(editor.spec())
    except BadForm:
        return {"drawn": None, "warnings": [], "drawn_instructions": markdown.render(instructions, row)}
    return {
        "drawn": render_task(form, row, prefix="preview-"),
        "warnings": form.warnings(),
        "drawn_instructions": markdown.render(instructions, row),
    }


# --- The preview: exactly what a worker sees ------------------------------------------------------------------


@signed_in
def preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """Try tasks as a worker would. Nothing is stored but how long each took, to propose an estimate."""
    found = access.batch(request.user, public_id)
    form = compile_form(found.form)
    tried: list[int] = request.session.get(_tries(found), [])
    answer: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    if request.method == "POST":
        if request.POST.get("do") == "use":
            return _use_estimate(request, found, tried)
        answer = form.from_post(request.POST)
        try:
            form.clean(answer)
        except BadAnswer as refusal:
            errors = refusal.fields
        else:
            request.session[_tries(found)] = [*tried, _seconds(request)][-TRIES:]
            return redirect("batch-preview", found.public_id)
    rows = example_rows(found)
    row = rows[len(tried) % len(rows)] if rows else None
    context = {
        "batch": found,
        "may": requester.rights(request.user, found.organisation_id),
        "task": render_task(form, row, answer, errors),
        "errors": errors,
        "instructions": markdown.render(found.instructions, row),
        "shown": signing.dumps(clock.now().timestamp(), salt="tasks.preview"),
        "tried": tried,
        "median": round(statistics.median(tried)) if tried else None,
        "missing": max(0, TRIES - len(tried)),
        "is_example": not found.tasks.exists(),
    }
    return render(request, "tasks/requester/preview.html", context, status=400 if errors else 200)


def _tries(found: Batch) -> str:
    return f"tried:{found.public_id}"


def _seconds(request: HttpRequest) -> int:
    """How long the page that was sent had been open, from 1 to LONGEST_TRY."""
    try:
        shown = signing.loads(request.POST.get("shown", ""), salt="tasks.preview", max_age=None)
    except signing.BadSignature:
        return 1
    return min(max(round(clock.now().timestamp() - shown), 1), LONGEST_TRY)


def _use_estimate(request: HttpRequest, found: Batch, tried: list[int]) -> HttpResponse:
    """Take the middle of the tries as the estimate of the draft."""
    found = draft(request, found.public_id)
    if tried:
        seconds = round(statistics.median(tried))
        batches.update_draft(batch=found, actor=request.user, estimated_seconds=seconds)
        request.session.pop(_tries(found), None)
        words = ngettext("The estimate is now %(n)s second.", "The estimate is now %(n)s seconds.", seconds)
        messages.success(request, words % {"n": seconds})
    return redirect("batch-price", found.public_id)
