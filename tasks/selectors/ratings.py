"""What people read about ratings of requesters: figures from RATING_LEAST raters on, words, a trend; never who.

The figures take the latest rating of each rater, so that nobody counts twice, and only those shown in the last two
years. Nothing here orders or filters what is offered (charter M8, M11).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from marketplace.base.models import Organisation, User
from tasks.models import Assignment, Batch, Objection, Rating
from tasks.services import ratings

COUNTED_DAYS = 730
MOST_WORDS = 200  # ratings with words that a page shows, the latest ones
LABELS = {"pay": _("Pay"), "clarity": _("Clarity"), "fairness": _("Fairness")}

_LATEST = """
SELECT DISTINCT ON (r.organisation_id, r.worker_id) r.organisation_id, r.pay, r.clarity, r.fairness
FROM tasks_rating r
WHERE r.organisation_id = ANY(%s) AND r.shown_in >= %s AND r.hidden <> 'all'
ORDER BY r.organisation_id, r.worker_id, r.half_year DESC
"""


@dataclass(frozen=True)
class Marks:
    """Means from 1 to 5 with one decimal, of so many raters."""

    raters: int
    pay: float
    clarity: float
    fairness: float

    def __iter__(self) -> Any:
        """(name, words for it, mean) of each."""
        return iter([(name, LABELS[name], getattr(self, name)) for name in Rating.MARKS])


@dataclass(frozen=True)
class Said:
    """One rating with words, as everybody reads it. `month` is the first day of the month it is shown from."""

    rating: Rating
    own: bool
    objection: Objection | None  # the requester's, for pages of the requester


@dataclass(frozen=True)
class Page:
    """What is shown of a requester; `marks` is None under RATING_LEAST raters."""

    marks: Marks | None
    spread: list[
        tuple[Any, list[tuple[int, int, int]]]
    ]  # words for a mark, [(1 to 5, how many, percent)], 5 first
    trend: list[tuple[str, Marks]]  # half years with enough raters, the latest first
    said: list[Said]


def figures(organisations: Iterable[int]) -> dict[int, Marks]:
    """The means of each of these organisations that has enough raters. One query."""
    numbers = sorted(set(organisations))
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, count(*), avg(pay), avg(clarity), avg(fairness)"  # noqa: S608 - constants
            f" FROM ({_LATEST}) l GROUP BY organisation_id HAVING count(*) >= %s",
            [numbers, _since(), settings.RATING_LEAST],
        )
        return {number: _marks(*row) for number, *row in cursor.fetchall()}


def _marks(raters: int, *means: Any) -> Marks:
    return Marks(raters, *(round(float(mean), 1) for mean in means))


def _since() -> dt.date:
    return clock.today() - dt.timedelta(days=COUNTED_DAYS)


def page(organisation: Organisation, reader: User | None = None) -> Page:
    """All that is shown of one requester. Four queries."""
    marks = figures([organisation.pk]).get(organisation.pk)
    if marks is None:
        return Page(None, [], [], [])
    return Page(marks, _spread(organisation), _trend(organisation), _said(organisation, reader))


def _spread(organisation: Organisation) -> list[tuple[Any, list[tuple[int, int, int]]]]:
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [[organisation.pk], _since()])
        rows = cursor.fetchall()
    found = []
    for place, name in enumerate(Rating.MARKS, start=1):
        counts = [(mark, sum(row[place] == mark for row in rows)) for mark in range(5, 0, -1)]
        found.append((LABELS[name], [(mark, n, round(100 * n / len(rows))) for mark, n in counts]))
    return found


def _trend(organisation: Organisation) -> list[tuple[str, Marks]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT half_year, count(*), avg(pay), avg(clarity), avg(fairness) FROM tasks_rating"
            " WHERE organisation_id = %s AND shown_in IS NOT NULL AND hidden <> 'all'"
            " GROUP BY half_year HAVING count(*) >= %s ORDER BY half_year DESC LIMIT 8",
            [organisation.pk, settings.RATING_LEAST],
        )
        return [(f"{half // 10} / {half % 10}", _marks(*row)) for half, *row in cursor.fetchall()]


def _said(organisation: Organisation, reader: User | None) -> list[Said]:
    """Ratings with words, the latest month first; within a month in an order that says nothing of who wrote when."""
    rows = list(
        Rating.objects.filter(organisation=organisation, shown_in__gte=_since(), hidden="")
        .exclude(words="")
        .prefetch_related("objections")
        .order_by("-shown_in", "-pk")[:MOST_WORDS]
    )
    rows.sort(key=lambda row: row.public_id)
    rows.sort(key=lambda row: str(row.shown_in), reverse=True)
    return [
        Said(
            row,
            reader is not None and row.worker_id == reader.pk,
            next((each for each in row.objections.all() if each.side == "requester"), None),
        )
        for row in rows
    ]


def may_know(user: User, organisation: Organisation) -> bool:
    """Whether somebody may open the page of a requester: it posts publicly, they work for it, or belong to it."""
    seen = Batch.objects.filter(organisation=organisation, audience=Batch.Audience.OPEN).exclude(
        state__in=[Batch.State.DRAFT, Batch.State.SCREENING]
    )
    return (
        seen.exists()
        or Assignment.objects.filter(worker=user, batch__organisation=organisation).exists()
        or organisation.memberships.filter(user=user).exists()
    )


@dataclass(frozen=True)
class Mine:
    """A requester that a worker may rate now, or has rated."""

    organisation: Organisation
    rating: Rating | None
    may_write: bool


def mine(worker: User) -> list[Mine]:
    """Whom a worker was paid by lately, with what they wrote in this half year, and what they wrote before."""
    paid = ratings.paid_answers(worker).values_list("batch__organisation", flat=True)
    written = list(
        Rating.objects.filter(worker=worker).select_related("organisation").order_by("-half_year", "-pk")
    )
    half = ratings.half_year(clock.now())
    now: Mapping[int, Rating] = {row.organisation_id: row for row in written if row.half_year == half}
    found = [
        Mine(organisation, now.get(organisation.pk), True)
        for organisation in Organisation.objects.filter(pk__in=paid.order_by().distinct()).order_by("name")
        if organisation.pk not in now or now[organisation.pk].shown_in is None
    ]
    shown = {each.rating.pk for each in found if each.rating}
    return found + [Mine(row.organisation, row, False) for row in written if row.pk not in shown]


def _objections() -> QuerySet[Objection]:
    return Objection.objects.select_related(
        "rating__organisation", "thread__batch__organisation", "made_by", "decided_by", "complained_by"
    )


def waiting_objections() -> QuerySet[Objection]:
    """Objections and complaints that wait for a moderator, the one promised first on top."""
    rows = _objections().filter(Q(outcome="") | Q(complained_at__isnull=False, last_outcome=""))
    return rows.order_by(Coalesce("complaint_by", "decide_by"), "pk")


def decided_objections() -> QuerySet[Objection]:
    """Decided ones, for pages by cursor."""
    return _objections().exclude(outcome="")
