"""A batch at work through its pages: figures, pausing, raising, adding rows, closing, reviewing, results."""

import csv
import io
import re

import pytest
from django.urls import reverse

from marketplace.base import ids
from payments.services import holdings
from tasks.models import Assignment, Batch, Contest
from tasks.services import aggregation, disputes, reviews
from tests import market
from tests.personas import make_organisation, make_person, make_worker

pytestmark = pytest.mark.django_db
EUR = market.EUR


def at(name, batch, *more):
    return reverse(name, args=[batch.public_id, *(each.public_id for each in more)])


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=4, overlap=2)


def counted(batch):
    aggregation.validate()
    aggregation.refresh(batch)


def test_answers_to_pictures_show_them_in_the_table(client_of, atelier, alice, bob):
    form = {"show": [{"as": "image", "column": "name"}], "fields": market.FORM["fields"]}
    batch = market.open_batch(atelier, alice)
    Batch.objects.filter(pk=batch.pk).update(form=form)
    batch.tasks.update(data={"name": "example:street.webp"})
    market.submitted(bob, batch)
    page = client_of(alice).get(at("submissions", batch)).content.decode()
    assert re.search(r'<img src="[^"]*examples/street[^"]*webp" alt=""', page)


def test_the_page_shows_mosaic_figures_and_what_is_spent_of_what_is_set_aside(
    client_of, alice, bob, bea, batch
):
    first = market.submitted(bob, batch)
    market.submitted(bea, batch, "0")
    reviews.approve(batch=batch, assignments=[first.pk], actor=alice)
    counted(batch)
    page = client_of(alice).get(at("batch", batch))
    text = page.content.decode()
    live = page.context["live"]
    assert live.set_aside_micros == holdings.held(batch.public_id) + live.spent_micros
    assert live.spent_micros == 650_000 + 130_000 + 26_000  # reward, fee, VAT
    assert "Review 1" in text and "Results so far" in text and "Pause" in text and 'class="mosaic"' in text
    assert sum(live.counts.values()) == 8  # answers asked for
    assert "every 4s" in text


def test_htmx_gets_the_figures_alone_and_a_whole_page_when_the_state_moved(client_of, alice, batch):
    client = client_of(alice)
    counted(batch)
    part = client.get(at("batch", batch) + "?state=published", headers={"HX-Request": "true"})
    assert part.status_code == 200 and b"<html" not in part.content and b'id="figures"' in part.content
    moved = client.get(at("batch", batch) + "?state=paused", headers={"HX-Request": "true"})
    assert moved.headers["HX-Refresh"] == "true"


def test_pause_and_resume(client_of, alice, batch):
    client = client_of(alice)
    assert "Nobody can take a new task" in client.post(at("batch-pause", batch), follow=True).content.decode()
    batch.refresh_from_db()
    assert batch.state == Batch.State.PAUSED
    assert client.post(at("batch-pause", batch)).status_code == 409
    client.post(at("batch-resume", batch))
    batch.refresh_from_db()
    assert batch.state == Batch.State.PUBLISHED


def test_a_higher_price_is_set_aside_and_a_lower_one_comes_back_as_typed(client_of, alice, batch):
    client = client_of(alice)
    refused = client.post(at("batch-raise", batch), {"reward": "0,60"})
    assert refused.status_code == 409 and 'value="0,60"' in refused.content.decode()
    assert "must be higher" in refused.content.decode()
    assert client.post(at("batch-raise", batch), {"reward": "much"}).status_code == 400
    before = holdings.held(batch.public_id)
    client.post(at("batch-raise", batch), {"reward": "0,70"})
    batch.refresh_from_db()
    assert batch.reward_micros == 700_000 and holdings.held(batch.public_id) > before


def test_closing_early_says_what_came_back_and_what_stays(client_of, alice, atelier, bob, batch):
    market.submitted(bob, batch)
    before = holdings.available(atelier)
    page = client_of(alice).post(at("batch-close", batch), follow=True).content.decode()
    batch.refresh_from_db()
    assert batch.state == Batch.State.CANCELLED
    back = holdings.available(atelier) - before
    assert back > 0 and "came back to your funds" in page
    assert client_of(alice).post(at("batch-close", batch)).status_code == 409


