"""What those who run a centre see of a member: nothing but the fields of `Shown`, and each look is written down.

No answer, no objection or dispute, no share of right answers, no address, no bank details: they are not read here, so
no page can show them. A member's own page is made from the same row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from marketplace.base.models import User
from tasks.models import Assignment
from workers.models import Centre, CentreMembership
from workers.services import centre_members, training


@dataclass(frozen=True)
class Work:
    """What one member did for pay since joining: answers sent, seconds of work, and micros earned by what is approved,
    top-ups included."""

    tasks: int = 0
    seconds: int = 0
    earned_micros: int = 0


@dataclass(frozen=True)
class Shown:
    """One member as those who run the centre see them."""

    membership: CentreMembership
    tasks: int
    seconds: int
    earned_micros: int | None  # None: the member keeps it to themselves
    paths: list[training.Progress]

    @property
    def name(self) -> str:
        return self.membership.shown_as


def shown(centre: Centre, rows: Sequence[CentreMembership]) -> list[Shown]:
    """These members of a centre, each as they are seen there."""
    done = _work(rows)
    progress = training.progress([row.user_id for row in rows], list(training.of(centre)))
    found = []
    for row in rows:
        work = done.get(row.pk, Work())
        earned = work.earned_micros if row.shares_earnings else None
        found.append(Shown(row, work.tasks, work.seconds, earned, progress[row.user_id]))
    return found


def look(centre: Centre, actor: User, rows: Sequence[CentreMembership]) -> list[Shown]:
    """The same, for somebody who runs the centre: written down for each member before anything is shown."""
    centre_members.looked(centre=centre, actor=actor, at=rows)
    return shown(centre, rows)


def of_member(membership: CentreMembership) -> Shown:
    """What is seen of this very member, for their own page."""
    return shown(membership.centre, [membership])[0]


def _work(rows: Sequence[CentreMembership]) -> dict[int, Work]:
    """By number of the membership. One statement; a person's answers are found by `assignment_history`."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, count(*), coalesce(sum(a.worked_seconds), 0),"
            " coalesce(sum(a.reward_micros + a.topped_up_micros) FILTER (WHERE a.state = %s), 0)"
            " FROM workers_centremembership m JOIN tasks_assignment a ON a.worker_id = m.user_id"
            " AND a.submitted_at >= m.accepted_at AND a.state = ANY(%s) WHERE m.id = ANY(%s) GROUP BY m.id",
            [Assignment.State.APPROVED, list(Assignment.ANSWERED), [row.pk for row in rows]],
        )
        return {
            number: Work(tasks, int(seconds), int(micros))
            for number, tasks, seconds, micros in cursor.fetchall()
        }
