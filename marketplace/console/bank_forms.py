"""What people of the console send about the bank: files, and what a line is."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.models import BankLine
from payments.services import bank_explain


class FileForm(forms.Form):
    """A file as the bank or the provider gave it."""

    file = forms.FileField(
        label=_("The file"),
        error_messages={
            "required": _("Choose the file first."),
            "empty": _("This file is empty. Download it again."),
        },
    )

    def __init__(self, *args: Any, label: Any = "", hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = label or self.fields["file"].label
        self.fields["file"].help_text = hint


class ExplainForm(forms.Form):
    """What a line of a statement is, said by a named person."""

    taken_as = forms.ChoiceField(
        label=_("What is it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is.")},
    )
    reference = forms.CharField(
        label=_("Of what or whom?"),
        required=False,
        max_length=80,
        help_text=_("Only where the choice above asks for an id."),
    )
    explanation = forms.CharField(
        label=_("How do you know?"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept with the line and your name, for whoever checks the books."),
        error_messages={"required": _("Write how you know: it is kept with the line.")},
    )

    def __init__(self, *args: Any, line: BankLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["taken_as"].choices = list(bank_explain.choices(line).items())  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why a file that was released is given up."""

    reason = forms.CharField(
        label=_("Why?"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write why: it is kept with the file.")},
    )
