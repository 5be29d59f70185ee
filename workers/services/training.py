"""Training paths: what to learn in which order, made by a centre for its members or by moderators for everybody.

A step is a qualification; how far somebody is follows from what they hold, so nothing is kept about it. The trainings
and tests behind a step are paid like all work (charter P11).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import User
from workers.models import Award, Centre, CentreMembership, Qualification, TrainingPath, TrainingStep

from . import awards, centres

MOST_STEPS = 20


@dataclass(frozen=True)
class Progress:
    """How far one person is on a path: its steps with what they hold for each, and the first that is missing."""

    path: TrainingPath
    steps: list[tuple[TrainingStep, Award | None]]

    @property
    def done(self) -> int:
        return sum(award is not None for _step, award in self.steps)

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def is_done(self) -> bool:
        return self.done == self.total

    @property
    def next_step(self) -> TrainingStep | None:
        return next((step for step, award in self.steps if award is None), None)

    @property
    def last(self) -> Award | None:
        """What the last step gave, once the whole path is done."""
        return self.steps[-1][1] if self.is_done else None


@transaction.atomic
def save(
    *,
    actor: User,
    centre: Centre | None,
    title: str,
    description: str,
    opens: str,
    qualifications: Sequence[str],
    path: TrainingPath | None = None,
) -> TrainingPath:
    """Make a path of these qualifications (`qua_…`, in order), or change `path`.

    Raises NotFound for whoever does not run the centre, Forbidden without a centre unless a moderator, Invalid, Lost.
    """
    _may(actor, centre)
    said = _checked(title, description, opens)
    rows = _steps(qualifications)
    if path is None:
        path = TrainingPath.objects.create(centre=centre, created_by=actor, created_at=clock.now(), **said)
    elif path.centre_id != (centre.pk if centre else None):
        raise NotFound
    elif not TrainingPath.objects.filter(pk=path.pk, retired_at__isnull=True).update(**said):
        raise Lost
    TrainingStep.objects.filter(path=path).delete()
    TrainingStep.objects.bulk_create(
        TrainingStep(path=path, position=place, qualification=row) for place, row in enumerate(rows, start=1)
    )
    audit.record("workers:path:save", path.public_id, actor=actor, steps=len(rows))
    return path


@transaction.atomic
def retire(*, path: TrainingPath, actor: User) -> None:
    """Show a path no more; what people hold stays. Raises NotFound, Forbidden, Lost."""
    _may(actor, path.centre)
    if not TrainingPath.objects.filter(pk=path.pk, retired_at__isnull=True).update(retired_at=clock.now()):
        raise Lost
    audit.record("workers:path:retire", path.public_id, actor=actor)


def of(centre: Centre | None) -> QuerySet[TrainingPath]:
    """The paths of a centre (None: of the platform) that stand, by title, with their steps."""
    steps = TrainingStep.objects.select_related("qualification__organisation").order_by("position")
    rows = TrainingPath.objects.filter(centre=centre, retired_at__isnull=True).select_related("centre")
    return rows.prefetch_related(Prefetch("steps", queryset=steps)).order_by("title", "pk")


def open_to(user: User) -> list[TrainingPath]:
    """The paths of somebody's centres, then those of the platform."""
    mine = CentreMembership.objects.filter(user=user, ended_at__isnull=True).select_related("centre")
    found = [path for row in mine.order_by("pk") for path in of(row.centre)]
    return [*found, *of(None)]


def find(public_id: str) -> TrainingPath:
    """A path that stands. Raises NotFound."""
    rows = TrainingPath.objects.select_related("centre").filter(retired_at__isnull=True)
    found = rows.filter(pk=ids.decode("pth", public_id)).first()
    if found is None:
        raise NotFound
    return found


def find_open_to(public_id: str, user: User) -> TrainingPath:
    """A path that this person may follow. Raises NotFound."""
    number = ids.decode("pth", public_id)
    found = next((path for path in open_to(user) if path.pk == number), None)
    if found is None:
        raise NotFound
    return found


def progress(user_ids: Iterable[int], paths: Sequence[TrainingPath]) -> dict[int, list[Progress]]:
    """How far each of these people (by row number) is on each of these paths, whose steps were fetched (`of`)."""
    people = list(user_ids)
    wanted = {step.qualification_id for path in paths for step in path.steps.all()}
    rows = Award.objects.filter(
        awards.valid(clock.now()), Q(user__in=people), Q(qualification__in=wanted)
    ).select_related("qualification__organisation")
    held = {(row.user_id, row.qualification_id): row for row in rows}
    return {
        user_id: [
            Progress(path, [(step, held.get((user_id, step.qualification_id))) for step in path.steps.all()])
            for path in paths
        ]
        for user_id in people
    }


def _may(actor: User, centre: Centre | None) -> None:
    if centre is not None:
        centres.require(centre, actor)
    elif not actor.is_moderator:
        raise Forbidden(_("Only a moderator makes training paths for everybody."))


def _checked(title: str, description: str, opens: str) -> dict[str, str]:
    said = {"title": title.strip(), "description": description.strip(), "opens": opens.strip()}
    fields: dict[str, list[object]] = {}
    if not 0 < len(said["title"]) <= 120:
        fields["title"] = [_("Write a title, in at most 120 characters.")]
    if not 0 < len(said["description"]) <= 1000:
        fields["description"] = [_("Say what one learns here, in a few sentences.")]
    if len(said["opens"]) > 400:
        fields["opens"] = [_("Keep it under 400 characters.")]
    if fields:
        raise Invalid(fields=fields)
    return said


def _steps(public_ids: Sequence[str]) -> list[Qualification]:
    """The qualifications behind these ids, in order, each once. Raises Invalid."""
    numbers: dict[int, None] = {}
    for public_id in public_ids:
        try:
            numbers[ids.decode("qua", public_id)] = None
        except NotFound:
            continue
    found = Qualification.objects.in_bulk(list(numbers))
    rows = [found[number] for number in numbers if number in found and found[number].retired_at is None]
    if not 0 < len(rows) <= MOST_STEPS or len(rows) != len(public_ids):
        raise Invalid(fields={"steps": [_("Choose 1 to 20 qualifications that are still given, each once.")]})
    return rows
