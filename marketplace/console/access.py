"""How people and payouts reach the console's views. Missing looks like nothing at all."""

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from payments.models import Payout


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
