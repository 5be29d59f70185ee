"""What administrators type about billing: credit notes, and answers about VAT numbers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.page_forms.fields import EuroField


class CreditForm(forms.Form):
    """Take back a part of an invoice."""

    amount = EuroField(
        label=_("Amount without VAT"), help_text=_("The VAT goes with it."),
        error_messages={"required": _("Write how much is taken back.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why?"), max_length=400, help_text=_("The customer reads this, on the credit note."),
        widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": _("Write the reason.")},
    )  # fmt: skip


class VatCheckForm(forms.Form):
    """A person's answer about a VAT number."""

    outcome = forms.ChoiceField(
        label=_("Is the number valid?"),
        choices=[("valid", _("Yes, by a proof that I saw")), ("invalid", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    proof = forms.CharField(
        label=_("What did you look at?"), max_length=400,
        help_text=_("The register's own page with its consultation number, or a certificate of the tax office."),
        widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": _("Say what you looked at.")},
    )  # fmt: skip
