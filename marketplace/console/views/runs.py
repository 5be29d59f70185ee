"""Payout files: drafted, looked at, released by two people, handed to the bank or provider, booked."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.base import ids
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.views import render, staff_page
from marketplace.console.bank_forms import FileForm, ReasonForm
from payments import gateways
from payments.gateways import bank
from payments.models import Payout, PayoutRun, PayoutState, RunState
from payments.services import bank_answers, given_up, provider_files, run_items, runs
from tasks.page_forms.fields import put_back

MOST = 500
LAST = 50
_NAMES_HINT = gettext_lazy(
    "A table (CSV) with our reference and the result in each line, or the bank's pain.002."
)
_PROVIDER_HINT = gettext_lazy("The provider's table (CSV) of reference, status and reason.")
_PAIN_HINT = gettext_lazy("The bank's pain.002. Statements (CAMT.053) are read on the page of the bank.")
NAMES = {"bank": gettext_lazy("SEPA transfers"), "provider": gettext_lazy("the payout provider")}


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Files, and what waits for the next one (GET); make one (POST)."""
    if request.method == "POST":
        try:
            run = runs.draft(gateway=request.POST.get("gateway", ""), actor=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("console-runs")
        messages.success(request, _("The file is drafted. Look at it; two people release it."))
        return redirect("console-run", run.public_id)
    waiting = []
    for name in gateways.files():
        found = runs.waiting(name)
        fit = [payout for payout, why in found if not why]
        waiting.append(
            {
                "name": name,
                "label": NAMES[name],
                "count": len(fit),
                "amount": sum(payout.amount_micros for payout in fit),
                "others": len(list(run_items.waiting_refunds(name)))
                + len(list(run_items.waiting_back(name))),
                "left_out": [(payout, run_items.LEFT_OUT[why]) for payout, why in found if why][:MOST],
                "draft": PayoutRun.objects.filter(gateway=name, state=RunState.DRAFT).first(),
            }
        )
    rows = PayoutRun.objects.select_related("first_by", "second_by").order_by("-pk")[:LAST]
    return render(request, "console/runs.html", {"waiting": waiting, "runs": rows, "names": NAMES})


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, public_id: str) -> HttpResponse:
    """One file (GET); release it, cancel it, decide about a name, read an answer (POST)."""
    run = _run(public_id)
    if request.method != "POST":
        return _show(request, run)
    action = _ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        return _show(request, run, status=400)
    return action(request, run)


