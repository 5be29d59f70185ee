"""What moderators type about a report."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.services.reports import MOST_TEXT

STANDS = ("stands", _("The decision stands"))
NOTHING = ("nothing", _("Nothing is wrong with it"))
ON_A_BATCH = [
    ("change", _("Let it rest until the requester has changed it: no new tasks, those in hand go on")),
    ("stopped", _("Stop it: it closes, and those who have a task in hand are paid for their time")),
]


class ReportDecisionForm(forms.Form):
    """One of a few outcomes, with the reasons that both sides read."""

    outcome = forms.ChoiceField(
        label=_("What is decided?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of these.")},
    )
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Both sides read this, word for word: what was found, where, and which rule it touches."),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write the reason.")},
    )

    def __init__(self, data: Any = None, *, initial: Any = None, complaint: bool, batch: bool) -> None:
        super().__init__(data, initial=initial)
        field: Any = self.fields["outcome"]
        field.choices = [*([STANDS] if complaint else []), NOTHING, *(ON_A_BATCH if batch else [])]
