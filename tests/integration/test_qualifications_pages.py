"""The pages of qualifications, as people walk through them: taking a test, making one, asking for conditions."""

import re

import pytest
from django.urls import reverse

from marketplace.base.ids import worker_seen_by
from marketplace.delivery import relay
from tasks.models import Assignment, Attempt, AttemptQuestion, Batch, Gold
from tasks.services import gold_scores, qualification_attempts, qualifications
from tests import market, mydata, qualifying
from tests.personas import log_in
from workers.models import Award, Qualification
from workers.services import awards

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(atelier, alice):
    return qualifying.qualification(atelier, alice)


def read(client, name, *arguments, status=200):
    response = client.get(reverse(name, args=arguments))
    assert response.status_code == status
    return response.content.decode()


def send(client, name, /, *arguments, status=302, **data):
    response = client.post(reverse(name, args=arguments), data)
    assert response.status_code == status, response.content.decode()[:3000]
    return response


# --- taking a test ------------------------------------------------------------------------------------------------


def test_a_test_is_found_begun_answered_and_passed_in_the_browser(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, rows=2, pass_mark=0.5)
    work = market.open_batch(atelier, alice, title="Doubles among chairs")
    Batch.objects.filter(pk=work.pk).update(
        conditions={"all": [{"fact": "qualification", "op": "=", "value": given.public_id}]}
    )
    client = log_in(bob)
    board = read(client, "board")
    assert "Sees doubles" in board and reverse("test", args=[test.batch.public_id]) in board
    assert "Doubles among chairs" in read(client, "qualifications")
    page = read(client, "work-batch", test.batch.public_id)  # a test has one page, whichever way one comes
    assert "€1.30" in page and "1 of 2 questions right" in page
    answer = send(client, "test-begin", test.batch.public_id)
    attempt = Attempt.objects.get()
    assert answer.url == reverse("attempt", args=[attempt.public_id])
    assert "First question" in client.get(answer.url).content.decode()
    bench = send(client, "claim", test.batch.public_id).url
    assert "2 left" in client.get(bench).content.decode()
    bench = client.post(bench, {"answer-same": "1", "then": "next"}).url
    assert "/work/assignments/" in bench and "1 left" in client.get(bench).content.decode()
    result = client.post(bench, {"answer-same": "0", "then": "next"}).url
    assert result == answer.url
    page = client.get(result).content.decode()
    assert (
        "Passed: Sees doubles" in page
        and "1 of 2" in page
        and "€1.30" in page
        and "Doubles among chairs" in page
    )
    assert "written so" not in page  # which ones were right is not shown
    award = Award.objects.get()
    assert "50" in read(client, "award", award.public_id) and "Sees doubles" in read(client, "qualifications")
    assert read(client, "work-batch", work.public_id)
    assert send(client, "claim", work.public_id).url.startswith("/work/assignments/")


def test_a_training_explains_each_answer_before_the_next(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, role="training", rows=2)
    client = log_in(bob)
    send(client, "test-begin", test.batch.public_id)
    bench = send(client, "claim", test.batch.public_id).url
    attempt = client.post(bench, {"answer-same": "0", "then": "next"}).url
    page = client.get(attempt).content.decode()
    assert (
        "That is not right" in page
        and "The same?: Yes" in page
        and "written so" in page
        and "Next question" in page
    )
    bench = send(client, "claim", test.batch.public_id).url
    attempt = client.post(bench, {"answer-same": "1", "then": "next"}).url
    page = client.get(attempt).content.decode()
    assert "Not passed this time" in page and page.count("written so") == 2


