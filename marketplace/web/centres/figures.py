"""Public figures of centres, counted by a job once an hour and kept on the row of the centre (charter D4).

What a member did there is what they did while they belonged to it. Where too few people stand behind a figure it is not
told, and what is told is rounded as in the public figures of the whole market. What members earned and worked together
is not told at all: the difference of two counts would be what somebody earned between them (docs/adr/0068), and a
country less its centre whoever works there without one. `totals()` are the figures over all centres.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection

from marketplace.base import clock
from marketplace.web.transparency.privacy import COARSE, FEW, least
from marketplace.web.transparency.shapes import Unit
from tasks.models import Assignment
from workers.models import Centre
from workers.services import centres

Figures = dict[str, Any]


def few(number: int | None, of: int, unit: Unit) -> int | None:
    """`number`, rounded, unless too few people stand behind it: FEW, and for pay as many as for the market's figures.
    People and trainings to the nearest 5, hours to 10, micros an hour to 5 cents."""
    if number is None or of < (least("people") if unit == "eur_per_hour" else FEW):
        return None
    step = int(COARSE[unit])
    return round(number / step) * step


@dataclass(frozen=True)
class _Done:
    """What one person did while they belonged to one centre."""

    centre: int
    person: int
    seconds: int
    micros: int
    shows: bool  # those who run the centre see what this person earned


def count() -> int:
    """Count every open centre anew. Returns how many."""
    done, people, trained, used = _done(), _people(), _trained(), _used()
    rows = list(centres.opened())
    for row in rows:
        mine = [each for each in done if each.centre == row.pk]
        row.figures = _figures(
            mine, people.get(row.pk, 0), trained.get(row.pk, (0, 0)), used.get(row.pk, (0, 0))
        )
        row.figures_at = clock.now()
    Centre.objects.bulk_update(rows, ["figures", "figures_at"], batch_size=200)
    return len(rows)


def totals() -> Figures:
    """Over all open centres: how many, and `_figures` of their people together, each counted once.

    Keys: centres, members, median_hourly (micros), trainings, equipment_hours.
    """
    done, open_ = _done(), set(centres.opened().values_list("pk", flat=True))
    rows = [row for row in done if row.centre in open_]
    trained = _trained(together=True).get(0, (0, 0))
    used = _used(together=True).get(0, (0, 0))
    return {"centres": len(open_), **_figures(rows, _people(together=True).get(0, 0), trained, used)}


def _figures(done: list[_Done], members: int, trained: tuple[int, int], used: tuple[int, int]) -> Figures:
    """Figures with None where too few people stand behind one."""
    seconds: dict[int, int] = defaultdict(int)
    micros: dict[int, int] = defaultdict(int)
    for each in done:
        seconds[each.person] += each.seconds
        micros[each.person] += each.micros
    worked = len(seconds)
    # Those who run a centre know what most members earn: a figure of few others would tell them of those.
    back = len({each.person for each in done if not each.shows})
    paid = worked if back == 0 else min(worked, back)
    hourly = sorted(micros[person] * 3600 // max(1, seconds[person]) for person in seconds)
    return {
        "members": few(members, members, "people"),
        "median_hourly": few(hourly[worked // 2] if hourly else None, paid, "eur_per_hour"),
        "trainings": few(trained[0], trained[1], "cases"),
        "equipment_hours": few(used[0], used[1], "hours"),
    }


def _done() -> list[_Done]:
    """Approved work of members, while they were members. A person's answers are found by `assignment_history`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.centre_id, m.user_id, sum(a.worked_seconds), sum(a.reward_micros + a.topped_up_micros),"
            " bool_and(m.shares_earnings)"
            " FROM workers_centremembership m JOIN tasks_assignment a ON a.worker_id = m.user_id"
            " AND a.submitted_at >= m.accepted_at AND (m.ended_at IS NULL OR a.submitted_at < m.ended_at)"
            " WHERE a.state = %s GROUP BY m.centre_id, m.user_id",
            [Assignment.State.APPROVED],
        )
        return [
            _Done(centre, person, int(seconds), int(micros), shows)
            for centre, person, seconds, micros, shows in cursor.fetchall()
        ]


def _people(*, together: bool = False) -> dict[int, int]:
    """How many belong to each centre now; `together`: to any open one, under 0."""
    rows = _pairs(
        f"SELECT {_key(together)}, count(DISTINCT m.user_id), 0 FROM workers_centremembership m"  # noqa: S608
        " JOIN workers_centre c ON c.id = m.centre_id WHERE m.ended_at IS NULL AND c.state = 'open' GROUP BY 1"
    )
    return {centre: people for centre, (people, _rest) in rows.items()}


def _trained(*, together: bool = False) -> dict[int, tuple[int, int]]:
    """By centre: qualifications that members earned by a test or training while there, and by how many people."""
    return _pairs(
        f"SELECT {_key(together)}, count(DISTINCT w.id), count(DISTINCT w.user_id)"  # noqa: S608
        " FROM workers_centremembership m JOIN workers_centre c ON c.id = m.centre_id AND c.state = 'open'"
        " JOIN workers_award w ON w.user_id = m.user_id AND w.score IS NOT NULL AND w.granted_at >= m.accepted_at"
        " AND (m.ended_at IS NULL OR w.granted_at < m.ended_at) GROUP BY 1"
    )


def _used(*, together: bool = False) -> dict[int, tuple[int, int]]:
    """By centre: hours of equipment booked and over, and for how many people."""
    return _pairs(
        f"SELECT {_key(together)}, round(sum(extract(epoch FROM b.ends_at - b.starts_at)) / 3600),"  # noqa: S608
        " count(DISTINCT m.user_id) FROM workers_booking b JOIN workers_centremembership m ON m.id = b.membership_id"
        " JOIN workers_centre c ON c.id = m.centre_id AND c.state = 'open'"
        " WHERE b.cancelled_at IS NULL AND b.ends_at <= %s GROUP BY 1",
        clock.now(),
    )


def _key(together: bool) -> str:
    return "0" if together else "m.centre_id"


def _pairs(statement: str, *values: Any) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {int(key): (int(one), int(two)) for key, one, two in cursor.fetchall()}
