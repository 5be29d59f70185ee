"""How ratings, conversations and objections reach a view. Missing and forbidden look alike (DESIGN §8)."""

from marketplace.base import ids
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import Membership, Organisation, User
from tasks import access
from tasks.models import Batch, BatchQuestion, Objection, Rating
from tasks.selectors import ratings as rating_selectors
from tasks.services import objections


def requester(user: User, public_id: str) -> Organisation:
    """A requester of whom this person may know. Raises NotFound."""
    found = Organisation.objects.filter(pk=ids.decode("org", public_id)).first()
    if found is None or not rating_selectors.may_know(user, found):
        raise NotFound
    return found


def shown_rating(user: User, public_id: str) -> Rating:
    """A rating as everybody reads it: shown, and not hidden. Raises NotFound."""
    found = (
        Rating.objects.select_related("organisation")
        .filter(pk=ids.decode("rtg", public_id), shown_in__isnull=False, hidden="")
        .first()
    )
    if found is None or not rating_selectors.may_know(user, found.organisation):
        raise NotFound
    return found


def own_rating(user: User, public_id: str) -> Rating:
    """A rating that this very person wrote."""
    rows = Rating.objects.select_related("organisation")
    found = rows.filter(pk=ids.decode("rtg", public_id), worker=user).first()
    if found is None:
        raise NotFound
    return found


def talked_batch(user: User, public_id: str) -> Batch:
    """A batch that this worker may write about: one they have worked on, or one they may look at."""
    try:
        return access.worked_batch(user, public_id)
    except NotFound:
        return access.open_batch(user, public_id)


def partner(batch: Batch, public_id: str) -> User:
    """The worker behind `wrk_…` as the organisation of `batch` sees them, if they had a task of it or wrote about it.

    Raises NotFound.
    """
    number = ids.decode("wrk", public_id, batch.organisation_id)
    rows = User.objects.filter(pk=number)
    if not (
        batch.assignments.filter(worker_id=number).exists() or batch.threads.filter(worker_id=number).exists()
    ):
        raise NotFound
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def question(batch: Batch, public_id: str) -> BatchQuestion:
    """A published question; `batch` came through `access`."""
    found = BatchQuestion.objects.filter(pk=ids.decode("bqn", public_id), batch=batch).first()
    if found is None:
        raise NotFound
    return found


def objection(public_id: str) -> Objection:
    """An objection with both its sides; who may see it is the caller's to say."""
    found = (
        Objection.objects.select_related(
            "rating__organisation", "thread__batch__organisation", "made_by", "decided_by", "last_decided_by"
        )
        .filter(pk=ids.decode("obj", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def part_in(user: User, public_id: str) -> tuple[Objection, str]:
    """An objection in which this person has a part, with the side they stand for: the worker whose words it is about is
    told once it is decided, like the requester. Raises NotFound."""
    found = objection(public_id)
    side = objections.stands_for(found, user)
    if not side or not (found.outcome or objections.brought(found, user)):
        raise NotFound
    return found, side


def member(user: User, organisation: Organisation, right: str) -> Membership | None:
    """The person's membership, where its role has `right`; None otherwise."""
    try:
        return access.membership(user, organisation.pk, right)
    except Refusal:
        return None


def must(user: User, organisation: Organisation, right: str) -> None:
    """Raises NotFound for a stranger, Forbidden for a member whose role lacks `right`."""
    access.membership(user, organisation.pk, right)