def test_who_stops_in_the_middle_comes_back_to_the_attempt_and_who_may_not_begin_reads_why(
    given, atelier, alice, bob, bea
):
    test = qualifying.open_test(given, atelier, alice, rows=2)
    client = log_in(bob)
    assert send(client, "claim", test.batch.public_id).url == reverse("test", args=[test.batch.public_id])
    send(client, "test-begin", test.batch.public_id)
    bench = send(client, "claim", test.batch.public_id).url
    assert client.post(bench, {"answer-same": "1", "then": "stop"}).url == read_attempt_url()
    assert "You have begun" in read(client, "qualifications")
    held = send(client, "claim", test.batch.public_id).url
    assert held in client.get(read_attempt_url()).content.decode()
    public_id = held.rstrip("/").rsplit("/", 1)[-1]
    assert (
        send(client, "release", public_id, then="next").url == read_attempt_url()
    )  # a skip ends the last question
    assert Attempt.objects.get().finished_at is not None
    other = log_in(bea)
    send(other, "test-begin", test.batch.public_id)
    assert "not enough questions left" in read(other, "test", test.batch.public_id)


def read_attempt_url():
    return reverse("attempt", args=[Attempt.objects.first().public_id])


def test_an_attempt_and_an_award_are_pages_of_their_person_alone(given, atelier, alice, bob, bea):
    attempt = qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1111")
    stranger = log_in(bea)
    read(stranger, "attempt", attempt.public_id, status=404)
    read(stranger, "award", attempt.award.public_id, status=404)


def test_what_was_taken_back_is_read_contested_and_decided(given, atelier, alice, bob, dana):
    award = qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1111").award
    page = reverse("qualification-revoke", args=[given.public_id, award.public_id])
    requester = log_in(alice)
    assert requester.post(page, {"reason": ""}).status_code == 400
    assert requester.post(page, {"reason": "Not your own work."}).status_code == 302
    client = log_in(bob)
    assert "Not your own work." in read(client, "award", award.public_id)
    assert "Why it should be given back" in read(client, "award", award.public_id)
    send(client, "award-contest", award.public_id, text=" ", status=400)
    send(client, "award-contest", award.public_id, text="It was mine.")
    moderator = log_in(dana)
    assert given.name in read(moderator, "console-award-contests")
    assert "It was mine." in read(moderator, "console-award-contest", award.public_id)
    send(moderator, "console-award-contest", award.public_id, outcome="restored", reason="The log shows it.")
    assert "The log shows it." in read(client, "award", award.public_id)
    assert awards.held(bob.pk).exists()


def test_the_notices_of_qualifications_can_be_read_and_mailed(
    given, atelier, alice, bob, bea, mailbox, clock
):
    test = qualifying.open_test(given, atelier, alice, batch={"overlap": 3})
    award = qualifying.take(bob, test, "1111").award
    qualifying.take(bea, test, "0000")
    qualifications.revoke(award=award, actor=alice, reason="A reason of ours.")
    relay.drain()
    told = {letter.recipient: letter for letter in mailbox.order_by("pk")}
    assert (
        "taken back" in told["bob@example.test"].subject
        and "A reason of ours." in told["bob@example.test"].body
    )
    assert "Not passed" in told["bea@example.test"].subject and "try again" in told["bea@example.test"].body


def test_the_answers_of_a_test_stay_secret_where_its_requester_wants_it(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, rows=1)
    qualifying.take(bob, test, "0")
    row = Assignment.objects.get()
    gold_scores.score(test.batch, [row.pk])
    client = log_in(bob)
    assert "written so" not in read(client, "my-submission", row.public_id)
    assert "written so" not in mydata.raw(bob)


def test_a_question_set_aside_later_counts_for_those_whom_it_failed(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, rows=2, pass_mark=1.0)
    attempt = qualifying.take(bob, test, "10")
    wrong = AttemptQuestion.objects.get(right=False)
    gold_scores.set_aside(Gold.objects.get(task=wrong.task_id), Gold.Aside.CONTESTED, actor=alice)
    relay.drain()
    attempt.refresh_from_db()
    assert attempt.passed and awards.held(bob.pk).exists()
    market.assert_sound()


def test_personal_data_hold_awards_and_attempts(given, atelier, alice, bob):
    attempt = qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1111")
    data = mydata.of(bob)
    assert data["qualifications"][0]["id"] == attempt.award.public_id
    assert data["attempts"][0]["right"] == 4 and len(data["attempts"][0]["assignments"]) == 4


# --- making one ---------------------------------------------------------------------------------------------------

RULES = {"questions": 3, "pass_percent": 70, "minutes": "", "attempts": 2, "retry_after_hours": 24}


