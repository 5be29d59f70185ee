"""What people type about work centres; the rules are those of `workers.services`."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import countries
from marketplace.web.views.profile import zones
from workers.models import Equipment
from workers.services import centres

WEEKDAYS = [
    (1, gettext_lazy("Monday")),
    (2, gettext_lazy("Tuesday")),
    (3, gettext_lazy("Wednesday")),
    (4, gettext_lazy("Thursday")),
    (5, gettext_lazy("Friday")),
    (6, gettext_lazy("Saturday")),
    (7, gettext_lazy("Sunday")),
]
SLOTS = [
    (30, gettext_lazy("half an hour")),
    (60, gettext_lazy("an hour")),
    (90, gettext_lazy("an hour and a half")),
    (120, gettext_lazy("two hours")),
]
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")


def _described(**options: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("What does the centre offer?"),
        help_text=gettext_lazy("Everybody can read this: rooms, devices, training, whom it is for."),
        max_length=centres.MOST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Say in a few sentences what the centre offers.")},
        **options,
    )


class AskForm(forms.Form):
    """A centre that should be checked."""

    name = forms.CharField(
        label=gettext_lazy("Name of the centre"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write the name of the centre.")},
    )
    town = forms.CharField(
        label=gettext_lazy("Town"),
        max_length=80,
        error_messages={"required": gettext_lazy("Write the town it is in.")},
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        error_messages={"required": gettext_lazy("Choose a country from the list.")},
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Opening hours and bookings are in it."),
        error_messages={"required": gettext_lazy("Choose a time zone from the list.")},
    )
    description = _described()
    evidence = forms.CharField(
        label=gettext_lazy("Who runs it, and where can we see that it is there?"),
        help_text=gettext_lazy(
            "Only moderators read this: an association or company, an address, a website."
        ),
        max_length=centres.MOST_EVIDENCE,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Say who runs it, and where we can see that it is there.")},
    )
    role = forms.CharField(
        label=gettext_lazy("What do you do there?"),
        help_text=gettext_lazy("Members read it beside your name, such as “head of training”."),
        max_length=60,
        error_messages={"required": gettext_lazy("Say in a word or two what you do there.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose = [("", _("Choose…"))]
        self.fields["country"].choices = choose + countries.choices()  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = choose + zones()  # type: ignore[attr-defined]


class SettingsForm(forms.Form):
    """What those who run a centre change by themselves."""

    description = _described()
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    slot_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Equipment is booked for"),
        choices=SLOTS,
        coerce=int,
        help_text=gettext_lazy("What is booked already keeps its length."),
    )
    weekly_hours = forms.IntegerField(
        label=gettext_lazy("Hours a week of one thing"),
        help_text=gettext_lazy(
            "Whoever has booked so many books no more of it in that week while others wait."
        ),
        min_value=1,
        max_value=168,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = zones()  # type: ignore[attr-defined]


class InviteForm(forms.Form):
    """Somebody to invite: as a member, or with a role to help run the centre."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        error_messages={"required": gettext_lazy("Write an e-mail address such as name@example.org.")},
    )
    role = forms.CharField(
        label=gettext_lazy("Role, for somebody who helps you run the centre"),
        help_text=gettext_lazy("Leave it empty for a member. Who runs the centre sees members’ figures."),
        max_length=60,
        required=False,
    )


class JoinForm(forms.Form):
    """A member's yes."""

    shown_as = forms.CharField(
        label=gettext_lazy("How do you want to be called there?"),
        help_text=gettext_lazy("It need not be your full name."),
        max_length=80,
        error_messages={"required": gettext_lazy("Write how you want to be called there.")},
    )
    shares_earnings = forms.BooleanField(
        label=gettext_lazy("Those who run the centre may also see what I earn"),
        help_text=gettext_lazy("Only if you want to; you can change it at any time."),
        required=False,
    )


class ReasonForm(forms.Form):
    """Why something ends, for who reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("The person reads this, word for word."),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )


class CloseForm(forms.Form):
    """Why a centre closes."""

    words = forms.CharField(
        label=gettext_lazy("Why does it close?"),
        help_text=gettext_lazy("All members read this, word for word."),
        max_length=centres.MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )


class EquipmentForm(forms.Form):
    """A thing that the centre shares."""

    name = forms.CharField(
        label=gettext_lazy("What is it?"),
        max_length=80,
        error_messages={"required": gettext_lazy("Write what it is, such as “laptop”.")},
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Equipment.Kind.choices)
    number = forms.IntegerField(
        label=gettext_lazy("How many?"),
        min_value=1,
        max_value=200,
        initial=1,
        error_messages={"required": gettext_lazy("Between 1 and 200.")},
    )


class HoursForm(forms.Form):
    """Days, and from when to when the doors are open."""

    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On which days?"),
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one day.")},
    )
    opens = forms.CharField(
        label=gettext_lazy("From"), initial="09:00", widget=forms.TextInput({"inputmode": "numeric"})
    )
    closes = forms.CharField(
        label=gettext_lazy("To"),
        initial="17:00",
        help_text=gettext_lazy("24:00 is midnight."),
        widget=forms.TextInput({"inputmode": "numeric"}),
    )

    def clean_opens(self) -> int:
        return self._minutes("opens")

    def clean_closes(self) -> int:
        return self._minutes("closes")

    def _minutes(self, name: str) -> int:
        found = _TIME.fullmatch(self.cleaned_data[name].strip())
        if found is None:
            raise forms.ValidationError(_("Write a time such as 09:00."))
        return int(found[1]) * 60 + int(found[2])
