"""Who may call the REST interface, how often, and how it says no (DESIGN §8)."""

import datetime as dt
import json

import pytest
from django.db import OperationalError
from django.test import Client

from marketplace.base import keys
from marketplace.base.errors import Invalid, NotFound
from marketplace.base.models import ApiKey, AuditEvent
from tests import market
from tests.api_client import DRAFT, ROOT, Program
from tests.personas import join, log_in, make_organisation, make_person


@pytest.fixture
def program(alice, atelier):
    return Program(alice, "read", "write", "funds", organisation=atelier)


# --- Keys ---------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_kept_as_a_hash(program, atelier):
    row = ApiKey.objects.get()
    assert program.secret.startswith("tes_")
    assert len(program.secret) > 40
    assert program.secret not in json.dumps({name: str(value) for name, value in vars(row).items()})
    assert row.prefix == program.secret[:12]
    assert AuditEvent.objects.get(tag="base:key:create").organisation_id == atelier.pk
    assert keys.lookup(program.secret) == row
    assert keys.lookup("tes_other") is None
    assert keys.lookup("\ud800") is None


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer tes_unknown", "Basic YTpi", "Token x", "bearer é"]
)
def test_without_a_valid_key_or_session_everything_is_401(header, db):
    client = Client(headers={"Authorization": header} if header else {})
    for path in ("/batches/", "/work/", "/disputes/", "/funds/"):
        response = client.get(ROOT + path)
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_key_ends_when_it_is_revoked_expires_or_its_person_leaves(program, alice, clock):
    program.get("/batches/")
    keys.revoke(key=program.key, actor=alice)
    keys.revoke(key=program.key, actor=alice)
    assert AuditEvent.objects.filter(tag="base:key:revoke").count() == 1
    program.get("/batches/", 401)
    ApiKey.objects.update(revoked_at=None)
    alice.is_active = False
    alice.save()
    program.get("/batches/", 401)
    alice.is_active = True
    alice.save()
    program.get("/batches/")
    clock.forward(days=30, seconds=1)
    program.get("/batches/", 401)


def test_a_wrong_key_is_refused_also_beside_a_session(alice):
    browser = log_in(alice)
    assert browser.get(f"{ROOT}/batches/").status_code == 200
    assert browser.get(f"{ROOT}/batches/", headers={"Authorization": "Bearer tes_wrong"}).status_code == 401


def test_the_last_use_of_a_key_is_noted_now_and_then(program, clock):
    program.get("/batches/")
    first = ApiKey.objects.get().last_used_at
    program.get("/batches/")
    assert ApiKey.objects.get().last_used_at == first
    clock.forward(minutes=11)
    program.get("/batches/")
    assert ApiKey.objects.get().last_used_at - first > dt.timedelta(minutes=10)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 61}, "name"), ({"days": 0}, "days"), ({"days": 367}, "days"),
        ({"scopes": []}, "scopes"), ({"scopes": ["root"]}, "scopes"), ({"scopes": ["moderate"]}, "scopes"),
        ({"organisation": None}, "organisation"),
    ],
)  # fmt: skip
def test_a_key_that_can_not_be_is_refused_with_the_place(alice, atelier, changes, place):
    values = {"user": alice, "organisation": atelier, "name": "x", "scopes": ["read"], "days": 30, **changes}
    with pytest.raises(Invalid) as refused:
        keys.create(**values)
    assert list(refused.value.fields) == [place]


def test_a_key_has_no_scope_that_its_person_has_not(alice, atelier, vera, charlie):
    for user, scopes in ((vera, ["read", "write"]), (vera, ["funds"]), (charlie, ["read"])):
        with pytest.raises(Invalid):
            keys.create(user=user, organisation=atelier, name="x", scopes=scopes, days=1)
    keys.create(user=vera, organisation=atelier, name="x", scopes=["read"], days=1)


def test_a_person_has_so_many_keys_and_no_more(alice, atelier):
    for _ in range(keys.MOST_KEYS):
        keys.create(user=alice, organisation=atelier, name="x", scopes=["read"], days=1)
    with pytest.raises(keys.TooManyKeys):
        keys.create(user=alice, organisation=atelier, name="x", scopes=["read"], days=1)


