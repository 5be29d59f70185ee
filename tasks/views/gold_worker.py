"""Check questions, for those who work: which ones they met, what was right and why, and what to say to it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import paging
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import render, user_of, worker_page
from tasks import access, access_gold
from tasks.selectors import board as board_selector
from tasks.selectors import gold as selector
from tasks.services import gold_contests, gold_pauses

PAGE = 20
SAID = {
    "contested": _(
        "Your words are with the requester, who answers them. You are told as soon as it is decided."
    ),
    "asked": _("A person looks at it and tells you the reason in writing."),
}


@require_safe
@worker_page
def checks(request: HttpRequest) -> HttpResponse:
    """The pauses, and every check question that was answered, the newest first; `batch` keeps to one batch."""
    return _checks(request)


def _checks(
    request: HttpRequest, asked: str = "", refused: Refusal | None = None, text: str = ""
) -> HttpResponse:
    """`asked` is the pause whose form came back with `refused`; it keeps its `text`."""
    user = user_of(request)
    chosen = request.GET.get("batch", "")
    batch = access.worked_batch(user, chosen) if chosen else None
    page = paging.page(selector.of_worker(user, batch), cursor=request.GET.get("cursor", ""), size=PAGE)
    pauses = selector.pauses_of(user)
    context = {
        "page": page,
        "rows": [selector.mine(score) for score in page.rows],
        "pauses": [each for each in pauses if batch is None or each.row.batch_id == batch.pk],
        "batch": batch,
        "asked": asked,
        "refused": refused,
        "text": text,
        "said": SAID.get(request.GET.get("said", "")) if refused is None else None,
        "due_micros": board_selector.due(user),
        **paging.links(request, page),
    }
    return render(request, "tasks/worker/checks.html", context, status=refused.status if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """One check question (GET); "it was unfair" (POST)."""
    user = user_of(request)
    score = access_gold.gold_score(user, public_id)
    refused: Refusal | None = None
    text = request.POST.get("text", "")
    if request.method == "POST":
        try:
            gold_contests.contest(score=score, worker=user, text=text)
        except Refusal as found:
            refused = found
            score.refresh_from_db()
        else:
            return HttpResponseRedirect(reverse("my-check", args=[public_id]) + "?said=contested")
    context = {
        "one": selector.mine(score),
        "refused": refused,
        "errors": refused.fields.get("text", []) if isinstance(refused, Invalid) else [],
        "text": text,
        "said": SAID.get(request.GET.get("said", "")) if refused is None else None,
        "due_micros": board_selector.due(user),
    }
    return render(request, "tasks/worker/check.html", context, status=refused.status if refused else 200)


@require_POST
@worker_page
def ask(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask a person to look at a pause."""
    user = user_of(request)
    pause = access_gold.own_pause(user, public_id)
    text = request.POST.get("text", "")
    try:
        gold_pauses.ask(pause=pause, worker=user, text=text)
    except Refusal as refused:
        return _checks(request, public_id, refused, text)
    return HttpResponseRedirect(reverse("my-checks") + "?said=asked")
