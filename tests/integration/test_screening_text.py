"""Text rules put a batch, or rows that come later, before a person; a rule never refuses."""

from decimal import Decimal

import pytest

from marketplace.base import clock
from marketplace.base.models import Notice
from payments.services import holdings
from tasks.errors import ConflictOfInterest
from tasks.models import Batch, Import, Task
from tasks.services import batches, closing, screening_rows
from tests import market
from tests.personas import join, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def known(atelier):
    """An organisation that has posted before."""
    market.fund(atelier, 20_000)
    atelier.trusted_at = clock.now()
    atelier.save()


def rows_for(batch, alice, texts, state=Import.State.NEEDS_FUNDS):
    """Rows that a job has loaded into a live batch."""
    source = Import.objects.create(
        batch=batch, created_by=alice, state=state, path="", filename="more.csv", format="csv", size=1,
        good=len(texts), done=len(texts),
    )  # fmt: skip
    market.add_rows(batch, len(texts), source=source)
    for task, text in zip(source.tasks.order_by("pk"), texts, strict=True):
        task.data = {"name": text}
        task.save(update_fields=["data"])
    return source


def test_W5_words_that_a_rule_meets_put_the_batch_before_a_person_with_its_name_and_the_words(atelier, alice):
    draft = market.draft(atelier, alice, instructions="Open the shop. Then write a positive review of it.")
    batch = batches.publish(batch=draft, actor=alice)
    assert (batch.state, batch.screening_reasons) == ("screening", ["fake_reviews"])
    (hit,) = batch.screening_hits
    assert (hit["rule"], hit["version"], hit["where"]) == ("fake_reviews", 1, "instructions")
    assert hit["words"] == "write a positive review"


def test_W5_the_form_and_the_rows_are_read_too(atelier, alice):
    form = {**market.FORM, "fields": [{**market.FORM["fields"][0], "label": "Solve the CAPTCHA"}]}
    batch = batches.publish(batch=market.draft(atelier, alice, form=form), actor=alice)
    assert batch.screening_reasons == ["captcha"]
    draft = market.draft(atelier, alice, rows=300)
    Task.objects.filter(batch=draft).update(data={"name": "Follow us on Instagram"})
    batch = batches.publish(batch=draft, actor=alice)
    assert batch.screening_reasons == ["likes"]
    assert {hit["where"] for hit in batch.screening_hits} == {"row"}


def test_honest_work_opens_at_once(atelier, alice):
    text = "Classify whether this review is fake. Does the picture show a CAPTCHA? Never send your password."
    batch = batches.publish(batch=market.draft(atelier, alice, instructions=text), actor=alice)
    assert (batch.state, batch.screening_hits) == ("published", [])


def test_a_moderator_sees_the_words_marked_and_the_requester_plain_sentences(atelier, alice, dana):
    draft = market.draft(atelier, alice, instructions="Likez <b>notre page</b> & la vidéo.")
    said = log_in(alice).get(f"/batches/{draft.public_id}/review/").content.decode()
    assert "A person looks at it before it opens" in said
    batch = batches.publish(batch=draft, actor=alice)
    page = log_in(dana).get(f"/console/screening/{batch.public_id}/").content.decode()
    assert "<mark>Likez &lt;b&gt;notre page</mark>" in page
    assert "version 1 of the rule" in page
    mine = log_in(alice).get(f"/batches/{batch.public_id}/").content.decode()
    assert "likes, follows, subscriptions or votes" in mine
    assert "<mark>" not in mine


def test_W5_rows_that_come_later_wait_for_a_person_and_open_when_passed(atelier, alice, dana):
    batch = market.open_batch(atelier, alice)
    before = holdings.held(batch.public_id)
    source = rows_for(batch, alice, ["Like this page https://example.org"] * 3)
    source = batches.fund_rows(source=source, actor=alice)
    assert (source.state, source.screening_reasons) == ("screening", ["likes"])
    assert holdings.held(batch.public_id) == before
    assert not source.tasks.filter(is_open=True).exists()
    batch.refresh_from_db()
    assert batch.state == Batch.State.PUBLISHED  # what is open goes on
    market.assert_sound()
    source = screening_rows.pass_(source=source, moderator=dana, note="They ask nothing of the kind.")
    assert (source.state, source.screened_by) == ("done", dana)
    assert source.tasks.filter(is_open=True).count() == 3
    assert holdings.held(batch.public_id) > before
    assert Notice.objects.filter(user=alice, kind="rows_passed").count() == 1
    market.assert_sound()


