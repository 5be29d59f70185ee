"""What is looked at before a price is raised, as publishing looks at what a batch costs (DESIGN §5, charter W2)."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.base import formats, money
from marketplace.base.errors import Invalid, Refusal
from payments.services import holdings
from tasks.errors import PriceNotRaised
from tasks.models import Batch

from . import prices

MOST = 10_000 * money.MICROS  # micros for one answer, in a draft as later


class LargeRaise(Refusal):
    """The batch would cost more than a person has looked at, and nobody said that this is meant."""

    code = "large_amount"
    detail = _(
        "This would set aside %(more)s more for the %(slots)s answers that are still open, %(total)s in all. If you"
        " mean that, confirm it."
    )


def check(*, batch: Batch, reward_micros: int, slots: int, more_micros: int, confirmed: bool) -> None:
    """Raises Invalid (field reward) above MOST, PriceNotRaised, or LargeRaise where `confirmed` is missing.

    Large is what `screening` calls so when a batch is published, settings.SCREENING_LARGE_EUR: the whole price at the
    new reward; of a batch that a moderator has looked at, what is added. What a batch asks people to do stays as it
    was, so it is confirmed by who raises it, and nobody waits for a moderator in the meantime. `slots` are the answers
    that can still be claimed, `more_micros` what they cost more.
    """
    if reward_micros > MOST:
        raise Invalid(fields={"reward": [_("Set a price of at most 10 000 € for each answer.")]})
    if reward_micros <= batch.reward_micros:
        raise PriceNotRaised(reward=formats.eur(batch.reward_micros))
    unseen = more_micros if batch.screened_at else prices.price_of(batch, prices.units(batch), reward_micros)
    if more_micros and unseen > money.from_decimal(settings.SCREENING_LARGE_EUR) and not confirmed:
        total = holdings.held(batch.public_id) + more_micros
        raise LargeRaise(slots=formats.number(slots), total=_up(total), more=_up(more_micros))


def _up(micros: int) -> str:
    """An amount in whole cents, parts of one rounded up."""
    return formats.eur(-(-micros // money.CENT) * money.CENT)
