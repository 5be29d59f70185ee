"""The pages where people pay and onboard, and accounts that gain and lose what they may do."""

from typing import Any

import pytest
import requests
import stripe

from tests.contract.stripe import steps
from tests.stripe_world import Refused, StripeWorld

AWAY = "https://tessera.example"


def _post(url: str, **values: str) -> requests.Response:
    return requests.post(url, data=values, allow_redirects=False, timeout=5)


def test_a_pay_page_offers_the_ways_of_its_session_and_leads_back(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    session = client.v1.checkout.sessions.create(
        steps.session_params(allowed_payment_method_types=["card"], locale="fr")
    )
    assert session.url is not None
    page = requests.get(session.url, timeout=5).text
    assert "Pay €100.00" in page and "SEPA" not in page
    declined = _post(session.url, method="card", does="card_declined")
    assert "declined" in declined.text and declined.status_code == 200
    paid = _post(session.url, method="card", does="pay")
    assert (paid.status_code, paid.headers["Location"]) == (303, f"{AWAY}/ok?session={session.id}")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert "over" in requests.get(f"{stripe_world.url}/pay/{session.id}", timeout=5).text


def test_going_back_pays_nothing(stripe_world: StripeWorld) -> None:
    session = stripe_world.client().v1.checkout.sessions.create(steps.session_params())
    assert session.url is not None
    assert _post(session.url, method="back", does="").headers["Location"] == f"{AWAY}/no"
    assert stripe_world.objects("payment_intent") == []


def test_a_session_ends_by_itself_or_when_told(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    by_itself, told = (client.v1.checkout.sessions.create(steps.session_params()) for _ in range(2))
    assert client.v1.checkout.sessions.expire(told.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        client.v1.checkout.sessions.expire(told.id)
    stripe_world.forward(hours=25)
    assert client.v1.checkout.sessions.retrieve(by_itself.id).status == "expired"
    assert [event["type"] for event in stripe_world.events()] == ["checkout.session.expired"] * 2
    with pytest.raises(Refused, match="expired"):
        stripe_world.pay(by_itself.id)


def _link(client: stripe.StripeClient, account: str) -> str:
    urls: Any = {"refresh_url": f"{AWAY}/refresh", "return_url": f"{AWAY}/back"}
    return client.v1.account_links.create({"account": account, "type": "account_onboarding", **urls}).url


def test_an_onboarding_link_opens_once_and_soon(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    account = steps.account(client)
    assert account.requirements is not None and account.requirements.currently_due
    link = _link(client, account.id)
    assert "Answer everything" in requests.get(link, timeout=5).text
    again = requests.get(link, allow_redirects=False, timeout=5)
    assert (again.status_code, again.headers["Location"]) == (303, f"{AWAY}/refresh")
    # Coming back proves nothing: who answers later comes back all the same.
    assert _post(link, does="later").headers["Location"] == f"{AWAY}/back"
    assert client.v1.accounts.retrieve(account.id).details_submitted is False
    late = _link(client, account.id)
    stripe_world.forward(minutes=6)
    assert requests.get(late, allow_redirects=False, timeout=5).headers["Location"] == f"{AWAY}/refresh"
    link = _link(client, account.id)
    requests.get(link, timeout=5)
    _post(link, does="onboard")
    account = client.v1.accounts.retrieve(account.id)
    assert account.capabilities is not None and account.capabilities.transfers == "active"
    assert account.payouts_enabled and account.requirements is not None
    assert account.requirements.disabled_reason is None


def test_an_account_can_lose_what_it_had(stripe_world: StripeWorld) -> None:
    client, account = stripe_world.client(), steps.worker(stripe_world)
    stripe_world.topup(1_000)
    steps.transfer(client, account)
    stripe_world.restrict(
        account,
        due=["individual.verification.document"],
        reason="requirements.past_due",
        transfers="inactive",
        payouts=False,
    )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        steps.transfer(client, account)
    assert refusal.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(Refused, match="Payouts are not enabled"):
        stripe_world.payout(account)
    known = client.v1.accounts.retrieve(account)
    assert known.requirements is not None
    assert known.requirements.past_due == ["individual.verification.document"]
    stripe_world.onboard(account)
    steps.transfer(client, account)


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"country": "KE"}, "country_unsupported", "country"),
        ({"type": "express"}, None, "type"),
        ({"capabilities": {"treasury": {"requested": True}}}, None, "capabilities"),
        ({"controller": {"losses": {"payments": "application"}}}, None, "controller"),
        ({"bank_account": "x"}, "parameter_unknown", "bank_account"),
    ],
)
def test_an_account_that_can_t_be_is_refused(
    stripe_world: StripeWorld, more: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        steps.account(stripe_world.client(), **more)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_accounts_keep_what_was_written_on_them(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    account = steps.account(client, metadata={"worker": "w1", "old": "x"}, email="bob@example.org")
    client.v1.accounts.update(account.id, {"metadata": {"old": "", "new": "y"}})
    assert client.v1.accounts.retrieve(account.id).to_dict()["metadata"] == {"worker": "w1", "new": "y"}
    assert [one.id for one in client.v1.accounts.list().data] == [account.id]


def test_customers_can_be_found_again(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    made = client.v1.customers.create({"email": "a@example.org", "metadata": {"organisation": "org_1"}})
    client.v1.customers.create({"email": "b@example.org"})
    assert [one.id for one in client.v1.customers.list({"email": "a@example.org"}).data] == [made.id]
    stripe_world.search_lag(0)
    found = client.v1.customers.search({"query": "metadata['organisation']:'org_1'"}).data
    assert [one.id for one in found] == [made.id]
    assert client.v1.customers.retrieve(made.id).email == "a@example.org"


def test_pages_of_lists_hold_everything_once(stripe_world: StripeWorld) -> None:
    client, to = stripe_world.client(), steps.worker(stripe_world)
    stripe_world.topup(1_000)
    made = [steps.transfer(client, to, cents, transfer_group="run").id for cents in range(1, 8)][::-1]
    group: Any = {"transfer_group": "run", "limit": 3}
    assert [one.id for one in client.v1.transfers.list(group).auto_paging_iter()] == made
    assert [one.id for one in client.v1.transfers.list({**group, "ending_before": made[5]}).data] == made[2:5]
    now = client.v1.transfers.retrieve(made[0]).created
    stripe_world.forward(hours=1)
    late = steps.transfer(client, to, transfer_group="run").id
    after: Any = {"created": {"gt": now + 60}}
    assert [one.id for one in client.v1.transfers.list(after).data] == [late]
    for wrong in ({"limit": 0}, {"limit": 101}, {"starting_after": "tr_nobody"}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.transfers.list(wrong)  # type: ignore[arg-type]


def test_a_fee_can_be_known_later_than_the_charge(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    stripe_world.fees_later()
    charge = steps.paid(stripe_world)
    assert (charge.status, charge.balance_transaction) == ("succeeded", None)
    assert stripe_world.book_fees() == 1
    charge = client.v1.charges.retrieve(charge.id, {"expand": ["balance_transaction"]})
    line: Any = charge.balance_transaction
    assert line.fee == 175
    assert stripe_world.events()[-1]["type"] == "charge.updated"
    assert stripe_world.book_fees() == 0


def test_a_balance_can_be_corrected_below_zero(stripe_world: StripeWorld) -> None:
    client, account = stripe_world.client(), steps.worker(stripe_world)
    stripe_world.adjust(-250, account)
    assert steps.balance(client, account) == (-250, 0)
    assert [line.amount for line in steps.lines(client, account)] == [-250]


def test_the_clock_goes_along_with_the_house(stripe_world: StripeWorld, clock: Any) -> None:
    client = stripe_world.client()
    stripe_world.follow_house_clock()
    session = client.v1.checkout.sessions.create(steps.session_params())
    clock.forward(hours=25)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    made = client.v1.customers.create({"name": "Later"})
    assert abs(made.created - clock.now().timestamp()) < 5
    last = stripe_world.events()[-1]["seq"]
    assert stripe_world.events(after=last) == []
    with pytest.raises(Refused, match="follows a file"):
        stripe_world.forward(days=1)
