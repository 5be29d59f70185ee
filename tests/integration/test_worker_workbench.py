"""The workbench: submit and next, submit and stop, skip, drafts, time that runs out. With htmx and without."""

import datetime as dt
import gzip
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tasks.models import Assignment, Batch, Draft
from tasks.services import aggregation, batches, claims, reviews
from tasks.views import stretch
from tests import market

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TEXTS = {
    "show": [{"as": "text", "column": "name", "label": "Name"}],
    "fields": [
        {
            "name": "words",
            "widget": "text",
            "label": "What does {{name}} say?",
            "required": True,
            "lines": "many",
        },
        {"name": "count", "widget": "number", "label": "How many?", "required": True},
    ],
}


def url(assignment, name="workbench"):
    return reverse(name, args=[assignment.public_id])


def send(client, assignment, headers=None, **values):
    return client.post(url(assignment), {"answer-same": "1", "then": "next", **values}, headers=headers or {})


@pytest.fixture
def bench(atelier, alice, bob):
    """A batch of three tasks, of which Bob holds one."""
    batch = market.open_batch(atelier, alice, rows=3)
    aggregation.refresh(batch)
    return market.claimed(bob, batch)


def test_the_page_shows_the_task_with_its_keys_price_time_and_what_is_left(bench, bob, client_of):
    text = client_of(bob).get(url(bench)).content.decode()
    for words in (
        bench.task.data["name"], "The same?", 'data-hotkey="1"', "<kbd>1</kbd>", "Submit and next <kbd>⏎</kbd>",
        "Submit and stop", "Skip <kbd>s</kbd>", "yours for", "30\u202fmin", "€0.65", "3 left", "Look twice.",
    ):  # fmt: skip
        assert words in text, words


def test_submit_and_next_without_scripts_redirects_to_the_next_task(bench, bob, client_of):
    answer = send(client_of(bob), bench)
    following = bob.assignments.get(state="claimed")
    assert answer.status_code == 302 and answer.headers["Location"] == url(following)
    bench.refresh_from_db()
    assert (bench.state, bench.answer) == ("submitted", {"same": "1"})


def test_submit_and_next_with_htmx_is_the_fragment_of_the_next_task(bench, bob, client_of):
    answer = send(client_of(bob), bench, HTMX)
    following = bob.assignments.select_related("task").get(state="claimed")
    text = answer.content.decode()
    assert answer.status_code == 200 and answer.headers["HX-Push-Url"] == url(following)
    assert (
        following.task.data["name"] in text and text.lstrip().startswith("<section") and "<html" not in text
    )
    assert 'hx-preserve="true"></details>' in text and "Look twice." not in text  # the page has them already


def test_submit_and_next_asks_the_database_four_times(bench, bob, client_of):
    client = client_of(bob)
    send(client, bench, HTMX)  # warms what is warm in a running server
    following = bob.assignments.get(state="claimed")
    with CaptureQueriesContext(connection) as seen:
        assert send(client, following, HTMX).status_code == 200
    asked = [row["sql"] for row in seen if "SAVEPOINT" not in row["sql"]]
    assert len(asked) <= 4, "\n".join(asked)


def test_submit_and_stop_stores_and_claims_nothing(bench, bob, client_of):
    client = client_of(bob)
    answer = send(client, bench, then="stop")
    assert answer.headers["Location"] == reverse("work-done", args=[bench.batch.public_id])
    assert bob.assignments.count() == 1
    text = client.get(answer.headers["Location"]).content.decode()
    assert "Your answer is in" in text and "€0.65" in text and "Another task of this batch" in text
    assert send(client, bench, HTMX, then="stop").headers["HX-Redirect"] == answer.headers["Location"]


def test_after_the_last_task_a_calm_page_says_what_waits_and_offers_other_work(
    atelier, alice, bob, client_of
):
    market.open_batch(atelier, alice, title="Something else")
    held = market.claimed(bob, market.open_batch(atelier, alice, rows=1))
    client = client_of(bob)
    answer = send(client, held)
    assert answer.headers["Location"].endswith("/done/?why=none_left")
    text = client.get(answer.headers["Location"]).content.decode()
    for words in ("That was the last one for you here", "€0.65", "Something else", "Look closer"):
        assert words in text, words
    assert "Another task of this batch" not in text


