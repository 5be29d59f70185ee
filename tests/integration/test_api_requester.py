"""A requester's program: draft, rows, publish, review, funds (DESIGN §8)."""

import json
import re

import pytest

from tasks.models import Assignment, Batch, Import
from tasks.services import imports
from tests import market
from tests.api_client import DRAFT, Program
from tests.personas import join, make_organisation, make_person

MONEY = re.compile(r"^\d+\.\d{2,6}$")


@pytest.fixture
def program(alice, atelier):
    return Program(alice, "read", "write", "funds", organisation=atelier)


@pytest.fixture
def live(alice, atelier):
    return market.open_batch(atelier, alice, rows=3)


def load() -> None:
    """The job behind every import that waits for it."""
    for source in Import.objects.filter(state="queued"):
        imports.run(source.pk)


def test_a_draft_is_answered_with_its_id_its_state_and_a_quote(program):
    answer = program.post("/batches/", DRAFT, 201)
    assert answer["state"] == "draft"
    assert answer["id"].startswith("bat_")
    assert answer["quote"] == {
        "rewards": "0.00", "reserve": "0.00", "fee": "0.00", "vat": "0.00", "total": "0.00", "currency": "EUR",
    }  # fmt: skip
    assert answer["reward"] == "0.65"
    assert answer["hourly_rate"] == "13.00"


def test_a_kind_gives_the_form_of_a_draft(program):
    sent = {name: value for name, value in DRAFT.items() if name != "form"}
    answer = program.post("/batches/", {**sent, "kind": "compare_records"}, 201)
    assert answer["kind"] == "compare_records"
    assert answer["form"]["fields"][0]["name"] == "same"
    refused = program.post("/batches/", {**sent, "kind": "no such kind"}, 400)
    assert "kind" in refused["fields"]
    assert "form" in program.post("/batches/", sent, 400)["fields"]


@pytest.mark.parametrize(
    "reward", [0.65, 1, None, "", "-1", "1e3", "1,50", " 1", "0.1234567", "99999999999", "NaN", True]
)
def test_money_is_a_decimal_string_and_nothing_else(program, reward):
    refused = program.post("/batches/", {**DRAFT, "reward": reward}, 400)
    assert refused["code"] == "invalid"
    assert list(refused["fields"]) == ["reward"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", 5), ("title", "x" * 121), ("overlap", "2"), ("overlap", 0), ("overlap", True), ("overlap", 10**30),
        ("overlap", 1.5), ("estimated_seconds", -1), ("countries", "FR"), ("countries", ["XX"]), ("countries", [1]),
        ("form", []), ("form", "form"), ("time_limit_seconds", 5), ("instructions", None),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_or_size_is_refused_with_its_place(program, name, value):
    refused = program.post("/batches/", {**DRAFT, name: value}, 400)
    assert all(place == name or place.startswith(f"{name}[") for place in refused["fields"])


def test_a_form_that_can_not_be_used_is_refused_with_the_places(program):
    refused = program.post(
        "/batches/", {**DRAFT, "form": {"fields": [{"name": "A", "widget": "magic"}]}}, 400
    )
    assert refused["code"] == "bad_form"
    assert refused["fields"]


def test_a_whole_number_written_with_a_point_is_a_whole_number(program):
    assert program.post("/batches/", {**DRAFT, "overlap": 2.0}, 201)["overlap"] == 2


def test_rows_are_loaded_and_the_batch_is_published(program, atelier):
    market.fund(atelier, 100)
    batch = program.post("/batches/", DRAFT, 201)["id"]
    started = program.send(f"/batches/{batch}/rows/?bad_rows=skip", b"name\none\ntwo\n", "text/csv")
    assert started["id"].startswith("imp_")
    load()
    done = program.get(f"/imports/{started['id']}/")
    assert (done["state"], done["done"], done["total"], done["errors"]) == ("done", 2, 2, [])
    assert program.get(f"/batches/{batch}/")["quote"]["rewards"] == "2.60"
    assert (
        program.post(f"/batches/{batch}/publish/")["state"] == "screening"
    )  # the first batch of an organisation
    refused = program.post(f"/batches/{batch}/publish/", status=409)
    assert refused["code"] == "not_a_draft"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"name": "one"}\n{"name": "two"}\n', "application/x-ndjson"),
        ("name;x\r\none;1\r\ntwo;2\r\n".encode("utf-16"), "text/csv"),
    ],
    ids=["json lines", "utf-16"],
)
def test_rows_come_as_json_lines_or_csv(program, body, content_type):
    batch = program.post("/batches/", DRAFT, 201)["id"]
    started = program.send(f"/batches/{batch}/rows/", body, content_type)
    load()
    assert program.get(f"/imports/{started['id']}/")["good"] == 2


