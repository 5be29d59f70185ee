"""Chains by page and by program, with pictures, and what the books say of them."""

import pytest
from django.db import connection

from marketplace.base.models import Notice
from tasks import access
from tasks.errors import OnlyOwnLeft
from tasks.models import Assignment, Batch, Chain, Medium, Task
from tasks.services import (
    aggregation,
    batches,
    checks,
    claims,
    gold_questions,
)
from tests import market
from tests.api_client import Program
from tests.chaining import (
    PAY,
    SAME,
    VERIFY,
    WRITE,
    done,
    drain,
    give,
    join,
    publish,
    rows_of,
    tick,
    tick_without_books,
)
from tests.personas import log_in, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def writing(atelier, alice):
    return market.open_batch(atelier, alice, rows=2, form=WRITE, **PAY)


@pytest.fixture
def verifying(atelier, alice):
    return market.draft(atelier, alice, rows=0, form=VERIFY, title="Check", **PAY)


def test_pictures_of_the_source_are_shown_in_the_target_from_files_of_its_own(
    atelier, alice, bob, tmp_path, settings, client
):
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from tasks.media import links

    settings.MEDIA_ROOT = tmp_path
    seen = {**WRITE, "show": [{"as": "image", "column": "name"}]}
    source = market.draft(atelier, alice, rows=1, form=seen, **PAY)
    key = links.key_of("row 1")
    files = {}
    for size in ("thumb", "page", "full"):
        name = default_storage.save(f"media/{source.public_id}/{key}/{size}.webp", ContentFile(b"x" * 9))
        files[size] = {"name": name, "bytes": 9}
    Medium.objects.create(
        batch=source, key=key, source="row 1", state="ready", kind="picture", files=files, bytes=27,
        finished_at=source.created_at,
    )  # fmt: skip
    market.fund(atelier, 50)
    atelier.trusted_at = source.created_at
    atelier.save()
    source = publish(source, alice)
    target = market.draft(
        atelier,
        alice,
        rows=0,
        form={**VERIFY, "show": [{"as": "image", "column": "name"}, VERIFY["show"][1]]},
        **PAY,
    )
    join(source, target, alice)
    target = publish(target, alice)
    done(bob, alice, source, text="a lamp")
    tick()
    assert [row.is_open for row in rows_of(target)] == [True]
    medium = Medium.objects.get(batch=target)
    assert all(target.public_id in each["name"] for each in medium.files.values())
    answer = client.get(links.address(target.public_id, key, "page"))
    assert (answer.status_code, b"".join(answer)) == (200, b"x" * 9)


def test_a_row_whose_picture_is_not_ready_waits_without_a_word_about_money(atelier, alice, bob, writing):
    target = market.draft(
        atelier,
        alice,
        rows=0,
        form={**VERIFY, "show": [{"as": "image", "column": "name"}, VERIFY["show"][1]]},
        **PAY,
    )
    join(writing, target, alice)
    target = publish(target, alice)
    done(bob, alice, writing, text="a lamp")
    tick()
    assert [row.funded for row in rows_of(target)] == [False]
    assert not Notice.objects.filter(kind="chain_rows_wait").exists()


def test_what_is_left_to_somebody_does_not_count_their_own(alice, bob, bea, writing, verifying):
    join(writing, verifying, alice)
    verifying = publish(verifying, alice)
    done(bob, alice, writing, text="one")
    done(bea, alice, writing, text="two")
    tick()
    aggregation.refresh(verifying)
    assert access.left(bea, verifying) == 2  # the one in hand and Bob's; the other is her own
    give(bea, verifying, right="yes")
    with pytest.raises(OnlyOwnLeft):
        claims.claim(worker=bea, batch=verifying)


# --- pages and programs -----------------------------------------------------------------------------------------


@pytest.fixture
def browser(alice):
    return log_in(alice)


def test_results_are_passed_on_to_a_draft_in_two_steps(browser, alice, bob, writing, verifying):
    page = f"/batches/{writing.public_id}/chains/"
    assert "Pass results on" in browser.get(page).content.decode()
    asked = browser.get(page + "new/", {"to": verifying.public_id}).content.decode()
    assert 'name="column-0"' in asked and 'name="column-1"' in asked
    sent = {"to": verifying.public_id, "when": "always", "column-0": "name", "column-1": ""}
    refused = browser.post(page + "new/", sent)
    assert refused.status_code == 400 and not Chain.objects.exists()
    assert browser.post(page + "new/", sent | {"column-1": "text", "also": ["answers"]}).status_code == 302
    chain = Chain.objects.get()
    assert chain.mapping == {"name": "name", "text": "text", "answers": "answers"}
    done(bob, alice, writing, text="one")
    tick()
    assert "went on" in browser.get(page).content.decode()
    assert "Rows come from" in browser.get(f"/batches/{verifying.public_id}/chains/").content.decode()
    assert "Results go to" in browser.get(f"/batches/{writing.public_id}/").content.decode()
    assert "Rows come from" in browser.get(f"/batches/{verifying.public_id}/data/").content.decode()


