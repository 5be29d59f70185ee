"""A worker whom no way of ours can pay is told before claiming, never after (code `no_payout_way`)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.errors import NoPayoutWay
from payments.gateways import Simulated
from tasks.models import Assignment
from tasks.services import claims, eligibility
from tests import market
from tests.api_client import Program
from tests.personas import log_in


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice)


@pytest.fixture
def no_way(monkeypatch):
    """Money goes nowhere but to Senegal."""
    monkeypatch.setattr(Simulated, "pays_out_to", lambda _self, country: country == "SN")


def test_a_claim_is_refused_and_nothing_is_reserved(batch, bob, no_way):
    with pytest.raises(NoPayoutWay) as refusal:
        claims.claim(worker=bob, batch=batch)
    assert refusal.value.code == "no_payout_way"
    assert not Assignment.objects.exists()


def test_where_a_way_reaches_the_country_it_is_open(batch, bob):
    assert claims.claim(worker=bob, batch=batch)


def test_it_costs_a_claim_no_query(bob, no_way):
    with CaptureQueriesContext(connection) as asked:
        who = eligibility.standing(bob)
    assert (len(asked), who.payable) == (1, False)


def test_programs_see_it_among_what_is_blocked_and_when_they_claim(batch, bob, no_way, settings):
    settings.WORK_API_KEYS = True
    program = Program(bob, "work")
    told = program.get("/work/")
    assert told["available"] == []
    assert [each["code"] for each in told["blocked"]] == ["no_payout_way"]
    assert program.post("/work/claims/", {"batch": batch.public_id}, 409)["code"] == "no_payout_way"


def test_the_board_and_the_batch_explain_and_lead_to_the_ways(batch, bob, no_way):
    client = log_in(bob)
    for address in ("/work/", f"/work/batches/{batch.public_id}/"):
        text = client.get(address).content.decode()
        assert "no way yet to send money to your country" in text
        assert "/ways/" in text
