"""Becoming a worker: country, languages, date of birth (18 and over, charter W6)."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock
from marketplace.base.countries import is_country
from marketplace.base.errors import Invalid
from marketplace.base.models import User
from workers.models import WorkerProfile

from . import admission


def age_on(birth_date: dt.date, day: dt.date) -> int:
    """Whole years lived on `day`; somebody born on 29 February turns a year older on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


@transaction.atomic
def save_profile(
    *, user: User, country: str, languages: Sequence[str], birth_date: dt.date, time_zone: str
) -> WorkerProfile:
    """Create or change the worker profile of `user`. Who joins while there is too little work waits in line (C4).

    Raises Invalid with `fields` for an unknown country or zone, no language, or an age under
    `settings.WORKER_MINIMUM_AGE` years.
    """
    fields = _wrong(country, languages, birth_date, time_zone)
    if fields:
        raise Invalid(fields=fields)
    known = WorkerProfile.objects.filter(user=user).exists()
    now = clock.now()
    values = {
        "country": country,
        "languages": list(dict.fromkeys(languages)),
        "birth_date": birth_date,
        "updated_at": now,
    }
    profile, created = WorkerProfile.objects.update_or_create(
        user=user,
        defaults=values,
        create_defaults={
            **values,
            "created_at": now,
            "admitted_at": now if known or admission.may_begin() else None,
        },
    )
    User.objects.filter(pk=user.pk).update(works=True, time_zone=time_zone)
    user.works, user.time_zone = True, time_zone
    audit.record(
        f"workers:profile:{'create' if created else 'change'}", user.public_id, actor=user, country=country
    )
    return profile


def _wrong(
    country: str, languages: Sequence[str], birth_date: dt.date, time_zone: str
) -> dict[str, list[object]]:
    """What is to be put right, by field."""
    fields: dict[str, list[object]] = {}
    if not is_country(country):
        fields["country"] = [_("Choose a country from the list.")]
    if not languages:
        fields["languages"] = [_("Choose at least one language.")]
    today = (
        clock.now().astimezone(ZoneInfo(time_zone) if time_zone in available_timezones() else dt.UTC).date()
    )
    if birth_date > today or birth_date.year < 1900:
        fields["birth_date"] = [_("Write your date of birth, such as 1990-05-31.")]
    elif age_on(birth_date, today) < settings.WORKER_MINIMUM_AGE:
        fields["birth_date"] = [_("Tessera is for adults: you can work here from your 18th birthday on.")]
    if time_zone not in available_timezones():
        fields["time_zone"] = [_("Choose a time zone from the list.")]
    return fields
