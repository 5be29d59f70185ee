"""Work on another page: who works is named there by a pseudonym, and its completion code is checked here, in secret."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.urls import reverse

from marketplace.base import ids
from marketplace.base.errors import Refusal
from tasks.errors import TooManyTries
from tasks.forms import BadAnswer
from tasks.models import Assignment, BadRow, Draft
from tasks.services import disputes, reviews, submissions, tries
from tests import batch_media, market
from tests.api_client import Program

pytestmark = pytest.mark.django_db
SECRET = "GRANITE-77"
FORM = {
    "fields": [
        {"name": "note", "widget": "text", "label": "How was it?"},
        {
            "name": "done",
            "widget": "code",
            "label": "The survey",
            "required": True,
            "url": "https://survey.example/s?w={{worker}}&a={{assignment}}",
            "check": "code",
            "codes": [SECRET, "MARBLE-88"],
        },
    ]
}


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=3, form=FORM)


@pytest.fixture
def held(batch, bob):
    return market.claimed(bob, batch)


def url(assignment, name="workbench"):
    return reverse(name, args=[assignment.public_id])


def submit(assignment, code, **more):
    return submissions.submit(assignment=assignment, worker=assignment.worker, answer={"done": code, **more})


def test_the_page_links_to_the_survey_with_the_pseudonym_of_this_organisation(held, bob, atelier, client_of):
    text = client_of(bob).get(url(held)).content.decode()
    seen = ids.worker_seen_by(bob.pk, atelier.pk)
    assert f'href="https://survey.example/s?w={seen}&amp;a={held.public_id}"' in text
    assert 'rel="noopener noreferrer external"' in text and 'target="_blank"' in text


def test_each_worker_gets_a_link_of_their_own_also_as_the_next_task(batch, held, bob, bea, client_of):
    other = market.claimed(bea, batch)
    mine, hers = (client_of(who).get(url(row)).content.decode() for who, row in ((bob, held), (bea, other)))
    assert held.public_id in mine and other.public_id not in mine
    assert other.public_id in hers and held.public_id not in hers
    answer = client_of(bob).post(
        url(held), {"answer-done": SECRET, "then": "next"}, headers={"HX-Request": "true"}
    )
    following = bob.assignments.get(state="claimed")
    assert f"a={following.public_id}" in answer.content.decode()


def test_the_right_code_is_the_answer_and_a_wrong_one_loses_nothing(held, bob, client_of):
    client = client_of(bob)
    page = client.post(url(held), {"answer-done": "GRANITE-78", "answer-note": "Long.", "then": "next"})
    text = page.content.decode()
    assert page.status_code == 400 and "not one of the codes" in text
    assert 'value="Long."' in text and 'value="GRANITE-78"' in text and SECRET not in text
    assert Draft.objects.get(assignment=held).answer == {"note": "Long.", "done": "GRANITE-78"}
    assert client.post(url(held), {"answer-done": f" {SECRET} ", "then": "stop"}).status_code == 302
    held.refresh_from_db()
    assert (held.state, held.answer) == ("submitted", {"done": SECRET})


def test_no_page_and_no_interface_of_workers_holds_a_code(batch, held, bob, client_of):
    client = client_of(bob)
    pages = [url(held), reverse("work-batch", args=[batch.public_id])]
    for address in pages:
        assert not any(code in client.get(address).content.decode() for code in (SECRET, "MARBLE"))
    program = Program(bob, "work")
    claim = program.post("/work/claims/", {"batch": batch.public_id}, 201)
    own = program.get(f"/work/assignments/{held.public_id}/")
    sent = program.post(
        f"/work/assignments/{held.public_id}/submit/", {"answer": {"done": SECRET}, "next": True}
    )
    wrong = program.post(
        f"/work/assignments/{claim['assignment']}/submit/", {"answer": {"done": "MARBLE"}}, 400
    )
    for said in (claim, own, sent, wrong):
        assert "GRANITE" not in json.dumps(said) and "MARBLE-88" not in json.dumps(said)
    assert claim["form"]["fields"][1]["check"] == "code" and sent["next"]["form"] == claim["form"]


def test_the_requester_still_reads_the_codes(batch, alice, atelier):
    program = Program(alice, "read", organisation=atelier)
    whole = program.get(f"/batches/{batch.public_id}/")
    assert [each["code"] for each in whole["form"]["fields"][1]["codes"]] == [SECRET, "MARBLE-88"]


def test_after_ten_wrong_codes_not_even_the_right_one_is_taken(held, batch, bob, client_of):
    for number in range(tries.MOST):
        with pytest.raises(BadAnswer):
            submit(held, f"GUESS-{number}")
    with pytest.raises(TooManyTries):
        submit(held, SECRET)
    page = client_of(bob).post(url(held), {"answer-done": SECRET, "answer-note": "Hm.", "then": "next"})
    text = page.content.decode()
    assert page.status_code == 409 and "10 codes were wrong" in text and 'value="Hm."' in text
    assert client_of(bob).post(url(held, "release"), {"then": "stop"}).status_code == 302
    assert submit(market.claimed(bob, batch), SECRET).outcome == "submitted"
    market.assert_sound()


def test_an_empty_code_or_another_mistake_is_no_try(held):
    for answer in ("", "  ", None):
        with pytest.raises(BadAnswer):
            submit(held, answer)
    with pytest.raises(BadAnswer):
        submit(held, SECRET, note="x" * 501)
    assert Draft.objects.get(assignment=held).wrong_codes == 0
    assert submit(held, SECRET).outcome == "submitted"


def test_keeping_the_draft_does_not_give_tries_back(held, bob, client_of):
    with pytest.raises(BadAnswer):
        submit(held, "GUESS-1")
    assert client_of(bob).post(url(held, "draft"), {"answer-done": "GUESS-2"}).status_code == 204
    assert Draft.objects.get(assignment=held).wrong_codes == 1


@pytest.mark.django_db(transaction=True)
def test_thirty_tries_at_once_are_no_more_than_ten(atelier, alice, bob):
    held = market.claimed(bob, market.open_batch(atelier, alice, rows=1, form=FORM))
    gate = threading.Barrier(10)

    def guess(number):
        try:
            gate.wait(60)
            row = Assignment.objects.select_related("batch__organisation", "worker").get(pk=held.pk)
            for again in range(3):
                try:
                    submit(row, f"GUESS-{number}-{again}")
                except Refusal as refused:
                    said.append(refused.code)
        finally:
            connection.close()

    said = []
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(guess, range(10)))
    assert sorted(said) == ["bad_answer"] * 10 + ["too_many_tries"] * 20


# --- The address to come back to -----------------------------------------------------------------------------------


def test_coming_back_fills_in_the_code_and_keeps_what_was_typed(held, bob, client_of):
    client = client_of(bob)
    client.post(url(held, "draft"), {"answer-note": "So far."})
    answer = client.get(url(held, "back"), {"code": " GRANITE-7\x007 "})
    assert answer.status_code == 302 and answer.headers["Location"] == url(held)
    text = client.get(url(held)).content.decode()
    assert 'value="GRANITE-77"' in text and 'value="So far."' in text
    held.refresh_from_db()
    assert held.state == "claimed" and Draft.objects.get(assignment=held).wrong_codes == 0


def test_coming_back_without_a_code_or_to_a_form_without_one_changes_nothing(
    held, bob, client_of, atelier, alice
):
    client = client_of(bob)
    assert client.get(url(held, "back")).headers["Location"] == url(held)
    other = market.claimed(bob, market.open_batch(atelier, alice))
    assert client.get(url(other, "back"), {"code": "x"}).headers["Location"] == url(other)
    assert not Draft.objects.exists()


def test_coming_back_after_submitting_leads_to_the_story_and_changes_nothing(held, bob, client_of):
    submit(held, SECRET)
    client = client_of(bob)
    answer = client.get(url(held, "back"), {"code": "OTHER-1"}, follow=True)
    assert answer.redirect_chain[-1][0] == url(held, "my-submission")
    held.refresh_from_db()
    assert held.answer == {"done": SECRET}


def test_nobody_else_and_no_stranger_can_come_back_for_somebody(held, bea, client_of, client):
    assert client_of(bea).get(url(held, "back"), {"code": "x"}).status_code == 404
    assert "/accounts/login/" in client.get(url(held, "back"), {"code": "x"}).headers["Location"]
    assert not Draft.objects.exists()


def test_a_very_long_code_is_cut_and_markup_is_text(held, bob, client_of):
    client = client_of(bob)
    client.get(url(held, "back"), {"code": '"><script>' + "x" * 5000})
    assert len(Draft.objects.get(assignment=held).answer["done"]) == 100
    assert "<script>x" not in client.get(url(held)).content.decode()


# --- Ways around the count ------------------------------------------------------------------------------------


def test_a_wrong_code_counts_also_beside_what_can_not_be_stored(held, bob, client_of):
    client = client_of(bob)
    sent = {"answer-note": "a\x00b", "then": "stop"}
    for number in range(tries.MOST):
        assert client.post(url(held), {**sent, "answer-done": f"WRONG-{number:03}"}).status_code == 400
    assert Draft.objects.get(assignment=held).wrong_codes == tries.MOST
    assert client.post(url(held), {"answer-done": SECRET, "then": "stop"}).status_code == 409


def test_wrong_codes_count_in_a_second_answer_after_an_objection_too(held, bob, alice, client_of):
    submit(held, SECRET)
    held.refresh_from_db()
    reviews.contest(assignment=held, actor=alice, reason="wrong_answer", evidence="The survey shows nothing.")
    client = client_of(bob)
    for number in range(tries.MOST):
        page = client.post(url(held, "my-redo"), {"answer-done": f"WRONG-{number:03}"})
        assert page.status_code == 400 and "not one of the codes" in page.content.decode()
    with pytest.raises(TooManyTries):
        disputes.redo(assignment=held, worker=bob, answer={"done": "MARBLE-88"})
    held.refresh_from_db()
    assert held.state == "contested"


def test_a_draft_that_can_not_be_stored_is_refused(held, bob, client_of):
    answer = client_of(bob).post(url(held) + "draft/", {"answer-note": "a\x00b"})
    assert answer.status_code == 400


# --- what the requester wrote ------------------------------------------------------------------------------


def outside(address):
    return {"fields": [{"name": "done", "widget": "code", "label": "The survey", "url": address}]}


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("https://survey.example.org/{{name}}", True), ("https://example.com", True), ("https://a.b.test/x", True),
        ("https://x.invalid?p={{worker}}", True), ("https://survey.example/", True),
        ("https://example.org.atelier.fr/", False), ("https://myexample.org/{{name}}", False),
    ],
)  # fmt: skip
def test_an_example_address_that_was_left_is_warned_of_on_the_pages_and_by_rest(
    atelier, alice, client_of, address, warned
):
    draft = market.draft(atelier, alice, form=outside(address))
    for step in ("what", "review"):
        text = client_of(alice).get(f"/batches/{draft.public_id}/{step}/").content.decode()
        assert ("nobody can do this work" in text) is warned, step
    market.fund(atelier)
    program = Program(alice, "read", "write", "funds", organisation=atelier)
    assert bool(program.get(f"/batches/{draft.public_id}/")["warnings"]) is warned
    assert bool(program.post(f"/batches/{draft.public_id}/publish/")["warnings"]) is warned


def test_a_cell_that_is_a_whole_address_is_refused_where_a_part_of_the_path_belongs(atelier, alice):
    draft = market.draft(
        atelier, alice, rows=0, form=outside("https://survey.atelier.fr/{{name}}?back={{page}}")
    )
    rows = "name,page\nbicycle,https://atelier.fr/\n https://survey.atelier.fr/x,none\n"
    source = batch_media.load(draft, rows.encode())
    bad = BadRow.objects.get(source=source)
    assert (bad.row, bad.column) == (2, "name")
    assert "This is a whole address" in bad.reason
