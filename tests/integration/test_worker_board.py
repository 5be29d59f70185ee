"""The board and the page of a batch: what a person may do now, what not and why, before anything is claimed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.base import formats
from tasks.models import Batch, Contest
from tasks.selectors import board
from tasks.services import aggregation, audiences, batches, claims, disputes, reviews, submissions
from tests import market
from tests.personas import join, make_organisation, make_person, make_worker

pytestmark = pytest.mark.django_db


def page(client, batch):
    return client.get(reverse("work-batch", args=[batch.public_id]))


def test_the_board_shows_price_time_hourly_wage_who_asks_and_what_is_left(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=7, title="Is it a chair?", purpose="A catalogue.")
    aggregation.refresh(batch)
    answer = client_of(bob).get(reverse("board"))
    assert answer.status_code == 200
    said = (
        "Is it a chair?",
        "Atelier Nord",
        "A catalogue.",
        "€0.65",
        "estimated",
        "€13.00",
        ">7<",
        "Paid within 7 days",
    )
    for words in said:
        assert words in answer.content.decode(), words


def test_an_empty_board_says_what_to_expect(bob, client_of):
    assert (
        "New batches appear here as soon as they are published"
        in client_of(bob).get("/work/").content.decode()
    )


def test_a_visitor_logs_in_first_and_a_person_without_profile_fills_it_in_first(client, charlie, client_of):
    assert client.get("/work/").headers["Location"].startswith(reverse("account_login"))
    answer = client_of(charlie).get("/work/")
    assert answer.headers["Location"] == f"{reverse('worker-profile')}?next=%2Fwork%2F"


def test_what_is_closed_to_a_person_stands_below_with_the_reason_and_what_to_do(
    atelier, alice, bob, client_of
):
    market.open_batch(atelier, alice, title="Underpaid here", reward_micros=200_000)
    market.open_batch(atelier, alice, title="Only Germans", countries=["DE"], reward_micros=800_000)
    text = client_of(bob).get("/work/").content.decode()
    assert "Not open to you</h2>" in text
    assert "Its price does not reach the floor where you live (€12.85 an hour)" in text.replace("&#x27;", "'")
    assert "The requester asks for people in other countries." in text
    assert "If you have moved, change your country" in text


def test_a_batch_that_screened_somebody_out_is_no_longer_offered_and_says_why(
    atelier, alice, bob, bea, client_of
):
    form = {"fields": [{"name": "fits", "widget": "consent", "label": "Did you take a train this year?"}]}
    batch = market.open_batch(atelier, alice, title="Trains", form=form)
    other = market.open_batch(atelier, alice, title="No questions first", reward_micros=800_000)
    for each in (batch, other):  # a task may end without an answer for a reason of ours as well
        held = market.claimed(bob, each)
        if each == batch:
            submissions.submit(assignment=held, worker=bob, answer={"fits": "no"})
        else:
            type(held).objects.filter(pk=held.pk).update(state="compensated", ended_at=held.claimed_at)
    found = board.board(bob)
    assert [offer.batch for offer in found.offers] == [other]
    assert [(offer.batch, offer.refusal.code) for offer in found.closed] == [(batch, "screened_out")]
    assert "looks for other people" in client_of(bob).get("/work/").content.decode()
    assert {offer.batch for offer in board.board(bea).offers} == {batch, other}


def test_nobody_is_offered_the_work_of_their_own_organisation(atelier, alice, client_of):
    market.open_batch(atelier, alice)
    owner = make_worker("olga")
    join(atelier, owner, "viewer")
    text = client_of(owner).get("/work/").content.decode()
    assert "You belong to the organisation that posted this" in text


def test_the_dearest_hour_comes_first_then_the_newest(atelier, alice, bob):
    for title, reward in (("first", 650_000), ("second", 900_000), ("third", 650_000)):
        market.open_batch(atelier, alice, title=title, reward_micros=reward)
    assert [offer.batch.title for offer in board.board(bob).offers] == ["second", "third", "first"]


def test_m8_complaining_skipping_and_losing_never_change_what_is_offered(atelier, alice, bob, bea, dana):
    batches = [
        market.open_batch(
            atelier, alice, title=f"batch {number}", reward_micros=650_000 + number * 10_000, rows=3
        )
        for number in range(4)
    ]

    def seen(user):
        page = board.board(user)
        return [(offer.batch.pk, offer.hourly_micros) for offer in page.offers], len(page.closed)

    before = seen(bea)
    claims.release(assignment=market.claimed(bob, batches[0]), worker=bob)
    lost = market.submitted(bob, batches[1])
    reviews.contest(assignment=lost, actor=alice, reason="wrong_answer", evidence="Look at row 1.")
    disputes.reply(assignment=lost, worker=bob, text="It is right.")
    dispute = lost.disputes.get()
    disputes.decide(dispute=dispute, moderator=dana, outcome="reject", reason="It is not.")
    lost.refresh_from_db()
    disputes.appeal(assignment=lost, worker=bob, text="Look again.")
    assert seen(bob) == before == seen(bea)


def test_a_batch_of_which_nothing_is_left_for_a_person_is_no_offer(atelier, alice, bob, bea, client_of):
    batch = market.open_batch(atelier, alice, rows=1, title="Only one")
    market.claimed(bea, batch)
    text = client_of(bob).get("/work/").content.decode()
    assert "Every open task is taken just now" in text and "Look closer" not in text
    again = market.open_batch(atelier, alice, rows=2, overlap=2, title="Two of two")
    market.submitted(bob, again)
    market.submitted(bob, again)
    found = board.board(bob)
    assert {offer.batch.title for offer in found.exhausted} == {"Only one", "Two of two"}
    assert [offer.batch.title for offer in board.board(bea).offers] == ["Two of two"]


def test_the_board_asks_the_database_as_often_for_thirty_batches_as_for_two(atelier, alice, bob, client_of):
    client = client_of(bob)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/work/").status_code == 200
        return len(seen)

    for _ in range(2):
        aggregation.refresh(market.open_batch(atelier, alice, rows=1))
    queries()  # warms what is warm in a running server
    few = queries()
    for number in range(28):
        aggregation.refresh(
            market.open_batch(atelier, alice, rows=1, reward_micros=650_000 if number % 2 else 200_000)
        )
    assert queries() == few <= 12  # with the marks of who asks, unread messages, and the line at the door


def test_the_board_is_paged_and_bounded(atelier, alice, bob, client_of, monkeypatch):
    monkeypatch.setattr(board, "PAGE", 2)
    for number in range(5):
        market.open_batch(atelier, alice, rows=1, title=f"batch number {number}")
    client = client_of(bob)
    titles = [
        [card["title"] for card in client.get(f"/work/?page={number}").context["cards"]]
        for number in (1, 2, 3, 99)
    ]
    assert titles[0] == ["batch number 4", "batch number 3"]
    assert titles[2] == titles[3] == ["batch number 0"]
    assert client.get("/work/?page=x").context["page"].number == 1


def test_tasks_in_hand_stand_on_top_and_can_be_given_back_there(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice)
    held = market.claimed(bob, batch)
    client = client_of(bob)
    assert "You hold one task" in client.get("/work/").content.decode()
    answer = client.post(reverse("release", args=[held.public_id]))
    assert answer.headers["Location"] == reverse("board")
    held.refresh_from_db()
    assert held.state == "released" and "You hold" not in client.get("/work/").content.decode()


def test_an_answer_that_was_objected_to_waits_on_top_until_the_person_did_their_turn(
    atelier, alice, bob, bea, client_of
):
    batch = market.open_batch(atelier, alice, rows=4)
    client, link = client_of(bob), reverse("history") + "?state=contested"
    rows = [market.submitted(bob, batch) for _ in range(2)]
    assert link not in client.get("/work/").content.decode()
    for row in rows:
        reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Half of it.")
    first = formats.day(Contest.objects.get(assignment=rows[0]).reply_due_at)
    text = client.get("/work/").content.decode()
    assert "Your turn: 2 answers were objected to." in text and link in text
    assert f"Reply or redo them; the first by {first}." in text
    assert "Your turn" not in client_of(bea).get("/work/").content.decode()
    disputes.reply(assignment=rows[0], worker=bob, text="It is whole.")
    text = client.get("/work/").content.decode()
    assert "Your turn: one answer was objected to." in text and f"Reply or redo it by {first}." in text
    disputes.reply(assignment=rows[1], worker=bob, text="This too.")
    assert link not in client.get("/work/").content.decode()


# --- Before claiming ------------------------------------------------------------------------------------


def test_p2_a_batch_says_price_time_and_hourly_wage_against_the_floor_before_a_claim(
    atelier, alice, bob, client_of
):
    batch = market.open_batch(atelier, alice, instructions="Look **twice**.")
    text = page(client_of(bob), batch).content.decode()
    for words in (
        "€0.65", "estimated", "3\u202fmin", "€13.00", "€12.85", "In France the floor is €12.85 an hour",
        "Look <strong>twice</strong>", "A small catalogue of furniture.", 'rel="noopener noreferrer nofollow"',
        "row 1", "Start",
    ):  # fmt: skip
        assert words in text, words


def test_p2_measured_minutes_replace_the_estimate(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice)
    batch.measured_seconds = 90
    batch.save(update_fields=["measured_seconds"])
    aggregation.refresh(batch)
    client = client_of(bob)
    for text in (page(client, batch).content.decode(), client.get("/work/").content.decode()):
        assert ">measured<" in text and "€26.00" in text and ">estimated<" not in text


def test_the_record_of_the_organisation_counts_every_batch(atelier, alice, bob, bea, dana, client_of):
    batch = market.open_batch(atelier, alice)
    for worker in (bob, bea):
        reviews.approve(batch=batch, assignments=[market.submitted(worker, batch).pk], actor=alice)
    lost = market.submitted(bea, batch)
    reviews.contest(assignment=lost, actor=alice, reason="incomplete", evidence="Half of it.")
    disputes.reply(assignment=lost, worker=bea, text="It is whole.")
    disputes.decide(dispute=lost.disputes.get(), moderator=dana, outcome="reject", reason="It is half.")
    aggregation.refresh(batch)
    other = market.open_batch(atelier, alice)
    record = page(client_of(bob), other).context["record"]
    assert (record.approved, record.contested, record.refused) == (2, 1, 1)
    assert record.median_hours is not None


def test_a_claim_leads_to_the_workbench_and_a_refusal_back_to_the_batch(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=1)
    client = client_of(bob)
    url = reverse("claim", args=[batch.public_id])
    answer = client.post(url)
    held = bob.assignments.get()
    assert answer.headers["Location"] == reverse("workbench", args=[held.public_id])
    assert "Go on with your task" in page(client, batch).content.decode()
    refused = client_of(make_worker("bert")).post(url, follow=True)
    assert (
        refused.redirect_chain and "There is no task left for you in this batch" in refused.content.decode()
    )
    assert client.get(url).status_code == 405


def test_who_holds_too_many_tasks_is_shown_them(atelier, alice, bob, client_of, settings):
    settings.MAX_OPEN_ASSIGNMENTS = 1
    batch = market.open_batch(atelier, alice, title="The first")
    held = market.claimed(bob, batch)
    other = market.open_batch(atelier, alice, title="The second")
    refused = client_of(bob).post(reverse("claim", args=[other.public_id]), follow=True)
    assert refused.redirect_chain and "You already hold" in refused.content.decode()
    assert reverse("workbench", args=[held.public_id]) in refused.content.decode()


def test_a_closed_batch_says_why_and_offers_no_start(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, reward_micros=200_000)
    text = page(client_of(bob), batch).content.decode()
    assert "For 3\u202fmin of work it would take €0.65 a task where you live" in text
    assert reverse("claim", args=[batch.public_id]) not in text


def test_a_draft_is_not_there_for_workers(atelier, alice, bob, client_of):
    client = client_of(bob)
    assert page(client, market.draft(atelier, alice)).status_code == 404
    assert client.get("/work/batches/bat_0000000000000/").status_code == 404


def test_what_a_requester_writes_is_text_and_never_markup(alice, bob, client_of):
    evil = "<script>alert(1)</script>"
    organisation = make_organisation(evil, owner=make_person("eve"), description=evil)
    owner = organisation.memberships.first().user
    batch = market.open_batch(organisation, owner, title=evil, purpose=evil, instructions=evil)
    client = client_of(bob)
    for text in (client.get("/work/").content.decode(), page(client, batch).content.decode()):
        assert evil not in text and "&lt;script&gt;" in text


def test_an_invitation_stands_above_all_other_work_and_not_among_what_is_closed(
    atelier, alice, bob, client_of
):
    market.open_batch(atelier, alice, title="For everybody", reward_micros=5_000_000)
    draft = market.draft(atelier, alice, title="For a few")
    Batch.objects.filter(pk=draft.pk).update(audience=Batch.Audience.LIST)
    draft.refresh_from_db()
    audiences.invite(batch=draft, actor=alice, people=bob.email)
    batches.publish(batch=draft, actor=alice)
    text = client_of(bob).get("/work/").content.decode()
    assert text.index("You are invited</h2>") < text.index("For a few") < text.index("For everybody")
    assert "Not open to you" not in text and text.count(">For a few<") == 1


def test_the_pages_of_a_list_by_pay_are_not_called_older(atelier, alice, bob, client_of, monkeypatch):
    monkeypatch.setattr(board, "PAGE", 1)
    for number in range(3):
        market.open_batch(atelier, alice, title=f"Batch {number}")
    text = client_of(bob).get("/work/?page=2").content.decode()
    assert "More work" in text and ">Back</a>" in text.replace("</svg>", ">") and "Older" not in text
