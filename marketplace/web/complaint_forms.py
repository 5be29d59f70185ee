"""What people type against a decision."""

from django import forms
from django.utils.translation import gettext_lazy as _

from workers.services.complaints import MOST_TEXT


class ComplaintForm(forms.Form):
    """Why a decision is wrong."""

    text = forms.CharField(
        label=_("Why is the decision wrong?"),
        help_text=_(
            "Somebody who had nothing to do with it reads this. It costs nothing and changes nothing else."
        ),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write it in a sentence or two.")},
    )
