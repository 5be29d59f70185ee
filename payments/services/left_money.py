"""Money under the number of somebody who had their account erased (charter D3, docs/adr/0067).

Nothing stays due to nobody. What was left behind, and what the rules add later for work from before (a measured floor,
a week under it), goes to the workers' help fund and stands in its public account. What a bank sends back stays due to
the person, for as long as the sealed record says who that was: they write to us, and it goes to an account of theirs.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, Q, Sum
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, ids
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.leavers import GONE, address_of
from marketplace.base.models import User
from payments.models import Account, AccountKind, Entry, Payout, PayoutState, Transaction
from payments.services import ledger

TO_FUND, BACK = "left_to_fund", "left_given_back"


class NothingKept(Refusal):
    """Nothing came back for this number, or it was given back already."""

    code = "nothing_kept"
    detail = _("No payment has come back for this number that was not given back already.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is due to somebody who is gone: public id, micros, and when a payout last came back whole."""

    person: str
    micros: int
    came_back_at: dt.datetime | None


@transaction.atomic
def to_fund(*, user: User, left_at: dt.datetime, keeps_returned: bool) -> int:
    """Give what is due under the number of an erased person to the help fund; micros, 0 when there is nothing to give.

    With `keeps_returned`, payouts that came back since `left_at` stay due. Raises ValueError for who is not erased.
    """
    _require_gone(user)
    payable = ledger.account(AccountKind.WORKER_PAYABLE, user=user)
    balance = ledger.lock([payable])[payable.pk]
    kept = _returned(payable, left_at) if keeps_returned else 0
    micros = balance - kept
    if micros <= 0:
        return 0
    fund = ledger.account(AccountKind.HELP_FUND)
    ledger.post(TO_FUND, _next(TO_FUND, user), [(payable, -micros), (fund, micros)])
    audit.record("payments:left:to_fund", user.public_id, actor=None, amount=micros)
    return micros


@transaction.atomic
def give_back(*, user: User, left_at: dt.datetime, to: User) -> int:
    """Give an erased person what their bank sent back since `left_at`, on their account of today; micros.

    Who they are was found out by people, with the sealed record. Raises Invalid (to) for an account that is erased or
    closed, NothingKept, ValueError for who is not erased.
    """
    _require_gone(user)
    if not to.is_active or to.pk == user.pk:
        raise Invalid(fields={"to": [_("Name the account that they have now.")]})
    old = ledger.account(AccountKind.WORKER_PAYABLE, user=user)
    new = ledger.account(AccountKind.WORKER_PAYABLE, user=to)
    balance = ledger.lock([old, new])[old.pk]
    micros = min(balance, _returned(old, left_at))
    if micros <= 0:
        raise NothingKept
    ledger.post(BACK, _next(BACK, user), [(old, -micros), (new, micros)])
    audit.record("payments:left:give_back", user.public_id, actor=None, amount=micros, to=to.public_id)
    return micros


def kept() -> list[Kept]:
    """What banks sent back for people who are gone, the largest first."""
    rows = Account.objects.filter(
        kind=AccountKind.WORKER_PAYABLE, balance__gt=0, user__email__endswith=f"@{GONE}"
    ).order_by("-balance", "pk")
    back = dict(
        Payout.objects.filter(user__in=[row.user_id for row in rows])
        .filter(Q(state=PayoutState.RETURNED) | Q(back_micros__gt=0))
        .values_list("user_id")
        .annotate(at=Max("reversed_at"))
        .order_by()
    )
    return [
        Kept(ids.encode("usr", row.user_id), row.balance, back[row.user_id])
        for row in rows
        if row.user_id is not None and row.user_id in back
    ]


def _returned(payable: Account, since: dt.datetime) -> int:
    """Micros of payouts that came back since then and were not given back."""
    came = Entry.objects.filter(
        account=payable, transaction__kind="payout_reversed", transaction__created_at__gte=since
    )
    gone = Entry.objects.filter(account=payable, transaction__kind=BACK)
    return max(0, sum(rows.aggregate(n=Sum("amount"))["n"] or 0 for rows in (came, gone)))


def _next(kind: str, user: User) -> str:
    """The reference of the next fact of this kind about a person; their payable is locked."""
    count = Transaction.objects.filter(kind=kind, reference__startswith=f"{user.public_id}:").count()
    return f"{user.public_id}:{count + 1}"


def _require_gone(user: User) -> None:
    if user.email != address_of(user.pk):
        raise ValueError("only of who is erased")
