"""The pages of check questions: making them, the board, a worker's own list, contests, and a moderator's case."""

import io
import json

import pytest

from marketplace.base.models import Notice
from marketplace.base.texts import read
from tasks.models import Assignment, BatchPause, Gold, GoldContest, GoldScore, Task
from tasks.services import batches, gold_questions
from tests import gold as checks
from tests import market, own_data
from tests.gold import RIGHT, WRONG
from tests.personas import join, log_in, make_worker

pytestmark = pytest.mark.django_db
SECRET = "Because the lamp in the north hall is older"


@pytest.fixture
def draft(atelier, alice):
    batch = market.draft(atelier, alice, rows=6)
    return batches.update_draft(batch=batch, actor=alice, gold_rate=0.2)


@pytest.fixture
def live(atelier, alice):
    return checks.batch_with_checks(atelier, alice)


def texts(user, kind):
    return [text for _notice, text in read(Notice.objects.filter(user=user, kind=kind))]


# --- making ---------------------------------------------------------------------------------------------------------


def test_alice_answers_rows_of_her_own_one_after_the_other(draft, alice):
    page = log_in(alice)
    url = f"/batches/{draft.public_id}/gold/new/"
    shown = page.get(url).content.decode()
    assert "row 1" in shown and 'name="answer-same"' in shown
    task = draft.tasks.get(row_number=1)
    sent = {"row": task.public_id, "answer-same": "1", "explanation": SECRET}
    answer = page.post(url, sent)
    assert answer.status_code == 302 and answer["Location"].endswith("?after=1")
    assert "row 2" in page.get(answer["Location"]).content.decode()
    assert Gold.objects.get().explanation == SECRET
    assert page.post(url, sent).status_code == 302  # gone already: on to the board, and no second one
    assert Gold.objects.count() == 1


def test_a_draft_without_rows_says_where_they_come_from(atelier, alice):
    draft = market.draft(atelier, alice, rows=0)
    shown = log_in(alice).get(f"/batches/{draft.public_id}/gold/new/")
    assert shown.status_code == 200 and f"/batches/{draft.public_id}/data/" in shown.content.decode()


def test_what_was_typed_stays_when_something_is_missing(draft, alice):
    page = log_in(alice)
    task = draft.tasks.first()
    url = f"/batches/{draft.public_id}/gold/new/"
    answer = page.post(url, {"row": task.public_id, "explanation": SECRET})
    assert answer.status_code == 400 and SECRET in answer.content.decode()
    answer = page.post(url, {"row": task.public_id, "answer-same": "1", "explanation": ""})
    assert answer.status_code == 400 and "checked" in answer.content.decode()
    assert not Gold.objects.exists()


def test_another_answer_can_be_right_too_and_not_right_any_more(draft, alice):
    page = log_in(alice)
    task = draft.tasks.first()
    sent = {"row": task.public_id, "answer-same": "1", "explanation": SECRET, "do": "more"}
    answer = page.post(f"/batches/{draft.public_id}/gold/new/", sent)
    url = f"/batches/{draft.public_id}/gold/{task.public_id}/"
    assert answer["Location"] == url
    assert page.get(url).status_code == 200
    assert page.post(url, {"do": "add", "answer-same": "0"}).status_code == 302
    assert Gold.objects.get().answers == [{"same": "1"}, {"same": "0"}]
    assert page.post(url, {"do": "add"}).status_code == 400
    assert page.post(url, {"do": "remove", "place": "0"}).status_code == 302
    assert page.post(url, {"do": "remove", "place": "0"}).status_code == 400  # one must stay
    assert page.post(url, {"do": "why", "explanation": ""}).status_code == 400
    assert page.post(url, {"do": "why", "explanation": "It is."}).status_code == 302
    known = Gold.objects.get()
    assert (known.answers, known.explanation) == ([{"same": "0"}], "It is.")


def send(page, batch, text, **more):
    file = io.BytesIO(text.encode())
    file.name = "checks.csv"
    return page.post(f"/batches/{batch.public_id}/gold/upload/", {"file": file, "bad_rows": "stop", **more})


def test_a_file_of_questions_with_several_right_answers(draft, alice):
    page = log_in(alice)
    text = "name,same,explanation,extra\nLamp,1,Same lamp,x\nChair,1|0,Either will do,y\n"
    answer = send(page, draft, text)
    assert answer.status_code == 302
    told = page.get(answer["Location"]).content.decode()
    assert "2 check questions were added" in told and "extra" in told
    first, second = Gold.objects.order_by("pk")
    assert first.task.data == {"name": "Lamp"} and first.task.is_gold
    assert second.answers == [{"same": "1"}, {"same": "0"}]


