"""How check questions, what was said about them and pauses after missed ones reach a view; as `access.py`."""

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import User

from .access import membership
from .models import Batch, BatchPause, Gold, GoldContest, GoldScore


def task_number(public_id: str) -> int:
    """The row number behind the public id of a task. Raises NotFound."""
    return ids.decode("tsk", public_id)


def gold(user: User, batch_id: str, task_id: str, right: str = "read") -> Gold:
    """A question with known answers of a batch in which the person has `right`."""
    found = (
        Gold.objects.select_related("task", "batch__organisation")
        .filter(pk=task_number(task_id), batch_id=ids.decode("bat", batch_id))
        .first()
    )
    if found is None:
        raise NotFound
    membership(user, found.batch.organisation_id, right)
    return found


def gold_contest(known: Gold, assignment_id: str) -> GoldContest:
    """What a worker said about this question; `known` came through `gold`."""
    rows = GoldContest.objects.select_related("score__assignment", "score__batch", "score__gold")
    found = rows.filter(pk=ids.decode("asg", assignment_id), score__gold=known).first()
    if found is None:
        raise NotFound
    return found


def gold_contest_of(batch: Batch, assignment_id: str) -> GoldContest:
    """As `gold_contest`, of whichever question of this batch; it came through `batch`."""
    rows = GoldContest.objects.select_related("score__assignment", "score__batch", "score__gold")
    found = rows.filter(pk=ids.decode("asg", assignment_id), score__batch=batch).first()
    if found is None:
        raise NotFound
    return found


def gold_score(user: User, assignment_id: str) -> GoldScore:
    """The score of this very worker's answer to a check question: nothing before it was answered and scored."""
    found = (
        GoldScore.objects.select_related("assignment__task", "batch__organisation", "gold", "contest")
        .exclude(batch__role=Batch.Role.TEST, batch__test__shows_answers=False)
        .exclude(  # a test says what was right at its end, not in its middle
            batch__role=Batch.Role.TEST,
            assignment__question__isnull=False,
            assignment__question__attempt__finished_at__isnull=True,
        )
        .filter(pk=ids.decode("asg", assignment_id), worker=user)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def own_pause(user: User, public_id: str) -> BatchPause:
    """A pause of this very worker."""
    rows = BatchPause.objects.select_related("batch__organisation")
    found = rows.filter(pk=ids.decode("pse", public_id), worker=user).first()
    if found is None:
        raise NotFound
    return found


def asked_pause(user: User, public_id: str) -> BatchPause:
    """A pause that its worker asked a person to look at, for a moderator."""
    if not user.is_moderator:
        raise NotFound
    rows = BatchPause.objects.select_related("batch__organisation", "worker", "reviewed_by")
    found = rows.filter(pk=ids.decode("pse", public_id), review_asked_at__isnull=False).first()
    if found is None:
        raise NotFound
    return found
