"""What people type about a report: the report itself, a complaint, new instructions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.models import Batch, Report
from tasks.services.reports import MOST_TEXT


class ReportForm(forms.Form):
    """What is wrong, from a closed list and in words; what it is about travels along."""

    batch = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    page = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    reason = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong.")},
    )
    text = forms.CharField(
        label=_("Say it in your own words"),
        help_text=_(
            "What you saw, and where. A person reads this; the requester does not see who reported it."
        ),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write it in a sentence or two.")},
    )


class ComplaintForm(forms.Form):
    """Why a decision should be looked at again."""

    text = forms.CharField(
        label=_("Why should it be decided otherwise?"),
        help_text=_("Another person than the one who decided reads this."),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write it in a sentence or two.")},
    )


class WordsForm(forms.Form):
    """The instructions and labels of distress, written anew."""

    instructions = forms.CharField(
        label=_("Instructions"),
        help_text=_("Change what the moderator named. A moderator looks again before the batch opens."),
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"required": _("Write instructions, so that nobody has to guess.")},
    )
    distress = forms.MultipleChoiceField(
        label=_("What may it show?"),
        help_text=_("From now on it is offered only to those who chose each of these."),
        choices=Batch.Distress.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