def test_bad_rows_of_a_file_are_named_and_nothing_is_taken_until_they_are_mended_or_left_out(draft, alice):
    page = log_in(alice)
    text = "name,same,explanation\nLamp,7,Same\n,1,Same\nChair,1,\nTable,1,Same\nBed,,Same\n"
    answer = send(page, draft, text)
    shown = answer.content.decode()
    assert answer.status_code == 400 and not Gold.objects.exists()
    assert "is no answer to this question" in shown and "4 things are wrong" in shown
    assert send(page, draft, text, bad_rows="skip").status_code == 302
    assert Gold.objects.count() == 1


@pytest.mark.parametrize(
    "text", ["", "name,explanation\nLamp,Same\n", "same,explanation\n1,Same\n", "%PDF-1.7"]
)
def test_a_file_that_is_none_is_refused_with_a_sentence(draft, alice, text):
    answer = send(log_in(alice), draft, text)
    assert answer.status_code in (400, 413) and 'class="errors"' in answer.content.decode()


@pytest.mark.parametrize("rows", ["", ",,\n"])
def test_a_file_without_a_question_is_told_so(draft, alice, rows):
    answer = send(log_in(alice), draft, f"name,same,explanation\n{rows}")
    text = answer.content.decode()
    assert answer.status_code == 400 and "This file holds no question" in text
    assert "look at the rows below" not in text


def test_a_refusal_that_says_what_is_wrong_says_nothing_besides(draft, alice):
    text = send(log_in(alice), draft, "foo,bar\n1,2\n").content.decode()
    assert "no column with right answers" in text and "Look at the marked fields" not in text


def test_json_lines_and_json_in_cells_are_read_too(atelier, alice):
    form = {
        "show": market.FORM["show"],
        "fields": [
            {
                "name": "tags",
                "widget": "choice",
                "label": "Tags?",
                "many": True,
                "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}],
            },
            {"name": "weight", "widget": "number", "label": "Weight?"},
        ],
    }
    batch = market.draft(atelier, alice, rows=2, form=form)
    rows = [
        {"name": "x", "tags": '["a", "b"]', "weight": "4", "weight_tolerance": "0.5", "explanation": "y"},
        {"name": "x", "tags": '{"any": [["a"], ["b"]]}', "explanation": "y"},
        {"name": "x", "tags": "a", "weight": "", "explanation": "y"},
    ]
    answer = send(log_in(alice), batch, "\n".join(map(json.dumps, rows)))
    assert answer.status_code == 302
    one, two, three = Gold.objects.order_by("pk")
    assert one.answers == [{"tags": ["a", "b"], "weight": "4"}] and one.tolerance == {"weight": "0.5"}
    assert two.answers == [{"tags": ["a"]}, {"tags": ["b"]}] and three.answers == [{"tags": ["a"]}]


@pytest.mark.parametrize(
    "row",
    [
        '{"name": "\\ud800", "same": "1", "explanation": "y"}',
        '{"name": "x\\u0000", "same": "1", "explanation": "y"}',
        '{"name": "x", "same": "1", "explanation": "\\ud800"}',
        '{"name": "x", "same": "[NaN]", "explanation": "y"}',
        '{"name": "x", "same": "{\\"any\\": 1}", "explanation": "y"}',
        '{"name": "x", "same": "[[[[[[", "explanation": "y"}',
    ],
)
def test_what_can_not_be_stored_is_named_and_not_a_failure(draft, alice, row):
    answer = send(log_in(alice), draft, row + "\n")
    assert answer.status_code == 400 and "is wrong in this file" in answer.content.decode()


def test_the_example_has_the_columns_that_a_file_needs(draft, alice):
    text = log_in(alice).get(f"/batches/{draft.public_id}/gold/example.csv").content.decode("utf-8-sig")
    assert text.splitlines()[0] == "name,same,explanation"


def test_new_questions_of_a_live_batch_are_asked_once_their_price_is_set_aside(live, alice):
    page = log_in(alice)
    assert send(page, live, "name,same,explanation\nLamp,1,Same lamp\n").status_code == 302
    url = f"/batches/{live.public_id}/gold/"
    assert "waits for its price" in page.get(url).content.decode()
    assert page.post(url + "fund/").status_code == 302
    assert "waits for its price" not in page.get(url).content.decode()
    assert Task.objects.filter(is_gold=True, is_open=True).count() == 11
    market.assert_sound()


