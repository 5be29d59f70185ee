"""What a person may change about themselves: how they are called, and in which language and zone they read."""

from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from . import mail
from .errors import Invalid
from .models import User

MOST_NAME = 80


def update(*, user: User, name: str, locale: str, time_zone: str) -> User:
    """Change name, language (a code of settings.LANGUAGES) and time zone (IANA). Raises Invalid with `fields`."""
    name = " ".join(name.split())
    fields = {}
    if len(name) > MOST_NAME:
        fields["name"] = [_("Keep the name under 80 characters.")]
    if locale not in dict(settings.LANGUAGES):
        fields["locale"] = [_("Choose a language from the list.")]
    if time_zone not in available_timezones():
        fields["time_zone"] = [_("Choose a time zone from the list.")]
    if fields:
        raise Invalid(fields=fields)
    user.name, user.locale, user.time_zone = name, locale, time_zone
    user.save(update_fields=["name", "locale", "time_zone"])
    mail.reschedule(user)  # morning is another moment there
    return user


def choose_language(*, user: User, locale: str) -> None:
    """Read in another language from now on; a code that is none changes nothing."""
    if locale in dict(settings.LANGUAGES) and locale != user.locale:
        User.objects.filter(pk=user.pk).update(locale=locale)
        user.locale = locale
