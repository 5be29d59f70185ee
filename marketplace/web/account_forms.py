"""What people type about themselves."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.web.views.profile import zones


class PersonForm(forms.Form):
    """Name, language, time zone."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Colleagues and moderators read it. Who posts work never sees the name of who does it."),
        max_length=80,
        required=False,
    )
    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