# --- never to be told from an ordinary task -------------------------------------------------------------------------


def test_a_check_question_looks_like_any_other_task_before_it_is_answered(atelier, alice, bob, settings):
    settings.WORK_API_KEYS = True
    batch = checks.batch_with_checks(
        atelier, alice, rows=3, questions=1, changes={"explanation": SECRET, "data": {"name": "row 9"}}
    )
    page = log_in(bob)

    def seen(task):
        from tasks.services import claims

        row = claims.claim(worker=bob, batch=batch, task=task).public_id
        html = page.get(f"/work/assignments/{row}/").content.decode()
        page.post(f"/work/assignments/{row}/draft/", {"answer-same": "0"})
        html += page.get(f"/work/assignments/{row}/").content.decode()
        rest = page.get(f"/api/v1/work/assignments/{row}/").json()
        mine = page.get(f"/work/history/{row}/").content.decode()
        list_ = page.get("/work/history/").content.decode() + page.get("/work/checks/").content.decode()
        data = json.dumps(own_data.of(bob))
        return row, html, rest, mine + list_ + data

    def shape(value):
        return {key: shape(each) for key, each in value.items()} if isinstance(value, dict) else type(value)

    check = seen(batch.tasks.get(is_gold=True))
    ordinary = seen(batch.tasks.filter(is_gold=False).first())
    assert shape(check[2]) == shape(ordinary[2])
    for row, html, rest, more in (check, ordinary):
        everything = html + json.dumps(rest) + more
        assert SECRET not in everything
        assert "gold" not in html + json.dumps(rest), row
    tags = [[line.split(" ")[0] for line in html.split("<")] for _row, html, *_ in (check, ordinary)]
    assert tags[0] == tags[1]
    assert page.get(f"/work/checks/{check[0]}/").status_code == 404
    for html in (check[1], page.get(f"/work/batches/{batch.public_id}/").content.decode()):
        assert "row 9" not in html or html is check[1]  # nor is one the example on the page of the batch


def test_the_figures_that_everybody_sees_move_alike_whatever_was_claimed(live, bob, bea):
    from tasks.services import aggregation, claims

    def seen():
        figures = aggregation.compute(live)
        return figures.open_slots, figures.claimed, figures.slots, figures.tasks

    before = seen()
    claims.claim(worker=bob, batch=live, task=live.tasks.filter(is_gold=True).first())
    check = seen()
    claims.claim(worker=bea, batch=live, task=live.tasks.filter(is_gold=False).first())
    ordinary = seen()
    assert before == (
        80,
        0,
        80,
        40,
    )  # at a rate of a half as many answers to check questions as to the others
    assert check == (79, 1, 80, 40) and ordinary == (78, 2, 80, 40)
    assert aggregation.compute(live).open_tasks == 39  # of the ordinary ones


# --- a worker's own -------------------------------------------------------------------------------------------------


def test_bob_sees_what_was_right_and_why_once_he_has_answered(live, bob):
    (row,) = checks.answer_checks(bob, live, WRONG)
    known = Gold.objects.get(pk=row.task_id)
    page = log_in(bob)
    listed = page.get("/work/checks/").content.decode()
    assert known.explanation in listed and "Was it unfair?" in listed
    assert known.explanation in page.get(f"/work/checks/{row.public_id}/").content.decode()
    assert f"/work/checks/{row.public_id}/" in page.get(f"/work/history/{row.public_id}/").content.decode()
    assert log_in(make_worker("other")).get(f"/work/checks/{row.public_id}/").status_code == 404


