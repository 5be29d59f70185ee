"""The checks of the books: each finds what it is for, and the role of the application can do all its work."""

from decimal import Decimal
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connection, transaction

from marketplace.base import ids
from payments.gateways import simulated
from payments.models import AccountKind, Cap, Deposit, Payout, PayoutState
from payments.selectors import help_fund
from payments.services import cap, checks, deposits, earnings, holdings, ledger, payees, payouts, sending
from payments.services.earnings import Approved
from tests.payments_helpers import DETAILS, EUR, approve, earn, forget_behaviours

NAMES = [
    *checks._CHECKS,
    "deposits_are_in_the_ledger_as_their_state_says",
    "payouts_are_in_the_ledger_as_their_state_says",
    "parts_sum_to_their_payout",
    "charges_hold_what_left_them",
    "parts_are_in_the_ledger_as_their_state_says",
    "invoices_bill_no_more_than_was_recognised",
    "numbers_of_documents_have_no_gap",
    "credit_notes_are_in_the_ledger",
]


@pytest.fixture
def market(atelier, alice, bob, bea):
    """A little of everything: a deposit, a batch, approvals with fees, a top-up, payouts in several states."""
    forget_behaviours()
    deposit = deposits.start(organisation=atelier, amount_micros=500 * EUR, actor=alice)
    simulated.press(deposit.public_id, "pay")
    deposits.refresh(deposit)
    payees.save(user=bob, details=DETAILS, actor=bob)
    with transaction.atomic():
        holdings.set_aside(
            organisation=atelier, batch_ref="bat_1", amount_micros=200 * EUR, reference="bat_1", actor=alice
        )
    for worker in (bob, bea):
        cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=50 * EUR)
    with transaction.atomic():
        approve(
            atelier, "bat_1", [Approved("asg_1", bob.pk, 50 * EUR, 2026), Approved("asg_2", bea.pk, 20 * EUR, 2026)],
            fee_micros=14 * EUR, vat_micros=2_800_000, help_rate=Decimal("0.05"),
        )  # fmt: skip
    with transaction.atomic():
        parts = [(earnings.holding("bat_1"), EUR), (earnings.shortfall_of(atelier), EUR)]
        earnings.top_up(reference="asg_1:topup:1", worker_id=bob.pk, cap_year=2026, parts=parts)
    payouts.request(user=bob, actor=bob)
    sending.send_pending()
    earn(bob, 10 * EUR, atelier, reference="asg_3")
    payouts.request(user=bob, actor=bob)
    yield atelier
    forget_behaviours()


def broken():
    return {check.name: check.ids for check in checks.broken()}


def by_hand(*statements):
    """Change what the rules forbid, as only a broken machine or a bad owner could."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.django_db(transaction=True)
class TestTheChecks:
    def test_a_healthy_market_passes_every_one(self, market):
        found = checks.run()
        names = [check.name for check in found]
        assert len(names) == len(set(names))
        assert set(NAMES) <= set(names)  # those of banks, refunds and disputes have tests of their own
        assert broken() == {}
        assert help_fund() == 700_000

    def test_an_empty_market_passes_too(self, db):
        assert broken() == {}

    def test_a_transaction_that_lost_an_entry_is_found(self, market):
        by_hand("DELETE FROM payments_entry WHERE id = (SELECT max(id) FROM payments_entry)")
        assert "ledger_sums_to_zero" in broken()

    def test_a_balance_that_is_not_the_sum_of_its_entries_is_found_and_named(self, market):
        by_hand(
            "UPDATE payments_account SET balance = balance + 1 WHERE kind = 'batch_holding' AND reference = 'bat_1'"
        )
        found = broken()
        assert list(found) == ["ledger_balances_are_the_sums_of_their_entries"]
        assert len(found["ledger_balances_are_the_sums_of_their_entries"]) == 1

    def test_a_wrong_sign_is_found(self, market):
        by_hand(
            "UPDATE payments_entry SET amount = -amount WHERE account_id IN"
            " (SELECT id FROM payments_account WHERE kind IN ('platform_fees', 'gateway_clearing'))"
        )
        assert len(broken()["ledger_signs_fit_the_kinds"]) == 2

    def test_a_reversal_that_does_not_mirror_is_found(self, market):
        by_hand(
            "UPDATE payments_transaction SET reverses_id = (SELECT id FROM payments_transaction WHERE kind = 'fees')"
            " WHERE kind = 'topup'"
        )
        assert broken() == {"ledger_reversals_mirror_what_they_take_back": ["topup:asg_1:topup:1"]}

    def test_a_deposit_or_payout_whose_state_the_ledger_does_not_know_is_found_and_named(self, market):
        deposit = Deposit.objects.get()
        paid = Payout.objects.get(state=PayoutState.PAID)
        by_hand(
            "UPDATE payments_deposit SET state = 'failed'",
            "UPDATE payments_payout SET state = 'sent', paid_at = NULL WHERE state = 'paid'",
        )
        found = broken()
        assert found["deposits_are_in_the_ledger_as_their_state_says"] == [deposit.public_id]
        assert found["payouts_are_in_the_ledger_as_their_state_says"] == [paid.public_id]
        assert found["payouts_in_transit_are_the_payouts_under_way"] == [ids.encode("usr", paid.user_id)]

    def test_a_fact_without_its_row_is_found(self, market):
        by_hand("DELETE FROM payments_deposit")
        assert len(broken()["deposits_are_in_the_ledger_as_their_state_says"]) == 1

    def test_a_cap_that_is_not_what_was_approved_is_found(self, market, bob):
        by_hand(f"UPDATE payments_cap SET earned_micros = earned_micros + 1 WHERE user_id = {bob.pk}")
        assert broken() == {"cap_earned_is_the_sum_of_approvals": [f"user:{bob.pk}:2026"]}
        by_hand(
            f"UPDATE payments_cap SET earned_micros = earned_micros - 1, extra_micros = 0 WHERE user_id = {bob.pk}"
        )
        assert broken() == {"cap_extra_is_the_sum_of_what_is_owed_beside": [f"user:{bob.pk}:2026"]}

    def test_approvals_without_a_cap_row_are_found(self, market, bea):
        by_hand(f"DELETE FROM payments_cap WHERE user_id = {bea.pk}")
        assert broken() == {"cap_earned_is_the_sum_of_approvals": [f"user:{bea.pk}:2026"]}


@pytest.fixture
def as_the_application(as_application):
    """The whole of Django speaks to the database with the role of DATABASE_URL, as in production."""
    url = urlsplit(as_application.dsn) if "://" in as_application.dsn else None
    assert url is None or url.username
    from marketplace import embedded
    from tests.conftest import HOME

    app = urlsplit(embedded.database_url("app", HOME))
    owner = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(USER=unquote(app.username or ""), PASSWORD=unquote(app.password or ""))
    yield
    connection.close()
    connection.settings_dict.update(owner)


@pytest.mark.django_db(transaction=True)
def test_the_applications_role_can_do_all_the_work_of_money(as_the_application, market, atelier, bob):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, has_table_privilege('payments_account', 'UPDATE')")
        assert cursor.fetchone() == ("tessera_app", False)
    with transaction.atomic():
        assert holdings.give_back(
            organisation=atelier, batch_ref="bat_1", amount_micros=EUR, reference="close"
        )
    sending.send_pending()
    assert Payout.objects.filter(state=PayoutState.PAID).count() == 2
    assert ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=bob)) == 0
    assert Cap.objects.count() == 2
    assert broken() == {}
