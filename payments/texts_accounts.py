"""What workers read about the account they are paid through, and about payouts that leave in parts."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, loads, numbers_of, of

from . import requirements
from .models import ConnectedAccount
from .texts import _amount, _earnings

Data = dict[str, Any]


@loads("cac")
def _accounts(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("cac", public_ids)
    return {numbers[row.pk]: row for row in ConnectedAccount.objects.filter(pk__in=numbers)}


def _page(words: str) -> dict[str, str]:
    return {"url": reverse("connect"), "action": words}


@of("account_wanted")
def account_wanted(data: Data, things: Things) -> Text:
    return Text(
        _("Your money waits for your payout account"),
        (
            _("Enough is due to you for a payout, but your account at Stripe can't take money yet."),
            _(
                "Its page says what is missing. Once that is done, the next run pays you. Until then nothing is lost."
            ),
        ),
        **_page(_("See what is missing")),
    )


@of("account_ready")
def account_ready(data: Data, things: Things) -> Text:
    return Text(
        _("Your payout account is ready"),
        (_("Stripe has all it needs. Payouts reach your bank from now on, without your doing anything."),),
        **_earnings(),
    )


@of("account_lost")
def account_lost(data: Data, things: Things) -> Text:
    account = things[data["account"]]
    lines = [_("Stripe has stopped payments to it. What is due to you stays yours and waits.")]
    why = requirements.disabled(account.disabled_reason) if account else ""
    if why:
        lines.append(str(why))
    return Text(_("Your payout account can't take money now"), tuple(lines), **_page(_("See what to do")))


@of("account_asked")
def account_asked(data: Data, things: Things) -> Text:
    account = things[data["account"]]
    lines = [str(words) for words in requirements.asked(account.requirements_due)] if account else []
    if account and account.requirements_deadline:
        lines.append(
            _("Give it by %(day)s, so that payouts go on.")
            % {"day": formats.day(account.requirements_deadline)}
        )
    return Text(_("Stripe asks something of you"), tuple(lines), **_page(_("Answer at Stripe")))


@of("account_bank_failed")
def account_bank_failed(data: Data, things: Things) -> Text:
    account = things[data["account"]]
    lines = (
        [str(requirements.bank(account.last_bank_failure))] if account and account.last_bank_failure else []
    )
    lines += [
        _("The money is back on your account at Stripe, and is yours."),
        _("Put your bank account right at Stripe; it is then sent again by itself."),
    ]
    return Text(_("Your bank sent money back to Stripe"), tuple(lines), **_page(_("Change the bank account")))


@of("payout_waits_account")
def payout_waits_account(data: Data, things: Things) -> Text:
    return Text(
        _("A payout of %(amount)s waits for your payout account") % _amount(data),
        (_("Your account at Stripe can't take money just now. It leaves by itself once it can."),),
        **_page(_("See what is missing")),
    )


@of("payout_waits_funds")
def payout_waits_funds(data: Data, things: Things) -> Text:
    return Text(
        _("A payout of %(amount)s waits for a few days") % _amount(data),
        (
            _(
                "The money for it lies at another of our accounts and has to be brought to where payouts leave from."
            ),
            _(
                "It is yours, and leaves by itself as soon as it is there. Who runs this place sees that it waits."
            ),
        ),
        **_earnings(),
    )


@of("payout_part_back")
def payout_part_back(data: Data, things: Things) -> Text:
    return Text(
        _("%(amount)s of a payout are due to you again") % _amount(data),
        (
            _("A part of it could not be sent, or was taken back on its way. The rest of the payout stands."),
            _("The next payout takes it along."),
        ),
        **_earnings(),
    )
