"""Money of who has left: nothing stays due to nobody, and nothing is taken from anybody (charter D3, P3, P13)."""

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from marketplace.base import clock as house_clock
from marketplace.base.errors import Invalid
from marketplace.base.models import Notice, OutboxEvent
from marketplace.delivery import handlers
from marketplace.mydata import checks, erasure, left, requests, residue, vault
from marketplace.web.transparency import people
from marketplace.web.transparency.shapes import Span
from payments.models import AccountKind, Payout, PayoutState, Transaction
from payments.services import checks as money_checks
from payments.services import (
    earnings,
    help_fund,
    holdings,
    ledger,
    left_money,
    payees,
    payouts,
    run_files,
    sending,
    statements_in,
)
from tasks.models import Assignment
from tasks.services import closing, floors, guarantee, reviews
from tests import market, mydata_world
from tests.bank_files import camt, detail, entry, statement
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours
from tests.personas import log_in, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ground(settings, tmp_path):
    settings.ARCHIVE_KEY = vault.public_text(X25519PrivateKey.generate())
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    forget_behaviours()
    yield
    forget_behaviours()


def due(user):
    return ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=user))


def fund():
    return help_fund.standing()


def wrong():
    return [(check.name, check.ids) for check in money_checks.broken()]


# --- what the rules add later -------------------------------------------------------------------------------------


@pytest.fixture
def crew(db):
    return [make_worker(f"crew{number}") for number in range(3)]


@pytest.fixture
def slow(atelier, alice, crew):
    """Twelve approved answers of three people that took longer than was said; the first one has left since."""
    batch = market.open_batch(atelier, alice, rows=30)
    done = [market.submitted(crew[number % 3], batch) for number in range(12)]
    reviews.approve(batch=batch, assignments=[row.pk for row in done], actor=alice)
    Assignment.objects.filter(batch=batch).update(worked_seconds=200)
    erasure.erase(crew[0])
    left.settle()
    return batch


def test_D3_P3_a_topup_of_somebody_who_left_is_paid_all_the_same_and_goes_to_the_help_fund(
    slow, crew, client
):
    before = fund()
    held = holdings.held(slow.public_id)
    assert floors.measure(batch_id=slow.pk) == (12, 12 * 70_000)
    assert (
        holdings.held(slow.public_id) == held - 12 * 70_000
    )  # whoever left: the price was too low for each of them
    assert left.settle() == 1
    assert (due(crew[0]), due(crew[1])) == (0, 4 * 720_000)
    assert fund().brought_in == before.brought_in + 4 * 70_000
    assert fund().from_leavers == before.from_leavers + 4 * 70_000
    assert floors.measure(batch_id=slow.pk) == (0, 0) and left.settle() == 0
    page = client.get("/help-fund/").content.decode()
    assert "had their account erased" in page
    market.assert_sound()


def test_D3_nothing_is_told_to_who_left(slow, crew):
    floors.measure(batch_id=slow.pk)
    for event in OutboxEvent.objects.filter(kind="notice.mail", data__notice_key__endswith=f":{crew[0].pk}"):
        handlers.notice_mail(event)
    assert not Notice.objects.filter(user=crew[0]).exists()
    assert all(check.ok for check in checks.run())


def test_D3_a_week_under_the_floor_of_somebody_who_left_goes_the_same_way(slow, crew, clock):
    Assignment.objects.filter(batch=slow).update(worked_seconds=500)
    clock.forward(days=40)
    guarantee.hold_weeks()
    assert due(crew[0]) > 0
    requests.follow_all()
    assert due(crew[0]) == 0
    market.assert_sound()


def test_D3_what_was_left_behind_goes_to_the_fund_and_never_before_they_are_gone(bob, atelier):
    earn(bob, 3 * EUR + 5_000, atelier, reference="asg_rest")
    with pytest.raises(ValueError, match="erased"):
        left_money.to_fund(user=bob, left_at=bob.date_joined, keeps_returned=False)
    assert left.settle() == 0 and due(bob) == 3 * EUR + 5_000
    erasure.erase(bob)
    assert left.settle() == 1
    assert (due(bob), fund().from_leavers) == (0, 3 * EUR + 5_000)
    now = house_clock.now()
    counted = people.fund(Span(now - dt.timedelta(days=1), now + dt.timedelta(seconds=1), now))
    assert counted.rows["left"]["micros"] == 3 * EUR + 5_000


