"""The help fund: its public account, and a worker's requests to it (charter D5)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import money
from marketplace.base.errors import Refusal
from marketplace.base.views import render, user_of, worker_page
from payments.models import HelpGrant
from payments.services import help_fund
from tasks.page_forms.fields import put_back
from tasks.selectors import board


class RequestForm(forms.Form):
    """What a worker asks the fund for."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("What for?"),
        choices=HelpGrant.Purpose.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what it is for.")},
    )
    amount = forms.CharField(
        label=gettext_lazy("How much?"),
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write an amount in euros, such as 80.00.")},
    )
    words = forms.CharField(
        label=gettext_lazy("Tell us about it"),
        help_text=gettext_lazy("A moderator or an administrator reads it, and nobody else."),
        max_length=help_fund.WORDS_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Say in a few sentences what it is for.")},
    )

    def clean_amount(self) -> int:
        try:
            return money.parse_eur(self.cleaned_data["amount"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from None


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """What came in, what was granted for what, what is left; nobody's name."""
    context = {"standing": help_fund.standing(), "grants": help_fund.published()}
    return render(request, "web/help_fund.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def requests(request: HttpRequest) -> HttpResponse:
    """One's own requests (GET); ask (POST)."""
    if request.method != "POST":
        return _show(request, RequestForm())
    form = RequestForm(request.POST)
    if not form.is_valid():
        return _show(request, form, 400)
    said: dict[str, Any] = form.cleaned_data
    try:
        help_fund.ask(
            worker=user_of(request),
            purpose=said["purpose"],
            amount_micros=said["amount"],
            words=said["words"],
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, form, refusal.status)
    messages.success(request, _("Asked. A person reads it and answers you in writing."))
    return redirect("help-requests")


@require_POST
@worker_page
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a request back."""
    help_fund.withdraw(grant=help_fund.find(public_id), worker=user_of(request))
    messages.success(request, _("Taken back."))
    return redirect("help-requests")


def _show(request: HttpRequest, form: RequestForm, status: int = 200) -> HttpResponse:
    user = user_of(request)
    mine = list(help_fund.of_worker(user)[:50])
    context = {
        "form": form,
        "mine": mine,
        "open": any(row.state == HelpGrant.State.ASKED for row in mine),
        "standing": help_fund.standing(),
        "due_micros": board.due(user),
    }
    return render(request, "web/worker/help.html", context, status=status)
