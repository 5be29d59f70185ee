"""A stateful stand-in for the part of Stripe that Tessera uses; see docs/how-to/stripe-fake.md."""
