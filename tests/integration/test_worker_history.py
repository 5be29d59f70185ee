"""What became of one's work: the list, and the story of an answer with what can be done about it."""

import pytest
from django.urls import reverse

from tasks.services import claims, disputes, reviews
from tasks.views import history
from tests import market

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=6)


@pytest.fixture
def contested(batch, alice, bob):
    """An answer of Bob's that Alice objected to."""
    row = market.submitted(bob, batch)
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="The second half is missing.")
    row.refresh_from_db()
    return row


@pytest.fixture
def refused(contested, bob, dana):
    """An answer of Bob's that Dana refused."""
    disputes.reply(assignment=contested, worker=bob, text="It is whole.")
    disputes.decide(
        dispute=contested.disputes.get(), moderator=dana, outcome="reject", reason="It stops half-way."
    )
    contested.refresh_from_db()
    return contested


def url(assignment, name="my-submission"):
    return reverse(name, args=[assignment.public_id])


def text_of(client, assignment):
    answer = client.get(url(assignment))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_each_task_with_its_state_and_filters_by_it(batch, alice, bob, client_of):
    waiting = market.submitted(bob, batch)
    done = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[done.pk], actor=alice)
    claims.release(assignment=market.claimed(bob, batch), worker=bob)
    client = client_of(bob)

    def rows(state):
        return [row.pk for row in client.get(f"/work/history/?state={state}").context["page"].rows]

    assert rows("review") == [waiting.pk] and rows("approved") == [done.pk]
    assert len(rows("back")) == 1 and len(rows("")) == 3 == len(rows("made-up"))
    assert rows("refused") == []
    assert (
        "None of your tasks is in this state" in client.get("/work/history/?state=refused").content.decode()
    )


def test_the_tab_of_contested_answers_says_how_many_there_are(contested, batch, bob, bea, client_of):
    market.submitted(bob, batch)

    def counts(user):
        tabs = client_of(user).get("/work/history/").context["tabs"]
        return {tab["url"].partition("=")[2]: tab["count"] for tab in tabs if "count" in tab}

    assert counts(bob) == {"contested": 1} and counts(bea) == {"contested": 0}
    assert 'state=contested">Contested <span class="quiet">1</span>' in (
        client_of(bob).get("/work/history/").content.decode()
    )


def test_an_empty_history_teaches_the_next_step(bob, client_of):
    assert "Take a task from the board" in client_of(bob).get("/work/history/").content.decode()


def test_the_list_is_paged_by_cursor(batch, bob, client_of, monkeypatch):
    monkeypatch.setattr(history, "PAGE", 2)
    mine = [market.submitted(bob, batch).pk for _ in range(5)]
    client = client_of(bob)
    seen, address = [], "/work/history/?state=review"
    while address:
        answer = client.get(address)
        seen += [row.pk for row in answer.context["page"].rows]
        address = answer.context["older_url"]
    assert seen == mine[::-1]
    assert client.get("/work/history/?cursor=old_nonsense").status_code == 404


def test_a_submitted_answer_says_when_it_is_approved_by_itself_and_can_be_changed(batch, bob, client_of):
    row = market.submitted(bob, batch)
    client = client_of(bob)
    text = text_of(client, row)
    assert "It is approved by itself" in text and "Change your answer" in text and "Yes" in text
    answer = client.post(url(row), {"answer-same": "0"})
    assert answer.headers["Location"] == f"{url(row)}?said=changed"
    text = client.get(answer.headers["Location"]).content.decode()
    assert "Your answer is changed." in text and "Your first answer" in text
    row.refresh_from_db()
    assert (row.answer, row.first_answer) == ({"same": "0"}, {"same": "1"})


def test_a_bad_change_is_refused_beside_its_question_and_changes_nothing(batch, bob, client_of):
    row = market.submitted(bob, batch)
    answer = client_of(bob).post(url(row), {"answer-same": "7"})
    assert answer.status_code == 400 and 'id="answer-same-error"' in answer.content.decode()
    row.refresh_from_db()
    assert row.answer == {"same": "1"}


def test_a_reviewed_answer_offers_no_change_and_refuses_one(batch, alice, bob, client_of):
    row = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    client = client_of(bob)
    text = text_of(client, row)
    assert "Approved: €0.65 are yours" in text and "Change your answer" not in text
    assert client.post(url(row), {"answer-same": "0"}).status_code == 409


def test_a_contested_answer_shows_why_with_the_evidence_and_by_when_to_answer(contested, bob, client_of):
    text = text_of(client_of(bob), contested)
    for words in (
        "Something is missing", "The second half is missing.", "Your turn", "Do it again", "Stand by your answer",
        "Silence is not held against you",
    ):  # fmt: skip
        assert words in text, words