def _release(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    try:
        runs.release(run=run, actor=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("console-run", run.public_id)
    if run.state == RunState.RELEASED:
        messages.success(
            request, _("Released. Download the file and hand it to the bank; compare the hash there.")
        )
    else:
        messages.success(request, _("You released it first. Now a second person looks at it."))
    return redirect("console-run", run.public_id)


def _cancel(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    try:
        runs.cancel(run=run, actor=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("console-run", run.public_id)
    messages.success(request, _("Cancelled. Its payouts wait for the next file."))
    return redirect("console-runs")


def _pass(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    number = ids.decode("pay", request.POST.get("payout", ""))
    payout = Payout.objects.filter(pk=number, run=run).first()
    if payout is None:
        raise NotFound
    try:
        bank_answers.pass_name(run=run, payout=payout, actor=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It stays in the file, on your word."))
    return redirect("console-run", run.public_id)


def _answer(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    """An answer of the bank or the provider, whichever fits the state of the file."""
    form = _answer_form(run, request)
    if not form.is_valid():
        return _show(request, run, answer=form, status=400)
    upload = form.cleaned_data["file"]
    try:
        if run.gateway != bank.NAME:
            told: bank_answers.Answer = provider_files.read(upload, run=run, actor=request.user)
            paid = getattr(told, "paid", 0)
            words = _("The answer was read: %(paid)s paid, %(refused)s refused.")
            messages.success(request, words % {"paid": paid, "refused": told.refused})
        else:
            told = bank_answers.read_names(upload, run=run, actor=request.user)
            words = _("The answer was read: %(refused)s payouts refused, %(checked)s names checked.")
            messages.success(request, words % {"refused": told.refused, "checked": told.checked})
    except Refusal as refusal:
        form.add_error("file", refusal.message)
        return _show(request, _run(run.public_id), answer=form, status=refusal.status)
    for note in told.notes:
        messages.warning(request, note)
    return redirect("console-run", run.public_id)


def _give_up(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, run, reason=form, status=400)
    try:
        given_up.propose(run=run, actor=request.user, **form.cleaned_data)
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, _run(run.public_id), reason=form, status=refusal.status)
    messages.info(request, _("These are your words: somebody else must look."))
    return redirect("console-run", run.public_id)


def _give_up_second(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    try:
        if request.POST["action"] == "give_up_back":
            given_up.take_back(run=run, actor=request.user)
            return redirect("console-run", run.public_id)
        count = given_up.confirm(run=run, actor=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("console-run", run.public_id)
    messages.success(
        request,
        ngettext(
            "%(n)s payout is due to its worker again.", "%(n)s payouts are due to their workers again.", count
        )
        % {"n": count},
    )
    return redirect("console-run", run.public_id)


_ACTIONS: dict[str, Callable[[HttpRequest, PayoutRun], HttpResponse]] = {
    "release": _release,
    "cancel": _cancel,
    "pass": _pass,
    "answer": _answer,
    "give_up": _give_up,
    "give_up_confirm": _give_up_second,
    "give_up_back": _give_up_second,
}


@staff_page
@require_POST
def file(request: HttpRequest, public_id: str) -> HttpResponse:
    """The file itself, once two people have released it; every download is written down."""
    run = _run(public_id)
    try:
        name, content = runs.download(run=run, actor=request.user)
    except Forbidden:
        raise
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("console-run", run.public_id)
    kind = "application/xml" if name.endswith(".xml") else "text/csv; charset=utf-8"
    return _attached(content, name, kind)


@staff_page
@require_POST
def names(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft's names and accounts, for the bank's check of names."""
    run = _run(public_id)
    if run.state != RunState.DRAFT:
        raise NotFound
    content = bank_answers.names_table(run, actor=request.user)
    return _attached(content, f"{public_id.replace('_', '-')}-names.csv", "text/csv; charset=utf-8")


def _attached(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


def _run(public_id: str) -> PayoutRun:
    rows = PayoutRun.objects.select_related(
        "first_by", "second_by", "created_by", "given_up_by", "given_up_second_by"
    ).defer("content")
    found = rows.filter(pk=ids.decode("run", public_id)).first()
    if found is None:
        raise NotFound
    return found


def _answer_form(run: PayoutRun, request: HttpRequest | None = None) -> FileForm:
    if run.gateway != bank.NAME:
        label, hint = _("The provider's answer"), _PROVIDER_HINT
    elif run.state == RunState.DRAFT:
        label, hint = _("The bank's answer about names"), _NAMES_HINT
    else:
        label, hint = _("The bank's answer"), _PAIN_HINT
    if request is None:
        return FileForm(label=label, hint=hint)
    return FileForm(request.POST, request.FILES, label=label, hint=hint)


def _show(
    request: HttpRequest,
    run: PayoutRun,
    *,
    answer: FileForm | None = None,
    reason: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    payouts = run.lines.select_related("user", "user__payee", "name_passed_by").order_by("pk")
    doubtful = payouts.filter(user__payee__name_check__in=runs.UNCERTAIN)
    context = {
        "run": run,
        "label": NAMES[run.gateway],
        "is_bank": run.gateway == bank.NAME,
        "payouts": payouts[:MOST],
        "count": payouts.count(),
        "held": payouts.exclude(state=PayoutState.PENDING).count() if run.state == RunState.DRAFT else 0,
        "refunds": run.refunds.select_related("organisation"),
        "sent_back": run.sent_back.all(),
        "doubtful": doubtful,
        "undecided": runs.undecided_names(run) if run.state == RunState.DRAFT else 0,
        "own": payouts.filter(user=user).exists(),
        "first_is_me": run.first_by_id == user.pk,
        "has_file": PayoutRun.objects.filter(pk=run.pk, content__isnull=False).exists(),
        "answer": answer or _answer_form(run),
        "reason": reason or ReasonForm(),
    }
    return render(request, "console/run.html", context, status)
