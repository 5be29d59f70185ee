"""How objects reach a view: by public id and by the person's right to them. Missing and forbidden look alike."""

from marketplace.base import ids
from marketplace.base.errors import Forbidden, NotFound
from marketplace.base.models import Membership, User

from .models import Assignment, Batch, Dispute, Import


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


def open_batch(public_id: str) -> Batch:
    """A batch that was published, as any worker may look at it before claiming."""
    found = (
        Batch.objects.select_related("organisation")
        .filter(pk=ids.decode("bat", public_id))
        .exclude(state__in=[Batch.State.DRAFT, Batch.State.SCREENING])
        .first()
    )
    if found is None:
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
    found = Import.objects.select_related("batch__organisation").filter(pk=ids.decode("imp", public_id)).first()
    if found is None:
        raise NotFound
    membership(user, found.batch.organisation_id, right)
    return found


def dispute(user: User, public_id: str) -> Dispute:
    """Any dispute, for a moderator."""
    if not user.is_moderator:
        raise NotFound
    found = (
        Dispute.objects.select_related("assignment__task", "assignment__batch__organisation", "assignment__contest")
        .filter(pk=ids.decode("dis", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


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
