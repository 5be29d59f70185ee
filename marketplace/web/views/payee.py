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
from marketplace.web import confirm
from payments.models import Payee
from payments.services import diligence, payees, payout_rules
from tasks.selectors import board
from workers.models import WorkerProfile

from . import connect

# What a page does not ask, by what the way of the country needs.
_LEFT_OUT: dict[str, tuple[str, ...]] = {
    "iban": ("mobile_number", "mobile_provider"),
    "mobile": ("iban",),
    "connect": ("iban", "mobile_number", "mobile_provider", "account_holder"),
    "nothing": ("iban", "mobile_number", "mobile_provider", "account_holder"),
}


_TAX_LABELS = {
    "legal_name": gettext_lazy("legal name"),
    "address": gettext_lazy("address"),
    "town": gettext_lazy("town"),
    "tax_residence": gettext_lazy("country where you pay taxes"),
    "birth_date": gettext_lazy("date of birth: save this page once more"),
    "tin": gettext_lazy("tax identification number, or town and country of birth"),
}


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
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("How you are paid depends on it: the fields below follow when you save."),
    )
    tax_residence = forms.ChoiceField(
        label=gettext_lazy("Country where you pay taxes"),
        help_text=gettext_lazy("We must tell the tax office of this country once a year what you earned."),
    )
    tin = forms.CharField(
        label=gettext_lazy("Tax identification number"), required=False,
        help_text=gettext_lazy("It may wait: we ask again before it is needed."),
    )  # fmt: skip
    birth_place = forms.CharField(
        label=gettext_lazy("Town where you were born"), required=False,
        help_text=gettext_lazy("Only if you have no tax identification number."),
    )  # fmt: skip
    birth_country = forms.ChoiceField(label=gettext_lazy("Country where you were born"), required=False)
    account_holder = forms.CharField(
        label=gettext_lazy("Account holder"),
        help_text=gettext_lazy(
            "It must be you, as your bank or provider writes your name: transfers to another name are sent back."
        ),
    )
    iban = forms.CharField(
        label=gettext_lazy("IBAN"), widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"})
    )
    mobile_number = forms.CharField(
        label=gettext_lazy("Mobile money number"),
        help_text=gettext_lazy("With its country code, as in +221 77 123 45 67."),
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "tel"}),
    )
    mobile_provider = forms.CharField(
        label=gettext_lazy("Mobile money provider"), help_text=gettext_lazy("The company: Wave, M-Pesa, …")
    )

    def __init__(self, *args: Any, asked: str, known: Payee | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _LEFT_OUT[asked]:
            del self.fields[name]
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")
        choices = [("", _("Choose…")), *countries.choices()]
        for name in ("country", "tax_residence", "birth_country"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name, ending in _endings(known).items():
            if name in self.fields and ending:
                self.fields[name].required = False
                hint = _("Leave it empty to keep the account that ends in %(ending)s.") % {"ending": ending}
                self.fields[name].help_text = hint


def _endings(known: Payee | None) -> dict[str, str]:
    return {"iban": known.iban_ending, "mobile_number": known.mobile_number[-4:]} if known else {}


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def payee(request: HttpRequest) -> HttpResponse:
    """Give or change the payout details. The account number is never shown again, only its ending.

    Only for a session that has just proved who it is: where money goes is what a thief would change.
    """
    user = request.user
    assert isinstance(user, User)
    confirmed = confirm.recently(request)
    if not confirmed and request.method != "POST":
        return HttpResponseRedirect(confirm.address(request))
    known = payees.of(user)
    initial = _initial(user, known)
    asked = payees.asks(request.POST.get("country") or initial["country"])
    form = PayeeForm(request.POST or None, initial=initial, known=known, asked=asked)
    if request.method == "POST" and confirmed and form.is_valid() and _saved(request, form, user):
        return HttpResponseRedirect(reverse("connect" if asked == "connect" else "earnings"))
    context = {
        "form": form,
        "known": known,
        "asked": asked,
        "bank": payees.bank_of(known) if known and asked == "iban" else "",
        "own": known is None or payees.is_own_account(known),
        "missing": [_TAX_LABELS[name] for name in diligence.missing(known)] if known else [],
        "rests_until": payout_rules.change_ends(known) if known else None,
        "confirm_url": "" if confirmed else confirm.address(request),
        "connect_status": connect.of(user, known),
        "due_micros": board.due(user),
    }
    status = 200 if request.method != "POST" else 400 if confirmed else 403
    return render(request, "web/worker/payee.html", context, status=status)


def _saved(request: HttpRequest, form: PayeeForm, user: User) -> bool:
    given = {"account_holder": form.cleaned_data["legal_name"], **form.cleaned_data}
    born = WorkerProfile.objects.filter(user=user).values_list("birth_date", flat=True).first()
    try:
        payee = payees.save(user=user, details=payees.Details(birth_date=born, **given), actor=user)
    except Invalid as invalid:
        for name, errors in invalid.fields.items():
            form.add_error(name if name in form.fields else None, errors)
        return False
    messages.success(request, _said(payee))
    if not payees.tin_looks_right(payee):
        messages.warning(
            request,
            _(
                "The tax number does not look like one of your country. Look again; if it is right, all is well."
            ),
        )
    if not payees.is_own_account(payee):
        messages.warning(
            request,
            _(
                "The account holder does not look like your name. It must be your own account, or the bank may"
                " send the money back."
            ),
        )
    return True


def _said(payee: Payee) -> str:
    bank = payees.bank_of(payee)
    if bank:
        words = {"bank": bank, "ending": payees.ending(payee)}
        return _("Saved. This is an account at %(bank)s that ends in %(ending)s.") % words
    return _("Your payout details are saved.")


def _initial(user: User, known: Payee | None) -> dict[str, Any]:
    if known is None:
        home = WorkerProfile.objects.filter(user=user).values_list("country", flat=True).first() or ""
        return {"country": home, "tax_residence": home}
    details = payees.Details(
        known.legal_name, known.address, known.town, known.postcode, known.country, known.tax_residence,
        known.tin, known.account_holder, mobile_provider=known.mobile_provider, birth_place=known.birth_place,
        birth_country=known.birth_country,
    )  # fmt: skip
    return asdict(details)