def test_bad_rows_come_back_with_row_column_and_reason_and_are_decided_about(program):
    shown = [{"as": "text", "column": "name", "required": True}, {"as": "text", "column": "x"}]
    form = {**market.FORM, "show": shown}
    batch = program.post("/batches/", {**DRAFT, "form": form}, 201)["id"]
    started = program.send(f"/batches/{batch}/rows/?bad_rows=stop", b"name,x\none,1\n,2\n", "text/csv")["id"]
    load()
    asked = program.get(f"/imports/{started}/")
    assert asked["state"] == "needs_decision"
    assert (asked["errors"][0]["row"], asked["errors"][0]["column"]) == (2, "name")
    assert asked["errors"][0]["reason"]
    assert program.post(f"/imports/{started}/decide/", {"decision": "perhaps"}, 400)["code"] == "invalid"
    assert program.post(f"/imports/{started}/decide/", {"decision": "go_on"})["state"] == "queued"
    load()
    assert program.get(f"/imports/{started}/")["state"] == "done"


def test_rows_of_another_type_or_without_the_columns_are_refused(program):
    batch = program.post("/batches/", DRAFT, 201)["id"]
    assert program.send(f"/batches/{batch}/rows/", b"x", "image/png", 415)["code"] == "unsupported_media_type"
    assert (
        program.send(f"/batches/{batch}/rows/", b"other\n1\n", "text/csv", 400)["code"] == "columns_missing"
    )
    assert program.send(f"/batches/{batch}/rows/?bad_rows=maybe", b"name\n1\n", "text/csv", 400)["fields"][
        "bad_rows"
    ]
    assert program.send(f"/batches/{batch}/rows/", b"\n", "text/csv", 400)["code"]


def test_rows_added_to_an_open_batch_wait_for_their_price(program, live):
    started = program.send(f"/batches/{live.public_id}/rows/", b"name\nfour\n", "text/csv")["id"]
    load()
    assert program.get(f"/imports/{started}/")["state"] == "needs_funds"
    assert program.get(f"/batches/{live.public_id}/")["counts"]["open"] == 3
    assert program.post(f"/imports/{started}/fund/")["state"] == "done"
    assert program.get(f"/batches/{live.public_id}/")["counts"]["open"] == 4
    assert program.post(f"/imports/{started}/fund/", status=409)["code"] == "illegal_move"


def test_publishing_without_funds_or_under_the_floor_is_refused_with_its_code(program, alice, atelier):
    poor = market.draft(atelier, alice)
    refused = program.post(f"/batches/{poor.public_id}/publish/", status=409)
    assert refused["code"] == "insufficient_funds"
    assert "€" in refused["detail"]
    cheap = market.draft(atelier, alice, reward_micros=10_000)
    assert program.post(f"/batches/{cheap.public_id}/publish/", status=409)["code"] == "below_floor"
    empty = market.draft(atelier, alice, rows=0)
    assert program.post(f"/batches/{empty.public_id}/publish/", status=409)["code"] == "no_rows"
    unready = market.draft(atelier, alice, instructions="")
    assert program.post(f"/batches/{unready.public_id}/publish/", status=400)["fields"]["instructions"]


def test_a_batch_is_paused_resumed_raised_and_closed(program, live):
    path = f"/batches/{live.public_id}"
    assert program.post(f"{path}/pause/")["state"] == "paused"
    assert program.post(f"{path}/pause/", status=409)["code"] == "illegal_move"
    assert program.post(f"{path}/resume/")["state"] == "published"
    assert program.post(f"{path}/raise/", {"reward": "0.70"})["reward"] == "0.70"
    assert program.post(f"{path}/raise/", {"reward": "0.70"}, 409)["code"] == "price_not_raised"
    assert program.post(f"{path}/raise/", {"reward": 0.8}, 400)["fields"]["reward"]
    assert program.post(f"{path}/close/")["state"] == "cancelled"
    assert program.get("/funds/")["set_aside"] == "0.00"
    market.assert_sound()


def test_a_batch_tells_its_counts_quote_rate_and_quality(program, live, bob, bea):
    market.submitted(bob, live)
    market.claimed(bea, live)
    answer = program.get(f"/batches/{live.public_id}/")
    assert answer["counts"] == {
        "tasks": 3, "answers": 3, "open": 1, "claimed": 1, "submitted": 1, "contested": 0, "approved": 0,
    }  # fmt: skip
    assert answer["quality"]["workers"] == 1
    assert all(MONEY.match(answer["quote"][part]) for part in ("rewards", "reserve", "fee", "vat", "total"))
    assert answer["measured_seconds"] is None
    listed = program.get("/batches/")["results"]
    assert [row["id"] for row in listed] == [live.public_id]
    assert listed[0]["quote"] == answer["quote"]
    assert "form" not in listed[0]


