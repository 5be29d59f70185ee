"""What is typed about billing: whom to bill, and how much may be spent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.base import countries
from payments.models import BillingProfile
from payments.services import billing
from tasks.page_forms.fields import EuroField


def _text(
    label: Any, *, most: int, hint: Any = "", required: bool = True, fill: str = "off"
) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, help_text=hint, required=required,
        widget=forms.TextInput(attrs={"autocomplete": fill}),
    )  # fmt: skip


class BillingForm(forms.Form):
    legal_name = _text(_("Legal name"), most=140, hint=_("As it is registered."), fill="organization")
    address = _text(_("Street and number"), most=140, fill="street-address")
    postcode = _text(_("Postcode"), most=16, required=False, fill="postal-code")
    town = _text(_("Town"), most=70, fill="address-level2")
    country = forms.ChoiceField(label=_("Country"), widget=forms.Select(attrs={"autocomplete": "country"}))
    vat_number = _text(
        _("VAT number"), most=30, required=False,
        hint=_("With the letters of the country, such as DE123456789. We have it confirmed by the EU's register."),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("Where invoices are sent"), required=False,
        help_text=_("Beside those who handle money here, who are always told."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    reference = _text(
        _("Your reference"),
        most=60,
        required=False,
        hint=_("Printed on each invoice: an order number, a cost centre."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["postcode"].either = True  # type: ignore[attr-defined]  # needed in the EU, unknown elsewhere
        self.fields["country"].choices = [("", _("choose…")), *countries.choices()]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, profile: BillingProfile | None, name: str, country: str) -> "BillingForm":
        """Filled with what is known: the profile, else the organisation's name and country."""
        if profile is None:
            return cls(initial={"legal_name": name, "country": country})
        return cls(initial={field: getattr(profile, field) for field in cls.base_fields})

    def details(self) -> billing.Details:
        return billing.Details(**self.cleaned_data)


class LimitForm(forms.Form):
    """One limit: whose (empty: of each batch), and how much; empty takes it away."""

    member = forms.CharField(required=False, widget=forms.HiddenInput)
    amount = EuroField(label=_("Limit"), required=False)
