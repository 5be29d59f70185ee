"""What moderators and administrators type: decisions, each with its written reason."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from tasks.models import Dispute
from workers.models import Restriction

REASON_CHARS = 5_000


def _reason(label: Any, hint: Any = "", *, most: int = REASON_CHARS) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write the reason.")},
    )


class LastDay(forms.DateField):
    """A day, meant to its end in the person's time zone: its last second as an aware moment, so that it reads as that
    day everywhere; or None. Days that are over are refused."""

    widget = forms.DateInput(attrs={"type": "date"})

    def clean(self, value: Any) -> dt.datetime | None:
        day = super().clean(value)
        if day is None:
            return None
        try:
            next_day = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
            midnight = next_day.replace(tzinfo=timezone.get_current_timezone()).astimezone(dt.UTC)
            end = midnight - dt.timedelta(seconds=1)
        except OverflowError:  # the first and the last days that a calendar knows
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if end <= clock.now():
            raise forms.ValidationError(_("Choose a day that is not over yet."))
        return end


class DecisionForm(forms.Form):
    """The decision of a dispute or an appeal."""

    outcome = forms.ChoiceField(
        label=_("What is decided?"),
        choices=Dispute.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the worker is paid.")},
    )
    reason = _reason(
        _("Why?"), _("Both sides read this, word for word. Say what you saw and which instruction decides.")
    )


class AwardForm(forms.Form):
    """What becomes of a qualification that was taken back and is contested."""

    outcome = forms.ChoiceField(
        label=_("What is decided?"),
        choices=[("restored", _("It is given back")), ("kept", _("It stays taken back"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of it.")},
    )
    reason = _reason(_("Why?"), _("The person reads this, word for word."), most=2_000)


class PauseForm(forms.Form):
    """What becomes of a pause after missed check questions."""

    outcome = forms.ChoiceField(
        label=_("What is decided?"),
        choices=[("lift", _("Lift the pause")), ("keep", _("Let it stand until it ends by itself"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    reason = _reason(_("Why?"), _("The worker reads this, word for word. Say what you saw in the questions."))


class ScreeningForm(forms.Form):
    """Open a batch or hand it back."""

    outcome = forms.ChoiceField(
        label=_("What is decided?"),
        choices=[
            ("pass", _("Open it for work")),
            ("refuse", _("Hand it back as a draft, with all its money")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_(
            "Needed to hand it back: the requester reads it, word for word. To open it, a note for colleagues."
        ),
        required=False,
        max_length=REASON_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class HoldForm(forms.Form):
    """Keep a payout from being sent."""

    reason = _reason(_("Why?"), _("The worker reads this, word for word."), most=500)
    until = LastDay(
        label=_("Until the end of"), required=False, help_text=_("Leave it empty to hold it until released.")
    )


class ComplaintForm(forms.Form):
    """The answer to a complaint about a decision."""

    outcome = forms.ChoiceField(
        label=_("What is decided?"),
        choices=[
            ("upheld", _("The complaint is right: take the decision back")),
            ("stands", _("The decision stands")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    reason = _reason(
        _("Why?"), _("Who complained reads this, word for word: what you looked at, and what decides.")
    )


class RestrictForm(forms.Form):
    """Keep a person from claiming tasks, or from their whole account."""

    scope = forms.ChoiceField(
        label=_("What is closed?"),
        choices=Restriction.Scope.choices,
        initial=Restriction.Scope.CLAIMS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    ground = forms.ChoiceField(
        label=_("Which rule of the terms does it rest on?"),
        choices=[("", _("Choose a rule")), *Restriction.Ground.choices],
        error_messages={"required": _("Choose the rule.")},
    )
    source = forms.ChoiceField(
        label=_("What made you look?"),
        choices=Restriction.Source.choices,
        initial=Restriction.Source.FOUND,
        error_messages={"required": _("Choose one of these.")},
    )
    reason = _reason(_("Why?"), _("The person reads this, word for word, at once."))
    until = LastDay(
        label=_("Until the end of"),
        required=False,
        help_text=_("Leave it empty to let it last until it is lifted."),
    )


class SwitchForm(forms.Form):
    """Switch a part of the market off, or on again."""

    name = forms.CharField(widget=forms.HiddenInput)
    on = forms.ChoiceField(choices=[("0", "0"), ("1", "1")], widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why?"),
        max_length=300,
        error_messages={"required": _("Write why, for those who come after you.")},
    )


class DifferenceForm(forms.Form):
    """What was found about a difference between the books and the world."""

    note = forms.CharField(
        label=_("Note or reason"),
        help_text=_("For whoever looks at the books after you, and for an auditor."),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what you found.")},
    )


class FindForm(forms.Form):
    """Find a person by e-mail address or id."""

    q = forms.CharField(label=_("E-mail address or id (usr_…)"), max_length=254)


class OutageForm(forms.Form):
    """A time in which pages did not answer, in the administrator's own time zone."""

    began_at = forms.DateTimeField(
        label=_("When did it begin?"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
    )
    ended_at = forms.DateTimeField(
        label=_("When was it over?"), widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    reason = _reason(_("What happened?"), _("It stays in the record of outages, with your name."), most=400)