def test_a_refused_next_is_told_with_what_to_do(atelier, alice, bob, client_of, settings):
    settings.CAP_EUR = Decimal(1)
    bench = market.claimed(bob, market.open_batch(atelier, alice))
    client = client_of(bob)
    answer = send(client, bench)
    assert answer.headers["Location"].endswith("?why=cap_reached")
    text = client.get(answer.headers["Location"]).content.decode()
    assert (
        "you would pass your yearly limit of 1.00" in text
        and "See your limit and when it starts afresh" in text
    )
    assert reverse("claim", args=[bench.batch.public_id]) not in text


def test_a_bad_answer_keeps_what_was_typed_and_says_what_is_wrong_beside_it(atelier, alice, bob, client_of):
    held = market.claimed(bob, market.open_batch(atelier, alice, form=TEXTS))
    client = client_of(bob)
    typed = {"answer-words": "Trois petits points…", "answer-count": "many", "then": "next"}
    for headers, status in (({}, 400), (HTMX, 422)):
        answer = client.post(url(held), typed, headers=headers)
        text = answer.content.decode()
        assert answer.status_code == status and "Trois petits points…" in text and 'value="many"' in text
        assert (
            'href="#answer-count"' in text
            and 'id="answer-count-error"' in text
            and 'aria-invalid="true"' in text
        )
    held.refresh_from_db()
    assert held.state == "claimed"


def test_a_second_click_on_submit_stores_once_and_goes_on(bench, bob, client_of):
    client = client_of(bob)
    send(client, bench)
    send(client, bench)
    assert bob.assignments.filter(state="submitted").count() == 1
    market.assert_sound()


def test_skipping_gives_the_task_back_for_nothing_and_takes_another(bench, bob, client_of):
    answer = client_of(bob).post(url(bench, "release"), {"then": "next"}, headers=HTMX)
    bench.refresh_from_db()
    following = bob.assignments.get(state="claimed")
    assert bench.state == "released" and answer.headers["HX-Push-Url"] == url(following)
    market.assert_sound()


def test_a_task_that_is_not_in_hand_any_more_leads_to_its_story(bench, bob, client_of):
    client = client_of(bob)
    send(client, bench, then="stop")
    assert client.get(url(bench)).headers["Location"] == url(bench, "my-submission")


def test_somebody_else_finds_nothing_under_any_of_its_addresses(bench, bea, client_of):
    client = client_of(bea)
    assert client.get(url(bench)).status_code == 404
    for name in ("workbench", "release", "claim-again", "draft", "renew", "task-pause"):
        assert client.post(url(bench, name), {"answer-same": "1"}).status_code == 404, name
    bench.refresh_from_db()
    assert bench.state == "claimed" and not Draft.objects.exists()


# --- Drafts, lease, pauses ------------------------------------------------------------------------------


def test_a_draft_is_kept_and_stands_on_the_page_again(atelier, alice, bob, client_of):
    held = market.claimed(bob, market.open_batch(atelier, alice, form=TEXTS))
    client = client_of(bob)
    assert client.post(url(held, "draft"), {"answer-words": "half a sen"}).status_code == 204
    client.post(url(held, "draft"), {"answer-words": "half a sentence", "answer-count": "x"})
    text = client.get(url(held)).content.decode()
    assert "half a sentence" in text and 'value="x"' in text and '<span id="kept">' in text
    assert client.post(url(held, "draft"), {"answer-words": "a" * 400_000}).status_code == 413
    send(client, held, **{"answer-words": "done", "answer-count": "1"})
    assert client.post(url(held, "draft"), {"answer-words": "late"}).status_code == 409


def test_the_lease_is_renewed_while_one_works_and_not_after_it_is_over(bench, bob, client_of, clock):
    client = client_of(bob)
    clock.forward(minutes=20)
    assert client.post(url(bench, "renew")).json()["seconds"] >= 1790
    before = bench.lease_until
    bench.refresh_from_db()
    assert bench.lease_until - before >= dt.timedelta(minutes=19)
    clock.forward(minutes=31)
    assert client.post(url(bench, "renew")).status_code == 409


def test_reported_pauses_do_not_count_as_work(bench, bob, client_of, clock):
    client = client_of(bob)
    clock.forward(minutes=10)
    assert client.post(url(bench, "task-pause"), {"seconds": "240"}).status_code == 204
    client.post(url(bench, "task-pause"), {"seconds": "-5"})
    send(client, bench, then="stop")
    bench.refresh_from_db()
    assert bench.paused_seconds == 240 and 359 <= bench.worked_seconds <= 362


