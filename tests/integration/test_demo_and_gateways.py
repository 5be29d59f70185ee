"""What an operator copies out of the how-tos to try real gateways: it works, or says in a sentence what to do first."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from marketplace.base.models import User
from payments.services import iban
from tests.stripe_world import StripeWorld

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


@pytest.mark.django_db
def test_the_demonstration_is_not_half_filled_where_money_is_real(settings):
    settings.DEPOSIT_GATEWAYS = ["stripe", "bank"]
    with pytest.raises(CommandError, match="simulated money"):
        call_command("demo")
    assert not User.objects.exists()


def test_the_account_in_the_banks_how_to_is_one_that_the_start_accepts():
    (written,) = re.findall(r'BANK_IBAN="([^"]+)"', (HOW_TO / "bank.md").read_text())
    assert iban.is_valid(iban.plain(written)) and iban.in_sepa(iban.plain(written))


def test_the_secrets_in_the_how_to_are_those_the_fake_signs_with():
    text = (HOW_TO / "stripe-fake.md").read_text()
    assert f"STRIPE_WEBHOOK_SECRET={StripeWorld.platform_secret} " in text
    assert f"STRIPE_CONNECT_WEBHOOK_SECRET={StripeWorld.connect_secret}\n" in text