def test_a_qualification_and_a_test_are_made_in_the_browser(atelier, alice):
    client = log_in(alice)
    said = {
        "name": "Reads old hands",
        "description": "Kurrent and Sütterlin.",
        "valid_days": "365",
        "by_hand": "on",
    }
    send(client, "qualification-new", **{**said, "name": ""}, status=400)
    page = send(client, "qualification-new", **said).url
    given = Qualification.objects.get()
    assert (
        page == reverse("qualification", args=[given.public_id]) and given.by_hand and given.valid_days == 365
    )
    assert "Reads old hands" in read(client, "qualifications-made")
    send(client, "qualification-test", given.public_id, role="test", kind="classify_text", status=400)
    draft = send(
        client, "qualification-test", given.public_id, role="test", kind="classify_text", **RULES
    ).url
    batch = Batch.objects.get()
    assert draft == reverse("batch-what", args=[batch.public_id])
    assert batch.role == "test" and batch.test.pass_mark == 0.7 and batch.test.time_limit_seconds is None
    market.add_rows(batch, 4)
    Batch.objects.filter(pk=batch.pk).update(reward_micros=700_000, estimated_seconds=60)
    page = read(client, "batch-price", batch.public_id)
    assert "This is a test for “Reads old hands”" in page and "13 attempts" in page
    send(client, "batch-test", batch.public_id, **{**RULES, "minutes": "5"})
    assert "at least 9 minutes" in read(client, "batch-review", batch.public_id)
    assert "4 questions have no known answer" in read(client, "batch-review", batch.public_id)
    page = read(client, "qualification", given.public_id)
    assert "70" in page and "draft" in page


def test_it_is_changed_granted_and_retired_on_its_page(atelier, alice, bob):
    given = qualifying.qualification(atelier, alice, by_hand=True)
    client = log_in(alice)
    send(
        client, "qualification-change", given.public_id, name="Finds doubles", description="So.", by_hand="on"
    )
    given.refresh_from_db()
    assert given.name == "Finds doubles"
    market.submitted(bob, market.open_batch(atelier, alice))
    worker = worker_seen_by(bob.pk, atelier.pk)
    send(client, "qualification-grant", given.public_id, people="wrk_nobody", reason="x", status=400)
    send(client, "qualification-grant", given.public_id, people=worker, reason="Very good work.")
    assert worker in read(client, "qualification", given.public_id)
    assert "Very good work." in read(log_in(bob), "award", Award.objects.get().public_id)
    send(client, "qualification-retire", given.public_id)
    assert "Not given any more" in read(client, "qualification", given.public_id)


def test_a_reader_looks_and_changes_nothing(given, vera):
    client = log_in(vera)
    page = read(client, "qualification", given.public_id)
    assert "New test or training" not in page
    send(client, "qualification-change", given.public_id, status=403)


def test_conditions_are_typed_row_by_row_kept_and_said_with_their_reach(given, atelier, alice, bob, bea):
    draft = market.draft(atelier, alice)
    client = log_in(alice)
    rows = {
        "all-0-fact": f"qualification {given.public_id}", "all-0-op": ">=", "all-0-value": "",
        "all-1-fact": f"score {given.public_id}", "all-1-op": ">", "all-1-value": "80 %",
        "any-0-fact": "country", "any-0-op": "=", "any-0-value": "France, be",
        "any-1-fact": "approved", "any-1-op": ">=", "any-1-value": "1 000",
        "any-2-fact": "", "any-2-op": "", "any-2-value": "",
    }  # fmt: skip
    assert send(client, "batch-conditions", draft.public_id, **rows).url == reverse(
        "batch-price", args=[draft.public_id]
    )
    draft.refresh_from_db()
    assert draft.conditions == {
        "all": [
            {"fact": "qualification", "op": "=", "value": given.public_id},
            {"fact": "score", "op": ">", "value": 0.8, "qualification": given.public_id},
            {
                "any": [
                    {"fact": "country", "op": "in", "value": ["BE", "FR"]},
                    {"fact": "approved", "op": ">=", "value": 1000},
                ]
            },
        ]
    }
    page = read(client, "batch-conditions", draft.public_id)
    assert "80 %" in page and "BE, FR" in page
    again = {name: value for name, value in rows.items() if value}
    send(client, "batch-conditions", draft.public_id, **again)
    kept = Batch.objects.get(pk=draft.pk).conditions
    assert kept == draft.conditions
    page = read(client, "batch-price", draft.public_id)
    assert "<b>0</b>" in page and "Sees doubles" in page
    wrong = {"all-0-fact": "approved", "all-0-op": ">=", "all-0-value": "many"}
    said = send(client, "batch-conditions", draft.public_id, **wrong, status=400).content.decode()
    assert "Write a whole number" in said and "all[0]" not in said and "“value”" not in said
    send(client, "batch-conditions", draft.public_id)
    assert Batch.objects.get(pk=draft.pk).conditions == {}


