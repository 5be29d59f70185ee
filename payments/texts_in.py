"""What people who handle an organisation's money read about refunds, disputed payments and automatic top-ups."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of

Data = dict[str, Any]


def _amount(data: Data) -> dict[str, str]:
    return {"amount": formats.eur(data["amount"])}


def _funds() -> dict[str, str]:
    return {"url": reverse("funds"), "action": _("See the funds")}


@of("refund_settled")
def refund_settled(data: Data, things: Things) -> Text:
    return Text(
        _("%(amount)s of your funds was paid back") % _amount(data),
        (_("It went back to where it came from; a bank may take a few days to show it."),),
        **_funds(),
    )


@of("refund_failed")
def refund_failed(data: Data, things: Things) -> Text:
    return Text(
        _("%(amount)s could not be paid back") % _amount(data),
        (
            _("The bank did not take it, and it is in your funds again. Nothing was lost."),
            _("Ask again later, or write to us if the account or card it came from is closed."),
        ),
        **_funds(),
    )


@of("dispute_opened")
def dispute_opened(data: Data, things: Things) -> Text:
    return Text(
        _("A payment of %(amount)s to your funds is disputed") % _amount(data),
        (
            _("The bank or card holder it came from asks for it back. As long as that is not decided:"),
            _("what is free in your funds is kept, up to that amount;"),
            _("your open batches take no new tasks, and nothing new can be published."),
            _("People finish what they have in hand, and are paid for it as always."),
            _("If it is a mistake, ask the card holder or your bank to withdraw it."),
        ),
        **_funds(),
    )


@of("dispute_won")
def dispute_won(data: Data, things: Things) -> Text:
    return Text(
        _("The disputed payment of %(amount)s stands") % _amount(data),
        (_("What was kept of your funds is free again, and your batches are open again."),),
        **_funds(),
    )


@of("dispute_lost")
def dispute_lost(data: Data, things: Things) -> Text:
    return Text(
        _("The disputed payment of %(amount)s was taken back") % _amount(data),
        (
            _(
                "What was kept of your funds pays for it. If that is not enough, the funds page shows what is missing."
            ),
            _("Money that you add goes there first; then your batches open again."),
            _("Who worked for you keeps what they earned."),
        ),
        **_funds(),
    )


@of("top_up_stopped")
def top_up_stopped(data: Data, things: Things) -> Text:
    return Text(
        _("Automatic top-ups are off: a charge of %(amount)s was declined") % _amount(data),
        (
            _("Nothing was taken, and nothing more will be tried."),
            _(
                "Add funds yourself, with a way to pay that works, and let it be kept if you want them on again."
            ),
        ),
        **_funds(),
    )