def test_added_rows_wait_for_their_price_and_open_with_it(client_of, alice, batch):
    import io

    from tasks.models import Import
    from tasks.services import imports

    client = client_of(alice)
    file = io.BytesIO(b"name\nnew one\n")
    file.name = "more.csv"
    client.post(at("batch-data", batch), {"file": file, "bad_rows": "stop"})
    source = Import.objects.get()
    imports.run(source.pk)
    assert "waits for its price" in client.get(at("batch", batch)).content.decode()
    page = client.get(at("import", source)).content.decode()
    assert "aside and open" in page
    client.post(at("import-fund", source))
    assert batch.tasks.filter(is_open=True).count() == 5


def test_the_list_shows_state_progress_and_spend(client_of, alice, bob, batch, atelier):
    answer = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[answer.pk], actor=alice)
    market.draft(atelier, alice, title="A draft")
    counted(batch)
    page = client_of(alice).get(reverse("batches"))
    text = page.content.decode()
    assert "€0.65" in text and re.search(r"1 <span class=\"quiet\">/ 8</span>", text) and "A draft" in text
    drafts = client_of(alice).get(reverse("batches") + "?show=drafts").content.decode()
    assert "A draft" in drafts and "Is it the same?" not in drafts


def test_the_hardest_tasks_come_first_with_their_answers(client_of, alice, atelier, bob, bea):
    batch = market.open_batch(atelier, alice, rows=1, overlap=2)
    market.submitted(bob, batch, "1")
    market.submitted(bea, batch, "0")
    counted(batch)
    page = client_of(alice).get(at("batch", batch))
    row = page.context["hardest"][0]
    assert (row.words, row.answers, row.confidence) == ("row 1", "Yes / No", 0.5)


def test_a_country_lost_by_the_measured_time_is_named(client_of, alice, batch, bob):
    Batch.objects.filter(pk=batch.pk).update(measured_seconds=400)
    assert (
        "People in 1 country can't take it any more"
        in client_of(alice).get(at("batch", batch)).content.decode()
    )


# --- Submissions -----------------------------------------------------------------------------------


def test_the_table_is_narrowed_by_state_task_worker_and_answer(client_of, alice, atelier, bob, bea, batch):
    one = market.submitted(bob, batch, "1")
    two = market.submitted(bea, batch, "0")
    reviews.approve(batch=batch, assignments=[one.pk], actor=alice)
    client = client_of(alice)

    def shown(**query):
        page = client.get(at("submissions", batch), query)
        return {row["assignment"].pk for row in page.context["rows"]}

    assert shown() == {one.pk, two.pk}
    assert shown(state="submitted") == {two.pk}
    assert shown(state="approved") == {one.pk}
    assert shown(task=ids.encode("tsk", two.task_id)) >= {two.pk}
    assert shown(worker=ids.worker_seen_by(bob.pk, atelier.pk)) == {one.pk}
    assert shown(worker=ids.encode("wrk", bob.pk)) == set()  # the pseudonym of no organisation
    assert shown(field="same", value="0") == {two.pk}
    assert shown(field="same", value="yes") == {one.pk}  # what people read counts as well as what is stored
    assert shown(field="same", value="%") == set()
    assert shown(value="1") == {one.pk}
    assert shown(task="nonsense") == set() and shown(field="drop table", value="1") == {one.pk}


def test_a_text_answer_is_found_by_a_part_of_it(client_of, alice, atelier, bob):
    from tasks.services import submissions

    fields = [
        {"name": "said", "widget": "text", "label": "What?"},
        {"name": "tags", "widget": "choice", "label": "Which?", "many": True, "options": ["red", "blue"]},
    ]
    batch = market.open_batch(atelier, alice, rows=1, form={"show": market.FORM["show"], "fields": fields})
    row = market.claimed(bob, batch)
    submissions.submit(assignment=row, worker=bob, answer={"said": "A 100% Wool Coat", "tags": ["blue"]})
    client = client_of(alice)
    for query, found in (
        ({"field": "said", "value": "wool c"}, 1),
        ({"field": "said", "value": "100%"}, 1),
        ({"field": "said", "value": "10_%"}, 0),
        ({"field": "tags", "value": "blu"}, 1),
        ({"field": "tags", "value": "red"}, 0),
    ):
        assert len(client.get(at("submissions", batch), query).context["rows"]) == found, query


