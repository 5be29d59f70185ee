"""The bank: statements and answers come in, and what nobody recognised is explained by a named person."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock, ids
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import render, staff_page
from marketplace.console.bank_forms import ExplainForm, FileForm
from payments.gateways import bank
from payments.models import BankLine, BankStatement
from payments.services import bank_answers, bank_explain, bank_lines, iban, statements_in
from payments.services.camt import NotCamt
from tasks.page_forms.fields import put_back

MOST = 200
_HINT = gettext_lazy("CAMT.053 of one or more days, or the bank's answer to a payout file (pain.002).")


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """What lies at the bank and what was read (GET); read a file (POST)."""
    if request.method != "POST":
        return _show(request, FileForm(hint=_HINT))
    form = FileForm(request.POST, request.FILES, hint=_HINT)
    if not bank.is_set_up() or not form.is_valid():
        return _show(request, form, 400)
    upload = form.cleaned_data["file"]
    try:
        try:
            _tell_statement(request, statements_in.read(upload, actor=request.user))
        except NotCamt:
            upload.seek(0)
            _tell_answer(request, bank_answers.read(upload, actor=request.user))
    except bank_answers.NotAnAnswer as refusal:
        form.add_error("file", NotCamt.detail)
        return _show(request, form, refusal.status)
    except Refusal as refusal:
        form.add_error("file", refusal.message)
        return _show(request, form, refusal.status)
    return redirect("console-bank")


def _tell_statement(request: HttpRequest, report: statements_in.Report) -> None:
    words = ngettext("%(n)s new line was read.", "%(n)s new lines were read.", report.lines) % {
        "n": report.lines
    }
    if report.to_explain:
        words += " " + ngettext(
            "%(n)s waits to be explained.", "%(n)s wait to be explained.", report.to_explain
        ) % {"n": report.to_explain}
    messages.success(request, words)
    if report.known:
        messages.info(
            request,
            ngettext("%(n)s line was known already.", "%(n)s lines were known already.", report.known)
            % {"n": report.known},
        )
    if report.not_booked:
        messages.info(
            request,
            ngettext(
                "%(n)s line is not booked yet and was left out.",
                "%(n)s lines are not booked yet and were left out.",
                report.not_booked,
            )
            % {"n": report.not_booked},
        )
    for note in report.notes:
        messages.warning(request, note)


def _tell_answer(request: HttpRequest, answer: bank_answers.Answer) -> None:
    messages.success(
        request,
        _("The bank's answer was read: %(refused)s payouts refused, %(checked)s names checked.")
        % {"refused": answer.refused, "checked": answer.checked},
    )
    for note in answer.notes:
        messages.warning(request, note)


def _show(request: HttpRequest, form: FileForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "set_up": bank.is_set_up(), "today": clock.today()}
    if bank.is_set_up():
        books, told, day = statements_in.standing()
        statements = BankStatement.objects.select_related("imported_by").order_by("-last_day", "-pk")[:60]
        context |= {
            "account": bank.account(),
            "grouped": iban.grouped(bank.account().iban),
            "books": books,
            "told": told,
            "day": day,
            "apart": books - told if told is not None else 0,
            "statements": [{"row": row, "gap": statements_in.gap_before(row)} for row in statements],
            "lines": bank_lines.open_lines()[:MOST],
            "waiting": bank_lines.open_lines().count(),
        }
    return render(request, "console/bank.html", context, status)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, public_id: str) -> HttpResponse:
    """One line (GET); say what it is, or look at what somebody said (POST)."""
    found = _line(public_id)
    if request.method != "POST":
        return _show_line(request, found, ExplainForm(line=found, initial=_guess(found)))
    action = request.POST.get("action", "")
    if action in {"confirm", "reject"}:
        return _second(request, found, action)
    form = ExplainForm(request.POST, line=found)
    if not form.is_valid():
        return _show_line(request, found, form, 400)
    try:
        done = bank_explain.explain(line=found, actor=request.user, **form.cleaned_data)
    except Refusal as refusal:
        put_back(form, refusal)
        return _show_line(request, _line(public_id), form, refusal.status)
    if done:
        messages.success(request, _("Explained, with your name. The money is where you said it belongs."))
    else:
        messages.info(
            request, _("Noted. It is a large line: a second person must look at it before it counts.")
        )
    return redirect("console-bank")


def _second(request: HttpRequest, found: BankLine, action: str) -> HttpResponse:
    try:
        if action == "confirm":
            bank_explain.confirm(
                line=found, actor=request.user, explanation="", seen=request.POST.get("seen", "")
            )
            messages.success(request, _("Confirmed. The money is where the two of you said it belongs."))
        else:
            bank_explain.reject(line=found, actor=request.user)
            messages.success(request, _("Taken back: it waits to be explained again."))
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("console-bank-line", found.public_id)
    return redirect("console-bank")


def _guess(found: BankLine) -> dict[str, str]:
    """What the amounts suggest, for the person to judge."""
    run = bank_explain.run_of(found)
    return {"taken_as": BankLine.Taken.RUN, "reference": run.public_id} if run else {}


def _line(public_id: str) -> BankLine:
    found = (
        BankLine.objects.select_related("statement", "proposed_by", "explained_by")
        .filter(pk=ids.decode("bln", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _show_line(request: HttpRequest, found: BankLine, form: ExplainForm, status: int = 200) -> HttpResponse:
    context = {
        "line": found,
        "form": form,
        "is_open": found.taken_as == BankLine.Taken.SUSPENSE and not found.goes_back,
        "is_large": bank_explain.is_large(found),
        "own_word": found.proposed_by_id == request.user.pk,
        "said": bank_explain.said(found),
        "proposed": BankLine.Taken(found.proposed_as).label if found.proposed_as else "",
        "age": max((clock.today() - found.booked_on).days, 0),
    }
    return render(request, "console/bank_line.html", context, status)


@staff_page
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """The lines that were explained by a person, the latest on top: who said what."""
    rows = BankLine.objects.filter(explained_at__isnull=False).select_related("explained_by", "proposed_by")
    return render(request, "console/bank_lines.html", {"lines": rows.order_by("-explained_at")[:MOST]})
