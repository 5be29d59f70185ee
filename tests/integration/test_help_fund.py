"""The help fund: asked by workers, decided by named people, never more than it holds, published without names (D5)."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import Notice
from payments.models import AccountKind, HelpGrant
from payments.services import dac7, earnings, help_fund, ledger, payees, payouts
from tests import market
from tests.payments_helpers import DETAILS, EUR, together

ASKED = {"purpose": "equipment", "amount": "80,00", "words": "My screen broke."}


def fill(micros):
    """Money in the fund, as fees bring it."""
    with transaction.atomic():
        fund, fees = ledger.account(AccountKind.HELP_FUND), ledger.account(AccountKind.SUSPENSE)
        ledger.post("test", f"fill:{micros}", [(fees, -micros), (fund, micros)])


def asked(worker, eur=80):
    return help_fund.ask(
        worker=worker, purpose="equipment", amount_micros=eur * EUR, words="My screen broke."
    )


@pytest.mark.django_db
class TestDeciding:
    def test_d5_a_grant_is_due_at_once_and_leaves_with_the_next_payout(self, bob, dana):
        fill(100 * EUR)
        request = asked(bob)
        help_fund.grant(
            request=request, actor=dana, amount_micros=60 * EUR, decision="A good screen costs that."
        )
        assert earnings.summary(bob).payable == 60 * EUR
        assert help_fund.standing() == help_fund.Standing(100 * EUR, 60 * EUR, 40 * EUR)
        assert Notice.objects.get(user=bob).kind == "help_granted"
        payees.save(user=bob, details=DETAILS, actor=bob)
        assert payouts.request(user=bob, actor=bob).amount_micros == 60 * EUR
        assert dac7.figures(2026) == [], "a grant pays for no work"
        market.assert_sound()

    def test_d5_never_more_than_the_fund_holds(self, bob, dana):
        fill(50 * EUR)
        request = asked(bob)
        with pytest.raises(help_fund.FundTooSmall) as refusal:
            help_fund.grant(request=request, actor=dana, amount_micros=51 * EUR, decision="Yes.")
        assert "€50.00" in refusal.value.message and help_fund.waiting().count() == 1

    def test_nobody_decides_their_own_and_only_named_people_do(self, bob, bea, dana, erin):
        fill(100 * EUR)
        dana.works = True
        own = asked(dana)
        for person in (dana, bea):
            with pytest.raises(Forbidden):
                help_fund.grant(request=own, actor=person, amount_micros=EUR, decision="Yes.")
        help_fund.refuse(request=own, actor=erin, decision="You have one.")
        own.refresh_from_db()
        assert (own.state, own.decided_by) == ("refused", erin)

    def test_it_is_decided_once_with_words(self, bob, dana, erin):
        fill(100 * EUR)
        request = asked(bob)
        with pytest.raises(Invalid):
            help_fund.refuse(request=request, actor=dana, decision=" ")
        help_fund.refuse(request=request, actor=dana, decision="Not this time.")
        with pytest.raises(Lost):
            help_fund.grant(request=request, actor=erin, amount_micros=EUR, decision="Yes.")
        assert earnings.summary(bob).payable == 0

    def test_one_request_at_a_time_and_one_can_take_it_back(self, bob, bea):
        request = asked(bob)
        with pytest.raises(help_fund.AlreadyAsked):
            asked(bob)
        with pytest.raises(NotFound):
            help_fund.withdraw(grant=request, worker=bea)
        help_fund.withdraw(grant=request, worker=bob)
        assert asked(bob).state == "asked"

    @pytest.mark.parametrize(
        "values",
        [
            {"purpose": "x"},
            {"amount_micros": 0},
            {"amount_micros": 301 * EUR},
            {"amount_micros": 1},
            {"words": " "},
        ],
    )
    def test_what_can_t_be_asked_is_said(self, bob, values):
        with pytest.raises(Invalid):
            help_fund.ask(
                **{"worker": bob, "purpose": "training", "amount_micros": EUR, "words": "So.", **values}
            )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_empties_the_fund(bob, bea, dana, erin):
    fill(100 * EUR)
    rows = [asked(bob, 100), asked(bea, 100)]

    def decide(index):
        actor = (dana, erin)[index]
        help_fund.grant(request=rows[index], actor=actor, amount_micros=100 * EUR, decision="Yes.")
        return "granted"

    results = together(2, decide)
    assert results.count("granted") == 1
    assert any(isinstance(result, help_fund.FundTooSmall) for result in results)
    assert help_fund.standing().left == 0


@pytest.mark.django_db
class TestPages:
    def test_a_worker_asks_sees_the_state_and_takes_it_back(self, bob, client_of):
        client = client_of(bob)
        assert client.post("/work/help/", ASKED).status_code == 302
        text = client.get("/work/help/").content.decode()
        assert "My screen broke." in text and "waiting for a decision" in text and 'name="words"' not in text
        request = HelpGrant.objects.get()
        assert request.asked_micros == 80 * EUR
        assert client.post(f"/work/help/{request.public_id}/withdraw/").status_code == 302
        assert "withdrawn" in client.get("/work/help/").content.decode()

    @pytest.mark.parametrize("typed", ["0", "-1", "0.001", "1e9", "1,500", "NaN", ""])
    def test_an_amount_that_is_none_keeps_what_was_typed(self, bob, client_of, typed):
        answer = client_of(bob).post("/work/help/", {**ASKED, "amount": typed})
        assert answer.status_code == 400 and not HelpGrant.objects.exists()
        assert (
            "My screen broke." in answer.content.decode() and f'value="{typed}"' in answer.content.decode()
        ) or not typed

    def test_a_person_decides_in_the_console_and_the_public_page_tells_no_name(
        self, bob, dana, client_of, client
    ):
        fill(100 * EUR)
        request = asked(bob)
        staff = client_of(dana)
        assert request.public_id in staff.get("/console/grants/").content.decode()
        place = f"/console/grants/{request.public_id}/"
        assert staff.post(place, {"outcome": "grant", "amount": "999", "decision": "Yes."}).status_code == 409
        said = {"outcome": "grant", "amount": "60", "decision": "A good screen costs that."}
        assert staff.post(place, said).status_code == 302
        text = client.get("/help-fund/").content.decode()
        assert "€60.00" in text and "equipment" in text and "€40.00" in text
        assert "Bob" not in text and "screen" not in text
        assert "A good screen costs that." in client_of(bob).get("/work/help/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("help_grant_asks_for_something", {"asked_micros": 0}),
        ("help_grant_granted_is_whole_cents", {"granted_micros": 1}),
        ("help_grant_decided_by_a_person_with_a_reason", {"decision": ""}),
        ("help_grant_ended_when_it_is_over", {"ended_at": None}),
    ],
)
def test_the_database_keeps_the_rules_of_grants(bob, dana, constraint, change):
    fill(100 * EUR)
    help_fund.grant(request=asked(bob), actor=dana, amount_micros=EUR, decision="Yes.")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        HelpGrant.objects.update(**change)
    with pytest.raises(IntegrityError, match="help_grant_not_decided_by_who_asks"), market.without_triggers():
        HelpGrant.objects.update(decided_by=bob)