def test_the_batch_of_who_left_is_settled_to_the_micro(slow, atelier, alice, clock):
    floors.measure(batch_id=slow.pk)
    left.settle()
    closing.close(batch=slow, actor=alice)
    clock.forward(days=31)
    closing.complete_finished()
    assert holdings.held(slow.public_id) == 0
    market.assert_sound()


# --- what a bank sends back -----------------------------------------------------------------------------------------


@pytest.fixture
def returned(bob, atelier, alice):
    """Bob was paid out, left, and then his bank sent the money back."""
    market.fund(atelier)
    payees.save(user=bob, details=DETAILS, actor=bob)
    batch = market.open_batch(atelier, alice, rows=12, reward_micros=10 * EUR)
    done = [market.submitted(bob, batch) for _time in range(2)]
    reviews.approve(batch=batch, assignments=[row.pk for row in done], actor=alice)
    payout = payouts.request(user=bob, actor=bob)
    with transaction.atomic():
        sending.swap(payout, PayoutState.SENT, sent_at=payout.created_at, tried_at=payout.created_at, tries=1)
    sending.settle(payout)
    erasure.erase(bob)
    sending.take_back(payout, code="account_closed")
    bob.refresh_from_db()
    return payout


@pytest.mark.django_db(transaction=True)
class TestAPayoutThatCameBackToNobody:
    def test_D3_it_stays_due_under_the_number_and_is_never_sent_again(self, returned, bob):
        assert returned.state == PayoutState.RETURNED and due(bob) == 20 * EUR
        assert left.settle() == 0, "it is theirs, as long as the archive can tell who that is"
        assert payouts.run_due() == {"made": 0, "micros": 0, "payee_missing": 0}
        sending.send_pending(), sending.refresh(returned)
        assert Payout.objects.count() == 1 and due(bob) == 20 * EUR
        assert wrong() == []
        market.assert_sound()

    def test_D3_nobody_is_asked_for_their_account_each_month(self, returned, bob, clock):
        clock.forward(days=40)
        payouts.run_due()
        assert not Notice.objects.filter(user=bob, kind="payee_missing").exists()

    def test_the_console_shows_it_with_what_to_do(self, returned, bob, erin):
        page = log_in(erin).get("/console/books/").content.decode()
        assert "Due to people who left" in page and bob.public_id in page and "€20.00" in page
        assert f"mydata give-back {bob.public_id}" in page

    def test_D3_it_is_given_back_on_the_account_they_have_now_and_paid_out(self, returned, bob, capsys):
        now = make_worker("bob.again")
        call_command("mydata", "give-back", bob.public_id, to=now.public_id)
        assert "20.00 EUR" in capsys.readouterr().out
        assert (due(bob), due(now)) == (0, 20 * EUR)
        with pytest.raises(CommandError, match="No payment has come back"):
            call_command("mydata", "give-back", bob.public_id, to=now.public_id)
        payees.save(user=now, details=DETAILS, actor=now)
        assert payouts.request(user=now, actor=now).amount_micros == 20 * EUR
        assert left_money.kept() == [] and wrong() == []
        market.assert_sound()

    def test_it_is_given_to_nobody_who_is_closed_gone_or_never_left(self, returned, bob, charlie):
        with pytest.raises(Invalid):
            left.give_back(user=bob, to=bob)
        charlie.is_active = False
        with pytest.raises(Invalid):
            left.give_back(user=bob, to=charlie)
        with pytest.raises(CommandError, match="has not left"):
            call_command("mydata", "give-back", charlie.public_id, to=bob.public_id)
        assert due(bob) == 20 * EUR

    def test_D3_once_the_archive_is_destroyed_it_goes_to_the_fund(self, returned, bob, clock):
        clock.forward(days=366 * 12)
        assert vault.destroy_due() == 1
        before = fund().from_leavers
        assert left.settle() == 1
        assert (due(bob), fund().from_leavers - before) == (0, 20 * EUR)
        assert wrong() == []

    def test_a_topup_beside_it_goes_to_the_fund_and_what_came_back_stays(self, returned, bob):
        row = Assignment.objects.filter(worker=bob).first()
        with transaction.atomic():
            earnings.top_up(
                reference=f"{row.public_id}:topup:1", worker_id=bob.pk, cap_year=row.cap_year,
                parts=[(earnings.platform_costs(), 70_000)],
            )  # fmt: skip
        assert left.settle() == 1
        assert due(bob) == 20 * EUR


# --- the invariant: what is due to a worker leaves for their payout alone (P13) -------------------------------------


