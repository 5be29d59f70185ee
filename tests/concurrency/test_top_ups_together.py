"""Two jobs that top up the same organisation at once never pass what its owner allowed for a month."""

import pytest

from payments.models import AutoTopUp, Deposit, GatewayCustomer
from payments.services import top_ups_auto
from tests.payments_helpers import EUR, together


@pytest.mark.django_db(transaction=True)
def test_jobs_at_once_begin_one_top_up_where_one_is_allowed(atelier, alice, settings, monkeypatch):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_x", "http://127.0.0.1:9"
    settings.DEPOSIT_GATEWAYS = ["stripe"]
    # Only the month counts here: that one is under way already must not be what stops the others.
    real = top_ups_auto._is_due
    monkeypatch.setattr(top_ups_auto, "_is_due", lambda wish: _settled() or real(wish))
    GatewayCustomer.objects.create(organisation=atelier, gateway="stripe", customer_ref="cus_x")
    row = AutoTopUp.objects.create(
        organisation=atelier, is_on=True, below_micros=50 * EUR, amount_micros=100 * EUR,
        month_most_micros=250 * EUR, customer_ref="cus_x", method_ref="pm_x", asked_by=alice,
    )  # fmt: skip
    made = together(6, lambda _number: top_ups_auto.begin(row))
    assert not [each for each in made if isinstance(each, Exception)], made
    assert sum(each is not None for each in made) == 2
    assert Deposit.objects.filter(created_by=None).count() == 2


def _settled() -> bool:
    """Say of what was begun that it is over, as if each were answered at once; never a reason of its own."""
    from django.utils import timezone

    Deposit.objects.filter(state="started").update(state="settled", ended_at=timezone.now())
    return False
