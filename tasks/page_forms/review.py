"""What is typed while reviewing: filters of the table, and an objection."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.forms import Form
from tasks.models import Contest
from tasks.selectors.requester import Filter

from .fields import LaterChoice, LaterText


class FilterForm(forms.Form):
    """Filters of the table of submissions, sent by GET; each may be left empty."""

    use_required_attribute = False

    state = LaterChoice(label=_("State"))
    task = LaterText(label=_("Task"), max_length=30)
    worker = LaterText(label=_("Worker"), max_length=30)
    field = LaterChoice(label=_("Question"))
    value = LaterText(label=_("Answer contains"), max_length=200)

    def __init__(self, data: Any, *, form: Form) -> None:
        super().__init__(data)
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("any")),
            ("submitted", _("to review")),
            ("approved", _("approved")),
            ("contested", _("contested")),
        ]
        questions = [(widget.name, widget.label) for widget in form.fields]
        self.fields["field"].choices = [("", _("any")), *questions]  # type: ignore[attr-defined]

    def wanted(self) -> Filter:
        """The filters that could be read; a wrong one narrows to nothing only where it names a thing."""
        self.is_valid()
        read = {name: str(self.cleaned_data.get(name) or "").strip() for name in self.fields}
        if read["value"] and not read["field"]:
            read["field"] = next((value for value, _label in self.fields["field"].choices if value), "")  # type: ignore[attr-defined]
        return Filter(**read)


class ContestForm(forms.Form):
    """One objection: a reason of the closed list, with evidence."""

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect, choices=Contest.Reason.choices)
    evidence = forms.CharField(
        label=_("What shows it"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=5000,
        help_text=_(
            "Quote the answer and the instruction it misses. The worker reads this, and a moderator may."
        ),
    )
