"""Why money is refused. Each class is one reason; its sentence says what to do next."""

from django.utils.translation import gettext_lazy as _

from marketplace.base import formats, money
from marketplace.base.errors import Refusal


class InsufficientFunds(Refusal):
    """The organisation's funds do not cover what must be set aside."""

    code = "insufficient_funds"
    detail = _("This needs %(needed)s and your funds hold %(available)s. Add %(missing)s and try again.")

    def __init__(self, *, needed_micros: int, available_micros: int) -> None:
        self.missing_micros = needed_micros - available_micros
        # What a person must add is money a bank can move: up to the next cent. The sum must still come out.
        missing = -money.whole_cents(-self.missing_micros)
        super().__init__(
            needed=formats.eur(-money.whole_cents(-needed_micros)),
            available=formats.eur(money.whole_cents(available_micros)),
            missing=formats.eur(missing),
        )


class NotSetAside(Refusal):
    """Less is set aside for the batch than was to be taken from it."""

    code = "not_set_aside"
    detail = _("Less money is set aside for this batch than this would take. Reload the page and look again.")


class AmountTooSmall(Refusal):
    """A deposit below the least one."""

    code = "amount_too_small"
    detail = _("Add at least %(least)s.")
    status = 400


class AmountTooLarge(Refusal):
    """A deposit above the greatest one."""

    code = "amount_too_large"
    detail = _("Add at most %(most)s at once; for more, make several deposits.")
    status = 400


class NotWholeCents(Refusal):
    """A bank moves whole cents only."""

    code = "not_whole_cents"
    detail = _("A bank moves whole cents, and one at least: write the amount with two decimals.")
    status = 400


class PayeeMissing(Refusal):
    """A payout was asked for before we know where to send it."""

    code = "payee_missing"
    detail = _("Tell us first where to send your money: fill in your payout details, then ask again.")


class NoPayoutWay(Refusal):
    """No way of ours reaches the country a worker is to be paid in."""

    code = "no_payout_way"
    detail = _(
        "We have no way yet to send money to your country, so that you can't take paid tasks here for now. "
        "What is due to you already stays yours."
    )


class AccountNotReady(Refusal):
    """Money would go to an account of the worker's that can't take it yet."""

    code = "account_not_ready"
    detail = _(
        "Your payout account can't take money yet. Its page says what is missing. What is due stays yours meanwhile."
    )


class BelowPayoutMinimum(Refusal):
    """Less is due than the least payout."""

    code = "below_payout_minimum"
    detail = _(
        "You can ask for a payout from %(least)s on; %(payable)s can be paid now. "
        "It stays yours and is kept until then."
    )


class WaitsForNewYear(Refusal):
    """What is due passes the year's cap and is paid from 1 January."""

    code = "waits_for_january"
    detail = _(
        "%(waiting)s passes what you may receive this year. It is yours, and is paid from %(date)s on."
    )


class GatewayAway(Refusal):
    """The payment provider did not answer."""

    code = "gateway_unavailable"
    detail = _(
        "The payment provider does not answer just now. Nothing was charged; please try again in a few minutes."
    )
    status = 503


class MonthNotOver(Refusal):
    """A month is closed once it is over (Europe/Paris)."""

    code = "month_not_over"
    detail = _("%(month)s is not over yet. It can be closed from its last midnight on.")


class MonthClosed(Refusal):
    """A month is closed once."""

    code = "month_closed"
    detail = _("%(month)s is closed already, and stays as it is.")


class NothingToClose(Refusal):
    """Nothing was booked in a month or before it."""

    code = "nothing_to_close"
    detail = _("Nothing was booked in %(month)s or before it, so there is nothing to close.")


class EarlierMonthOpen(Refusal):
    """Months are closed in their order."""

    code = "earlier_month_open"
    detail = _(
        "%(month)s is still open. Close it first: each month begins with the balances of the one before."
    )


class DifferencesOpen(Refusal):
    """The books and the gateways do not agree."""

    code = "differences_open"
    detail = _("%(count)s differences with gateways or the bank are open. Explain each of them first.")


class BooksBroken(Refusal):
    """An invariant does not hold."""

    code = "books_broken"
    detail = _("These checks of the books do not hold: %(checks)s. Find out why before anything is closed.")


class NoSuchWay(Refusal):
    """A deposit was to be made by a way that is not offered."""

    code = "no_such_way"
    detail = _("Choose one of the ways to pay that the funds page shows.")
    status = 400


class DisputeOpen(Refusal):
    """A payment of the organisation is disputed, and nothing leaves its funds until that is decided."""

    code = "dispute_open"
    detail = _(
        "A payment of yours is disputed by the bank it came from. Until that is decided, nothing new can be published"
        " and nothing is paid back. The funds page shows which payment it is."
    )


class LossOwed(Refusal):
    """A payment was taken back by its bank, and what it funded is not paid yet."""

    code = "loss_owed"
    detail = _("Your bank took a payment back, and %(owed)s of it is still missing. Add funds first.")


class NothingToRefund(Refusal):
    """More was asked back than can be sent back to where it came from."""

    code = "nothing_to_refund"
    detail = _("At most %(most)s can be paid back: what is free, and came by payments that can be sent back.")


class TopUpUnclear(Refusal):
    """The amounts of an automatic top-up don't fit each other."""

    code = "top_up_unclear"
    detail = _("The most in a month must be at least one top-up: %(amount)s.")
    status = 400
