"""What becomes of money under the numbers of people who left (docs/adr/0067)."""

from marketplace.base import clockwork
from marketplace.base.models import User
from payments.models import Account, AccountKind
from payments.services import left_money

from . import special
from .models import ErasureRequest, SealedRecord


def settle() -> int:
    """Give what nobody can claim to the help fund; of how many people. What banks sent back stays due to them until
    their sealed record is destroyed: from then on nobody knows who that was."""
    due = Account.objects.filter(kind=AccountKind.WORKER_PAYABLE, balance__gt=0).values("user_id")
    gone = ErasureRequest.objects.filter(state=ErasureRequest.State.DONE, user_id__in=due)
    return clockwork.each(gone.select_related("user").order_by("pk"), _settle_one)


def _settle_one(row: ErasureRequest) -> int:
    if not special.is_erased(row.user) or row.ended_at is None:  # back with an old backup: erased again first
        return 0
    known = SealedRecord.objects.filter(user=row.user, sealed__isnull=False).exists()
    return int(left_money.to_fund(user=row.user, left_at=row.ended_at, keeps_returned=known) > 0)


def give_back(*, user: User, to: User) -> int:
    """Give somebody who left what their bank sent back, on the account that they have now; micros.

    Raises as `left_money.give_back`, and ErasureRequest.DoesNotExist for who never left.
    """
    row = ErasureRequest.objects.get(user=user, state=ErasureRequest.State.DONE)
    assert row.ended_at is not None
    return left_money.give_back(user=user, left_at=row.ended_at, to=to)