def test_one_many_or_all_that_the_filters_show_are_approved_and_paid(client_of, alice, bob, bea, batch):
    answers = [
        market.submitted(bob, batch, "1"),
        market.submitted(bob, batch, "1"),
        market.submitted(bea, batch, "0"),
    ]
    client = client_of(alice)
    nothing = client.post(at("submissions-approve", batch), {"which": "chosen"}, follow=True)
    assert "Nothing was chosen" in nothing.content.decode()
    client.post(at("submissions-approve", batch), {"which": "chosen", "assignment": [answers[0].public_id]})
    approved = Assignment.objects.filter(state=Assignment.State.APPROVED)
    assert [row.pk for row in approved] == [answers[0].pk]
    back = client.post(at("submissions-approve", batch), {"which": "all", "field": "same", "value": "0"})
    assert back.url.endswith("?field=same&value=0")
    assert {row.pk for row in approved.all()} == {answers[0].pk, answers[2].pk}
    client.post(at("submissions-approve", batch), {"which": "all"})
    assert approved.all().count() == 3
    market.assert_sound()


def test_answers_of_another_batch_are_not_approved_by_this_one(client_of, alice, atelier, bob, batch):
    other = market.open_batch(atelier, alice, rows=1)
    foreign = market.submitted(bob, other)
    client_of(alice).post(at("submissions-approve", batch), {"assignment": [foreign.public_id, "asg_x", ""]})
    foreign.refresh_from_db()
    assert foreign.state == Assignment.State.SUBMITTED


def test_a_person_after_approving_goes_back_to_our_pages_only(client_of, alice, bob, batch):
    answer = market.submitted(bob, batch)
    form = {"assignment": [answer.public_id], "next": "https://evil.example/"}
    assert client_of(alice).post(at("submissions-approve", batch), form).url == at("submissions", batch)


def test_one_submission_shows_task_answer_others_and_story(client_of, alice, bob, bea, batch):
    task = market.submitted(bob, batch, "1")
    from tasks.models import Task
    from tasks.services import claims, submissions

    claim = claims.claim(worker=bea, batch=batch, task=Task.objects.get(pk=task.task_id))
    other = Assignment.objects.select_related("batch", "task").get(pk=claim.assignment_id)
    submissions.submit(assignment=other, worker=bea, answer={"same": "0"})
    text = client_of(alice).get(at("submission", batch, task)).content.decode()
    assert "Yes" in text and at("submission", batch, other) in text and "Approved by itself" in text
    assert bob.email not in text and bob.name not in text


def test_an_objection_needs_a_reason_of_the_list_and_evidence(client_of, alice, bob, batch):
    answer = market.submitted(bob, batch)
    client = client_of(alice)
    bad = client.post(at("submission-contest", batch, answer), {"reason": "ugly", "evidence": "kept words"})
    assert bad.status_code == 400 and "kept words" in bad.content.decode()
    assert client.post(at("submission-contest", batch, answer), {"reason": "wrong_answer"}).status_code == 400
    fast = client.post(
        at("submission-contest", batch, answer), {"reason": "too_fast", "evidence": "In 2 seconds"}
    )
    assert fast.status_code == 409 and "2 seconds" in fast.content.decode()
    assert not Contest.objects.exists()
    client.post(at("submission-contest", batch, answer), {"reason": "wrong_answer", "evidence": "Look at A."})
    answer.refresh_from_db()
    assert answer.state == Assignment.State.CONTESTED
    second = client.post(at("submission-contest", batch, answer), {"reason": "incomplete", "evidence": "x"})
    assert second.status_code == 409


def test_an_objection_is_withdrawn_or_handed_over_after_a_redo(client_of, alice, bob, batch):
    client = client_of(alice)
    first, second = market.submitted(bob, batch), market.submitted(bob, batch)
    for answer in (first, second):
        reviews.contest(assignment=answer, actor=alice, reason="wrong_answer", evidence="Look at A.")
    client.post(at("submission-withdraw", batch, first))
    first.refresh_from_db()
    assert first.state == Assignment.State.APPROVED
    early = client.post(at("submission-hand-over", batch, second))
    assert early.status_code == 409
    second = Assignment.objects.select_related("batch").get(pk=second.pk)
    disputes.redo(assignment=second, worker=bob, answer={"same": "0"})
    page = client.get(at("submission", batch, second)).content.decode()
    assert "Let a moderator decide" in page and "Did it again" in page
    client.post(at("submission-hand-over", batch, second))
    second.refresh_from_db()
    assert second.state == Assignment.State.DISPUTED


def test_P9_refused_answers_have_no_page_and_are_in_no_list(client_of, alice, bob, dana, batch):
    answer = market.submitted(bob, batch)
    reviews.contest(assignment=answer, actor=alice, reason="abusive", evidence="It insults.")
    answer.refresh_from_db()
    disputes.reply(assignment=answer, worker=bob, text="It does not.")
    disputes.decide(dispute=answer.disputes.get(), moderator=dana, outcome="reject", reason="It does insult.")
    client = client_of(alice)
    assert client.get(at("submission", batch, answer)).status_code == 404
    assert client.get(at("submissions", batch)).context["rows"] == []


