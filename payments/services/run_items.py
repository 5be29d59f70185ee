"""What a file carries: payouts, refunds of bank deposits, and money that is sent back; and what can't go into one."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from payments.gateways import bank, provider, sepa
from payments.models import BankLine, Payee, Payout, PayoutRun, PayoutState, Refund, RefundState
from payments.services import iban
from payments.services.run_files import Transfer

# Why a payout is left out of a file, for those who make it.
LEFT_OUT: dict[str, Any] = {
    "payee_missing": _("the worker gave no payout details"),
    "bad_account": _("the account number is not an IBAN that SEPA reaches"),
    "bad_name": _("nothing of the name can be written in a bank's letters"),
    "bad_town": _("nothing of the town can be written in a bank's letters"),
    "no_mobile": _("the worker gave no mobile money number"),
}


def unfit(gateway: str, payee: Payee | None) -> str:
    """Why a payout to this payee can't go into a file; empty when it can."""
    if payee is None:
        return "payee_missing"
    if not sepa.text(payee.account_holder, 70):
        return "bad_name"
    if gateway == provider.NAME and provider.destination() == provider.MOBILE:
        return "" if payee.mobile_number else "no_mobile"
    if not iban.is_valid(payee.iban) or (gateway == bank.NAME and payee.iban[:2] not in sepa.IBAN_COUNTRIES):
        return "bad_account"
    return "" if sepa.text(payee.town, 35) else "bad_town"


def payees_of(payouts: Iterable[Payout]) -> dict[int, Payee]:
    """Payee by the number of the worker, read in pieces."""
    wanted = sorted({payout.user_id for payout in payouts})
    found: dict[int, Payee] = {}
    for start in range(0, len(wanted), 5_000):
        rows = Payee.objects.filter(user_id__in=wanted[start : start + 5_000])
        found |= {payee.user_id: payee for payee in rows}
    return found


def waiting_refunds(gateway: str) -> QuerySet[Refund]:
    """Refunds that no call sends and that are in no file yet."""
    return Refund.objects.filter(gateway=gateway, state=RefundState.STARTED, run__isnull=True).order_by("pk")


def waiting_back(gateway: str) -> QuerySet[BankLine]:
    """Money that a person decided to send back, in no file yet; only a bank's file does that."""
    rows = BankLine.objects.filter(goes_back=True, taken_as=BankLine.Taken.SUSPENSE, run__isnull=True)
    return rows.order_by("pk") if gateway == bank.NAME else rows.none()


def source_of(refund: Refund) -> BankLine | None:
    """The line a refunded deposit came by: its account is where the refund goes."""
    return (
        BankLine.objects.filter(object_ref=refund.deposit.public_id, taken_as=BankLine.Taken.DEPOSIT)
        .order_by("pk")
        .first()
    )


def transfers(run: PayoutRun) -> list[Transfer]:
    """The lines of a run's file, with the details as they are now, in an order that stays."""
    payouts = list(run.lines.filter(state=PayoutState.PENDING).order_by("pk"))
    payees = payees_of(payouts)
    found = [_of_payout(payout, payees[payout.user_id]) for payout in payouts]
    found += [_of_refund(refund) for refund in run.refunds.select_related("deposit").order_by("pk")]
    return found + [_back(line.public_id, line.amount_micros, line) for line in run.sent_back.order_by("pk")]


def _of_payout(payout: Payout, payee: Payee) -> Transfer:
    return Transfer(
        reference=payout.public_id,
        amount=payout.amount_micros,
        name=payee.account_holder,
        iban=payee.iban,
        street=payee.address,
        postcode=payee.postcode,
        town=payee.town,
        country=payee.country,
        mobile=payee.mobile_number,
        operator=payee.mobile_provider,
    )


def _of_refund(refund: Refund) -> Transfer:
    line = source_of(refund)
    assert line is not None  # those without one are left out
    return _back(refund.public_id, refund.amount_micros, line)


def _back(reference: str, amount: int, line: BankLine) -> Transfer:
    """To where it came from. A statement names no town, so the transfer has no address."""
    return Transfer(
        reference=reference, amount=amount, name=line.counterparty or "Sender", iban=line.counterparty_iban
    )


def total(items: Sequence[Transfer]) -> int:
    """What they sum to, in micros."""
    return sum(item.amount for item in items)