def test_bob_says_that_it_was_unfair_and_alice_counts_his_answer_as_right(live, bob, bea, alice):
    rows = checks.answer_checks(bob, live, WRONG * 3 + RIGHT)
    also = checks.answer_checks(bea, live, WRONG * 3 + RIGHT, tasks=[row.task for row in rows])
    assert BatchPause.objects.count() == 2
    page = log_in(bob)
    url = f"/work/checks/{rows[0].public_id}/"
    assert page.post(url, {"text": " "}).status_code == 400
    assert page.post(url, {"text": "The lamps differ in their shade."}).status_code == 302
    assert page.post(url, {"text": "Again."}).status_code == 409
    (told,) = texts(alice, "gold_contested")
    assert "wrk_" not in " ".join(told.lines)

    hers = log_in(alice)
    shown = hers.get(told.url).content.decode()
    assert "differ in their shade" in shown and "wrk_" not in shown and "bob" not in shown.lower()
    decide = f"{told.url}contests/{rows[0].public_id}/"
    assert hers.post(decide, {f"{rows[0].public_id}-outcome": "right_too"}).status_code == 400
    sent = {f"{rows[0].public_id}-outcome": "right_too", f"{rows[0].public_id}-reason": "So they do."}
    assert hers.post(decide, sent).status_code == 302
    known = Gold.objects.get(pk=rows[0].task_id)
    assert known.answers == [{"same": RIGHT}, {"same": WRONG}]
    assert set(GoldScore.objects.filter(gold=known).values_list("right", flat=True)) == {True}
    assert not BatchPause.objects.filter(lifted_at__isnull=True).exists()  # Bob's, and Bea's for the same
    (answer,) = texts(bob, "gold_contest_decided")
    assert "So they do." in " ".join(answer.lines)
    assert len(texts(bea, "gold_lifted")) == 1
    assert hers.post(decide, sent).status_code == 409
    assert also[0].state == "submitted"
    market.assert_sound()


def test_a_question_that_is_set_aside_answers_everybody_who_doubted_it(live, bob, bea, alice):
    asked = [live.tasks.filter(is_gold=True).order_by("pk").first()]
    rows = [checks.answer_checks(who, live, WRONG, tasks=asked)[0] for who in (bob, bea)]
    for who, row in zip((bob, bea), rows, strict=True):
        assert (
            log_in(who).post(f"/work/checks/{row.public_id}/", {"text": "It is blurred."}).status_code == 302
        )
    name = rows[0].public_id
    url = f"/batches/{live.public_id}/gold/{rows[0].task.public_id}/contests/{name}/"
    log_in(alice).post(url, {f"{name}-outcome": "set_aside", f"{name}-reason": "It is indeed."})
    assert set(GoldContest.objects.values_list("outcome", flat=True)) == {"set_aside"}
    assert len(texts(bea, "gold_contest_decided")) == 1
    assert Gold.objects.get(pk=rows[0].task_id).aside == "contested"
    market.assert_sound()


def test_a_question_that_is_kept_changes_nothing(live, bob, alice):
    rows = checks.answer_checks(bob, live, WRONG * 4)
    log_in(bob).post(f"/work/checks/{rows[0].public_id}/", {"text": "No."})
    name = rows[0].public_id
    url = f"/batches/{live.public_id}/gold/{rows[0].task.public_id}/contests/{name}/"
    log_in(alice).post(url, {f"{name}-outcome": "kept", f"{name}-reason": "The instructions say so."})
    assert GoldContest.objects.get().outcome == "kept"
    assert BatchPause.objects.filter(lifted_at__isnull=True).exists()


# --- a person looks -------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(live, bob):
    checks.answer_checks(bob, live, WRONG * 4)
    pause = BatchPause.objects.get()
    page = log_in(bob)
    assert "Ask a person to look" in page.get("/work/checks/").content.decode()
    url = f"/work/pauses/{pause.public_id}/ask/"
    for text in ("", "x" * 5_001, "nul\x00"):
        assert page.post(url, {"text": text}).status_code == 400
    assert page.post(url, {"text": "All four pictures are blurred."}).status_code == 302
    assert page.post(url, {"text": "Again."}).status_code == 409
    return pause


def test_bob_is_told_why_with_figures_and_what_he_can_do(live, bob):
    checks.answer_checks(bob, live, WRONG * 4)
    (text,) = texts(bob, "gold_paused")
    words = " ".join(text.lines)
    assert "4" in words and "0 of" in words and "60" in words and "paid as always" in words
    assert "ask a person" in words
    page = log_in(bob)
    assert page.get(text.url).status_code == 200
    closed = page.get(f"/work/batches/{live.public_id}/").content.decode()
    assert "rests for you" in closed and "/work/checks/" in closed
    board = page.get("/work/").content.decode()
    assert "rests for you" in board
    refused = page.post(f"/work/batches/{live.public_id}/claim/", follow=True)
    assert "rests for you" in refused.content.decode()
    rest = page.post("/api/v1/work/claims/", {"batch": live.public_id}, content_type="application/json")
    assert (rest.status_code, rest.json()["code"]) == (409, "resting")


