"""Spending limits: what a member may set aside in a month and what a batch may cost, whatever takes the money."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import ids
from marketplace.base.errors import Forbidden, NotFound
from marketplace.base.models import Notice, Role
from payments.models import AccountKind, SpendingLimit
from payments.services import holdings, ledger, limits
from tasks.models import Import
from tasks.services import batches, chains_rows, closing, gold, prices, screening
from tests import chaining, market
from tests.market import EUR, draft, fund, open_batch
from tests.personas import join

pytestmark = pytest.mark.django_db


@pytest.fixture
def eddie(alice, atelier):
    from tests.personas import make_person

    person = make_person("eddie")
    join(atelier, person, Role.EDITOR)
    return person


def limit(organisation, owner, amount, member=None):
    limits.set_limit(organisation=organisation, actor=owner, member=member, amount_micros=amount)


def cost(batch):
    return prices.quote(batch).total


def test_a_batch_within_the_limit_is_published_and_counts(atelier, alice, eddie):
    fund(atelier)
    made = draft(atelier, eddie)
    limit(atelier, alice, cost(made), eddie)
    batches.publish(batch=made, actor=eddie)
    assert limits.of_member(atelier, eddie) == limits.Standing(cost(made), cost(made))
    assert limits.of_member(atelier, alice) is None
    assert limits.used_by_member(atelier, alice) == 0  # what others spend is not hers


def test_a_batch_beyond_the_limit_is_refused_with_the_sum(atelier, alice, eddie):
    fund(atelier)
    made = draft(atelier, eddie)
    limit(atelier, alice, 2 * EUR, eddie)
    with pytest.raises(limits.LimitReached) as refusal:
        batches.publish(batch=made, actor=eddie)
    assert "€2.00 a month" in refusal.value.message
    assert "€0.00 of it is used" in refusal.value.message
    assert holdings.available(atelier) == 1000 * EUR
    made.refresh_from_db()
    assert made.state == "draft"
    batches.publish(batch=made, actor=alice)  # who has no limit may


def test_a_limit_of_nothing_lets_nothing_through(atelier, alice, eddie):
    fund(atelier)
    limit(atelier, alice, 0, eddie)
    with pytest.raises(limits.LimitReached):
        batches.publish(batch=draft(atelier, eddie), actor=eddie)


def test_one_batch_may_cost_so_much_whoever_pays_and_however_it_grows(atelier, alice):
    live = open_batch(atelier, alice)
    limit(atelier, alice, cost(live) + EUR)
    with pytest.raises(limits.BatchLimitReached) as refusal:
        batches.raise_price(batch=live, actor=alice, reward_micros=live.reward_micros * 2)
    assert "needs €" in refusal.value.message
    live.refresh_from_db()
    assert live.reward_micros == 650_000
    batches.raise_price(batch=live, actor=alice, reward_micros=live.reward_micros + 20_000)


def test_rows_that_are_added_later_count_too(atelier, alice, eddie):
    live = open_batch(atelier, alice)
    source = Import.objects.create(
        batch=live,
        created_by=eddie,
        state=Import.State.NEEDS_FUNDS,
        path="rows.csv",
        filename="rows.csv",
        size=10,
        format="csv",
    )
    market.add_rows(live, 5, source)
    limit(atelier, alice, EUR, eddie)
    with pytest.raises(limits.LimitReached):
        batches.fund_rows(source=source, actor=eddie)
    limit(atelier, alice, 100 * EUR, eddie)
    batches.fund_rows(source=source, actor=eddie)
    assert limits.used_by_member(atelier, eddie) == prices.quote(live, 5).total


def test_check_questions_added_later_count_too(atelier, alice, eddie):
    from tests import gold as helpers

    live = helpers.batch_with_checks(atelier, alice, rows=4, questions=5)
    limit(atelier, alice, limits.used_by_batch(live.public_id))
    with pytest.raises(limits.BatchLimitReached), transaction.atomic():
        holdings.set_aside(
            organisation=atelier, batch_ref=live.public_id, amount_micros=1, reference="gold", actor=eddie
        )
    assert gold.waiting(live).count() == 0


def test_what_came_back_in_the_month_no_longer_counts(atelier, alice, eddie, clock):
    fund(atelier)
    atelier.trusted_at = clock.now()
    atelier.save()
    made = draft(atelier, eddie)
    limit(atelier, alice, cost(made), eddie)
    batches.publish(batch=made, actor=eddie)
    closing.close(batch=made, actor=alice)
    assert limits.used_by_member(atelier, eddie) == 0
    batches.publish(batch=draft(atelier, eddie), actor=eddie)


def test_a_batch_that_was_handed_back_is_not_counted_twice(atelier, alice, eddie, dana):
    fund(atelier)
    made = draft(atelier, eddie)
    limit(atelier, alice, cost(made))
    batches.publish(batch=made, actor=eddie)
    made.refresh_from_db()
    if made.state == "screening":
        screening.refuse(batch=made, moderator=dana, reason="Say what it is for.")
        made.refresh_from_db()
        batches.publish(batch=made, actor=eddie)
    assert limits.used_by_batch(made.public_id) == cost(made)


def test_each_month_of_the_books_begins_anew(atelier, alice, eddie, clock):
    clock.set(dt.datetime(2026, 11, 30, 22, 30, tzinfo=dt.UTC))
    fund(atelier)
    made = draft(atelier, eddie)
    limit(atelier, alice, cost(made), eddie)
    batches.publish(batch=made, actor=eddie)
    with pytest.raises(limits.LimitReached) as refusal:
        batches.publish(batch=draft(atelier, eddie), actor=eddie)
    assert "1 December" in refusal.value.message
    clock.set(dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC))  # December in Paris
    batches.publish(batch=draft(atelier, eddie), actor=eddie)


def test_bonuses_count_in_the_month_of_who_gives_them(atelier, alice, eddie, bob):
    fund(atelier)
    with transaction.atomic():
        payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, [bob.pk])[bob.pk]
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
        ledger.post("bonus", "bon_1", [(funds, -3 * EUR), (payable, 3 * EUR)], cap_year=2026, actor=eddie)
    limit(atelier, alice, 4 * EUR, eddie)
    assert limits.of_member(atelier, eddie) == limits.Standing(4 * EUR, 3 * EUR)
    with transaction.atomic():
        limits.require(organisation=atelier, actor=eddie, amount_micros=EUR)
    with pytest.raises(limits.LimitReached), transaction.atomic():
        limits.require(organisation=atelier, actor=eddie, amount_micros=EUR + 1)


def test_rows_of_a_chain_count_for_who_set_it_up_and_wait_when_the_limit_is_used(atelier, alice, bob):
    writing = open_batch(atelier, alice, rows=3, form=chaining.WRITE, **chaining.PAY)
    verifying = draft(atelier, alice, rows=0, form=chaining.VERIFY, **chaining.PAY)
    chain = chaining.join(writing, verifying, alice)
    verifying = chaining.publish(verifying, alice)
    unit = prices.quote(verifying, 1).total
    limit(atelier, alice, limits.used_by_member(atelier, alice) + unit, alice)
    for number in range(3):
        chaining.done(bob, alice, writing, text=str(number))
    assert chaining.tick_without_books() == 3
    assert [row.funded for row in chaining.rows_of(verifying)] == [True, False, False]  # as many as fit
    assert Notice.objects.get(kind="chain_rows_wait").data["why"] == "limit_reached"
    limit(atelier, alice, None, alice)
    assert chains_rows.open_paid(chain.pk) == 2
    assert all(row.funded for row in chaining.rows_of(verifying))


def test_only_owners_set_limits_and_only_of_members(atelier, alice, eddie, charlie):
    with pytest.raises(Forbidden):
        limit(atelier, eddie, EUR)
    with pytest.raises(Forbidden):
        limit(atelier, charlie, EUR)
    with pytest.raises(NotFound):
        limit(atelier, alice, EUR, charlie)
    with pytest.raises(ValueError):
        limit(atelier, alice, -1)
    limit(atelier, alice, EUR, eddie)
    limit(atelier, alice, None, eddie)
    assert not SpendingLimit.objects.exists()


@pytest.mark.parametrize("member", [True, False])
def test_sql_keeps_one_limit_each_and_none_below_zero(atelier, alice, member):
    kept = {"organisation": atelier, "member": alice if member else None, "set_by": alice}
    SpendingLimit.objects.create(amount_micros=1, **kept)
    with pytest.raises(IntegrityError, match="spending_limit_once"), transaction.atomic():
        SpendingLimit.objects.create(amount_micros=2, **kept)
    with pytest.raises(IntegrityError, match="spending_limit_not_negative"), transaction.atomic():
        SpendingLimit.objects.update(amount_micros=-1)


def test_the_page_sets_limits_and_members_see_their_own(client, atelier, alice, eddie):
    client.force_login(alice)
    answer = client.post("/funds/limits/", {"member": eddie.public_id, "amount": "1 500,50"}, follow=True)
    assert "The limit is €1\u202f500.50 now." in answer.content.decode()
    assert limits.of_organisation(atelier) == {eddie.pk: 1_500_500_000}
    client.post("/funds/limits/", {"member": "", "amount": "0"})
    assert limits.of_organisation(atelier)[None] == 0
    assert 'value="0"' in client.get("/funds/limits/").content.decode()
    client.force_login(eddie)
    page = client.get("/funds/limits/").content.decode()
    assert "€1\u202f500.50" in page and "Alice" not in page
    assert client.post("/funds/limits/", {"member": "", "amount": "9"}).status_code == 403


def test_a_limit_of_somebody_else_is_not_there(client, atelier, alice, charlie):
    client.force_login(alice)
    answer = client.post("/funds/limits/", {"member": charlie.public_id, "amount": "5"})
    assert answer.status_code == 404
    assert (
        client.post("/funds/limits/", {"member": ids.encode("usr", 10**12), "amount": "5"}).status_code == 404
    )


def test_the_price_step_says_what_is_left_and_why_the_vat_is_what_it_is(client, atelier, alice):
    fund(atelier)
    made = draft(atelier, alice, rows=20)
    limit(atelier, alice, 5 * EUR, alice)
    limit(atelier, alice, 3 * EUR)
    client.force_login(alice)
    for step in ("price", "review"):
        page = client.get(f"/batches/{made.public_id}/{step}/").content.decode()
        assert "€5.00 of your limit of this month is left. This costs more: ask an owner to raise it." in page
        assert "One batch may cost at most €3.00 here." in page
        assert "You are in our own country" in page
