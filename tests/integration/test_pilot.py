"""The paid pilot (charter W2): the first tasks run small and are measured; the rest opens or says its price."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from marketplace.base import errors
from marketplace.base.models import AuditEvent, Notice
from payments.services import holdings
from tasks.errors import FirstRunFull, FirstRunShared, NotReviewed
from tasks.models import Batch, Import, Task
from tasks.selectors import board
from tasks.services import aggregation, batches, claims, closing, floors, growth, pilot, rotation, submissions
from tests import market

pytestmark = pytest.mark.django_db
EUR = market.EUR


@pytest.fixture
def piloted(settings):
    """A pilot of 4 tasks for batches of 6 answers on, measured by 4 answers of 2 people."""
    settings.PILOT, settings.PILOT_TASKS, settings.PILOT_LEAST_SLOTS = True, 4, 6
    settings.FLOOR_MEASURE_SUBMISSIONS, settings.FLOOR_MEASURE_WORKERS = 4, 2
    return settings


@pytest.fixture
def batch(piloted, atelier, alice):
    return market.open_batch(atelier, alice, rows=12, countries=["FR"])


def fresh(batch):
    return Batch.objects.get(pk=batch.pk)


def open_rows(batch):
    return Task.objects.filter(batch=batch, is_open=True, is_gold=False).count()


def answer(worker, batch, clock, seconds=100, next=False):
    row = market.claimed(worker, fresh(batch))
    clock.forward(seconds=seconds)
    return submissions.submit(assignment=row, worker=worker, answer={"same": "1"}, next=next)


def kinds(user):
    return [
        kind for kind in Notice.objects.filter(user=user).values_list("kind", flat=True) if "pilot" in kind
    ]


# --- publishing -------------------------------------------------------------------------------------------------


def test_W2_only_the_first_tasks_open_and_the_money_of_all_is_set_aside(batch, bob):
    assert (batch.pilot, batch.pilot_row, open_rows(batch)) == ("running", 4, 4)
    assert Task.objects.filter(batch=batch, funded=True).count() == 12
    assert holdings.held(batch.public_id) >= 12 * batch.reward_micros
    held_back = Task.objects.get(batch=batch, row_number=9)
    with pytest.raises(errors.Refusal):
        claims.claim(worker=bob, batch=batch, task=held_back)
    market.assert_sound()


def test_W2_who_published_has_read_the_instructions_and_it_is_stored(batch, alice):
    assert (batch.reviewed_by, batch.reviewed_at is not None) == (alice, True)


def test_W2_a_page_that_publishes_without_saying_so_is_refused(piloted, client, atelier, alice):
    market.fund(atelier)
    draft = market.draft(atelier, alice, rows=12)
    with pytest.raises(NotReviewed):
        batches.publish(batch=draft, actor=alice, reviewed=False)
    client.force_login(alice)
    page = client.get(reverse("batch-review", args=[draft.public_id])).content.decode()
    assert "first small run: 4 tasks" in page and 'name="reviewed"' in page
    answer = client.post(reverse("batch-publish", args=[draft.public_id]))
    assert answer.status_code == 409
    assert fresh(draft).state == "draft"
    client.post(reverse("batch-publish", args=[draft.public_id]), {"reviewed": "yes"})
    assert fresh(draft).pilot == "running"


def test_W2_no_pilot_begins_without_a_reader_whatever_the_code_does(batch):
    for change, name in [
        ({"reviewed_by": None, "reviewed_at": None}, "batch_pilot_after_a_review"),
        ({"reviewed_by": None}, "batch_reviewed_by_and_at"),
        ({"pilot": "unheard"}, "batch_pilot_known"),
        ({"pilot": "over"}, "batch_pilot_decided_at"),
        ({"state": "draft"}, "batch_pilot_ends_with_the_batch"),
    ]:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Batch.objects.filter(pk=batch.pk).update(**change)


def test_small_batches_tests_and_fed_ones_begin_whole(piloted, atelier, alice):
    assert not pilot.applies(market.draft(atelier, alice, rows=5))
    assert not pilot.applies(market.draft(atelier, alice, rows=4, overlap=5))
    assert pilot.applies(market.draft(atelier, alice, rows=5, overlap=2))
    Batch.objects.filter(pk=(test := market.draft(atelier, alice, rows=12)).pk).update(role="test")
    assert not pilot.applies(fresh(test))
    piloted.PILOT = False
    whole = market.open_batch(atelier, alice, rows=12)
    assert (whole.pilot, open_rows(whole)) == ("", 12)


def test_a_refusal_by_a_moderator_leaves_neither_pilot_nor_reader(piloted, atelier, alice, dana):
    from tasks.services import screening

    market.fund(atelier)
    batch = batches.publish(batch=market.draft(atelier, alice, rows=12), actor=alice)
    assert (batch.state, batch.pilot) == ("screening", "running")
    market.assert_sound()
    screening.refuse(batch=batch, moderator=dana, reason="Not like this.")
    found = fresh(batch)
    assert (found.pilot, found.pilot_row, found.reviewed_by) == ("", None, None)
    again = batches.publish(batch=found, actor=alice)
    screening.pass_(batch=again, moderator=dana)
    assert (fresh(batch).pilot, open_rows(batch)) == ("running", 4)


# --- deciding ---------------------------------------------------------------------------------------------------


def test_W2_the_rest_opens_by_itself_when_the_measured_price_meets_the_floor(batch, alice, bob, bea, clock):
    answer(bob, batch, clock), answer(bob, batch, clock), answer(bea, batch, clock)
    assert pilot.run()["opened"] == 0
    assert open_rows(batch) == 1
    answer(bea, batch, clock)
    assert pilot.run()["opened"] == 1
    found = fresh(batch)
    assert (found.pilot, found.measured_seconds, open_rows(batch)) == ("over", 100, 8)
    assert kinds(alice) == ["pilot_opened"]
    assert pilot.run() == {"pilots": 0, "opened": 0, "pieces": 0, "quiet": 0}
    market.assert_sound()


def test_W2_it_stays_shut_under_the_floor_and_says_what_it_would_take(batch, client, alice, bob, bea, clock):
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock, seconds=360)
    pilot.run()
    found = fresh(batch)
    assert (found.pilot, open_rows(batch)) == ("held", 0)
    assert pilot.needed(found) == 1_290_000  # 360 s at 12.85 €/h, up to the cent
    assert kinds(alice) == ["pilot_held"]
    pilot.run()
    assert kinds(alice) == ["pilot_held"]
    with pytest.raises(errors.Refusal):
        claims.claim(worker=bob, batch=found)
    client.force_login(alice)
    page = client.get(reverse("batch", args=[batch.public_id])).content.decode()
    assert "The rest waits for a price of €1.29" in page
    assert "4 of 4 answers, 2 people; median 6" in page, page[page.find("4 of 4") :][:200]
    market.assert_sound()


def test_W2_the_rest_opens_with_the_raise_that_meets_the_floor(batch, alice, bob, bea, clock):
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock, seconds=360)
    pilot.run()
    batches.raise_price(batch=batch, actor=alice, reward_micros=1_280_000)
    assert fresh(batch).pilot == "held"
    batches.raise_price(batch=batch, actor=alice, reward_micros=1_290_000)
    assert (fresh(batch).pilot, open_rows(batch)) == ("over", 8)
    assert kinds(alice) == ["pilot_held", "pilot_opened"]
    market.assert_sound()


def test_the_next_claim_finds_the_rest_at_once_when_each_slot_is_answered(batch, bob, clock):
    for _time in range(3):
        assert answer(bob, batch, clock).next is None
    done = answer(bob, batch, clock, next=True)
    assert done.next is not None
    assert fresh(batch).pilot == "over"
    assert fresh(batch).measured_seconds is None  # one person: the estimate holds


def test_who_comes_when_the_run_is_taken_reads_that_the_rest_will_open(batch, bob, bea):
    for _time in range(4):
        market.claimed(bob, batch)
    with pytest.raises(FirstRunFull, match="rest opens by itself") as found:
        claims.claim(worker=bea, batch=batch)
    assert found.value.code == "none_left"


def test_a_task_given_back_belongs_to_the_run_and_opens_nothing_else(batch, bob):
    row = market.claimed(bob, batch)
    claims.release(assignment=row, worker=bob)
    assert open_rows(batch) == 4
    market.assert_sound()


def test_countries_that_were_named_and_never_met_hold_nothing_back(piloted, atelier, alice, settings):
    batch = market.open_batch(atelier, alice, rows=12, reward_micros=200_000, countries=["FR", "MG"])
    assert batch.pilot_countries == ["MG"]
    assert pilot.needed(batch) < 200_000
    anywhere = market.open_batch(atelier, alice, rows=12)
    assert anywhere.pilot_countries is None
    assert pilot.needed(anywhere) == 120_000  # 180 s at 2.25 €/h, up to the cent


def test_two_looks_open_it_once(batch, alice, bob, bea, clock):
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock)
    assert pilot.look(batch_id=batch.pk)
    assert not pilot.look(batch_id=batch.pk)
    assert AuditEvent.objects.filter(tag="tasks:pilot:opening").count() == 1


def test_a_large_rest_opens_in_pieces_by_the_job(piloted, atelier, alice, bob, bea, clock, monkeypatch):
    monkeypatch.setattr(pilot, "FIRST", 3)
    monkeypatch.setattr(pilot, "PIECE", 4)
    monkeypatch.setattr(pilot, "MOST_PIECES", 2)
    batch = market.open_batch(atelier, alice, rows=30)
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock)
    assert pilot.look(batch_id=batch.pk)
    assert (fresh(batch).pilot, open_rows(batch)) == ("opening", 3)
    market.assert_sound()
    assert closing.complete_finished() == 0
    assert pilot.run()["pieces"] == 2
    assert open_rows(batch) == 11
    for _run in range(3):
        pilot.run()
    assert (fresh(batch).pilot, open_rows(batch)) == ("over", 26)
    market.assert_sound()


def test_nobody_comes_and_the_requester_reads_what_to_do_once(batch, client, alice, clock):
    clock.forward(hours=23)
    assert pilot.run()["quiet"] == 0
    clock.forward(hours=2)
    pilot.run(), pilot.run()
    assert kinds(alice) == ["pilot_quiet"]
    client.force_login(alice)
    assert (
        "Nobody has come for a while" in client.get(reverse("batch", args=[batch.public_id])).content.decode()
    )
    assert "price" in client.get(reverse("notices")).content.decode()


# --- what else moves a batch --------------------------------------------------------------------------------------


def test_rows_added_meanwhile_wait_for_the_rest(batch, atelier, alice, bob, bea, clock):
    source = Import.objects.create(
        batch=batch, created_by=alice, state=Import.State.NEEDS_FUNDS, good=3, size=1, format="csv"
    )
    market.add_rows(batch, 3, source=source)
    batches.fund_rows(source=source, actor=alice)
    assert open_rows(batch) == 4
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock)
    pilot.run()
    assert open_rows(batch) == 11
    market.assert_sound()


def test_closing_early_gives_back_what_was_held_and_ends_the_pilot(batch, alice, bob, clock):
    answer(bob, batch, clock)
    ended = closing.close(batch=batch, actor=alice)
    assert (ended.pilot, open_rows(batch)) == ("stopped", 0)
    assert holdings.held(batch.public_id) < 2 * batch.reward_micros
    assert not pilot.look(batch_id=batch.pk)
    market.assert_sound()


def test_a_pilot_that_is_done_does_not_complete_its_batch(batch, alice, bob, bea, clock):
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock, seconds=360)
    pilot.run()
    from tasks.services import reviews

    reviews.approve(
        batch=batch, assignments=list(batch.assignments.values_list("pk", flat=True)), actor=alice
    )
    assert closing.complete_finished() == 0
    market.assert_sound()


def test_top_ups_take_nothing_that_the_rest_needs(batch, bob, bea, clock):
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock, seconds=360)
    pilot.run()
    found = fresh(batch)
    topped = sum(batch.assignments.values_list("topped_up_micros", flat=True))
    assert topped == 4 * (1_290_000 - 650_000)
    assert floors.uncommitted(found) == 0
    market.assert_sound()


def test_a_paused_batch_opens_its_rest_and_nobody_claims_before_it_goes_on(batch, alice, bob, bea, clock):
    for worker in (bob, bob, bea, bea):
        answer(worker, batch, clock)
    batches.pause(batch=batch, actor=alice)
    pilot.run()
    assert fresh(batch).pilot == "over"
    with pytest.raises(errors.Refusal, match="no new work"):
        claims.claim(worker=bob, batch=fresh(batch))


def test_what_may_grow_is_not_let_go_while_the_rest_waits(piloted, atelier, alice):
    batch = market.open_batch(atelier, alice, rows=12, overlap_most=3, confidence=0.9)
    Task.objects.filter(batch=batch).update(is_open=False)
    assert growth.let_go(batch) == 0
    assert Task.objects.filter(batch=batch, most=3).count() == 12


def test_C4_several_people_share_the_run_where_shares_hold(batch, settings, bob):
    settings.ROTATION_LEAST_WORKERS, settings.ROTATION_LEAST_SLOTS = 0, 6
    aggregation.refresh_all()
    rotation.refresh()
    for _time in range(2):
        market.submitted(bob, fresh(batch))
    with pytest.raises(FirstRunShared, match="done your part: 2 tasks") as found:
        claims.claim(worker=bob, batch=fresh(batch))
    assert found.value.code == "share_reached"
    assert isinstance(rotation.refusals(bob.pk, [fresh(batch)])[batch.pk], FirstRunShared)
    Batch.objects.filter(pk=batch.pk).update(pilot="over", pilot_decided_at=batch.published_at)
    rotation.refresh()
    assert fresh(batch).rotation[0] == 20


# --- what people see ------------------------------------------------------------------------------------------------


def test_people_see_on_the_board_and_on_the_page_that_it_is_a_first_run(batch, client, bob):
    aggregation.refresh_all()
    client.force_login(bob)
    assert "A first small run" in client.get(reverse("board")).content.decode()
    page = client.get(reverse("work-batch", args=[batch.public_id])).content.decode()
    assert "A first small run: 4 tasks" in page
    assert board.board(bob).offers[0].left == 4
    done = client.get(reverse("work-done", args=[batch.public_id]) + "?why=none_left").content.decode()
    assert "The first small run of this batch is taken" in done


def test_the_programs_of_a_requester_see_it(batch, client, alice):
    client.force_login(alice)
    found = client.get(f"/api/v1/batches/{batch.public_id}/").json()
    assert found["pilot"] == "running"
    assert found["pilot_figures"] == {
        "tasks": 4, "slots": 4, "answers": 0, "people": 0, "median_seconds": None, "hourly_rate": "13.00",
        "reward_needed": "0.65",
    }  # fmt: skip
    assert client.get("/api/v1/batches/").json()["results"][0]["pilot"] == "running"


def test_opening_a_piece_reads_no_more_than_the_piece(batch):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + pilot._PIECE, {"batch": batch.pk, "after": 4, "most": 3})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "task_once_per_row" in plan