def test_dana_sees_the_evidence_side_by_side_and_lifts_the_pause(asked, bob, dana):
    page = log_in(dana)
    assert asked.public_id in page.get("/console/pauses/").content.decode()
    assert "/console/pauses/" in page.get("/console/").content.decode()
    url = f"/console/pauses/{asked.public_id}/"
    shown = page.get(url).content.decode()
    assert "All four pictures are blurred." in shown and "Both name lamp" in shown
    assert page.post(url, {"outcome": "lift"}).status_code == 400
    assert page.post(url, {"outcome": "lift", "reason": "They are blurred."}).status_code == 302
    asked.refresh_from_db()
    assert (asked.lifted_by, asked.reviewed_by, asked.review_reason) == (dana, dana, "They are blurred.")
    (text,) = texts(bob, "pause_reviewed")
    assert "They are blurred." in " ".join(text.lines)
    assert "They are blurred." in log_in(bob).get("/work/checks/").content.decode()
    assert page.post(url, {"outcome": "keep", "reason": "Hm."}).status_code == 409
    assert asked.public_id in page.get("/console/pauses/?show=decided").content.decode()
    market.assert_sound()


def test_a_pause_that_stands_ends_by_itself(asked, dana, bob, clock, live):
    from tasks.services import claims

    log_in(dana).post(f"/console/pauses/{asked.public_id}/", {"outcome": "keep", "reason": "They are clear."})
    asked.refresh_from_db()
    assert asked.lifted_at is None and asked.reviewed_by == dana
    clock.forward(hours=24, seconds=5)
    assert claims.claim(worker=bob, batch=live)


def test_nobody_decides_about_a_batch_of_their_own_organisation(asked, dana, atelier):
    join(atelier, dana, "viewer")
    page = log_in(dana)
    url = f"/console/pauses/{asked.public_id}/"
    assert 'id="decide"' not in page.get(url).content.decode()
    assert page.post(url, {"outcome": "lift", "reason": "Mine."}).status_code == 403
    asked.refresh_from_db()
    assert asked.lifted_at is None


def test_no_page_of_the_requester_says_who_has_a_pause(asked, alice, bob, live):
    page = log_in(alice)
    urls = [f"/batches/{live.public_id}/gold/", f"/batches/{live.public_id}/"]
    urls += [
        f"/batches/{live.public_id}/gold/{row.public_id}/" for row in live.tasks.filter(is_gold=True)[:4]
    ]
    for url in urls:
        shown = page.get(url).content.decode()
        assert "wrk_" not in shown and bob.public_id not in shown and asked.public_id not in shown


def test_a_persons_own_data_hold_scores_contests_and_pauses(asked, bob):
    row = Assignment.objects.filter(worker=bob).first()
    log_in(bob).post(f"/work/checks/{row.public_id}/", {"text": "It is blurred."})
    data = own_data.of(bob)
    assert len(data["check_questions"]) == 4 and len(data["pauses"]) == 1
    assert {each["right"] for each in data["check_questions"]} == {False}
    assert "It is blurred." in json.dumps(data) and "All four pictures" in json.dumps(data)


# --- the price -------------------------------------------------------------------------------------------------------


def test_the_price_page_sets_rate_and_pass_mark_and_says_what_the_checks_cost(atelier, alice):
    draft = market.draft(atelier, alice, rows=9)
    page = log_in(alice)
    url = f"/batches/{draft.public_id}/price/"
    sent = {
        "reward": "0.65", "estimated_seconds": "180", "overlap": "1", "time_limit_minutes": "30", "where": "all",
        "gold_rate": "10", "gold_pass": "75",
    }  # fmt: skip
    assert page.post(url, sent).status_code == 302
    draft.refresh_from_db()
    assert (draft.gold_rate, draft.gold_pass) == (0.1, 0.75)
    assert "there is none yet" in page.get(url).content.decode()
    assert "there is none yet" in page.get(f"/batches/{draft.public_id}/review/").content.decode()
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question()])
    shown = page.get(url).content.decode()
    assert "1 of these answers is to a check question" in shown
    assert page.post(url, sent | {"gold_rate": "60"}).status_code == 400
    assert page.post(url, sent | {"gold_rate": ""}).status_code == 302
    draft.refresh_from_db()
    assert draft.gold_rate == 0