def test_the_list_of_batches_is_paged_by_cursor_in_a_stable_order(program, alice, atelier):
    made = [market.draft(atelier, alice, rows=n).public_id for n in range(5)]
    first = program.get("/batches/", limit=2)
    assert first["previous"] is None
    second = program.get(first["next"].partition("/api/v1")[2])
    market.draft(atelier, alice)  # a new row moves nothing on the pages that follow
    third = program.get(second["next"].partition("/api/v1")[2])
    assert third["next"] is None
    seen = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert seen == made[::-1]
    assert program.get(third["previous"].partition("/api/v1")[2])["results"] == second["results"]
    assert [row["counts"]["tasks"] for row in first["results"]] == [4, 3]
    for query in ({"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "none"}, {"state": "odd"}):
        assert list(program.get("/batches/", 400, **query)["fields"]) == list(query)
    assert program.get("/batches/", state="published")["results"] == []


def test_listing_batches_costs_the_same_number_of_queries_for_one_and_for_many(
    program, alice, atelier, django_assert_max_num_queries
):
    for _ in range(8):
        market.draft(atelier, alice)
    with django_assert_max_num_queries(9):  # two of them for the VAT of drafts
        program.get("/batches/")


def test_submissions_show_workers_by_pseudonym_and_never_refused_ones(
    program, live, alice, bob, bea, ben, dana
):
    from tasks.services import disputes, reviews

    ours = market.submitted(bob, live)
    contested = market.submitted(bea, live)
    reviews.contest(assignment=contested, actor=alice, reason="wrong_answer", evidence="It is another one.")
    answer = program.get(f"/batches/{live.public_id}/submissions/")
    assert [row["id"] for row in answer["results"]] == [contested.public_id, ours.public_id]
    row = answer["results"][1]
    assert row["worker"].startswith("wrk_")
    assert row["answer"] == {"same": "1"}
    assert row["contest"] is None
    assert bob.email not in json.dumps(answer)
    assert bob.public_id not in json.dumps(answer)
    assert answer["results"][0]["contest"]["reason"] == "wrong_answer"
    assert len(program.get(f"/batches/{live.public_id}/submissions/", state="contested")["results"]) == 1

    contested.refresh_from_db()
    disputes.reply(assignment=contested, worker=bea, text="It is not.")
    disputes.decide(
        dispute=contested.disputes.get(), moderator=dana, outcome="reject", reason="It is, see rule 2."
    )
    assert [row["id"] for row in program.get(f"/batches/{live.public_id}/submissions/")["results"]] == [
        ours.public_id
    ]
    assert program.get(f"/submissions/{contested.public_id}/", 404)["code"] == "not_found"
    assert program.post(f"/submissions/{contested.public_id}/approve/", status=404)["code"] == "not_found"
    program.get(f"/batches/{live.public_id}/submissions/", 400, state="rejected")
    assert "rejected" not in json.dumps(program.get(f"/batches/{live.public_id}/"))


def test_a_submission_is_approved_once_and_again_changes_nothing(program, live, bob):
    row = market.submitted(bob, live)
    for _ in range(2):
        assert program.post(f"/submissions/{row.public_id}/approve/")["state"] == "approved"
    from payments.services import earnings

    assert earnings.summary(bob).payable == 650_000
    refused = program.post(
        f"/submissions/{row.public_id}/contest/", {"reason": "wrong_answer", "evidence": "Too late now."}, 409
    )
    assert refused["code"] == "illegal_move"


def test_a_submission_is_contested_and_the_contest_withdrawn(program, live, bob):
    row = market.submitted(bob, live)
    path = f"/submissions/{row.public_id}"
    assert program.post(f"{path}/contest/", {"reason": "bad_mood", "evidence": "x"}, 400)["fields"]["reason"]
    assert program.post(f"{path}/contest/", {"reason": "wrong_answer"}, 400)["fields"]["evidence"]
    assert (
        program.post(f"{path}/contest/", {"reason": "wrong_answer", "evidence": "Another size."})["state"]
        == "contested"
    )
    assert program.post(f"{path}/hand-over/", status=409)["code"] == "illegal_move"
    assert program.post(f"{path}/approve/", status=409)["code"] == "illegal_move"
    assert program.post(f"{path}/withdraw/")["state"] == "approved"
    market.assert_sound()


def test_many_are_approved_by_a_list_or_all_at_once(program, live, bob, bea, ben, alice, atelier):
    rows = [market.submitted(worker, live) for worker in (bob, bea, ben)]
    path = f"/batches/{live.public_id}/approve/"
    assert program.post(path, {"assignments": [rows[0].public_id]}) == {"approved": 1, "waiting": 2}
    for wrong in ({}, {"all": False}, {"assignments": []}, {"all": True, "assignments": [rows[1].public_id]}):
        assert program.post(path, wrong, 400)["fields"]["body"]
    assert program.post(path, {"assignments": ["bat_0"]}, 400)["fields"]["assignments[0]"]
    elsewhere = market.submitted(bob, market.open_batch(atelier, alice))
    assert program.post(path, {"assignments": [elsewhere.public_id]}) == {"approved": 0, "waiting": 2}
    assert program.post(path, {"all": True}) == {"approved": 2, "waiting": 0}
    assert Assignment.objects.filter(state="approved").count() == 3


def test_funds_and_deposits(program, atelier):
    market.fund(atelier, 12)
    funds = program.get("/funds/")
    assert (funds["available"], funds["set_aside"], funds["owed"], funds["currency"]) == (
        "12.00",
        "0.00",
        "0.00",
        "EUR",
    )
    started = program.post("/deposits/", {"amount": "250.00"}, 201)
    assert (started["state"], started["amount"]) == ("started", "250.00")
    assert started["pay_url"]
    assert program.get(f"/deposits/{started['id']}/") == started
    assert program.get("/deposits/")["results"][0] == started
    assert program.post("/deposits/", {"amount": "0.01"}, 400)["code"] == "amount_too_small"
    assert program.post("/deposits/", {"amount": "20.005"}, 400)["code"] == "not_whole_cents"
    assert program.post("/deposits/", {"amount": 20}, 400)["fields"]["amount"]


def test_results_are_downloaded_as_csv_and_json_lines(program, live, bob):
    from tasks.services import aggregation

    market.submitted(bob, live)
    program.post(f"/batches/{live.public_id}/approve/", {"all": True})
    aggregation.validate()
    csv = program.get(f"/batches/{live.public_id}/results/", format="csv")
    assert csv.lstrip("\ufeff").splitlines()[0] == "name,same,same_confidence,answers"
    lines = program.get(f"/batches/{live.public_id}/results/", format="jsonl").splitlines()
    assert json.loads(lines[0]).keys() >= {"name", "same", "same_confidence", "answers"}
    assert program.get(f"/batches/{live.public_id}/answers/", format="jsonl").count("\n") == 1
    assert program.get(f"/batches/{live.public_id}/results/", 400, format="exe")["fields"]["format"]
    assert program.get(f"/batches/{live.public_id}/results/", 400)["fields"]["format"]


def test_what_belongs_to_others_looks_like_what_is_not_there(program, live, bob, charlie, alice):
    other = make_organisation("Elsewhere", owner=charlie)
    row = market.submitted(bob, live)
    source = program.send(f"/batches/{live.public_id}/rows/", b"name\nx\n", "text/csv")["id"]
    deposit = program.post("/deposits/", {"amount": "20.00"}, 201)["id"]
    stranger = Program(charlie, "read", "write", "funds", organisation=other)
    join(other, alice, "owner")  # alice belongs to both, but a key speaks for one
    elsewhere = Program(alice, "read", "write", "funds", organisation=other)
    for caller in (stranger, elsewhere):
        missing = caller.get("/batches/bat_0000000000000/", 404)
        for path in (
            f"/batches/{live.public_id}/", f"/batches/{live.public_id}/submissions/", f"/imports/{source}/",
            f"/submissions/{row.public_id}/", f"/deposits/{deposit}/", f"/batches/{live.public_id}/results/?format=csv",
        ):  # fmt: skip
            assert caller.get(path, 404) == missing
        for path in (
            f"/batches/{live.public_id}/publish/", f"/batches/{live.public_id}/close/", f"/imports/{source}/fund/",
            f"/submissions/{row.public_id}/approve/", f"/submissions/{row.public_id}/withdraw/",
        ):  # fmt: skip
            assert caller.post(path, status=404) == missing
        assert caller.get("/batches/")["results"] == []
        assert caller.get("/funds/")["available"] == "0.00"


def test_a_member_may_do_what_the_role_allows(live, atelier, bob):
    vera, fin = make_person("vee"), make_person("fin")
    join(atelier, vera, "viewer")
    join(atelier, fin, "finance")
    reader = Program(vera, "read", organisation=atelier)
    reader.get(f"/batches/{live.public_id}/")
    assert reader.post(f"/batches/{live.public_id}/pause/", status=403)["code"] == "missing_scope"
    treasurer = Program(fin, "read", "funds", organisation=atelier)
    treasurer.get("/funds/")
    treasurer.key.scopes = ["read", "write", "funds"]
    treasurer.key.save()
    assert treasurer.post(f"/batches/{live.public_id}/pause/", status=403)["code"] == "forbidden"
    assert treasurer.post("/batches/", DRAFT, 403)["code"] == "forbidden"
    assert Batch.objects.count() == 1
    atelier.memberships.filter(user=vera).delete()
    assert reader.get(f"/batches/{live.public_id}/", 404)["code"] == "not_found"
    assert reader.get("/batches/", 404)["code"] == "not_found"
