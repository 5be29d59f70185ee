"""What is typed on the pages of an organisation: deposits, invitations, keys, its own data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.base import countries
from marketplace.base.models import ApiKey, Role
from tasks.page_forms.fields import EuroField

REQUESTER_SCOPES = (ApiKey.Scope.READ, ApiKey.Scope.WRITE, ApiKey.Scope.FUNDS)


class DepositForm(forms.Form):
    amount = EuroField(
        label=_("Amount"), help_text=_("You pay on the next page. As you would write it: 500 or 499,50.")
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("They get a link that works for two weeks, for an account with this very address."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.EDITOR)


class RoleForm(forms.Form):
    user = forms.CharField(widget=forms.HiddenInput)
    role = forms.ChoiceField(choices=Role.choices)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("After the program that will use it, such as “nightly export”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope.value, scope.label) for scope in REQUESTER_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=[ApiKey.Scope.READ],
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
        initial=90,
    )


class OrganisationForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("Who asks for the work: people see it beside every batch."),
    )
    description = forms.CharField(
        label=_("What it does"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    website = forms.URLField(
        label=_("Website"),
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"inputmode": "url", "autocomplete": "url"}),
    )
    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("choose…")), *countries.choices()]  # type: ignore[attr-defined]
