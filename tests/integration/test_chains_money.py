"""Chains and money, and what goes wrong: rows wait unseen for their price, and a job that dies leaves nothing half."""

import datetime as dt

import pytest

from marketplace.base.models import Notice
from payments.services import holdings
from tasks.models import Assignment, ChainLink, Task
from tasks.selectors import requester
from tasks.services import (
    chains,
    chains_rows,
    gold_questions,
    prices,
)
from tests import market
from tests.chaining import (
    PAY,
    VERIFY,
    WRITE,
    done,
    drain,
    join,
    publish,
    rows_of,
    tick,
    tick_without_books,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def writing(atelier, alice):
    return market.open_batch(atelier, alice, rows=2, form=WRITE, **PAY)


@pytest.fixture
def verifying(atelier, alice):
    return market.draft(atelier, alice, rows=0, form=VERIFY, title="Check", **PAY)


# --- money ------------------------------------------------------------------------------------------------------


def test_rows_wait_for_money_one_notice_says_so_and_a_deposit_opens_them(atelier, alice, bob):
    writing = market.open_batch(atelier, alice, rows=4, form=WRITE, **PAY)
    verifying = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    chain = join(writing, verifying, alice)
    verifying = publish(verifying, alice)
    unit = prices.quote(verifying, 1).total
    drain(atelier, unit + unit // 2)
    for number in range(3):
        done(bob, alice, writing, text=str(number))
    assert tick_without_books() == 3
    assert [row.funded for row in rows_of(verifying)] == [True, False, False]
    assert [row.is_open for row in rows_of(verifying)] == [True, False, False]
    notice = Notice.objects.get(kind="chain_rows_wait")
    assert notice.user == alice
    assert (notice.data["rows"], notice.data["amount"]) == (2, 2 * unit)
    assert notice.data["why"] == "insufficient_funds"
    done(bob, alice, writing, text="3")
    tick_without_books()
    tick_without_books()
    assert Notice.objects.filter(kind="chain_rows_wait").count() == 1
    writing.refresh_from_db()
    chain.refresh_from_db()
    assert (writing.state, chain.ended_at) == ("completed", None)  # rows wait: it is not over
    market.fund(atelier, 50)
    tick_without_books()
    assert all(row.is_open for row in rows_of(verifying))
    assert holdings.held(verifying.public_id) == 4 * unit == requester.put_aside(verifying)
    chain.refresh_from_db()
    assert chain.ended_at


def test_rows_of_a_growing_batch_with_check_questions_are_paid_at_the_most(atelier, alice, bob, writing):
    market.fund(atelier, 200)
    target = market.draft(
        atelier, alice, rows=0, form=VERIFY, overlap=2, overlap_most=4, confidence=0.8, gold_rate=0.2, **PAY
    )
    join(writing, target, alice)
    target.refresh_from_db()
    gold_questions.add(
        batch=target,
        actor=alice,
        questions=[
            gold_questions.Question(
                answers=[{"right": "yes"}],
                explanation="It is.",
                tolerance={},
                data={"name": "x", "text": "x"},
            )
        ],
    )
    target = publish(target, alice)
    held = holdings.held(target.public_id)
    assert held == prices.quote(target, 1).total  # the question, once
    done(bob, alice, writing, text="one")
    done(bob, alice, writing, text="two")
    tick()
    # 8 answers at the most are four fifths of all: 2 to check questions, of which one was there.
    assert holdings.held(target.public_id) == held + prices.quote(target, 8 + 1).total
    assert set(Task.objects.filter(batch=target, is_gold=False).values_list("overlap", "most")) == {(2, 4)}


def test_a_switch_a_debt_or_a_floor_keeps_rows_closed_until_it_is_gone(
    alice, bob, writing, verifying, monkeypatch
):
    from tasks.errors import BelowFloor

    join(writing, verifying, alice)
    publish(verifying, alice)
    done(bob, alice, writing, text="one")

    def too_low(batch):
        raise BelowFloor(reward="1 €", seconds=900, least="3 €")

    monkeypatch.setattr(chains_rows.prices, "check_floor", too_low)
    tick()
    assert not rows_of(verifying)[0].funded
    assert Notice.objects.get(kind="chain_rows_wait").data["why"] == "below_floor"
    monkeypatch.undo()
    tick()
    assert rows_of(verifying)[0].is_open


def test_a_stopped_chain_sends_nothing_takes_waiting_rows_out_and_lets_the_batch_end(
    atelier, alice, bob, writing, verifying
):
    chain = join(writing, verifying, alice)
    publish(verifying, alice)
    drain(atelier, 0)
    done(bob, alice, writing, text="one")
    assert tick_without_books() == 1
    chains.stop(chain=chain, actor=alice)
    with pytest.raises(chains.Ended):
        chains.stop(chain=chain, actor=alice)
    assert not rows_of(verifying)
    done(bob, alice, writing, text="two")
    assert tick_without_books() == 0
    verifying.refresh_from_db()
    assert verifying.state == "completed"


# --- what goes wrong ---------------------------------------------------------------------------------------------


def test_a_job_that_dies_between_row_and_link_leaves_nothing_half(
    alice, bob, writing, verifying, monkeypatch
):
    join(writing, verifying, alice)
    publish(verifying, alice)
    done(bob, alice, writing, text="one")

    def dies(*args, **kwargs):
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr(ChainLink.objects, "bulk_create", dies)
        with pytest.raises(RuntimeError):
            chains_rows.pass_on_all()
    assert not rows_of(verifying) and not ChainLink.objects.exists()
    market.assert_sound()
    assert tick() == 1
    assert len(rows_of(verifying)) == 1


def test_a_job_that_dies_before_the_money_goes_on_with_the_rows_that_are_there(
    alice, bob, writing, verifying, monkeypatch
):
    join(writing, verifying, alice)
    publish(verifying, alice)
    done(bob, alice, writing, text="one")

    def dies(*args, **kwargs):
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr(chains_rows.holdings, "set_aside", dies)
        with pytest.raises(RuntimeError):
            chains_rows.pass_on_all()
    assert [row.funded for row in rows_of(verifying)] == [False]
    market.assert_sound()
    assert tick() == 0
    assert [row.is_open for row in rows_of(verifying)] == [True]


def test_a_chain_that_fails_keeps_no_other_waiting(atelier, alice, bob, writing, verifying, monkeypatch):
    broken = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    first = join(writing, broken, alice)
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    real = chains_rows.send
    monkeypatch.setattr(chains_rows, "send", lambda number: 1 / 0 if number == first.pk else real(number))
    with pytest.raises(ZeroDivisionError):
        chains_rows.pass_on_all()
    assert len(rows_of(verifying)) == 1


def test_a_row_that_the_form_refuses_is_left_out(alice, atelier, bob):
    optional = {**WRITE, "fields": [{**WRITE["fields"][0], "required": False}]}
    source = market.open_batch(atelier, alice, rows=1, form=optional, **PAY)
    strict = {**VERIFY, "show": [{"as": "previous", "column": "text", "required": True}]}
    target = market.draft(atelier, alice, rows=0, form=strict, **PAY)
    join(source, target, alice, {"text": "text"})
    done(bob, alice, source)
    assert tick() == 0
    assert ChainLink.objects.get().target_task_id is None


def test_an_appeal_that_comes_later_changes_nothing_of_what_was_sent(alice, bob, writing, verifying, atelier):
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    tick()
    Assignment.objects.filter(batch=writing).update(submitted_at=writing.created_at + dt.timedelta(days=1))
    assert tick() == 0
    assert rows_of(verifying)[0].data["text"] == "one"