@pytest.mark.parametrize(
    ("fact", "value", "sentence"),
    [
        ("gold_accuracy", "a lot", "Write a share in percent"),
        ("gold_accuracy", "180", "Write a share in percent"),
        ("country", "Atlantis, FR", "Write countries by name"),
        ("country", "", "Write countries by name"),
        ("language", "Klingonish", "Write languages by name"),
    ],
)
def test_a_condition_that_can_not_be_read_is_marked_at_its_box_in_words_for_people(
    atelier, alice, fact, value, sentence
):
    draft = market.draft(atelier, alice)
    rows = {"all-0-fact": fact, "all-0-op": "=", "all-0-value": value}
    said = send(log_in(alice), "batch-conditions", draft.public_id, **rows, status=400).content.decode()
    assert sentence in said and "all[0]" not in said and "“value”" not in said


def test_a_condition_that_the_batch_can_not_have_is_refused_without_the_words_of_programs(atelier, alice):
    draft = market.draft(atelier, alice)  # of no kind
    rows = {"all-0-fact": "approved_kind", "all-0-op": ">=", "all-0-value": "5"}
    said = send(log_in(alice), "batch-conditions", draft.public_id, **rows, status=400).content.decode()
    assert "not made from a kind" in said and "all[0]" not in said


def test_conditions_made_by_a_program_are_said_before_they_are_replaced(atelier, alice):
    draft = market.draft(atelier, alice)
    leaf = {"fact": "approved", "op": ">=", "value": 5}
    Batch.objects.filter(pk=draft.pk).update(conditions={"any": [{"all": [leaf, leaf]}, leaf]})
    page = read(log_in(alice), "batch-conditions", draft.public_id)
    assert "made by a program" in page and "at least 5 approved answers" in page


def test_the_platform_has_qualifications_of_its_own_that_every_requester_may_ask_for(
    dana, alice, atelier, bob
):
    client = log_in(dana)
    send(
        client,
        "console-qualifications",
        name="Careful with data",
        description="Knows what is private.",
        by_hand="on",
    )
    general = Qualification.objects.get()
    assert general.organisation is None
    send(
        client,
        "console-qualification",
        general.public_id,
        person=bob.public_id,
        reason="Went through it with us.",
    )
    award = awards.held(bob.pk).get()
    assert "Careful with data" in read(log_in(alice), "qualifications-made")
    draft = market.draft(atelier, alice)
    assert "Careful with data" in read(log_in(alice), "batch-conditions", draft.public_id)
    send(client, "console-award-revoke", award.public_id, reason="A mistake.")
    assert not awards.held(bob.pk).exists()
    read(log_in(alice), "qualification", general.public_id, status=404)


def test_a_running_attempt_shows_how_much_time_is_left(given, atelier, alice, bob, clock):
    test = qualifying.open_test(given, atelier, alice, time_limit_seconds=3600)
    attempt = qualification_attempts.begin(worker=bob, batch=test.batch)
    client = log_in(bob)
    clock.forward(minutes=40)
    assert re.search(r"<dd>(19|20)\smin</dd>", read(client, "attempt", attempt.public_id))
    clock.forward(minutes=21)
    assert "time for it is over" in read(client, "attempt", attempt.public_id)
