"""How people and payouts reach the console's views. Missing looks like nothing at all."""

from django.db.models import QuerySet

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from payments.models import Payout
from workers.models import Award, AwardContest, Qualification


def person(public_id: str) -> User:
    """Anybody with an account. Raises NotFound."""
    found = User.objects.filter(pk=ids.decode("usr", public_id)).first()
    if found is None:
        raise NotFound
    return found


def payout(public_id: str) -> Payout:
    """Any payout. Raises NotFound."""
    found = Payout.objects.select_related("user", "held_by").filter(pk=ids.decode("pay", public_id)).first()
    if found is None:
        raise NotFound
    return found


def platform_qualification(public_id: str) -> Qualification:
    """A qualification of the platform. Raises NotFound."""
    found = Qualification.objects.filter(pk=ids.decode("qua", public_id), organisation__isnull=True).first()
    if found is None:
        raise NotFound
    return found


def platform_award(public_id: str) -> Award:
    """What somebody was given of the platform's qualifications. Raises NotFound."""
    found = (
        Award.objects.select_related("qualification")
        .filter(pk=ids.decode("awd", public_id), qualification__organisation__isnull=True)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def award_contest(public_id: str) -> AwardContest:
    """A contested revocation, by the id of the award. Raises NotFound."""
    found = (
        AwardContest.objects.select_related(
            "award__qualification__organisation", "award__revoked_by", "decided_by"
        )
        .filter(pk=ids.decode("awd", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def decided_award_contests() -> QuerySet[AwardContest]:
    """Contested revocations that were decided, for pages by cursor."""
    rows = AwardContest.objects.select_related("award__qualification__organisation", "decided_by")
    return rows.exclude(outcome="")
