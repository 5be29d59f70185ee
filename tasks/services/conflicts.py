"""Who has a part in a case of work: as `base.conflicts` says, and whoever the worker has worked for."""

from collections.abc import Iterable

from marketplace.base import conflicts
from marketplace.base.models import User

WORK = "tasks_conflict"
refused = conflicts.refused


def require_none(
    *,
    kind: str,
    number: int,
    moderator: User,
    people: Iterable[int | None],
    organisation_id: int | None = None,
) -> None:
    """As `base.conflicts.require_none`. Raises ConflictOfInterest."""
    conflicts.require_none(
        kind=kind, number=number, moderator=moderator, people=people, organisation_id=organisation_id,
        function=WORK,
    )  # fmt: skip