def test_a_new_draft_of_a_kind_is_made_with_the_chain_or_not_at_all(browser, atelier, alice):
    source = market.draft(atelier, alice, rows=1, form=WRITE)
    page = f"/batches/{source.public_id}/chains/new/"
    sent = {"to": "kind:verify_record", "when": "unsure", "below_percent": ""}
    sent |= {f"column-{number}": "text" for number in range(4)}
    assert browser.post(page, sent).status_code == 400
    assert Batch.objects.count() == 1
    assert browser.post(page, sent | {"below_percent": "80"}).status_code == 302
    chain = Chain.objects.get()
    assert (chain.below, chain.target.kind) == (0.8, "verify_record")
    assert browser.get(page, {"to": "kind:nothing"}).status_code == 400
    assert browser.get(page, {"to": source.public_id}).status_code == 400


def test_rows_that_wait_are_opened_by_a_button_and_a_chain_is_stopped_by_one(
    browser, atelier, alice, bob, writing, verifying
):
    chain = join(writing, verifying, alice)
    publish(verifying, alice)
    drain(atelier, 0)
    done(bob, alice, writing, text="one")
    tick_without_books()
    page = f"/batches/{verifying.public_id}/chains/"
    assert "1 row waits for" in browser.get(page).content.decode()
    browser.post(f"{page}{chain.public_id}/fund/")
    assert not rows_of(verifying)[0].is_open
    market.fund(atelier, 50)
    browser.post(f"{page}{chain.public_id}/fund/")
    assert rows_of(verifying)[0].is_open
    browser.post(f"{page}{chain.public_id}/stop/")
    chain.refresh_from_db()
    assert chain.ended_at


def test_the_notice_says_how_much_is_missing_and_where(browser, atelier, alice, bob, writing, verifying):
    join(writing, verifying, alice)
    publish(verifying, alice)
    drain(atelier, 0)
    done(bob, alice, writing, text="one")
    tick_without_books()
    page = browser.get("/me/notices/").content.decode()
    assert "waits for" in page and "Put" in page


def test_a_program_makes_lists_and_stops_a_chain(atelier, alice, bob, charlie, writing, verifying):
    program = Program(alice, "read", "write", organisation=atelier)
    url = f"/batches/{writing.public_id}/chains/"
    target = verifying.public_id
    assert "target" in program.post(url, {"target": "bat_nothing"}, 400)["fields"]
    assert "below" in program.post(url, {"target": target, "when": "unsure"}, 400)["fields"]
    refused = program.post(url, {"target": target, "mapping": {"name": "name"}}, 400)
    assert (refused["code"], list(refused["fields"])) == ("columns_missing", ["mapping.text"])
    made = program.post(url, {"target": target}, 201)
    assert (made["mapping"], made["when"], made["gone_on"]) == (SAME, "always", 0)
    assert program.post(url, {"target": target}, 409)["code"] == "chain_has_source"
    publish(verifying, alice)
    done(bob, alice, writing, text="one")
    tick()
    for batch in (writing, verifying):
        (row,) = program.get(f"/batches/{batch.public_id}/chains/")["results"]
        assert (row["id"], row["gone_on"], row["waiting_price"]) == (made["id"], 1, "0.00")
    assert program.post(f"{url}{made['id']}/fund/", {}, 200) == {"opened": 0, "waiting": 0}
    assert program.post(f"{url}{made['id']}/stop/", {}, 200)["ended_at"]
    assert program.post(f"{url}{made['id']}/stop/", {}, 409)["code"] == "chain_ended"
    market_of_others = make_organisation("Others", owner=charlie)
    stranger = Program(charlie, "read", "write", organisation=market_of_others)
    stranger.get(url, 404)
    stranger.post(f"{url}{made['id']}/stop/", {}, 404)


def test_a_row_that_became_a_check_question_is_not_asked_of_who_gave_it(alice, bob, bea, writing, verifying):
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    done(bea, alice, writing, text="two")
    tick()
    known = gold_questions.Question([{"right": "yes"}], "It says so.", {})
    gold_questions.of_row(task=rows_of(verifying)[0], actor=alice, question=known)
    batches.update_draft(batch=verifying, actor=alice, gold_rate=0.5)
    publish(verifying, alice)
    question = Task.objects.get(batch=verifying, is_gold=True)
    asked = {}
    for worker in (bob, bea):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT task_id FROM tasks_pick_gold(%s, %s, -2147483648)", [verifying.pk, worker.pk]
            )
            asked[worker] = [number for (number,) in cursor.fetchall()]
    writer, other = (bob, bea) if question.data["text"] == "one" else (bea, bob)
    assert asked == {writer: [], other: [question.pk]}


def test_the_selfcheck_finds_a_row_without_its_past_and_somebody_who_checked_their_own(
    alice, bob, bea, writing, verifying
):
    join(writing, verifying, alice)
    publish(verifying, alice)
    written = done(bob, alice, writing, text="one")
    tick()
    checked = give(bea, verifying, right="yes")
    Assignment.objects.filter(pk=checked.pk).update(worker=bob)
    Task.objects.filter(pk=checked.task_id).update(lineage=[written.task_id, 0])
    broken = {check.name: check.ids for check in checks.run() if not check.ok}
    assert broken["nobody_checks_what_they_gave"] == [checked.public_id]
    assert "rows_of_chains_know_where_they_are_from" not in broken
    Task.objects.filter(pk=checked.task_id).update(lineage=None)
    broken = {check.name: check.ids for check in checks.run() if not check.ok}
    assert broken["rows_of_chains_know_where_they_are_from"] == [checked.task.public_id]