def test_when_the_time_ran_out_the_page_says_so_keeps_the_draft_and_offers_the_task_again(
    atelier, alice, bob, client_of, clock
):
    held = market.claimed(bob, market.open_batch(atelier, alice, form=TEXTS))
    client = client_of(bob)
    client.post(url(held, "draft"), {"answer-words": "what I typed"})
    clock.forward(hours=1)
    for sweep in (False, True):
        if sweep:
            claims.expire()
        text = client.get(url(held)).content.decode()
        assert "The time for this task ran out" in text and "what I typed" in text and "Take it again" in text
        assert "Submit and next" in text and "Skip <kbd>" not in text
    assert client.post(url(held, "claim-again")).headers["Location"] == url(held)
    held.refresh_from_db()
    assert held.state == "claimed"
    text = client.get(url(held)).content.decode()
    assert "what I typed" in text and "Take it again" not in text


def test_submitting_after_the_time_ran_out_works_while_nobody_else_has_the_task(bench, bob, client_of, clock):
    clock.forward(hours=1)
    assert send(client_of(bob), bench, then="stop").status_code == 302
    bench.refresh_from_db()
    assert bench.state == "submitted"


def test_submitting_late_a_task_that_others_took_keeps_the_text_on_the_page(
    atelier, alice, bob, bea, client_of, clock
):
    batch = market.open_batch(atelier, alice, rows=1, form=TEXTS)
    held = market.claimed(bob, batch)
    clock.forward(hours=1)
    claims.expire()
    market.claimed(bea, batch)
    client = client_of(bob)
    typed = {"answer-words": "so much typed", "answer-count": "3", "then": "next"}
    for headers, status in (({}, 409), (HTMX, 422)):
        answer = client.post(url(held), typed, headers=headers)
        text = answer.content.decode()
        assert answer.status_code == status and "so much typed" in text and "others have it now" in text
        assert "Submit and next" not in text
    assert Draft.objects.get(assignment=held).answer["words"] == "so much typed"
    assert "so much typed" in client.get(url(held)).content.decode()
    client.post(url(held, "claim-again"))
    assert Assignment.objects.get(pk=held.pk).state == "expired"


def test_a_batch_paused_meanwhile_still_takes_the_answer_in_hand(bench, alice, bob, client_of):
    batches.pause(batch=bench.batch, actor=alice)
    client = client_of(bob)
    answer = send(client, bench)
    assert answer.headers["Location"].endswith("?why=not_open")
    assert (
        "This batch takes no new work at the moment."
        in client.get(answer.headers["Location"]).content.decode()
    )


# --- Calm ------------------------------------------------------------------------------------------------


def test_c5_a_pause_is_suggested_after_two_hours_of_work_and_not_after_a_break(bench, bob, client_of, clock):
    client = client_of(bob)
    words = "without a break"
    assert words not in client.get(url(bench)).content.decode()
    for _ in range(12):
        clock.forward(minutes=10)
        client.post(url(bench, "renew"))
        text = client.get(url(bench)).content.decode()
    assert words in text
    clock.forward(seconds=stretch.BREAK + 1)
    assert words not in client.get(url(bench)).content.decode()


def test_c5_half_way_to_the_pause_the_page_says_so_quietly(bench, bob, client_of, clock):
    client = client_of(bob)
    client.get(url(bench))
    for _ in range(7):
        clock.forward(minutes=10)
        client.post(url(bench, "renew"))
        text = client.get(url(bench)).content.decode()
    assert "you have worked 1\u202fh\u202f10: a pause in 50\u202fmin would be wise" in text


@pytest.mark.parametrize("value", ["", "x", "-", "5-4", "99999999999-99999999999", "1-2-3", "²-²", "9" * 400])
def test_a_made_up_stretch_of_work_is_simply_a_new_one(value, rf):
    request = rf.get("/", headers={"cookie": f"stretch={value}"})
    assert stretch.of(request).seconds == 0


def test_c6_stop_weighs_as_much_as_next_and_nothing_counts_up(bench, bob, client_of):
    text = client_of(bob).get(url(bench)).content.decode()
    form = text[text.index('id="answer"') :]
    assert form.index('value="next"') < form.index('value="stop"')
    assert '<button class="button plain" name="then" value="stop"' in form
    for banned in ("streak", "bonus", "rank", "level", "in a row"):
        assert banned not in text.lower(), banned


def test_instructions_stay_closed_for_who_closed_them(bench, bob, client_of):
    client = client_of(bob)
    assert " open " in client.get(url(bench)).content.decode().split('id="instructions"')[1].split(">")[0]
    client.cookies["instructions"] = f"bat_other.{bench.batch.public_id}"
    assert " open" not in client.get(url(bench)).content.decode().split('id="instructions"')[1].split(">")[0]


