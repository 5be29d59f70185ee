"""How objects reach a view: by public id and by the person's right to them. Missing and forbidden look alike."""

import json
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models

from marketplace.base import clock, ids
from marketplace.base.errors import Forbidden, NotFound
from marketplace.base.models import Membership, Organisation, User

from .models import (
    Assignment,
    Batch,
    Chain,
    Dispute,
    FormTemplate,
    Import,
    Report,
    Signal,
)
from .services import audiences
from .services.eligibility import Standing

Row = TypeVar("Row", bound=models.Model)


# What is left of batch h.batch_id to a person, the task in hand included: the tasks with an open answer as of the last
# snapshot, less what they took since, and never more than the tasks they have not had. Where many are left this is
# the snapshot alone, and nothing is counted; otherwise the person's last assignments are, in the index of the history,
# and, where rows came along a chain, the open tasks that are about the person's own answers.
FEW, MINE_COUNTED = 200, 200  # tasks
LEFT = """
    SELECT CASE WHEN f.open_tasks > v.few THEN f.open_tasks
        ELSE 1 + greatest(0, least(f.open_tasks + q.n - m.met - m.since, f.tasks + q.n - m.had) - own.tasks) END
    FROM tasks_batchfigures f, LATERAL (SELECT %s::bigint AS worker, %s::int AS most, %s::int AS few) v,
    LATERAL (
        SELECT count(*) FILTER (WHERE a.claimed_at > f.at)::int AS since, count(*)::int AS had,
            count(*) FILTER (WHERE t.is_gold AND a.claimed_at <= f.at)::int AS met
        FROM (SELECT a.batch_id, a.task_id, a.claimed_at FROM tasks_assignment a
            WHERE a.worker_id = v.worker AND f.open_tasks <= v.few ORDER BY a.id DESC LIMIT v.most) a
        JOIN tasks_task t ON t.id = a.task_id
        WHERE a.batch_id = f.batch_id
    ) m,
    LATERAL (SELECT count(*)::int AS n FROM tasks_task t WHERE f.open_tasks <= v.few AND t.batch_id = f.batch_id
        AND t.is_gold AND t.funded) q,
    LATERAL (
        SELECT CASE WHEN f.open_tasks > v.few OR NOT EXISTS (
            SELECT 1 FROM tasks_chain c WHERE c.target_id = f.batch_id
        ) THEN 0 ELSE (
            SELECT count(*)::int FROM tasks_task t WHERE t.batch_id = f.batch_id AND t.is_open AND NOT t.is_gold
                AND t.lineage IS NOT NULL AND tasks_gave(t.lineage, v.worker)
        ) END AS tasks
    ) own
    WHERE f.batch_id = h.batch_id
"""
IN_HAND = f"""
    SELECT id, task_id, state, claimed_at, lease_until, reward_micros, batch_id, batch_state, title, instructions, form,
        batch_reward_micros, estimated_seconds, measured_seconds, countries, time_limit_seconds, role, conditions,
        organisation_id, organisation, country, organisations, restricted, waits, audience, ({LEFT}) AS left,
        (SELECT b.distress::text[] FROM tasks_batch b WHERE b.id = h.batch_id) AS distress
    FROM tasks_in_hand(%s, %s, %s) h
"""  # noqa: S608 - put together from constants


@dataclass(frozen=True)
class InHand:
    """An assignment about to be answered, with what storing it and claiming the next one takes.

    Its `batch` and the batch's `organisation` are there too; columns that this path does not need are deferred.
    `left` is what `left()` says.
    """

    assignment: Assignment
    standing: Standing
    left: int | None

    @property
    def left_next(self) -> int | None:
        """What is left once this one is answered and the next in hand."""
        return None if self.left is None else max(1, self.left - 1)