def test_a_key_is_found_by_its_person_and_by_who_manages_the_team(alice, atelier, vera, charlie):
    key, _ = keys.create(user=vera, organisation=atelier, name="x", scopes=["read"], days=1)
    own, _ = keys.create(user=alice, organisation=None, name="x", scopes=["work"], days=1)
    assert keys.find(user=vera, public_id=key.public_id) == key
    assert keys.find(user=alice, public_id=key.public_id) == key
    assert list(keys.in_organisation(atelier)) == [key]
    assert list(keys.of(alice)) == [own]
    for user, public_id in ((charlie, key.public_id), (vera, own.public_id), (alice, "key_0")):
        with pytest.raises(NotFound):
            keys.find(user=user, public_id=public_id)


def test_a_key_without_the_scope_is_told_which_one_it_lacks(alice, atelier):
    reader = Program(alice, "read", organisation=atelier)
    for refused in (
        reader.post("/batches/", DRAFT, 403), reader.get("/funds/", 403), reader.get("/work/", 403),
        reader.get("/disputes/", 403), reader.post("/work/claims/", {"batch": "x"}, 403),
    ):  # fmt: skip
        assert refused["code"] == "missing_scope"
    assert "write" in reader.post("/batches/", DRAFT, 403)["detail"]


def test_a_key_to_moderate_needs_a_moderator(dana):
    program = Program(dana, "moderate")
    program.get("/disputes/")
    dana.is_moderator = False
    dana.save()
    assert program.get("/disputes/", 404)["code"] == "not_found"


# --- Sessions ------------------------------------------------------------------------------------------------


def test_a_session_needs_the_csrf_token_to_post(alice, atelier):
    browser = log_in(alice)
    browser.handler.enforce_csrf_checks = True
    sent = browser.post(f"{ROOT}/batches/", DRAFT, content_type="application/json")
    assert (sent.status_code, sent.json()["code"]) == (403, "csrf_failed")
    browser.get(f"{ROOT}/docs/")
    token = browser.cookies["csrf"].value
    headers = {"X-CSRFToken": token}
    assert (
        browser.post(f"{ROOT}/batches/", DRAFT, content_type="application/json", headers=headers).status_code
        == 201
    )


def test_a_session_works_for_the_organisation_chosen_in_the_browser(alice, atelier):
    from marketplace.base.views import ORGANISATION

    other = make_organisation("Elsewhere", owner=alice)
    batch = market.draft(other, alice)
    browser = log_in(alice)
    assert browser.get(f"{ROOT}/batches/").json()["results"] == []
    session = browser.session
    session[ORGANISATION] = other.pk
    session.save()
    assert [row["id"] for row in browser.get(f"{ROOT}/batches/").json()["results"]] == [batch.public_id]


def test_a_moderators_session_needs_its_second_factor(dana, charlie):
    assert log_in(dana).get(f"{ROOT}/disputes/").status_code == 200
    refused = log_in(dana, second_factor=False).get(f"{ROOT}/disputes/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")
    assert log_in(charlie).get(f"{ROOT}/disputes/").status_code == 404
    assert log_in(charlie).get(f"{ROOT}/batches/").status_code == 404


# --- How it says no -------------------------------------------------------------------------------------------


def test_an_unknown_address_and_a_wrong_method_answer_in_json(program):
    assert program.get("/nothing/", 404)["code"] == "not_found"
    assert program.get("/batches", 404)["code"] == "not_found"
    assert program.post("/batches", DRAFT, 404)["code"] == "not_found"
    assert Client().get(f"{ROOT}/no/such\x00thing").json()["code"] == "not_found"
    assert program.post("/funds/", {}, 405)["code"] == "method_not_allowed"
    headers = {"Authorization": f"Bearer {program.secret}"}
    for method in ("put", "patch", "delete", "options", "trace"):
        response = getattr(program.client, method)(f"{ROOT}/batches/", headers=headers)
        assert response.status_code == 405, method
        assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"", b"null", b"[]", b'"x"', b"NaN", b'{"title": Infinity}', b'{"overlap": 1e999}', b"\xff\xfe{}",
        b'{"title": "a\\u0000b"}', b'{"title": "\\ud800"}', b"[" * 100_000, b'{"a":' * 50 + b"1" + b"}" * 50,
        b'{"overlap": ' + b"9" * 5000 + b"}", b'{"form": {"show": "\\u0000"}}', b'{"\\u0000": 1}',
    ],
)  # fmt: skip
def test_a_body_that_can_not_be_used_is_400_whatever_is_wrong_with_it(program, body):
    refused = program.send("/batches/", body, "application/json", 400)
    assert refused["code"] in {"bad_json", "invalid"}


