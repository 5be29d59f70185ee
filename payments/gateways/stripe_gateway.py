"""Stripe as one gateway: deposits on one side, workers' accounts on the other."""

from .stripe_in import StripeIn
from .stripe_out import StripeOut


class Stripe(StripeIn, StripeOut):
    """Made only where a key is set."""
