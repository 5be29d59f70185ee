"""What people type in a rating, a message, a published answer, an objection."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.models import Message, Objection, Rating
from tasks.services.objections import MOST_TEXT

MARKS = [
    (5, _("5: very good")),
    (4, _("4: good")),
    (3, _("3: neither good nor bad")),
    (2, _("2: bad")),
    (1, _("1: very bad")),
]


def _mark(label: Any, help_text: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        help_text=help_text,
        choices=MARKS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a mark from 1 to 5.")},
    )


def _text(label: Any, most: int, rows: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": _("Write it in a sentence or two.")},
        **options,
    )


class RatingForm(forms.Form):
    """Three marks, and words if one likes."""

    pay = _mark(_("Pay"), _("Was the price right for the time it took? Was it paid soon?"))
    clarity = _mark(_("Clarity"), _("Could you tell from the instructions what to do?"))
    fairness = _mark(_("Fairness"), _("Were answers judged rightly, and people treated with respect?"))
    words = _text(
        _("In your own words"),
        Rating.MOST_WORDS,
        4,
        required=False,
        help_text=_(
            "Everybody who works here can read this, and so can the requester. Leave out what tells who you are."
        ),
    )


class MessageForm(forms.Form):
    """One message. `sure` comes from the button of a warning that was read."""

    text = _text(_("Your message"), Message.MOST, 5, help_text=_("Only text; no files. Links stay text."))
    about = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    sure = forms.BooleanField(widget=forms.HiddenInput, required=False)


class AnswerForm(forms.Form):
    """The requester's public answer to a rating."""

    text = _text(
        _("Your answer"), Rating.MOST_WORDS, 3, help_text=_("Everybody can read it. You can answer once.")
    )


class QuestionForm(forms.Form):
    """A question and its answer for everybody who works on a batch."""

    question = _text(
        _("Question"), Message.MOST, 3, help_text=_("In your own wording: leave out what tells who asked.")
    )
    answer = _text(_("Answer"), Message.MOST, 4)


class ObjectionForm(forms.Form):
    """Why a person should look at a rating, or at messages: a reason from a closed list."""

    reason = forms.ChoiceField(
        label=_("What is wrong?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason from the list.")},
    )
    text = _text(
        _("What should the moderator know?"),
        MOST_TEXT,
        3,
        required=False,
        help_text=_("A person reads this."),
    )

    def __init__(self, data: Any = None, *, thread: bool, **options: Any) -> None:
        super().__init__(data, **options)
        reasons = Objection.REASONS_OF_THREAD if thread else Objection.REASONS_OF_RATING
        field: Any = self.fields["reason"]
        field.choices = [(reason.value, reason.label) for reason in reasons]
