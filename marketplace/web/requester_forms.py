"""What is typed on the pages of an organisation: deposits, invitations, keys, its own data."""

from collections.abc import Sequence
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
    gateway = forms.ChoiceField(label=_("How you pay"), widget=forms.RadioSelect)
    keep = forms.BooleanField(
        label=_("Keep this way to pay for automatic top-ups"),
        help_text=_(
            "Cards and direct debits only. It is charged as your top-up settings say, and never otherwise."
        ),
        required=False,
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, ways: Sequence[tuple[str, str]] = (), may_keep: bool = False, **kwargs: Any
    ) -> None:
        """`ways`: the gateways to choose from; with one alone there is no choice to show."""
        super().__init__(*args, **kwargs)
        if len(ways) > 1:
            self.fields["gateway"].choices = list(ways)  # type: ignore[attr-defined]
            self.fields["gateway"].initial = ways[0][0]
        else:
            del self.fields["gateway"]
        if not may_keep:
            del self.fields["keep"]


class RefundForm(forms.Form):
    amount = EuroField(label=_("Amount"), help_text=_("As you would write it: 500 or 499,50."))


class TopUpForm(forms.Form):
    below = EuroField(label=_("When less than this is available"))
    amount = EuroField(label=_("add this much"))
    month_most = EuroField(
        label=_("but in a month at most"), help_text=_("Counted from the first day of the calendar month.")
    )


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
