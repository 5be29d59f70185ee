"""Taking back a posting of ours that the world does not know: by a person, with a reason, and by new entries only.

A difference "only inside" says that our books hold a movement which the gateway or bank does not list. Where it never
happened, the posting is taken back: by a transaction of the opposite sign that points to it, under a kind of its own,
so that the ledger keeps both (law 2). What is owed to somebody follows: a payout that never left is due to its worker
again. What can't be taken back by hand says why, and what to do instead.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import ids
from marketplace.base.errors import Forbidden, Lost, Refusal
from marketplace.base.models import User
from payments.models import (
    AccountKind,
    Deposit,
    Difference,
    ExternalObject,
    PartState,
    Payout,
    PayoutPart,
    PayoutState,
    Refund,
    RefundState,
    Transaction,
)
from payments.services import deposits, differences, ledger, refunds, sending, transfers

# The codes that people read: of a payout, which is ours to put right and leaves again by itself; of a refund.
NEVER_LEFT, NEVER_ARRIVED = "never_left", "never_arrived"


class NotTakenBack(Refusal):
    """This posting can't be taken back by hand."""

    code = "not_taken_back"
    detail = _("%(why)s")


# What is only between us and the gateway: taken back, and once more where the gateway lists it after all.
_PLAIN = {
    "gateway_fee": "gateway_fee_taken_back",
    "gateway_fee_taken_back": "gateway_fee_again",
    "gateway_payout": "gateway_payout_taken_back",
    "gateway_payout_taken_back": "gateway_payout_again",
}
_DEPOSITS = {"deposit": "deposit_taken_back"}
_NOT_ONLY_INSIDE = _("Only what the gateway does not list can be taken back; this is known there.")
_ENDED = _("This difference has ended: there is nothing to take back.")
_BACK_ALREADY = _("This posting was taken back before.")
_NOT_SETTLED = _("It is not booked as paid any more. Ask the gateways again, and this ends by itself.")
_SPENT = _(
    "The organisation's funds do not hold so much any more. Talk to it: it adds what is missing, or closes batches."
)
_OF_A_LINE = _(
    "It stands for a line of a bank statement or file. Say on the line what it is; the ledger follows."
)
_OF_A_DISPUTE = _(
    "The gateway tells how a dispute goes. Look at the dispute there: its next news books what is right."
)
_A_REVERSAL = _(
    "This posting takes another one back, and somebody was told so. If the money did not come back, ask the gateway."
)


def why_not(difference: Difference) -> str:
    """Why a posting can't be taken back, with what to do instead; '' where it can."""
    fact = difference.transaction
    if difference.ended_at is not None:
        return str(_ENDED)
    if difference.kind != Difference.Kind.ONLY_INSIDE or fact is None:
        return str(_NOT_ONLY_INSIDE)
    if Transaction.objects.filter(reverses=fact).exists():
        return str(_BACK_ALREADY)
    if fact.kind in _PLAIN:
        return ""
    look = _LOOKS.get(fact.kind)
    if look is not None:
        return str(look(fact))
    if fact.kind.startswith("dispute"):
        return str(_OF_A_DISPUTE)
    return str(_A_REVERSAL if fact.reverses_id else _OF_A_LINE)


@transaction.atomic
def take_back(*, difference: Difference, actor: User, reason: str) -> None:
    """Take the posting behind a difference back, and end the difference with the reason.

    Raises Forbidden, Invalid without a reason, NotTakenBack for what can't be, Lost where it has ended or the gateway
    knows it by now.
    """
    if not actor.is_admin:
        raise Forbidden
    locked = (
        Difference.objects.select_for_update(of=("self",)).select_related("transaction").get(pk=difference.pk)
    )
    fact = locked.transaction
    if locked.ended_at is not None:
        raise Lost
    why = why_not(locked)
    if why or fact is None:
        raise NotTakenBack(why=why)
    if ExternalObject.objects.filter(gateway=locked.gateway, transaction=fact).exists():
        raise Lost
    words = differences.require_words(reason)
    _ACTS.get(fact.kind, _plain)(fact, actor)
    differences.end(difference=locked, actor=actor, reason=words, by="take_back")
    difference.refresh_from_db()


def _plain(fact: Transaction, actor: User) -> None:
    ledger.reverse(fact, _PLAIN[fact.kind], actor=actor)


# --- deposits -------------------------------------------------------------------------------------------------------


def _deposit_of(fact: Transaction) -> Deposit:
    return Deposit.objects.select_related("organisation").get(pk=_number(fact))


def _look_at_deposit(fact: Transaction) -> object:
    deposit = _deposit_of(fact)
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=deposit.organisation)
    return "" if ledger.balance(funds) >= deposit.amount_micros else _SPENT


def _deposit(fact: Transaction, actor: User) -> None:
    deposit = _deposit_of(fact)
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=deposit.organisation)
    if ledger.lock([funds])[funds.pk] < deposit.amount_micros:
        raise NotTakenBack(why=_SPENT)
    ledger.reverse(fact, _DEPOSITS[fact.kind], actor=actor)
    deposits.tell(deposit, "deposit_taken_back")


# --- payouts and refunds --------------------------------------------------------------------------------------------


def _part_of(fact: Transaction) -> PayoutPart | None:
    return next(
        (part for part in PayoutPart.objects.filter(payout=_number(fact)) if part.key == fact.reference), None
    )


def _look_at_payout(fact: Transaction) -> object:
    part = _part_of(fact) if ":" in fact.reference else None
    if part is not None:
        return "" if part.state == PartState.DONE else _NOT_SETTLED
    paid = Payout.objects.filter(pk=_number(fact), state=PayoutState.PAID).exists()
    return "" if paid else _NOT_SETTLED


def _payout(fact: Transaction, actor: User) -> None:
    part = _part_of(fact) if ":" in fact.reference else None
    if part is not None:
        transfers.take_back(part)
    else:
        sending.take_back(Payout.objects.get(pk=_number(fact)), code=NEVER_LEFT)


def _look_at_refund(fact: Transaction) -> object:
    paid = Refund.objects.filter(pk=_number(fact), state=RefundState.SETTLED).exists()
    return "" if paid else _NOT_SETTLED


def _refund(fact: Transaction, actor: User) -> None:
    refunds.fail(Refund.objects.get(pk=_number(fact)), code=NEVER_ARRIVED)


def _number(fact: Transaction) -> int:
    """The row number in the reference of a fact: dep_…, pay_… (or pay_…:1 for a part), ref_…"""
    whole = fact.reference.partition(":")[0]
    return ids.decode(whole.partition("_")[0], whole)


_LOOKS: dict[str, Callable[[Transaction], object]] = {
    "deposit": _look_at_deposit,
    "payout_paid": _look_at_payout,
    "refund_paid": _look_at_refund,
}
_ACTS: dict[str, Callable[[Transaction, User], None]] = {
    "deposit": _deposit,
    "payout_paid": _payout,
    "refund_paid": _refund,
}
