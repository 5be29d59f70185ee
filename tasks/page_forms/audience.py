"""What is typed about who may do a batch."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.models import Batch

from .fields import LaterNumber

WHO = [
    (Batch.Audience.OPEN, _("Everybody")),
    (Batch.Audience.LIST, _("People I name")),
    (Batch.Audience.LINK, _("Whoever has the link")),
]


class AudienceForm(forms.Form):
    """Whom a draft is for."""

    audience = forms.ChoiceField(label=_("Who may do it"), widget=forms.RadioSelect, choices=WHO)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["audience"].choice_hints = {  # type: ignore[attr-defined]
            "open": _("It stands on the board, for everyone whose floor its price meets."),
            "list": _(
                "You write e-mail addresses, or wrk_… of people who worked for you. They say yes first."
            ),
            "link": _("You hand an address around. Who opens it and says yes can work."),
        }


class PeopleForm(forms.Form):
    """People to invite by name."""

    use_required_attribute = False

    people = forms.CharField(
        label=_("Invite people"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("An e-mail address, or a wrk_… from your results, on each line."),
    )


class LinkForm(forms.Form):
    """The bounds of a link; both may be left open."""

    use_required_attribute = False

    most = LaterNumber(label=_("For how many people"), required=False, min_value=1)
    days = LaterNumber(label=_("For how many days"), required=False, min_value=1)