def test_a_body_of_another_type_or_size_is_refused(program, settings):
    assert (
        program.send("/batches/", b"a=1", "application/x-www-form-urlencoded", 415)["code"]
        == "unsupported_media_type"
    )
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert program.send("/batches/", b'"' + b"x" * 200 + b'"', "application/json", 413)["code"] == "too_large"
    program.client.defaults["HTTP_TRANSFER_ENCODING"] = "chunked"
    assert program.send("/batches/", b"{}", "application/json", 411)["code"] == "length_required"


def test_sentences_are_in_the_language_of_the_person(program, alice):
    english = program.get("/batches/bat_0/", 404)
    assert english["detail"] == "There is nothing here, or it is not yours."
    assert set(english) == {"code", "detail"}


def test_a_failure_of_ours_is_json_and_says_nothing_of_its_inside(program, monkeypatch, caplog):
    from marketplace.api.views import batches

    program.client.raise_request_exception = False

    def fail(**_values):
        raise RuntimeError("alice@example.test")

    monkeypatch.setattr(batches.batches, "create_draft", fail)
    answer = program.post("/batches/", DRAFT, 500)
    assert answer["code"] == "server_error"
    assert "alice@example.test" not in json.dumps(answer)
    assert "alice@example.test" not in caplog.text

    def away(**_values):
        raise OperationalError("gone")

    monkeypatch.setattr(batches.batches, "create_draft", away)
    assert program.post("/batches/", DRAFT, 503)["code"] == "unavailable"
    assert program.last["Retry-After"]


# --- How often -----------------------------------------------------------------------------------------------


def test_a_key_that_calls_too_often_is_asked_to_wait(program, alice, atelier, settings):
    settings.API_RATE_PER_KEY = 3
    for _ in range(3):
        program.get("/batches/")
    refused = program.get("/batches/", 429)
    assert refused["code"] == "throttled"
    assert 0 < int(program.last["Retry-After"]) <= 61
    Program(alice, "read", organisation=atelier).get("/batches/")  # another key has a count of its own


def test_an_address_that_guesses_keys_is_asked_to_wait(program, settings):
    settings.API_RATE_PER_ADDRESS = 2
    guessing = Client(headers={"Authorization": "Bearer tes_guess"})
    assert [guessing.get(f"{ROOT}/batches/").status_code for _ in range(3)] == [401, 401, 429]
    assert Client().get(f"{ROOT}/batches/").status_code == 429
    program.get("/batches/")  # who has a key is not held up by others behind the same address


# --- The same key, the same answer ------------------------------------------------------------------------------


def test_a_post_with_the_same_key_and_body_is_done_once_and_answered_the_same(program):
    first = program.post("/batches/", DRAFT, 201, once="a-1")
    again = program.post("/batches/", dict(reversed(DRAFT.items())), 201, once="a-1")
    assert again == first
    assert program.last["Idempotent-Replay"] == "true"
    assert len(program.get("/batches/")["results"]) == 1
    assert program.post("/batches/", DRAFT, 201, once="a-2")["id"] != first["id"]


def test_the_same_key_with_another_body_or_address_is_refused(program, alice, atelier):
    program.post("/batches/", DRAFT, 201, once="a")
    assert (
        program.post("/batches/", {**DRAFT, "title": "Other"}, 422, once="a")["code"]
        == "idempotency_mismatch"
    )
    assert program.post("/deposits/", {"amount": "20.00"}, 422, once="a")["code"] == "idempotency_mismatch"
    one, two = (market.draft(atelier, alice).public_id for _ in range(2))
    program.post(f"/batches/{one}/publish/", status=409, once="b")
    assert program.post(f"/batches/{two}/publish/", status=422, once="b")["code"] == "idempotency_mismatch"
    assert program.post("/batches/", DRAFT, 400, once="x" * 121)["fields"]["Idempotency-Key"]
    assert program.post("/batches/", DRAFT, 400, once="é")["fields"]["Idempotency-Key"]


