"""Requests to the help fund: read and decided by a named person, never by who asks (charter D5)."""

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import money
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import render, staff_page
from marketplace.console import deciding, desk, lists
from marketplace.console.desk import Desk
from marketplace.console.queues import QUEUES
from payments.models import HelpGrant
from payments.services import help_fund

QUEUE = QUEUES["grants"]


class GrantForm(forms.Form):
    """A decision: how much, and why."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided?"),
        choices=[("grant", gettext_lazy("Grant it")), ("refuse", gettext_lazy("Refuse it"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    amount = forms.CharField(
        label=gettext_lazy("How much?"),
        required=False,
        help_text=gettext_lazy("Needed to grant it."),
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    decision = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("The worker reads this, word for word."),
        max_length=help_fund.DECISION_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )

    def clean(self) -> dict[str, object]:
        said = super().clean() or {}
        if said.get("outcome") == "grant":
            try:
                said["micros"] = money.parse_eur(said.get("amount", ""))
            except Refusal as refusal:
                self.add_error("amount", refusal.message)
        return said


@staff_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first, and the fund's account."""
    context = {"list": lists.listing(request, QUEUE), "standing": help_fund.standing()}
    return render(request, "console/grants.html", context)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One request (GET); decide it (POST)."""
    found = help_fund.find(public_id)
    at = desk.open_case(request, QUEUE.item(found), reader=found.worker.locale)
    if request.method != "POST":
        begun = {"amount": money.to_string(found.asked_micros), **deciding.begun(request, at)}
        return _show(request, at, found, GrantForm(initial=begun))
    form = GrantForm(request.POST)
    refused = deciding.decide(
        request, at, form, lambda said: _decide(found, at.moderator, said), reason="decision"
    )
    if refused:
        return _show(request, at, found, form, refused.status)
    messages.success(request, _("Decided. The worker has been told."))
    return redirect("console-grants")


def _decide(found: HelpGrant, actor: User, said: Mapping[str, object]) -> None:
    decision = str(said["decision"])
    if said["outcome"] == "grant":
        help_fund.grant(request=found, actor=actor, amount_micros=int(str(said["micros"])), decision=decision)
    else:
        help_fund.refuse(request=found, actor=actor, decision=decision)


def _show(
    request: HttpRequest, at: Desk, found: HelpGrant, form: GrantForm, status: int = 200
) -> HttpResponse:
    context = {
        "grant": found,
        "desk": at,
        "form": form,
        "standing": help_fund.standing(),
        "waits": found.state == HelpGrant.State.ASKED,
    }
    return render(request, "console/grant.html", context, status=status)
