"""What each of Stripe's objects is and does."""
