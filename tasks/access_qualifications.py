"""How attempts, awards and qualifications reach a view: as in `access`, missing and forbidden look alike."""

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from workers.models import Award, Qualification

from .access import membership
from .models import Attempt


def own_attempt(user: User, public_id: str) -> Attempt:
    """An attempt of this very worker at a test or training."""
    found = (
        Attempt.objects.select_related(
            "test__batch__organisation", "test__qualification__organisation", "award"
        )
        .filter(pk=ids.decode("att", public_id), worker=user)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def own_award(user: User, public_id: str) -> Award:
    """A qualification that this very person was given."""
    found = (
        Award.objects.select_related("qualification__organisation", "contest", "granted_by")
        .filter(pk=ids.decode("awd", public_id), user=user)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def qualification(user: User, public_id: str, right: str = "read") -> Qualification:
    """A qualification of the person's organisation."""
    found = (
        Qualification.objects.select_related("organisation").filter(pk=ids.decode("qua", public_id)).first()
    )
    if found is None or found.organisation_id is None:
        raise NotFound
    membership(user, found.organisation_id, right)
    return found