def test_pages_of_the_table_are_reached_by_cursor(client_of, alice, atelier):
    batch = market.open_batch(atelier, alice, rows=60)
    for number in range(3):
        worker = make_worker(f"w{number}")
        for _task in range(20):
            market.submitted(worker, batch)
    client = client_of(alice)
    first = client.get(at("submissions", batch), {"state": "submitted"})
    assert len(first.context["rows"]) == 50 and not first.context["newer_url"]
    second = client.get(first.context["older_url"])
    assert len(second.context["rows"]) == 10 and not second.context["older_url"]
    back = client.get(second.context["newer_url"])
    assert [row["url"] for row in back.context["rows"]] == [row["url"] for row in first.context["rows"]]
    assert client.get(at("submissions", batch), {"cursor": "nonsense"}).status_code == 404


# --- Results and rights ----------------------------------------------------------------------------


def test_results_are_shown_and_downloaded(client_of, alice, bob, bea, batch):
    rows = [market.submitted(bob, batch).pk, market.submitted(bea, batch).pk]
    client = client_of(alice)
    counted(batch)
    assert "No result yet" in client.get(at("results", batch)).content.decode()
    reviews.approve(batch=batch, assignments=rows, actor=alice)
    page = client.get(at("results", batch)).content.decode()
    assert "same_confidence" in page and "approved answers alone" in page
    for format_, sign in (("csv", b"same_confidence"), ("jsonl", b'"same"'), ("xlsx", b"PK")):
        file = client.get(at("results-download", batch), {"format": format_})
        assert sign in b"".join(file.streaming_content)
        assert f".{format_}" in file.headers["Content-Disposition"]
    each = client.get(at("results-download", batch), {"format": "csv", "what": "answers"})
    assert b"wrk_" in b"".join(each.streaming_content)
    assert client.get(at("results-download", batch), {"format": "exe"}).status_code == 400


def test_p9_the_first_rows_are_those_of_the_file_without_answers_that_are_open(
    client_of, alice, bob, bea, ben, atelier
):
    batch = market.open_batch(atelier, alice, rows=1, overlap=3)
    approved = market.submitted(bob, batch)
    market.submitted(bea, batch, "0")
    contested = market.submitted(ben, batch, "0")
    reviews.approve(batch=batch, assignments=[approved.pk], actor=alice)
    reviews.contest(assignment=contested, actor=alice, reason="incomplete", evidence="Half is missing.")
    counted(batch)
    client = client_of(alice)
    page = client.get(at("results", batch))
    file = b"".join(client.get(at("results-download", batch), {"format": "csv"}).streaming_content)
    header, *rows = csv.reader(io.StringIO(file.decode()))
    assert page.context["header"] == header
    assert [row.cells for row in page.context["rows"]] == rows
    assert [(row[header.index("same")], row[header.index("answers")]) for row in rows] == [("1", "1")]


PAGES = ("batch", "submissions", "results", "results-download")
ACTIONS = (
    "batch-pause",
    "batch-resume",
    "batch-close",
    "batch-raise",
    "batch-duplicate",
    "submissions-approve",
)


@pytest.mark.parametrize("name", PAGES)
def test_strangers_find_no_page_and_viewers_read(client_of, alice, vera, charlie, batch, name):
    olga = make_person("olga")
    make_organisation("Elsewhere", owner=olga)
    assert client_of(charlie).get(at(name, batch)).status_code == 404
    assert client_of(olga).get(at(name, batch)).status_code == 404
    assert client_of(vera).get(at(name, batch)).status_code == 200


@pytest.mark.parametrize("name", ACTIONS)
def test_viewers_may_not_act_and_strangers_find_nothing_to_act_on(client_of, vera, charlie, batch, name):
    assert client_of(vera).post(at(name, batch)).status_code == 403
    assert client_of(charlie).post(at(name, batch)).status_code == 404
    assert client_of(vera).get(at(name, batch)).status_code == 405


def test_a_viewer_sees_no_button_that_acts(client_of, vera, bob, batch):
    market.submitted(bob, batch)
    counted(batch)
    for name in ("batch", "submissions"):
        text = client_of(vera).get(at(name, batch)).content.decode()
        for address in ACTIONS:
            assert at(address, batch) + '"' not in text or address == "submissions-approve"
        assert "Approve all" not in text and "Approve the ticked" not in text
