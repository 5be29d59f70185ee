"""Where a payout is, in words that are true of the way it takes: a bank's or a provider's file, or Stripe.

What is paid to Stripe lies on the worker's account there: to say that it had arrived would be wrong for some days more.
"""

from django.utils.translation import gettext as _

from marketplace.base import formats
from payments.gateways import bank, provider
from payments.models import Payout, PayoutState
from payments.services import bank_reasons

BANK, PROVIDER = bank.NAME, provider.NAME
STRIPE = "stripe"  # its own module loads a package that is loaded only where a key is set


def leaves(payout: Payout) -> str:
    """What is next for one that waits to be sent."""
    if payout.run_id:
        return _("It leaves with the next file, once two people released it")
    if payout.gateway in {BANK, PROVIDER}:
        return _("It leaves with the next file, which is made each working day")
    return _("It leaves with the next run, within minutes")


def sent(payout: Payout) -> str:
    """What was done when it was handed over."""
    if payout.gateway == STRIPE:
        return _("Sent to your account at Stripe")
    if payout.gateway == PROVIDER:
        return _("Sent to your mobile money provider")
    return _("Sent to your bank")


def arrived(payout: Payout) -> tuple[str, str]:
    """What the gateway's yes means: a title, and what the worker can expect after it (or nothing)."""
    if payout.gateway == STRIPE:
        return (
            _("On your account at Stripe"),
            _("Stripe passes it on to your bank by itself, mostly within a week."),
        )
    return _("Arrived"), ""


def why_back(payout: Payout) -> str:
    """Why it was refused or sent back, in words for the worker; empty when nobody said so.

    A provider's reason is text of its own, shown as it wrote it.
    """
    known = bank_reasons.words(payout.failure_code)
    return known or (payout.failure_code if payout.gateway == PROVIDER else "")


def back(payout: Payout) -> str:
    """Why it was refused or sent back, and what becomes of the money."""
    why = why_back(payout)
    if why and not why.endswith("."):  # the provider's own words
        why = _("The reason: “%(reason)s”") % {"reason": why} + "."
    return " ".join(part for part in (why, _("The money is due to you again.")) if part)


def in_a_line(payout: Payout) -> str:
    """Where one that is not held is, in a sentence or two for a list."""
    if payout.state == PayoutState.PENDING:
        return leaves(payout) + "."
    if payout.state == PayoutState.SENT:
        if payout.gateway not in {PROVIDER, STRIPE}:
            return _("Sent %(day)s; banks take a day or two.") % {"day": formats.when(payout.sent_at)}
        return f"{sent(payout)} · {formats.when(payout.sent_at)}"
    if payout.state == PayoutState.PAID:
        day = {"day": formats.when(payout.paid_at)}
        if payout.gateway == STRIPE:
            return _("Since %(day)s on your account at Stripe.") % day + " " + arrived(payout)[1]
        return _("Arrived %(day)s.") % day
    return back(payout)
