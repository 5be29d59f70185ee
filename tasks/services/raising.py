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
STEEP = 5  # times the present price; our own choice


class LargeRaise(Refusal):
    """The batch would cost more than a person has looked at, and nobody said that this is meant."""

    code = "large_amount"
    detail = _(
        "This would set aside %(more)s more for the %(slots)s answers that are still open, %(total)s in all. If you"
        " mean that, confirm it."
    )


def check(*, batch: Batch, reward_micros: int) -> None:
    """Raises Invalid (field reward) above MOST, or PriceNotRaised."""
    if reward_micros > MOST:
        raise Invalid(fields={"reward": [_("Set a price of at most 10 000 € for each answer.")]})
    if reward_micros <= batch.reward_micros:
        raise PriceNotRaised(reward=formats.eur(batch.reward_micros))


def ask(*, batch: Batch, reward_micros: int, slots: int, more_micros: int, steep_too: bool) -> None:
    """Raises LargeRaise, once `more_micros` are set aside: then only what can be paid is asked about.

    Large is what `screening` calls so when a batch is published, settings.SCREENING_LARGE_EUR: the whole price at the
    new reward; of a batch that a moderator has looked at, what is added. What a batch asks people to do stays as it
    was, so it is confirmed by who raises it, and nobody waits for a moderator in the meantime. With `steep_too` so is a
    price of STEEP times the present one, whatever it comes to: a digit or a comma in the wrong place, which is found
    too late, since prices never go down. `slots` are the answers that can still be claimed, `more_micros` what they
    cost more.
    """
    unseen = more_micros if batch.screened_at else prices.price_of(batch, prices.units(batch), reward_micros)
    steep = steep_too and reward_micros >= STEEP * batch.reward_micros
    if more_micros and (steep or unseen > money.from_decimal(settings.SCREENING_LARGE_EUR)):
        total = holdings.held(batch.public_id)
        raise LargeRaise(slots=formats.number(slots), total=_up(total), more=_up(more_micros))


def _up(micros: int) -> str:
    """An amount in whole cents, parts of one rounded up."""
    return formats.eur(-(-micros // money.CENT) * money.CENT)