def test_rows_that_are_passed_wait_for_funds_where_there_are_none(atelier, alice, dana, settings):
    settings.SCREENING_LARGE_EUR = Decimal("30000")
    batch = market.open_batch(atelier, alice, funds=1)
    source = batches.fund_rows(source=rows_for(batch, alice, ["Like this page"] * 2), actor=alice)
    free = holdings.available(atelier)
    holdings.set_aside(
        organisation=atelier, batch_ref="bat_other", amount_micros=free, reference="elsewhere", actor=alice
    )
    source = screening_rows.pass_(source=source, moderator=dana)
    assert source.state == "needs_funds"
    market.fund(atelier)
    assert batches.fund_rows(source=source, actor=alice).state == "done"  # nobody looks twice


def test_rows_that_are_refused_go_with_a_reason_and_nothing_was_set_aside(atelier, alice, dana):
    batch = market.open_batch(atelier, alice)
    before = holdings.held(batch.public_id)
    source = batches.fund_rows(source=rows_for(batch, alice, ["Like this page"] * 2), actor=alice)
    browser = log_in(dana)
    assert "more.csv" in browser.get(f"/console/screening/rows/{source.public_id}/").content.decode()
    assert batch.title in browser.get("/console/screening/").content.decode()
    address = f"/console/screening/rows/{source.public_id}/"
    assert browser.post(address, {"outcome": "refuse", "reason": " "}).status_code == 400
    assert browser.post(address, {"outcome": "refuse", "reason": "Likes are banned."}).status_code == 302
    source.refresh_from_db()
    assert (source.state, source.tasks.count()) == ("cancelled", 0)
    assert holdings.held(batch.public_id) == before
    mine = log_in(alice)
    assert "Likes are banned." in mine.get("/me/notices/").content.decode()
    assert "Likes are banned." in mine.get(f"/imports/{source.public_id}/").content.decode()
    assert browser.post(address, {"outcome": "pass", "reason": ""}).status_code == 404
    market.assert_sound()


def test_who_belongs_to_the_organisation_does_not_look_at_its_rows(atelier, alice, dana):
    batch = market.open_batch(atelier, alice)
    source = batches.fund_rows(source=rows_for(batch, alice, ["Like this page"] * 2), actor=alice)
    join(atelier, dana, "viewer")
    with pytest.raises(ConflictOfInterest):
        screening_rows.pass_(source=source, moderator=dana)


def test_W5_a_pile_of_rows_in_small_steps_is_large_too(atelier, alice, dana, settings):
    """Five tasks of 0.65 € cost about 4.70 € with everything; steps of one task each pass 12 € together."""
    settings.SCREENING_LARGE_EUR = Decimal("12")
    batch = market.open_batch(atelier, alice, rows=5)
    states = []
    for _step in range(12):
        source = batches.fund_rows(source=rows_for(batch, alice, ["A plain row"]), actor=alice)
        states.append(source.state)
        if source.state == "screening":
            break
    assert states[0] == "done"
    assert states[-1] == "screening"
    assert source.screening_reasons == ["large_amount"]
    screening_rows.pass_(source=source, moderator=dana)
    again = batches.fund_rows(source=rows_for(batch, alice, ["A plain row"]), actor=alice)
    assert again.state == "done"  # counted from the last look of a person


def test_closing_a_batch_gives_up_rows_that_wait_for_a_person(atelier, alice):
    batch = market.open_batch(atelier, alice)
    source = batches.fund_rows(source=rows_for(batch, alice, ["Like this page"] * 2), actor=alice)
    closing.close(batch=batch, actor=alice)
    source.refresh_from_db()
    assert (source.state, source.tasks.count()) == ("cancelled", 0)
    market.assert_sound()
