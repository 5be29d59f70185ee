"""Qualifications by program: making them and their tests, granting and taking back, and taking a test."""

import pytest

from marketplace.base.ids import worker_seen_by
from tasks.models import Gold
from tasks.services import closing
from tests import market, qualifying
from tests.api_client import DRAFT, Program
from tests.personas import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(alice, atelier):
    return Program(alice, "read", "write", organisation=atelier)


def test_a_qualification_and_its_test_are_made_and_published(program, atelier, alice):
    made = program.post("/qualifications/", {"name": "Sees doubles", "description": "Tells them apart."}, 201)
    assert program.get("/qualifications/")["results"] == [made]
    batch = program.post("/batches/", DRAFT, 201)["id"]
    rules = {"batch": batch, "role": "test", "questions": 2, "pass_mark": 0.5}
    test = program.post(f"/qualifications/{made['id']}/tests/", rules, 201)
    assert test["attempts"] == 1 and test["time_limit_seconds"] is None
    assert program.get(f"/batches/{batch}/")["role"] == "test"
    market.add_rows(atelier.batches.get(), 2)
    market.fund(atelier)
    refused = program.post(f"/batches/{batch}/publish/", status=400)
    assert "known" in refused["fields"]
    for task in atelier.batches.get().tasks.all():
        Gold.objects.create(task=task, batch=task.batch, answers=[{"same": "1"}], explanation="So it is.")
    assert program.post(f"/batches/{batch}/publish/")["state"] == "screening"


def test_wrong_bounds_are_refused_at_their_fields(program):
    made = program.post("/qualifications/", {"name": "Sees doubles", "description": "Tells them apart."}, 201)
    batch = program.post("/batches/", DRAFT, 201)["id"]
    refused = program.post(
        f"/qualifications/{made['id']}/tests/",
        {"batch": batch, "role": "work", "questions": 0, "pass_mark": 2},
        400,
    )
    assert set(refused["fields"]) == {"role", "questions", "pass_mark"}


def test_grants_holders_and_taking_back(program, atelier, alice, bob):
    given = qualifying.qualification(atelier, alice, by_hand=True)
    market.submitted(bob, market.open_batch(atelier, alice))
    worker = worker_seen_by(bob.pk, atelier.pk)
    path = f"/qualifications/{given.public_id}"
    assert program.post(f"{path}/grant/", {"people": [worker], "reason": "Good work."}) == {"granted": 1}
    (holder,) = program.get(f"{path}/holders/")["results"]
    assert holder["worker"] == worker and holder["score"] is None
    assert program.post(f"{path}/revoke/", {"worker": worker, "reason": "A mistake of ours."})["holders"] == 0
    program.post(f"{path}/revoke/", {"worker": worker, "reason": "Again."}, 404)
    own = Program(bob, "work").get("/work/qualifications/")
    assert (
        own["awards"][0]["state"] == "revoked" and own["awards"][0]["revoked_because"] == "A mistake of ours."
    )


def test_a_qualification_is_changed_and_given_no_more(program, atelier, alice):
    given = qualifying.qualification(atelier, alice, valid_days=30)
    path = f"/qualifications/{given.public_id}/"
    assert program.get(path)["valid_days"] == 30
    changed = program.post(path, {"name": "Sees pairs", "by_hand": True})
    assert (changed["name"], changed["by_hand"], changed["valid_days"]) == ("Sees pairs", True, 30)
    assert program.post(path, {"valid_days": None})["valid_days"] is None
    assert set(program.post(path, {"name": "", "valid_days": 0}, 400)["fields"]) == {"name", "valid_days"}
    qualifying.qualification(atelier, alice, name="Reads old hands")
    assert "name" in program.post(path, {"name": "reads OLD hands"}, 400)["fields"]
    test = qualifying.open_test(given, atelier, alice, rows=2)
    program.post(f"{path}retire/", status=409)
    closing.close(batch=test.batch, actor=alice)
    assert program.post(f"{path}retire/")["retired_at"]
    assert program.get(path)["retired_at"]


def test_who_may_only_read_changes_no_qualification(atelier, alice):
    given = qualifying.qualification(atelier, alice)
    reader = Program(alice, "read", organisation=atelier)
    reader.post(f"/qualifications/{given.public_id}/", {"name": "Mine"}, 403)
    reader.post(f"/qualifications/{given.public_id}/retire/", status=403)


def test_a_stranger_finds_no_qualification(atelier, alice, bob, charlie):
    given = qualifying.qualification(atelier, alice)
    other = make_organisation("Other", owner=charlie)
    stranger = Program(charlie, "read", "write", organisation=other)
    stranger.get(f"/qualifications/{given.public_id}/", 404)
    stranger.post(f"/qualifications/{given.public_id}/", {"name": "Mine"}, 404)
    stranger.post(f"/qualifications/{given.public_id}/retire/", status=404)
    stranger.get(f"/qualifications/{given.public_id}/holders/", 404)
    stranger.post(f"/qualifications/{given.public_id}/grant/", {"people": [], "reason": "x"}, 404)


def test_a_test_is_taken_from_the_offer_to_the_result(atelier, alice, bob):
    given = qualifying.qualification(atelier, alice)
    test = qualifying.open_test(given, atelier, alice, rows=2, pass_mark=0.5)
    worker = Program(bob, "work")
    (offer,) = worker.get("/work/qualifications/")["tests"]
    assert (
        offer["pays"] == "1.30"
        and offer["seconds"] == 360
        and offer["places"] == 1
        and offer["refused"] is None
    )
    assert worker.get("/work/")["available"] == []  # a test is no work of the board
    assert worker.post("/work/claims/", {"batch": test.batch.public_id}, 409)["code"] == "no_attempt"
    attempt = worker.post(f"/work/tests/{test.batch.public_id}/begin/", status=201)
    claim = worker.post("/work/claims/", {"batch": test.batch.public_id}, 201)
    path = "/work/assignments/{}/submit/"
    done = worker.post(path.format(claim["assignment"]), {"answer": {"same": "1"}, "next": True})
    assert done["state"] == "approved" and done["attempt"]["answered"] == 1 and "feedback" not in done
    done = worker.post(path.format(done["next"]["assignment"]), {"answer": {"same": "0"}, "next": True})
    assert done["next"] is None and done["attempt"]["passed"] and done["attempt"]["right"] == 1
    assert worker.get(f"/work/attempts/{attempt['id']}/")["passed"]
    own = worker.get("/work/qualifications/")
    assert own["awards"][0]["score"] == 0.5 and own["tests"][0]["refused"]["code"] == "already_qualified"
    market.assert_sound()


def test_a_training_says_at_once_what_was_right_and_why(atelier, alice, bob):
    given = qualifying.qualification(atelier, alice)
    test = qualifying.open_test(given, atelier, alice, role="training", rows=2)
    worker = Program(bob, "work")
    worker.post(f"/work/tests/{test.batch.public_id}/begin/", status=201)
    claim = worker.post("/work/claims/", {"batch": test.batch.public_id}, 201)
    done = worker.post(
        f"/work/assignments/{claim['assignment']}/submit/", {"answer": {"same": "0"}, "next": True}
    )
    assert done["next"] is None and done["feedback"]["right"] is False
    assert done["feedback"]["known"] == ["The same?: Yes"] and "written so" in done["feedback"]["explanation"]


def test_an_attempt_belongs_to_its_person(atelier, alice, bob, bea):
    given = qualifying.qualification(atelier, alice)
    attempt = qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1")
    Program(bea, "work").get(f"/work/attempts/{attempt.public_id}/", 404)