def membership(user: User, organisation_id: int, right: str) -> Membership:
    """The person's membership, if its role has `right`.

    Raises NotFound for a stranger, and Forbidden for a member whose role is too small: a member may know.
    """
    found = Membership.objects.filter(user=user, organisation_id=organisation_id).first()
    if found is None:
        raise NotFound
    if not found.may(right):
        raise Forbidden
    return found


def batch(user: User, public_id: str, right: str = "read") -> Batch:
    """A batch of an organisation in which the person has `right` (read, edit, funds)."""
    found = Batch.objects.select_related("organisation").filter(pk=ids.decode("bat", public_id)).first()
    if found is None:
        raise NotFound
    membership(user, found.organisation_id, right)
    return found


def open_batch(user: User, public_id: str) -> Batch:
    """A batch that was published, as a worker may look at it before claiming.

    A private one is there for those who may know of it; to anybody else it looks like a missing one.
    """
    found = (
        Batch.objects.select_related("organisation")
        .filter(pk=ids.decode("bat", public_id))
        .exclude(state__in=[Batch.State.DRAFT, Batch.State.SCREENING])
        .first()
    )
    if found is None or (found.is_private and not audiences.knows(user, found)):
        raise NotFound
    return found


def own_assignment(user: User, public_id: str) -> Assignment:
    """An assignment of this very worker, with its task, batch and organisation."""
    found = (
        Assignment.objects.select_related("task", "batch__organisation")
        .filter(pk=ids.decode("asg", public_id), worker_id=user.pk)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def in_hand(user: User, public_id: str) -> InHand:
    """As `own_assignment`, for answering it: the hot path, one short statement (docs/adr/0005)."""
    with connection.cursor() as cursor:
        cursor.execute(
            IN_HAND,
            [user.pk, MINE_COUNTED, FEW, ids.decode("asg", public_id), user.pk, clock.now()],
        )
        row = cursor.fetchone()
        if row is None:
            raise NotFound
        found = dict(zip((column.name for column in cursor.description), row, strict=True))
    organisation = _loaded(Organisation, id=found["organisation_id"], name=found["organisation"])
    batch = _loaded(
        Batch,
        id=found["batch_id"],
        organisation_id=found["organisation_id"],
        state=found["batch_state"],
        form=json.loads(found["form"]),  # raw cursors give jsonb as text
        conditions=json.loads(found["conditions"]),
        reward_micros=found["batch_reward_micros"],
        **{name: found[name] for name in _OF_BATCH},
    )
    batch.organisation = organisation
    assignment = _loaded(
        Assignment, worker_id=user.pk, batch_id=batch.pk, **{name: found[name] for name in _OF_ASSIGNMENT}
    )
    assignment.batch, assignment.worker = batch, user
    standing = Standing(
        user.pk,
        found["country"],
        frozenset(found["organisations"]),
        found["restricted"],
        waits=found["waits"],
    )
    return InHand(assignment, standing, found["left"])


def left(user: User, batch: Batch) -> int | None:
    """How many tasks of a batch are left to a person, the one in hand included, as near as the last snapshot tells;
    None before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({LEFT}) FROM (SELECT %s::bigint AS batch_id) h",  # noqa: S608 - put together from constants
            [user.pk, MINE_COUNTED, FEW, batch.pk],
        )
        found: int | None = cursor.fetchone()[0]
        return found


_OF_BATCH = (
    "title",
    "audience",
    "instructions",
    "estimated_seconds",
    "measured_seconds",
    "countries",
    "time_limit_seconds",
    "role",
    "distress",
)
_OF_ASSIGNMENT = ("id", "task_id", "state", "claimed_at", "lease_until", "reward_micros")


def _loaded(model: type[Row], **values: Any) -> Row:
    """A row as the ORM loads it with `only()`: columns that are not given are read when somebody asks for them."""
    columns = [field.attname for field in model._meta.concrete_fields if field.attname in values]
    return model.from_db(connection.alias, columns, [values[column] for column in columns])


def submission(user: User, public_id: str, right: str = "read") -> Assignment:
    """A submission to the person's organisation. Rejected ones do not exist for requesters (charter P9)."""
    found = (
        Assignment.objects.select_related("task", "batch__organisation")
        .filter(pk=ids.decode("asg", public_id), state__in=Assignment.ANSWERED)
        .first()
    )
    if found is None:
        raise NotFound
    membership(user, found.batch.organisation_id, right)
    return found


def import_(user: User, public_id: str, right: str = "read") -> Import:
    """A file that was loaded into a batch of the person's organisation."""
    found = (
        Import.objects.select_related("batch__organisation").filter(pk=ids.decode("imp", public_id)).first()
    )
    if found is None:
        raise NotFound
    membership(user, found.batch.organisation_id, right)
    return found


def template(user: User, public_id: str, right: str = "read") -> FormTemplate:
    """A form that the person's organisation kept."""
    found = (
        FormTemplate.objects.select_related("organisation").filter(pk=ids.decode("tpl", public_id)).first()
    )
    if found is None:
        raise NotFound
    membership(user, found.organisation_id, right)
    return found


def dispute(user: User, public_id: str) -> Dispute:
    """Any dispute, for a moderator."""
    if not user.is_moderator:
        raise NotFound
    found = (
        Dispute.objects.select_related(
            "assignment__task", "assignment__batch__organisation", "assignment__contest"
        )
        .filter(pk=ids.decode("dis", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def signal(user: User, public_id: str) -> Signal:
    """A signal, for a moderator."""
    if not user.is_moderator:
        raise NotFound
    found = Signal.objects.select_related("batch__organisation", "worker", "seen_by").filter(
        pk=ids.decode("sig", public_id)
    )
    row = found.first()
    if row is None:
        raise NotFound
    return row


def screened_batch(user: User, public_id: str) -> Batch:
    """A batch that waits for a moderator."""
    if not user.is_moderator:
        raise NotFound
    found = (
        Batch.objects.select_related("organisation")
        .filter(pk=ids.decode("bat", public_id), state=Batch.State.SCREENING)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def public_batch(public_id: str) -> Batch:
    """A batch that was published and is open to everybody, for somebody without an account."""
    found = (
        Batch.objects.filter(pk=ids.decode("bat", public_id), audience=Batch.Audience.OPEN)
        .exclude(state__in=[Batch.State.DRAFT, Batch.State.SCREENING])
        .first()
    )
    if found is None:
        raise NotFound
    return found


def report(public_id: str) -> Report:
    """A report by its id; who may see it is the caller's to say."""
    found = (
        Report.objects.select_related(
            "batch__organisation", "organisation", "reporter", "decided_by", "taken_by"
        )
        .filter(pk=ids.decode("rep", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def screened_rows(user: User, public_id: str) -> Import:
    """A file of rows for an open batch that waits for a moderator."""
    if not user.is_moderator:
        raise NotFound
    found = (
        Import.objects.select_related("batch__organisation", "created_by")
        .filter(pk=ids.decode("imp", public_id), state=Import.State.SCREENING)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def chain(user: User, batch_id: str, chain_id: str, right: str = "read") -> Chain:
    """A chain that begins or ends at a batch in which the person has `right`."""
    number = ids.decode("bat", batch_id)
    rows = Chain.objects.select_related("source__organisation", "target__organisation")
    found = rows.filter(
        models.Q(source=number) | models.Q(target=number), pk=ids.decode("chn", chain_id)
    ).first()
    if found is None:
        raise NotFound
    membership(user, found.source.organisation_id, right)
    return found


def worked_batch(user: User, public_id: str) -> Batch:
    """A batch in which this worker has taken a task."""
    rows = Batch.objects.select_related("organisation").filter(pk=ids.decode("bat", public_id))
    found = rows.filter(assignments__worker=user).first()
    if found is None:
        raise NotFound
    return found
