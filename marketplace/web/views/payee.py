"""Where the money goes: legal name, address, tax residence, bank details. Requesters never see any of it."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from marketplace.base import countries
from marketplace.base.errors import Invalid
from marketplace.base.models import User
from marketplace.base.views import render, worker_page
from payments.models import Payee
from payments.services import payees
from tasks.selectors import board
from workers.models import WorkerProfile


class PayeeForm(forms.Form):
    """What `payees.save` asks for; what a value must be like is its own to say."""

    legal_name = forms.CharField(
        label=gettext_lazy("Legal name"), widget=forms.TextInput({"autocomplete": "name"})
    )
    address = forms.CharField(
        label=gettext_lazy("Street and number"),
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )
    postcode = forms.CharField(
        label=gettext_lazy("Postcode"),
        required=False,
        widget=forms.TextInput({"autocomplete": "postal-code"}),
    )
    town = forms.CharField(
        label=gettext_lazy("Town"), widget=forms.TextInput({"autocomplete": "address-level2"})
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"))
    tax_residence = forms.ChoiceField(
        label=gettext_lazy("Country where you pay taxes"),
        help_text=gettext_lazy("We must tell the tax office of this country once a year what you earned."),
    )
    tin = forms.CharField(
        label=gettext_lazy("Tax identification number"), required=False,
        help_text=gettext_lazy("It may wait: we ask again before it is needed."),
    )  # fmt: skip
    account_holder = forms.CharField(
        label=gettext_lazy("Account holder"),
        help_text=gettext_lazy("As your bank writes it: transfers to another name are sent back."),
    )
    iban = forms.CharField(
        label=gettext_lazy("IBAN"), widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"})
    )

    def __init__(self, *args: Any, known: Payee | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")
        choices = [("", _("Choose…")), *countries.choices()]
        for name in ("country", "tax_residence"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if known:
            self.fields["iban"].required = False
            hint = _("Leave it empty to keep the account that ends in %(ending)s.") % {
                "ending": known.iban_ending
            }
            self.fields["iban"].help_text = hint


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def payee(request: HttpRequest) -> HttpResponse:
    """Give or change the payout details. The account number is never shown again, only its ending."""
    user = request.user
    assert isinstance(user, User)
    known = payees.of(user)
    form = PayeeForm(request.POST or None, initial=_initial(user, known), known=known)
    if request.method == "POST" and form.is_valid() and _saved(form, user, known):
        messages.success(request, _("Your payout details are saved."))
        return HttpResponseRedirect(reverse("earnings"))
    context = {"form": form, "known": known, "due_micros": board.due(user)}
    return render(request, "web/worker/payee.html", context, status=400 if request.method == "POST" else 200)


def _saved(form: PayeeForm, user: User, known: Payee | None) -> bool:
    values = dict(form.cleaned_data)
    if known and not values["iban"].strip():
        values["iban"] = known.iban
    try:
        payees.save(user=user, details=payees.Details(**values), actor=user)
    except Invalid as invalid:
        for name, errors in invalid.fields.items():
            form.add_error(name if name in form.fields else None, errors)
        return False
    return True


def _initial(user: User, known: Payee | None) -> dict[str, Any]:
    if known is None:
        home = WorkerProfile.objects.filter(user=user).values_list("country", flat=True).first() or ""
        return {"country": home, "tax_residence": home}
    details = payees.Details(
        known.legal_name, known.address, known.town, known.postcode, known.country, known.tax_residence,
        known.tin, known.account_holder, "",
    )  # fmt: skip
    return asdict(details)
