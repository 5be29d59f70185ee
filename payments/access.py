"""Who may reach which money row. What is not yours looks like what is not there (NotFound)."""

from marketplace.base import ids
from marketplace.base.errors import Forbidden, NotFound
from marketplace.base.models import Membership, User
from payments.models import Deposit, Invoice, Payout


def deposit(*, user: User, public_id: str, right: str = "funds") -> Deposit:
    """A deposit of an organisation the person belongs to. Raises NotFound, or Forbidden without `right`."""
    found = Deposit.objects.select_related("organisation").filter(pk=ids.decode("dep", public_id)).first()
    membership = found and Membership.objects.filter(user=user, organisation=found.organisation).first()
    if found is None or not membership:
        raise NotFound
    if not membership.may(right):
        raise Forbidden
    return found


def invoice(*, user: User, public_id: str) -> Invoice:
    """A document of an organisation whose money the person handles. Raises NotFound, or Forbidden for others of it."""
    found = (
        Invoice.objects.select_related("organisation", "credits")
        .filter(pk=ids.decode("inv", public_id))
        .first()
    )
    membership = found and Membership.objects.filter(user=user, organisation=found.organisation).first()
    if found is None or not membership:
        raise NotFound
    if not membership.may("funds"):
        raise Forbidden
    return found


def payout(*, user: User, public_id: str) -> Payout:
    """A payout of the person's own. Raises NotFound."""
    found = Payout.objects.filter(pk=ids.decode("pay", public_id), user=user).first()
    if found is None:
        raise NotFound
    return found