def ways(*entries, kind="payout", reference="pay_made:1"):
    with transaction.atomic():
        ledger.post(kind, reference, entries)
    return {check.name: check.ids for check in money_checks.broken()}.get(
        "workers_money_leaves_by_payout_alone"
    )


@pytest.fixture
def paid(bob, bea, atelier):
    for person in (bob, bea):
        earn(person, 10 * EUR, atelier, reference=f"asg_{person.pk}")
    return [
        (
            ledger.account(AccountKind.WORKER_PAYABLE, user=each),
            ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=each),
        )
        for each in (bob, bea)
    ]


def test_P13_a_payout_in_several_entries_and_two_peoples_at_once_are_payouts(paid):
    (mine, out), (other, other_out) = paid
    assert not ways((mine, -3 * EUR), (mine, -2 * EUR), (out, 4 * EUR), (out, 1 * EUR))
    assert not ways((mine, -EUR), (out, EUR), (other, -2 * EUR), (other_out, 2 * EUR), reference="pay_two")
    reversed_ = Transaction.objects.get(reference="pay_two")
    with transaction.atomic():
        ledger.reverse(reversed_, "payout_reversed")
    assert "workers_money_leaves_by_payout_alone" not in dict(wrong())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("platform_fees", "payout"),
        ("help_fund", "left_to_fund"),
        ("help_fund", "payout"),
        ("platform_costs", "correction"),
    ],
)
def test_P13_a_part_that_goes_elsewhere_is_found_also_of_somebody_who_is_here(paid, kind, name):
    (mine, out), _other = paid
    elsewhere = ledger.account(kind)
    assert ways((mine, -3 * EUR), (out, 2 * EUR), (elsewhere, EUR), kind=name) == [f"{name}:pay_made:1"]


def test_P13_one_persons_money_for_anothers_payout_is_found(paid, bob):
    (mine, _out), (other, other_out) = paid
    assert ways((mine, -3 * EUR), (other_out, 3 * EUR)) == ["payout:pay_made:1"]
    assert ways((mine, -EUR), (other, EUR), kind="left_given_back", reference="a:1") == [
        "left_given_back:a:1",
        "payout:pay_made:1",
    ]


def test_P13_a_chargeback_that_is_written_off_touches_no_worker(paid, atelier):
    losses, clearing = (
        ledger.account(AccountKind.LOSSES),
        ledger.account(AccountKind.GATEWAY_CLEARING, gateway="x"),
    )
    assert not ways((losses, -EUR), (clearing, EUR), kind="dispute_taken")


def test_only_what_came_back_since_they_left_is_theirs(bob, atelier):
    earn(bob, 5 * EUR, atelier, reference="asg_before")
    payable = ledger.account(AccountKind.WORKER_PAYABLE, user=bob)
    transit = ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=bob)
    with transaction.atomic():
        ledger.post("payout", "pay_old", [(payable, -5 * EUR), (transit, 5 * EUR)])
        ledger.reverse(Transaction.objects.get(reference="pay_old"), "payout_reversed")
    erasure.erase(bob)
    assert left.settle() == 1 and due(bob) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM payments_transaction WHERE kind = 'left_to_fund'")
        assert cursor.fetchone() == (1,)


def test_D3_a_bank_that_sends_it_back_on_a_statement_finds_nobody_and_leaves_no_name(
    settings, atelier, alice, dana, erin, mailbox
):
    mydata_world.bank(settings)
    user = mydata_world.rozenn()
    mydata_world.works(user, atelier, alice)
    payout = mydata_world.is_paid(user, dana, erin)
    assert payout.state == PayoutState.PAID
    erasure.erase(user)
    back = detail(
        e2e=run_files.carried(payout.public_id),
        reason="AC04",
        name=mydata_world.NAME,
        account=mydata_world.iban(),
    )
    statements_in.read(
        camt(statement(entry("20.00", back, ref="C3", code="PMNT/ICDT/RRTN"), opening="985.00", number="2")),
        actor=erin,
    )
    payout.refresh_from_db()
    assert (payout.state, due(user)) == (PayoutState.RETURNED, payout.amount_micros)
    assert residue.in_database(mydata_world.traces()) == {}
    assert [(row.person, row.micros) for row in left_money.kept()] == [(user.public_id, payout.amount_micros)]
    payouts.run_due(), left.settle()
    assert Payout.objects.filter(user=user).count() == 1 and due(user) == payout.amount_micros
    market.assert_sound()