def test_a_refusal_is_answered_the_same_too(program, alice, atelier):
    batch = market.draft(atelier, alice)
    refused = program.post(f"/batches/{batch.public_id}/publish/", status=409, once="p")
    market.fund(atelier)
    assert program.post(f"/batches/{batch.public_id}/publish/", status=409, once="p") == refused
    assert program.post(f"/batches/{batch.public_id}/publish/", once="q")["state"] == "screening"


def test_while_the_first_is_under_way_the_second_is_told_to_wait(program, monkeypatch):
    from marketplace.api.views import batches

    create, answers = batches.batches.create_draft, []

    def slowly(**values):
        answers.append(program.post("/batches/", DRAFT, 409, once="a"))
        return create(**values)

    monkeypatch.setattr(batches.batches, "create_draft", slowly)
    program.post("/batches/", DRAFT, 201, once="a")
    assert answers[0]["code"] == "in_progress"


def test_a_key_whose_request_failed_or_was_killed_can_be_used_again(program, monkeypatch, alice, clock):
    from marketplace.api.views import batches
    from marketplace.base.models import IdempotentAnswer

    def fail(**_values):
        raise RuntimeError

    program.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(batches.batches, "create_draft", fail)
        program.post("/batches/", DRAFT, 500, once="a")
    assert not IdempotentAnswer.objects.exists()
    program.post("/batches/", DRAFT, 201, once="a")
    IdempotentAnswer.objects.update(status=None, answer=None)
    program.post("/batches/", DRAFT, 409, once="a")
    clock.forward(minutes=11)
    program.post("/batches/", DRAFT, 201, once="a")


def test_keys_are_forgotten_after_a_day(program, clock):
    from marketplace.api import idempotency

    first = program.post("/batches/", DRAFT, 201, once="a")
    assert idempotency.forget() == 0
    clock.forward(hours=25)
    assert program.post("/batches/", DRAFT, 201, once="a") != first
    clock.forward(hours=25)
    assert idempotency.forget() == 1


def test_rows_sent_twice_with_the_same_key_are_taken_once(program):
    batch = program.post("/batches/", DRAFT, 201)["id"]
    first = program.send(f"/batches/{batch}/rows/", b"name\none\n", "text/csv", once="r")
    assert program.send(f"/batches/{batch}/rows/", b"name\none\n", "text/csv", once="r") == first
    refused = program.send(f"/batches/{batch}/rows/", b"name\ntwo\n", "text/csv", 422, once="r")
    assert refused["code"] == "idempotency_mismatch"


def test_one_persons_key_means_nothing_to_another(program, atelier):
    vic = make_person("vic")
    join(atelier, vic, "editor")
    first = program.post("/batches/", DRAFT, 201, once="a")
    other = Program(vic, "read", "write", organisation=atelier)
    assert other.post("/batches/", DRAFT, 201, once="a")["id"] != first["id"]


# --- The description --------------------------------------------------------------------------------------------


def test_the_description_and_its_page_are_public(db, client):
    schema = client.get(f"{ROOT}/schema/")
    assert schema.json()["openapi"] == "3.1.0"
    assert "/api/v1/batches/{batch}/publish/" in schema.json()["paths"]
    page = client.get(f"{ROOT}/docs/")
    assert page.status_code == 200
    assert b"<script>" not in page.content
    assert b" style=" not in page.content
    assert "unsafe-inline" not in page["Content-Security-Policy"]


def test_a_body_larger_than_any_file_is_refused_in_json(program, settings):
    settings.IMPORT_MAX_BYTES = 1000
    assert program.send("/batches/bat_0/rows/", b"x" * 1_001_001, "text/csv", 413)["code"] == "too_large"


def test_a_file_of_rows_over_the_limit_is_refused_with_its_code(program, settings):
    batch = program.post("/batches/", DRAFT, 201)["id"]
    settings.IMPORT_MAX_BYTES = 1000
    assert program.send(f"/batches/{batch}/rows/", b"name\n" * 300, "text/csv", 413)["code"] == "file_too_big"


def test_callers_without_a_key_are_counted_by_address_wherever_they_call(db, settings):
    settings.API_RATE_PER_ADDRESS = 1
    assert [Client().get(f"{ROOT}/nothing/").status_code for _ in range(2)] == [404, 429]
