"""How a batch begins: kinds to choose from, each with a look at what people would see, and the draft made of one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from marketplace.base.errors import Forbidden, Refusal
from marketplace.base.views import current_membership, render, requester_page
from tasks import kinds, markdown
from tasks.forms import compile_form, render_task
from tasks.rows import Row
from tasks.services import batches, templates

OWN_SHOWN = 6  # templates of the organisation above the kinds; the others are a page away


@requester_page
def new(request: HttpRequest) -> HttpResponse:
    """Choose a kind; the draft is made at once, so that nothing typed after it can get lost."""
    membership = current_membership(request)
    if not membership.may("edit"):
        raise Forbidden
    if request.method != "POST":
        return _choice(request)
    try:
        kind = kinds.get(request.POST.get("kind", ""))
    except Refusal as refusal:
        problem = " ".join(str(line) for line in refusal.fields.get("kind", [refusal.message]))
        return _choice(request, problem, refusal.status)
    batch = batches.create_draft(
        organisation=membership.organisation,
        actor=membership.user,
        kind=kind.key,
        form=kind.form(),
        instructions=kind.words(),
        estimated_seconds=kind.seconds,
        overlap=kind.overlap,
    )
    return redirect("batch-what", batch.public_id)


def _choice(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """The kinds in their groups: all of them, or those that `q` finds."""
    words = request.GET.get("q", "")[:100]
    groups = kinds.grouped(kinds.search(words))
    own = templates.of(current_membership(request).organisation)[:OWN_SHOWN]
    context = {"groups": groups, "words": words, "problem": problem, "own_templates": own}
    return render(
        request, "tasks/requester/new.html", context, status, fragment="tasks/requester/_kinds.html"
    )


@requester_page
@require_safe
def kind(request: HttpRequest, key: str) -> HttpResponse:
    """One kind as people would see it, with one of its example rows, and its instructions."""
    if not current_membership(request).may("edit"):
        raise Forbidden
    try:
        found = kinds.get(key)
    except Refusal:
        raise Http404 from None
    rows = [Row(row) for row in found.example_rows()]
    asked = request.GET.get("row", "")
    number = int(asked) if asked in {str(place) for place in range(1, len(rows) + 1)} else 1
    row = rows[number - 1]
    context = {
        "kind": found,
        "task": render_task(compile_form(found.form()), row, prefix="preview-"),
        "instructions": markdown.render(found.words(), row),
        "number": number,
        "numbers": range(1, len(rows) + 1),
    }
    return render(request, "tasks/requester/kind.html", context)
