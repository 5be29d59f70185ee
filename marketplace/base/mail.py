"""Which mail comes when: the classes of notices, and what each person chose for those that may wait (docs/adr/0069).

What is about somebody's money, a decision, a deadline, their safety or their erasure is mailed at once and can't be
switched off (Directive (EU) 2024/2831, article 11: decisions are told in writing by their first day). Everything else
belongs to a topic that may wait: the person has it at once, once a day, or only in the product.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from . import clock, ids
from .errors import Invalid, NotFound
from .mail_kinds import AT_ONCE, KINDS, WAITING
from .models import MailChoice, MailHours, Notice, User

Way = MailChoice.Way
DAY = dt.timedelta(days=1)
SALT = "mail.stop"


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's hours of mail by their own clock; no quiet ones when both are None."""

    quiet_from: dt.time | None
    quiet_until: dt.time | None
    digest_at: dt.time


def topic_of(kind: str) -> str:
    """The topic of a kind of notice. A kind that nobody classed is told at once, as a decision is."""
    return KINDS.get(kind, "decision")


def hours(user: User) -> Hours:
    """What the person chose, or the usual hours of this market (settings QUIET_HOURS and DIGEST_HOUR)."""
    row = MailHours.objects.filter(user=user).first()
    if row:
        return Hours(row.quiet_from, row.quiet_until, row.digest_at)
    quiet: tuple[dt.time, dt.time] | None = settings.QUIET_HOURS
    first, last = quiet or (None, None)
    return Hours(first, last, dt.time(settings.DIGEST_HOUR))


def ways(user: User) -> dict[str, str]:
    """Each topic that may wait, with the way the person has it."""
    chosen = dict(MailChoice.objects.filter(user=user).values_list("topic", "way"))
    return {name: chosen.get(name, topic.usual) for name, topic in WAITING.items()}


def due(*, user: User, kind: str, at: dt.datetime) -> dt.datetime | None:
    """When the mail of a notice told at `at` is to leave; None when there is to be none.

    Somebody whose account is closed is still told what they must know, and nothing else; who has no address, nothing.
    """
    if not user.email or user.email.endswith(".invalid"):
        return None
    topic = topic_of(kind)
    if topic in AT_ONCE:
        return at
    way = ways(user)[topic]
    if way == Way.PRODUCT or not user.is_active:
        return None
    zone, mine = ZoneInfo(user.time_zone), hours(user)
    if way == Way.DIGEST:
        at = _next_at(at, mine.digest_at, zone)
    return after_quiet(at, mine, zone)


def after_quiet(at: dt.datetime, mine: Hours, zone: ZoneInfo) -> dt.datetime:
    """`at`, or the end of the quiet hours it falls into, by the wall clock of `zone`.

    In the hour that a change of the clocks skips, the end comes when the clocks have jumped; in the hour that they go
    through twice, at the first end that lies ahead.
    """
    if mine.quiet_from is None or mine.quiet_until is None:
        return at
    local = at.astimezone(zone)
    now, first, last = local.time(), mine.quiet_from, mine.quiet_until
    over_midnight = first > last
    quiet = (now >= first or now < last) if over_midnight else first <= now < last
    if not quiet:
        return at
    day = local.date() + (DAY if over_midnight and now >= first else dt.timedelta())
    return _moment(day, last, zone, after=at)


def _next_at(at: dt.datetime, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The next moment after `at` when the clocks of `zone` show `time`."""
    day = at.astimezone(zone).date()
    found = _moment(day, time, zone, after=at)
    return found if found > at else _moment(day + DAY, time, zone, after=at)


def _moment(day: dt.date, time: dt.time, zone: ZoneInfo, *, after: dt.datetime) -> dt.datetime:
    """When the clocks show `time` on `day`: for the second time where the first lies before `after`."""
    first = dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC)
    again = dt.datetime.combine(day, time.replace(fold=1), tzinfo=zone).astimezone(dt.UTC)
    return again if first <= after < again else first


@transaction.atomic
def choose(
    *,
    user: User,
    chosen: Mapping[str, str],
    quiet: tuple[dt.time, dt.time] | None,
    digest_at: dt.time,
) -> None:
    """Keep what a person wants: a way for each topic in `chosen`, quiet hours or none, and the hour of the digest.

    What waits already is set for the new times. Raises Invalid for a topic that can't be chosen, a way that does not
    exist, and quiet hours that end as they begin.
    """
    wrong: dict[str, list[object]] = {}
    for name, way in chosen.items():
        if name not in WAITING or way not in Way.values:
            wrong[name] = [_("Choose one of the ways.")]
    if quiet and quiet[0] == quiet[1]:
        wrong["quiet_until"] = [_("Let the quiet hours end at another time than they begin.")]
    if wrong:
        raise Invalid(fields=wrong)
    first, last = quiet or (None, None)
    MailHours.objects.update_or_create(
        user=user, defaults={"quiet_from": first, "quiet_until": last, "digest_at": digest_at}
    )
    _set(user, chosen)
    reschedule(user)


@transaction.atomic
def reschedule(user: User) -> None:
    """Set what waits for a person by what they want now."""
    now = clock.now()
    waiting = Notice.objects.filter(user=user, mail_due_at__isnull=False).select_for_update(no_key=True)
    for notice in waiting.order_by("pk"):
        notice.mail_due_at = due(user=user, kind=notice.kind, at=now)
        notice.save(update_fields=["mail_due_at"])


def _set(user: User, chosen: Mapping[str, str]) -> None:
    MailChoice.objects.bulk_create(
        [
            MailChoice(user=user, topic=name, way=way, changed_at=clock.now())
            for name, way in sorted(chosen.items())
        ],
        update_conflicts=True,
        unique_fields=["user", "topic"],
        update_fields=["way", "changed_at"],
    )


def stop_token(user: User, topics: Collection[str]) -> str:
    """What the unsubscribe link of a mail holds: whose, and which topics. It never ends, since old mails are kept."""
    return signing.Signer(salt=SALT).sign_object([user.public_id, *sorted(topics)])


def read_stop_token(token: str) -> tuple[User, tuple[str, ...]]:
    """The person and the topics of a link. Raises NotFound for what this house did not sign, or that is gone."""
    try:
        public_id, *topics = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    user = User.objects.filter(pk=ids.decode("usr", public_id)).first()
    known = tuple(name for name in topics if name in WAITING)
    if user is None or not known:
        raise NotFound
    return user, known


@transaction.atomic
def stop(token: str) -> tuple[str, ...]:
    """No more mails of the topics that a link names; the notices stay in the product. Again, it changes nothing.

    Raises NotFound for a link that this house did not make.
    """
    user, topics = read_stop_token(token)
    _set(user, dict.fromkeys(topics, Way.PRODUCT))
    reschedule(user)
    return topics
