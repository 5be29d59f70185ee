"""Quotes: linear in their units, and the parts are the total (charter P4, P13)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.services import pricing

RATES = pricing.Rates(
    fee=Decimal("0.20"), vat=Decimal("0.20"), reserve=Decimal("0.20"), help_fund=Decimal("0.05")
)
rate = st.decimals(0, 1, places=4)
rates = st.builds(pricing.Rates, fee=rate, vat=rate, reserve=rate, help_fund=rate)


def test_a_hundred_answers_at_ten_cents():
    quote = pricing.quote(100, 100_000, RATES)
    assert quote.as_strings() == {
        "rewards": "10.00", "reserve": "2.00", "fee": "2.00", "vat": "0.40", "total": "14.40", "currency": "EUR",
    }  # fmt: skip


def test_the_rates_come_from_the_settings(settings):
    settings.FEE_RATE = Decimal("0.30")
    assert pricing.Rates.from_settings().fee_of(100_000) == 30_000


@given(a=st.integers(0, 10**6), b=st.integers(0, 10**6), reward=st.integers(0, 10**9), rates=rates)
def test_the_quote_of_a_sum_is_the_sum_of_the_quotes_and_its_parts_are_its_total(a, b, reward, rates):
    whole, left, right = (pricing.quote(units, reward, rates) for units in (a + b, a, b))
    for name in ("units", "rewards", "reserve", "fee", "vat", "total"):
        assert getattr(whole, name) == getattr(left, name) + getattr(right, name)
    assert whole.total == whole.rewards + whole.reserve + whole.fee + whole.vat
    assert all(
        isinstance(getattr(whole, name), int) for name in ("rewards", "reserve", "fee", "vat", "total")
    )


@given(fee=st.integers(0, 10**12), rates=rates)
def test_the_help_fund_and_the_platform_share_a_fee_to_the_last_micro(fee, rates):
    ours, helped = pricing.split_rate(fee, rates.help_fund)
    assert ours + helped == fee
    assert helped == rates.help_of(fee)
    assert abs(helped - fee * rates.help_fund) < 1


@pytest.mark.parametrize(("units", "reward"), [(-1, 1), (1, -1)])
def test_negative_numbers_have_no_quote(units, reward):
    with pytest.raises(ValueError):
        pricing.quote(units, reward, RATES)
