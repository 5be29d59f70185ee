"""A worker's program: what there is, claim, submit and next, redo, reply, appeal, earnings (DESIGN §8)."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.base.switches import turn
from tests import market
from tests.api_client import Program
from tests.personas import join, make_worker


@pytest.fixture
def live(alice, atelier):
    return market.open_batch(atelier, alice, rows=4)


@pytest.fixture
def program(bob):
    return Program(bob, "work")


def claim(program, batch, status=201):
    return program.post("/work/claims/", {"batch": batch.public_id}, status)


def submit(program, assignment, answer="1", status=200, **more):
    return program.post(
        f"/work/assignments/{assignment}/submit/", {"answer": {"same": answer}, **more}, status
    )


def test_a_claim_is_answered_with_the_task_the_form_the_deadline_and_the_reward(program, live):
    answer = claim(program, live)
    assert answer["assignment"].startswith("asg_")
    assert answer["task"]["id"].startswith("tsk_")
    assert answer["task"]["data"]["name"].startswith("row ")
    assert answer["form"]["fields"][0]["name"] == "same"
    assert answer["reward"] == "0.65"
    assert answer["expires_at"].endswith("Z")


def test_submit_and_next_until_none_is_left(program, live):
    given, seen = claim(program, live), set()
    while given:
        seen.add(given["task"]["id"])
        answer = submit(program, given["assignment"], next=True)
        assert answer["state"] == "submitted"
        given = answer["next"]
    assert answer["next_refused"]["code"] == "none_left"
    assert len(seen) == 4
    assert claim(program, live, 204) == ""


def test_without_next_nothing_is_claimed(program, live):
    answer = submit(program, claim(program, live)["assignment"])
    assert answer == {"state": "submitted", "next": None}
    assert program.get("/work/")["open"] == 0


def test_the_same_answer_again_changes_nothing_and_another_replaces_it_until_review(program, live, alice):
    from tasks.models import Assignment
    from tasks.services import reviews

    assignment = claim(program, live)["assignment"]
    for answer in ("1", "1", "0"):
        submit(program, assignment, answer)
    row = Assignment.objects.get()
    assert (row.first_answer, row.answer) == ({"same": "1"}, {"same": "0"})
    reviews.approve(batch=live, assignments=[row.pk], actor=alice)
    assert submit(program, assignment, "1", 409)["code"] == "not_editable"
    assert submit(program, assignment, "0")["state"] == "approved"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "answer"), ({"answer": None}, "answer"), ({"answer": "1"}, "answer"), ({"answer": ["1"]}, "answer"),
        ({"answer": {}}, "same"), ({"answer": {"same": "7"}}, "same"), ({"answer": {"same": "1", "odd": 1}}, "odd"),
        ({"answer": {"same": "1"}, "next": "yes"}, "next"),
        ({"answer": {"same": "1"}, "paused_seconds": -1}, "paused_seconds"),
        ([], "body"), ("text", "body"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused_with_the_places(program, live, body, place):
    refused = program.post(f"/work/assignments/{claim(program, live)['assignment']}/submit/", body, 400)
    assert refused["code"] in {"invalid", "bad_answer"}
    assert list(refused["fields"]) == [place]


def test_the_reasons_why_a_claim_is_refused_have_codes(program, live, bob, alice, atelier, settings, erin):
    assert program.post("/work/claims/", {"batch": "bat_0000000000000"}, 404)["code"] == "not_found"
    draft = market.draft(atelier, alice)
    assert claim(program, draft, 404)["code"] == "not_found"
    settings.CAP_EUR = Decimal(0)
    assert claim(program, live, 409)["code"] == "cap_reached"
    settings.CAP_EUR, settings.MAX_OPEN_ASSIGNMENTS = Decimal(3000), 1
    claim(program, live)
    assert claim(program, live, 409)["code"] == "too_many_open"
    turn("claims", on=False, actor=erin, reason="A test.")
    assert claim(program, live, 503)["code"] == "switched_off"
    turn("claims", on=True, actor=erin, reason="A test.")
    # An hour in Luxembourg costs more than 0.65 for three minutes brings.
    elsewhere = Program(make_worker("lux", country="LU"), "work")
    assert claim(elsewhere, live, 409)["code"] == "below_your_floor"
    join(atelier, bob, "viewer")
    assert claim(program, live, 409)["code"] == "own_organisation"


def test_the_board_says_what_is_open_and_why_the_rest_is_not(program, live, alice, atelier, bob):
    abroad = market.open_batch(atelier, alice, countries=["PT"])
    board = program.get("/work/")
    assert board["open"] == 0
    assert [row["id"] for row in board["available"]] == [live.public_id]
    assert board["available"][0]["requester"] == "Atelier Nord"
    assert board["available"][0]["hourly_rate"] == "13.00"
    assert [(row["batch"], row["code"]) for row in board["blocked"]] == [
        (abroad.public_id, "country_not_asked")
    ]
    held = claim(program, live)
    board = program.get("/work/")
    assert board["open"] == 1
    assert board["in_hand"][0]["assignment"] == held["assignment"]
    assert board["in_hand"][0]["expires_at"] == held["expires_at"]


def test_the_board_blocks_what_would_pass_the_cap_and_what_has_no_task_left(program, live, settings):
    settings.CAP_EUR = Decimal(0)
    assert program.get("/work/")["blocked"][0]["code"] == "cap_reached"
    settings.CAP_EUR, settings.MAX_OPEN_ASSIGNMENTS = Decimal(3000), 10
    for _ in range(4):
        claim(program, live)
    board = program.get("/work/")
    assert board["available"] == []
    assert board["blocked"][0]["code"] == "none_left"


def test_a_task_is_given_back(program, live):
    assignment = claim(program, live)["assignment"]
    assert program.post(f"/work/assignments/{assignment}/release/") == {"state": "released"}
    assert program.post(f"/work/assignments/{assignment}/release/", status=409)["code"] == "illegal_move"


def test_somebody_elses_assignment_is_not_there(program, live, bea):
    other = market.claimed(bea, live).public_id
    for path, body in (
        ("submit/", {"answer": {"same": "1"}}), ("release/", None), ("redo/", {"answer": {"same": "1"}}),
        ("reply/", {"text": "x"}), ("appeal/", {"text": "x"}),
    ):  # fmt: skip
        assert program.post(f"/work/assignments/{other}/{path}", body, 404)["code"] == "not_found"
    assert program.get(f"/work/assignments/{other}/", 404)["code"] == "not_found"


def test_a_contest_is_answered_by_a_redo(program, live, alice, bob):
    from tasks.services import reviews

    row = market.submitted(bob, live)
    path = f"/work/assignments/{row.public_id}"
    assert program.post(f"{path}/redo/", {"answer": {"same": "0"}}, 409)["code"] == "illegal_move"
    reviews.contest(assignment=row, actor=alice, reason="wrong_answer", evidence="Another size.")
    shown = program.get(f"{path}/")
    assert (shown["state"], shown["contest"]["evidence"]) == ("contested", "Another size.")
    assert program.post(f"{path}/redo/", {"answer": {"same": "9"}}, 400)["code"] == "bad_answer"
    assert program.post(f"{path}/redo/", {"answer": {"same": "0"}}) == {"state": "submitted"}


def test_a_reply_leads_to_a_moderator_and_a_refusal_to_an_appeal(program, live, alice, bob, dana, dora):
    from tasks.services import reviews

    row = market.submitted(bob, live)
    reviews.contest(assignment=row, actor=alice, reason="wrong_answer", evidence="Another size.")
    path = f"/work/assignments/{row.public_id}"
    assert program.post(f"{path}/reply/", {"text": " "}, 400)["fields"]["text"]
    assert program.post(f"{path}/reply/", {"text": "Look at the number."}) == {"state": "disputed"}

    first, second = Program(dana, "moderate"), Program(dora, "moderate")
    case = first.get("/disputes/", state="waiting")["results"][0]
    assert case["contest"]["reply"] == "Look at the number."
    assert case["task"]["data"] == row.task.data
    decide = f"/disputes/{case['id']}/decide/"
    assert first.post(decide, {"outcome": "perhaps", "reason": "x"}, 400)["fields"]["outcome"]
    assert first.post(decide, {"outcome": "reject"}, 400)["fields"]["reason"]
    assert first.post(decide, {"outcome": "reject", "reason": "It is another size."})["outcome"] == "reject"
    assert second.post(decide, {"outcome": "approve", "reason": "No."}, 409)["code"] == "state_changed"

    assert program.get(f"{path}/")["decision"] == "It is another size."
    assert program.post(f"{path}/appeal/", {"text": "The numbers are the same."}) == {"state": "rejected"}
    appeal = second.get("/disputes/", state="waiting")["results"][0]
    assert (appeal["appeal"], appeal["statement"]) == (True, "The numbers are the same.")
    mine = f"/disputes/{appeal['id']}/decide/"
    assert first.post(mine, {"outcome": "approve", "reason": "x"}, 403)["code"] == "another_moderator"
    assert second.post(mine, {"outcome": "approve", "reason": "They are the same."})["state"] == "decided"
    assert program.get(f"{path}/")["state"] == "approved"
    market.assert_sound()


def test_earnings_tell_what_is_reserved_pending_payable_and_the_cap(program, live, alice, bob):
    from tasks.services import reviews

    assignment = claim(program, live)["assignment"]
    held = program.get("/work/earnings/")
    assert (held["reserved"], held["pending"], held["payable"]) == ("0.65", "0.00", "0.00")
    submit(program, assignment)
    waiting = program.get("/work/earnings/")
    assert (waiting["reserved"], waiting["pending"], waiting["payable"]) == ("0.65", "0.65", "0.00")
    reviews.approve(batch=live, assignments=list(live.assignments.values_list("pk", flat=True)), actor=alice)
    earned = program.get("/work/earnings/")
    assert (earned["reserved"], earned["pending"], earned["payable"], earned["paid"]) == (
        "0.00",
        "0.00",
        "0.65",
        "0.00",
    )
    assert (earned["cap"]["limit"], earned["cap"]["used"]) == ("3000.00", "0.65")
    assert earned["months"][0]["earned"] == "0.65"


def test_keys_do_not_work_where_the_market_says_so(program, live, settings, client_of, bob):
    settings.WORK_API_KEYS = False
    assert claim(program, live, 403)["code"] == "work_by_key_is_off"
    browser = client_of(bob)
    assert (
        browser.post(
            "/api/v1/work/claims/", {"batch": live.public_id}, content_type="application/json"
        ).status_code
        == 201
    )


# --- The hot path --------------------------------------------------------------------------------------------

TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


def asked(context: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in context.captured_queries if not query["sql"].startswith(TRANSACTION)]


def test_submit_and_next_asks_the_database_three_things(program, live):
    """The key with its person; what is in hand; the answer stored and the next task claimed."""
    given = claim(program, live)
    submit(program, given["assignment"], next=True)
    given = program.get("/work/")["in_hand"][0]
    with CaptureQueriesContext(connection) as queries:
        answer = submit(program, given["assignment"], next=True)
    assert answer["next"]
    assert len(asked(queries)) == 3, asked(queries)


def test_a_claim_asks_the_database_four_things(program, live):
    """The key with its person; the batch; the person's standing; the task."""
    program.get("/work/")  # the first call of a key notes that it is used
    with CaptureQueriesContext(connection) as queries:
        claim(program, live)
    assert len(asked(queries)) == 4, asked(queries)
