"""Jobs, requesters and workers around one chain at once: each result becomes a row once, each row is paid once."""

import threading

import pytest
from django.db import connection

from marketplace.base.errors import Refusal
from payments.services import holdings
from tasks.models import Chain, ChainLink, Task
from tasks.services import batches, chains, chains_rows, claims, closing, prices
from tests import market
from tests.integration.test_chains import PAY, SAME, VERIFY, WRITE, approve, give, join, publish
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run these together; what each returned, or the refusal it met."""
    start, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            start.wait(20)
            found[place] = act()
        except BaseException as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    strange = [each for each in found if isinstance(each, BaseException) and not isinstance(each, Refusal)]
    assert not strange, strange
    return found


def settled(atelier, alice, rows=12):
    """A batch whose every row is answered and approved, and who answered."""
    source = market.open_batch(atelier, alice, rows=rows, form=WRITE, **PAY)
    writer = make_worker("writer")
    approve(alice, *(give(writer, source, text=str(number)) for number in range(rows)))
    return source, writer


def test_jobs_at_once_make_each_row_once_and_pay_it_once(atelier, alice, monkeypatch):
    source, _writer = settled(atelier, alice)
    target = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    chain = join(source, target, alice)
    target = publish(target, alice)
    monkeypatch.setattr(chains_rows, "SET", 5)
    # `send` and `fund` themselves, without the lock that keeps whole runs apart.
    at_once(*[lambda: [chains_rows.send(chain.pk) for _each in range(4)]] * 4)
    assert Task.objects.filter(batch=target).count() == 12
    assert ChainLink.objects.filter(chain=chain).count() == 12
    at_once(*[lambda: [chains_rows.fund(chain.pk, None) for _each in range(4)]] * 4)
    assert Task.objects.filter(batch=target, is_open=True).count() == 12
    assert holdings.held(target.public_id) == prices.quote(target, 12).total
    at_once(*[chains_rows.pass_on_all] * 3)
    assert Task.objects.filter(batch=target).count() == 12
    market.assert_sound()


def test_a_draft_published_while_rows_come_in_pays_for_all_of_them(atelier, alice):
    source, _writer = settled(atelier, alice)
    target = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    join(source, target, alice)
    target.refresh_from_db()
    at_once(chains_rows.pass_on_all, lambda: batches.publish(batch=target, actor=alice))
    chains_rows.pass_on_all()
    assert Task.objects.filter(batch=target, is_open=True).count() == 12
    assert holdings.held(target.public_id) == prices.quote(target, 12).total
    market.assert_sound()


@pytest.mark.parametrize("end", ["close", "stop"])
def test_closing_or_stopping_while_rows_come_in_leaves_no_row_without_an_owner(atelier, alice, end):
    source, _writer = settled(atelier, alice, rows=6)
    target = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    chain = join(source, target, alice)
    target = publish(target, alice)
    ends = {
        "close": lambda: closing.close(batch=target, actor=alice),
        "stop": lambda: chains.stop(chain=chain, actor=alice),
    }
    at_once(chains_rows.pass_on_all, ends[end], chains_rows.pass_on_all)
    closing.complete_finished()
    chain.refresh_from_db()
    assert chain.ended_at
    assert not Task.objects.filter(batch=target, funded=False).exists()
    market.assert_sound()


def test_two_halves_of_a_circle_are_not_made_beside_each_other(atelier, alice):
    first, second = (market.draft(atelier, alice, rows=1, form=WRITE, **PAY) for _each in range(2))
    only = {"name": "name"}
    found = at_once(
        lambda: join(first, second, alice, only),
        lambda: join(second, first, alice, only),
        lambda: join(first, second, alice, only),
    )
    assert Chain.objects.count() == 1
    assert sum(isinstance(each, Refusal) for each in found) == 2


def test_the_writer_gets_none_of_their_own_however_often_they_ask(atelier, alice):
    source, writer = settled(atelier, alice, rows=6)
    target = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    join(source, target, alice, SAME)
    target = publish(target, alice)
    others = [make_worker(f"other{number}") for number in range(2)]

    def ask(worker):
        def run():
            taken = 0
            for _each in range(8):
                try:
                    claims.claim(worker=worker, batch=target)
                    taken += 1
                except Refusal:
                    pass
            return taken

        return run

    found = at_once(chains_rows.pass_on_all, ask(writer), ask(writer), *(ask(each) for each in others))
    assert found[1] == found[2] == 0
    chains_rows.pass_on_all()
    with pytest.raises(Refusal):
        claims.claim(worker=writer, batch=target)
    market.assert_sound()