def test_each_line_of_what_is_wrong_names_its_question(atelier, alice, bob, client_of):
    held = market.claimed(bob, market.open_batch(atelier, alice, form=TEXTS))
    text = (
        client_of(bob)
        .post(url(held), {"answer-count": "many", "then": "next"}, headers=HTMX)
        .content.decode()
    )
    first, second = re.findall(r'<a href="#answer-(?:words|count)">([^<]+)</a>', text)
    assert first == f"What does {held.task.data['name']} say? Write an answer here."
    assert second.startswith("How many? ")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"show": [{"as": "audio", "column": "name"}]}, "slower, faster"),
        (
            {"fields": [{"name": "b", "widget": "boxes", "label": "Boxes", "column": "name"}]},
            "draw one by keys",
        ),
        ({"show": []}, None),
    ],
)
def test_the_list_of_keys_names_those_of_the_parts_on_the_page(part, words, atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice)
    Batch.objects.filter(pk=batch.pk).update(form={**market.FORM, **part})
    batch.refresh_from_db()
    text = client_of(bob).get(url(market.claimed(bob, batch))).content.decode()
    for each in ("slower, faster", "draw one by keys"):
        assert (each in text) is (each == words)


def folds(answer):
    return answer.content.decode().split('id="instructions"')[1].split(">")[0]


def test_instructions_are_folded_from_the_second_task_on(bench, bob, client_of):
    client = client_of(bob)
    assert " open" in folds(client.get(url(bench)))
    assert client.cookies.get("instructions") is None
    send(client, bench, HTMX)
    assert client.cookies["instructions"].value == bench.batch.public_id
    assert " open" not in folds(client.get(url(bob.assignments.get(state="claimed"))))


def test_instructions_that_somebody_opened_again_stay_open(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=3, instructions="Look at {{name}}.")
    held, client = market.claimed(bob, batch), client_of(bob)
    assert " open" not in folds(send(client, held, HTMX))
    client.cookies["instructions"] = f"~{batch.public_id}.bat_other"
    answer = send(client, bob.assignments.get(state="claimed"), HTMX)
    assert " open" in folds(answer) and "instructions" not in answer.cookies


def test_what_is_left_counts_down_with_every_answer_between_two_snapshots(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=3, overlap=2)
    aggregation.refresh(batch)
    held, client = market.claimed(bob, batch), client_of(bob)
    assert ">3 left ·" in client.get(url(held)).content.decode()
    for left in (2, 1):
        assert f">{left} left ·" in send(client, held, HTMX).content.decode()
        aggregation.refresh(batch)  # others may still do what this person did
        held = bob.assignments.get(state="claimed")
        assert f">{left} left ·" in client.get(url(held)).content.decode()


def test_what_is_left_of_many_is_the_snapshot_and_costs_no_count(bench, bob, client_of):
    bench.batch.figures.__class__.objects.filter(batch=bench.batch).update(open_tasks=201, tasks=5000)
    assert ">201 left ·" in client_of(bob).get(url(bench)).content.decode()


def test_instructions_that_name_a_column_come_with_every_task(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, instructions="Look at {{name}}.")
    answer = send(client_of(bob), market.claimed(bob, batch), HTMX)
    following = bob.assignments.select_related("task").get(state="claimed")
    assert f"Look at {following.task.data['name']}." in answer.content.decode()


def test_the_page_is_light_and_a_further_task_lighter(bench, bob, client_of):
    client = client_of(bob)
    page = client.get(url(bench)).content
    assert len(gzip.compress(page)) < 6_000
    assert len(gzip.compress(send(client, bench, HTMX).content)) < 3_000


def test_a_row_is_shown_as_text_whatever_stands_in_it(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=1)
    batch.tasks.update(data={"name": "<img src=x onerror=alert(1)> {% now %} {{ 7|add:7 }}"})
    text = client_of(bob).get(url(market.claimed(bob, batch))).content.decode()
    assert "<img" not in text and "&lt;img src=x" in text and "{% now %}" in text


def test_reviewed_answers_are_refused_with_the_text_kept(bench, alice, bob, client_of):
    client = client_of(bob)
    send(client, bench, then="stop")
    reviews.approve(batch=bench.batch, assignments=[bench.pk], actor=alice)
    answer = send(client, bench, **{"answer-same": "0"})
    assert answer.status_code == 409 and "has been reviewed" in answer.content.decode()
    assert "Submit and next" not in answer.content.decode()
