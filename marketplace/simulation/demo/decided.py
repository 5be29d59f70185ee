"""A decision about a person in the demonstration, with its reasons, and a complaint that another moderator answers."""

import datetime as dt

from marketplace.base import clock
from marketplace.base.models import User
from marketplace.simulation import people
from workers.services import complaints, restrictions

from . import calendar

WHY = (
    "Four screens of the pairs of places stood in a public forum on Friday, with the names of the batch and of the"
    " organisation. The terms ask that what a task shows is not copied out or passed on."
)
SAYS = "I asked there how a name is spelled, and took the pictures down an hour later. I did not know that I may not."


def make(dora: User, days: calendar.Calendar) -> None:
    """Dora keeps Sami from new tasks for two weeks; he complains the same evening."""
    sami = people.worker(people.person("sami@example.org", name="Sami"), country="TN")
    days.go_to(days_ago=1)
    row = restrictions.restrict(
        user=sami, moderator=dora, reason=WHY, ends_at=clock.now() + dt.timedelta(days=14),
        ground="data", source="report",
    )  # fmt: skip
    days.pass_(9_000, 20_000)
    complaints.complain(about="restriction", subject=row.public_id, user=sami, text=SAYS)
