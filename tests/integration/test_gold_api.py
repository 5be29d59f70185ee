"""Check questions over REST: the same services as the pages."""

import pytest

from tasks.models import BatchPause, Gold
from tasks.services import batches
from tests import gold as checks
from tests import market
from tests.api_client import Program
from tests.gold import WRONG

pytestmark = pytest.mark.django_db
ANSWER = {"answers": [{"same": "1"}], "explanation": "Both name one lamp."}


@pytest.fixture
def program(alice, atelier):
    return Program(alice, "read", "write", organisation=atelier)


@pytest.fixture
def live(atelier, alice):
    return checks.batch_with_checks(atelier, alice)


def worker(person):
    return Program(person, "work", organisation=None)


def test_a_draft_with_check_questions_from_rows_and_from_new_ones(program, atelier, alice):
    draft = market.draft(atelier, alice, rows=9)
    url = f"/batches/{draft.public_id}/"
    program.post(url, {"gold_rate": 0.2, "gold_pass": 0.7}, 200)
    sent = [{"row": 1, **ANSWER}, {"data": {"name": "Lamp"}, **ANSWER}]
    made = program.post(url + "gold/", {"questions": sent}, 201)
    assert [each["row"] for each in made] == [1, 10]
    whole = program.get(url)
    assert (whole["gold_rate"], whole["gold_pass"]) == (0.2, 0.7)
    # 8 ordinary answers are four fifths of all claims: 2 to check questions go with them.
    assert whole["quote"]["rewards"] == "6.50"
    assert {each["row"]: each["asked"] for each in program.get(url + "gold/")["results"]} == {
        1: True,
        10: True,
    }
    program.post(url + f"gold/{made[0]['task']}/", {"asked": False}, 204)
    assert Gold.objects.count() == 1


def test_one_bad_question_names_its_place_and_none_is_made(program, atelier, alice):
    draft = market.draft(atelier, alice, rows=2)
    url = f"/batches/{draft.public_id}/gold/"
    sent = [
        {"data": {"name": "Lamp"}, **ANSWER},
        {"data": {"name": "Lamp"}, **ANSWER, "answers": [{"same": "7"}]},
    ]
    refused = program.post(url, {"questions": sent}, 400)
    assert set(refused["fields"]) == {"questions[1].same"}
    assert set(program.post(url, {"questions": [{**ANSWER}]}, 400)["fields"]) == {"questions[0].row"}
    assert set(program.post(url, {"questions": [{"row": 99, **ANSWER}]}, 400)["fields"]) == {
        "questions[0].row"
    }
    assert not Gold.objects.exists()


def test_a_live_batch_takes_questions_once_their_price_is_set_aside(program, live):
    url = f"/batches/{live.public_id}/gold/"
    (made,) = program.post(url, {"questions": [{"data": {"name": "Lamp"}, **ANSWER}]}, 201)
    assert made["waits_for_price"]
    funded = program.post(url + "fund/", {}, 200)
    assert funded["answers"] >= 1 and funded["price"]
    assert program.post(url + "fund/", {}, 409)["code"] == "none_waiting"
    assert not program.get(url + made["task"] + "/")["waits_for_price"]


def test_a_contest_from_the_worker_to_the_requesters_answer(program, live, bob, alice, settings):
    settings.WORK_API_KEYS = True
    rows = checks.answer_checks(bob, live, WRONG * 4)
    his = worker(bob)
    listed = his.get("/work/checks/")["results"]
    assert len(listed) == 4 and not listed[0]["right"] and listed[0]["explanation"]
    ref = rows[0].public_id
    assert his.post(f"/work/checks/{ref}/contest/", {"text": "It is another lamp."}, 200)["contest"]
    (said,) = program.get(f"/batches/{live.public_id}/gold/contests/")["results"]
    assert said["text"] == "It is another lamp." and "worker" not in said
    decide = f"/batches/{live.public_id}/gold/contests/{ref}/decide/"
    assert program.post(decide, {"outcome": "set_aside", "reason": "It is."}, 200)["outcome"] == "set_aside"
    assert BatchPause.objects.get().lifted_at
    assert program.post(decide, {"outcome": "kept", "reason": "No."}, 409)["code"] == "state_changed"
    market.assert_sound()


def test_a_pause_from_the_question_to_the_moderators_decision(live, bob, dana, settings):
    settings.WORK_API_KEYS = True
    checks.answer_checks(bob, live, WRONG * 4)
    his, hers = worker(bob), Program(dana, "moderate", organisation=None)
    (pause,) = his.get("/work/pauses/")["results"]
    assert (pause["asked"], pause["right"]) == (4, 0)
    assert hers.get("/pauses/")["results"] == []
    his.post(f"/work/pauses/{pause['id']}/ask/", {"text": "They are blurred."}, 200)
    assert len(hers.get("/pauses/")["results"]) == 1
    decided = hers.post(f"/pauses/{pause['id']}/decide/", {"outcome": "lift", "reason": "They are."}, 200)
    assert decided["state"] == "lifted"
    assert his.get("/work/pauses/")["results"][0]["review_reason"] == "They are."


def test_what_belongs_to_another_organisation_is_not_there(live, atelier, charlie):
    from tests.personas import make_organisation

    theirs = Program(charlie, "read", "write", organisation=make_organisation("Elsewhere", owner=charlie))
    task = live.tasks.filter(is_gold=True).first().public_id
    for path in ("", "contests/", f"{task}/"):
        theirs.get(f"/batches/{live.public_id}/gold/{path}", 404)
    theirs.post(f"/batches/{live.public_id}/gold/", {"questions": [{"row": 1, **ANSWER}]}, 404)


def test_a_batch_says_its_rate_in_the_list_too(program, live, alice):
    batches.duplicate(batch=live, actor=alice)
    rates = {each["state"]: each["gold_rate"] for each in program.get("/batches/")["results"]}
    assert rates == {"draft": 0.5, "published": 0.5}