def test_p7_doing_it_again_gives_the_new_answer_to_the_requester(contested, bob, client_of):
    client = client_of(bob)
    assert client.post(url(contested, "my-redo"), {"answer-same": ""}).status_code == 400
    answer = client.post(url(contested, "my-redo"), {"answer-same": "0"})
    contested.refresh_from_db()
    assert contested.state == "submitted" and contested.answer == {"same": "0"}
    text = client.get(answer.headers["Location"]).content.decode()
    assert "Your new answer is with the requester" in text and "You did it again" in text


def test_the_same_answer_again_is_refused_on_the_page_with_a_way_to_stand_by_it(contested, bob, client_of):
    same = {"answer-same": contested.answer["same"]}
    answer = client_of(bob).post(url(contested, "my-redo"), same)
    text = answer.content.decode()
    assert answer.status_code == 409 and "This is the answer you gave before." in text
    assert "Stand by your answer" in text and "Send the new answer" in text and "checked" in text
    contested.refresh_from_db()
    assert contested.state == "contested"


def test_programs_may_send_the_same_answer_again(contested, bob):
    disputes.redo(assignment=contested, worker=bob, answer=contested.answer)
    contested.refresh_from_db()
    assert contested.state == "submitted"


def test_standing_by_an_answer_takes_it_to_a_moderator_with_these_words(contested, bob, client_of):
    client = client_of(bob)
    answer = client.post(url(contested, "my-reply"), {"text": "   "})
    assert answer.status_code == 400 and "Say in a sentence or two" in answer.content.decode()
    answer = client.post(url(contested, "my-reply"), {"text": "x" * 5001})
    assert answer.status_code == 400 and "x" * 5001 in answer.content.decode()
    assert client.post(url(contested, "my-reply"), {"text": "Row 3 is <all> there."}).status_code == 302
    contested.refresh_from_db()
    assert contested.state == "disputed"
    text = text_of(client, contested)
    assert "Row 3 is &lt;all&gt; there." in text and "A moderator looks at it" in text
    assert client.post(url(contested, "my-reply"), {"text": "More."}).status_code == 409


def test_a_refusal_shows_the_moderators_reason_and_one_appeal(refused, bob, client_of):
    client = client_of(bob)
    text = text_of(client, refused)
    assert "It stops half-way." in text and "Dana decided: the answer is refused" in text
    assert "What the decision got wrong" in text
    answer = client.post(url(refused, "my-appeal"), {"text": ""})
    assert answer.status_code == 400 and 'aria-describedby="appeal-text-error"' in answer.content.decode()
    assert client.post(url(refused, "my-appeal"), {"text": "Look at the end."}).status_code == 302
    text = text_of(client, refused)
    assert "Another moderator looks at it" in text and "What the decision got wrong" not in text
    assert client.post(url(refused, "my-appeal"), {"text": "Again."}).status_code == 409


def test_m4_an_appeal_is_open_for_six_months(refused, bob, client_of, clock):
    client = client_of(bob)
    clock.forward(days=182)
    assert "What the decision got wrong" in text_of(client, refused)
    clock.forward(days=2)
    assert "What the decision got wrong" not in text_of(client, refused)
    assert client.post(url(refused, "my-appeal"), {"text": "Late."}).status_code == 409


def test_an_appeal_won_reads_as_paid(refused, bob, dora, client_of):
    disputes.appeal(assignment=refused, worker=bob, text="Look again.")
    disputes.decide(
        dispute=refused.disputes.get(is_appeal=True), moderator=dora, outcome="approve", reason="It is whole."
    )
    text = text_of(client_of(bob), refused)
    assert "Dora decided: you are paid" in text and "Approved: €0.65 are yours" in text


def test_the_requester_reads_what_was_decided_before_an_appeal_was_won(refused, alice, bob, dora, client_of):
    address = reverse("submission", args=[refused.batch.public_id, refused.public_id])
    assert client_of(alice).get(address).status_code == 404  # P9: refused, and nobody's to keep
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Look again.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="It is whole.")
    text = client_of(alice).get(address).content.decode()
    story = [
        text.index(step)
        for step in ("A moderator refused", "The worker appealed", "The worker won the appeal")
    ]
    assert story == sorted(story)


def test_a_task_that_ran_out_leads_back_to_what_was_typed(batch, bob, client_of, clock):
    row = market.claimed(bob, batch)
    clock.forward(hours=1)
    claims.expire()
    text = text_of(client_of(bob), row)
    assert "The time ran out, and it went back" in text and reverse("workbench", args=[row.public_id]) in text


def test_nobody_else_finds_or_changes_it(contested, bea, alice, client_of):
    client = client_of(bea)
    assert client.get(url(contested)).status_code == 404
    for name in ("my-submission", "my-redo", "my-reply", "my-appeal"):
        assert client.post(url(contested, name), {"text": "x", "answer-same": "0"}).status_code == 404, name
    assert client_of(alice).get(url(contested)).status_code in (302, 404)
    contested.refresh_from_db()
    assert contested.state == "contested"
