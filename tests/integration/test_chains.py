"""Chains: what one person wrote another one checks, by rule, and never the same person twice."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.base.errors import Invalid, NotFound
from marketplace.base.models import Notice
from payments.services import holdings
from tasks import access
from tasks.errors import NoneLeft, NotADraft, NothingToPublish, NotReady, OnlyOwnLeft, OwnWork
from tasks.models import Assignment, Batch, Chain, ChainLink, Medium, Task
from tasks.selectors import requester
from tasks.services import (
    aggregation,
    batches,
    chains,
    chains_rows,
    checks,
    claims,
    closing,
    disputes,
    gold_questions,
    imports,
    prices,
    reviews,
    submissions,
)
from tests import market
from tests.api_client import Program
from tests.personas import log_in, make_organisation, make_person, make_worker

pytestmark = pytest.mark.django_db
EUR = market.EUR
WRITE = {
    "show": [{"as": "text", "column": "name", "label": "Line"}],
    "fields": [{"name": "text", "widget": "text", "label": "What does it say?", "required": True}],
}
VERIFY = {
    "show": [
        {"as": "text", "column": "name", "label": "Line"},
        {"as": "previous", "column": "text", "label": "Written"},
    ],
    "fields": [
        {
            "name": "right",
            "widget": "choice",
            "label": "Is it right?",
            "required": True,
            "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
        }
    ],
}
CORRECT = {
    "show": [{"as": "text", "column": "name"}, {"as": "previous", "column": "text"}],
    "fields": [{"name": "better", "widget": "text", "label": "What should it say?", "required": True}],
}
PAY = {"reward_micros": EUR, "estimated_seconds": 60}
SAME = {"name": "name", "text": "text"}


@pytest.fixture
def writing(atelier, alice):
    return market.open_batch(atelier, alice, rows=2, form=WRITE, **PAY)


@pytest.fixture
def verifying(atelier, alice):
    return market.draft(atelier, alice, rows=0, form=VERIFY, title="Check", **PAY)


def join(source, target, alice, mapping=SAME, **rule):
    return chains.make(source=source, target=target, actor=alice, mapping=mapping, **rule)


def publish(batch, alice):
    batch.refresh_from_db()
    batches.publish(batch=batch, actor=alice)
    batch.refresh_from_db()
    return batch


def give(worker, batch, task=None, **answer):
    claim = claims.claim(worker=worker, batch=batch, task=task)
    row = Assignment.objects.select_related("batch__organisation", "task").get(pk=claim.assignment_id)
    submissions.submit(assignment=row, worker=worker, answer=answer)
    row.refresh_from_db()
    return row


def approve(alice, *rows):
    reviews.approve(batch=rows[0].batch, assignments=[row.pk for row in rows], actor=alice)


def done(worker, alice, batch, **answer):
    row = give(worker, batch, **answer)
    approve(alice, row)
    return row


def tick():
    """The clockwork once."""
    aggregation.validate()
    sent = chains_rows.pass_on_all()
    closing.complete_finished()
    market.assert_sound()
    return sent


def rows_of(batch):
    return list(Task.objects.filter(batch=batch).order_by("row_number"))


# --- the whole way ---------------------------------------------------------------------------------------------


def test_one_writes_another_checks_a_third_corrects_and_nobody_meets_their_own(
    atelier, alice, bob, bea, ben, verifying
):
    writing = market.draft(atelier, alice, rows=1, form=WRITE, **PAY)
    market.fund(atelier, 100)
    correcting = market.draft(atelier, alice, rows=0, form=CORRECT, title="Correct", **PAY)
    join(writing, verifying, alice)
    join(verifying, correcting, alice, when="value", field="right", value="no")
    before = holdings.available(atelier)
    atelier.trusted_at = writing.created_at
    atelier.save()
    for batch in (writing, verifying, correcting):
        publish(batch, alice)
        batch.refresh_from_db()
    assert holdings.held(verifying.public_id) == 0
    assert prices.quote(verifying).total == 0
    market.assert_sound()

    written = done(bob, alice, writing, text="Lorient")
    assert tick() == 1
    check = rows_of(verifying)[0]
    assert check.data == {"name": "row 1", "text": "Lorient"}
    assert (check.is_open, check.funded, check.lineage) == (True, True, [written.task_id])
    with pytest.raises(OnlyOwnLeft) as none:
        claims.claim(worker=bob, batch=verifying)
    assert isinstance(none.value, NoneLeft)
    with pytest.raises(OwnWork):
        claims.claim(worker=bob, batch=verifying, task=check)

    checked = done(bea, alice, verifying, right="no")
    assert tick() == 1
    fix = rows_of(correcting)[0]
    assert fix.data == {"name": "row 1", "text": "Lorient"}
    assert fix.lineage == sorted([written.task_id, checked.task_id])
    for worker in (bob, bea):
        with pytest.raises(OnlyOwnLeft):
            claims.claim(worker=worker, batch=correcting)
        with pytest.raises(OwnWork):
            claims.claim(worker=worker, batch=correcting, task=fix)
    done(ben, alice, correcting, better="Lorient, 3 May")

    for _each in range(4):
        tick()
    for batch in (writing, verifying, correcting):
        batch.refresh_from_db()
        assert (batch.state, holdings.held(batch.public_id)) == ("completed", 0)
        assert batch.settled_at
    assert not Chain.objects.filter(ended_at__isnull=True).exists()
    assert holdings.available(atelier) == before - 3 * prices.unit_micros(writing, EUR)


def test_a_batch_with_a_source_waits_for_it_and_completes_after_it(alice, bob, bea, writing, verifying):
    join(writing, verifying, alice)
    publish(verifying, alice)
    tick()
    verifying.refresh_from_db()
    assert verifying.state == "published"
    done(bob, alice, writing, text="one")
    tick()
    done(bea, alice, verifying, right="yes")
    tick()
    verifying.refresh_from_db()
    assert verifying.state == "published"
    done(bob, alice, writing, text="two")
    tick()
    writing.refresh_from_db()
    assert writing.state == "completed"
    tick()
    done(bea, alice, verifying, right="yes")
    tick()
    tick()
    verifying.refresh_from_db()
    assert (verifying.state, holdings.held(verifying.public_id)) == ("completed", 0)


def test_rows_join_a_draft_and_are_in_its_quote(alice, bob, writing, verifying):
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    assert tick() == 1
    row = rows_of(verifying)[0]
    assert (row.funded, row.is_open) == (False, False)
    verifying.refresh_from_db()
    assert prices.quote(verifying).units == 1
    assert publish(verifying, alice).state == "published"
    assert holdings.held(verifying.public_id) == prices.quote(verifying, 1).total
    market.assert_sound()


def test_nothing_goes_on_before_everybody_was_decided(atelier, alice, bob, bea, verifying):
    writing = market.open_batch(atelier, alice, rows=1, form=WRITE, overlap=2, **PAY)
    join(writing, verifying, alice)
    first = give(bob, writing, text="same")
    approve(alice, first)
    assert tick() == 0  # a slot is open
    second = give(bea, writing, text="same")
    assert tick() == 0  # an answer is undecided
    approve(alice, second)
    assert tick() == 1
    assert tick() == 0
    assert rows_of(verifying)[0].data["text"] == "same"


def test_a_task_that_may_grow_does_not_go_on_until_it_is_let_go(atelier, alice, bob, bea, verifying):
    source = market.open_batch(atelier, alice, rows=1, overlap=2, overlap_most=3, confidence=0.8, **PAY)
    join(source, verifying, alice, {"name": "name", "text": "same"})
    approve(alice, *(give(worker, source, same="1") for worker in (bob, bea)))
    assert chains_rows.pass_on_all() == 0
    aggregation.validate()
    aggregation.refit(source)
    assert chains_rows.pass_on_all() == 1
    assert rows_of(verifying)[0].data == {"name": "row 1", "text": "1"}


def test_refused_answers_do_not_leave_the_batch_but_their_writers_still_check_nothing(
    atelier, alice, bob, bea, ben, dana, verifying
):
    writing = market.open_batch(atelier, alice, rows=1, form=WRITE, overlap=2, **PAY)
    join(writing, verifying, alice)
    publish(verifying, alice)
    wrong, right = give(bob, writing, text="nonsense"), give(bea, writing, text="Lorient")
    reviews.contest(assignment=wrong, actor=alice, reason="wrong_answer", evidence="It says Lorient there.")
    wrong.refresh_from_db()
    disputes.reply(assignment=wrong, worker=bob, text="It does not.")
    approve(alice, right)
    assert tick() == 0
    disputes.decide(
        dispute=wrong.disputes.get(), moderator=dana, outcome="reject", reason="It says Lorient there."
    )
    assert tick() == 1
    task = rows_of(verifying)[0]
    assert task.data["text"] == "Lorient"
    for worker in (bob, bea):
        with pytest.raises(OwnWork):
            claims.claim(worker=worker, batch=verifying, task=task)
    assert give(ben, verifying, right="yes")


def test_who_gave_a_task_back_without_an_answer_may_check_it(alice, bob, bea, writing, verifying):
    join(writing, verifying, alice)
    publish(verifying, alice)
    claims.release(assignment=market.claimed(bea, writing), worker=bea)
    done(bob, alice, writing, text="one")
    done(bob, alice, writing, text="two")
    tick()
    assert give(bea, verifying, right="yes") and give(bea, verifying, right="yes")


def test_a_source_closed_early_sends_what_it_has_and_the_chain_ends(alice, bob, bea, writing, verifying):
    chain = join(writing, verifying, alice)
    publish(verifying, alice)
    held = give(bob, writing, text="one")
    closing.close(batch=writing, actor=alice)
    tick()
    chain.refresh_from_db()
    assert chain.ended_at is None  # an answer is undecided
    approve(alice, held)
    assert tick() == 1
    chain.refresh_from_db()
    assert chain.ended_at and len(rows_of(verifying)) == 1
    done(bea, alice, verifying, right="yes")
    tick()
    verifying.refresh_from_db()
    assert verifying.state == "completed"


def test_a_batch_closed_early_gets_no_more_rows(alice, bob, writing, verifying):
    chain = join(writing, verifying, alice)
    publish(verifying, alice)
    closing.close(batch=Batch.objects.get(pk=verifying.pk), actor=alice)
    done(bob, alice, writing, text="one")
    assert tick() == 0
    chain.refresh_from_db()
    assert chain.ended_at and not rows_of(verifying)


# --- which results ---------------------------------------------------------------------------------------------


def test_only_results_that_are_not_sure_go_on_when_it_says_so(atelier, alice, verifying):
    crew = [make_worker(f"crew{number}") for number in range(3)]
    source = market.open_batch(atelier, alice, rows=2, overlap=3, **PAY)
    chain = join(source, verifying, alice, {"name": "name", "text": "same"}, when="unsure", below=0.9)
    sure, unsure = rows_of(source)
    for worker, answer in zip(crew, "110", strict=True):
        approve(
            alice, give(worker, source, task=sure, same="1"), give(worker, source, task=unsure, same=answer)
        )
    assert tick() == 1
    assert rows_of(verifying)[0].lineage == [unsure.pk]
    assert ChainLink.objects.filter(chain=chain, target_task__isnull=True).count() == 1
    assert tick() == 0


def test_only_results_with_one_answer_go_on_when_it_says_so(atelier, alice, bob, verifying):
    source = market.open_batch(atelier, alice, rows=2, **PAY)
    join(source, verifying, alice, {"name": "name", "text": "same"}, when="value", field="same", value="0")
    done(bob, alice, source, same="1")
    no = done(bob, alice, source, same="0")
    assert tick() == 1
    assert rows_of(verifying)[0].lineage == [no.task_id]


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"when": "unsure"}, "below"),
        ({"when": "unsure", "below": 1.5}, "below"),
        ({"when": "value", "field": "nothing", "value": "1"}, "field"),
        ({"when": "value", "field": "text", "value": " "}, "value"),
        ({"when": "sometimes"}, "when"),
        ({"mapping": {"name": "name", "text": "nothing"}}, "mapping.text"),
        ({"mapping": {"name": "name"}}, "mapping.text"),
        ({"mapping": {"name": "name", "text": ""}}, "mapping.text"),
    ],
)
def test_a_rule_or_mapping_that_cannot_work_is_refused_where_it_is_wrong(
    alice, writing, verifying, rule, place
):
    with pytest.raises(Invalid) as refused:
        join(writing, verifying, alice, **rule)
    assert place in refused.value.fields and not Chain.objects.exists()


def test_columns_are_called_as_in_the_export_and_confidence_and_count_may_go_on(
    atelier, alice, bob, writing, verifying
):
    assert chains.offered(writing) == ["name", "text", "text_confidence", "answers"]
    join(writing, verifying, alice, {**SAME, "sure": "text_confidence", "people": "answers"})
    done(bob, alice, writing, text="one")
    tick()
    assert rows_of(verifying)[0].data["people"] == "1"
    verifying.refresh_from_db()
    assert verifying.columns == ["name", "text", "sure", "people"]


def test_an_earlier_answer_is_suggested_for_the_input_that_shows_one(atelier, alice, verifying):
    source = market.draft(atelier, alice, rows=1)
    assert chains.suggested(source, verifying) == {"name": "name", "text": "same"}


# --- what may be chained ----------------------------------------------------------------------------------------


def test_chains_do_not_go_round_not_even_through_others(atelier, alice):
    drafts = [
        market.draft(atelier, alice, rows=1, form={**WRITE, "show": WRITE["show"]}, **PAY)
        for _each in range(3)
    ]
    first, second, third = drafts
    only = {"name": "name"}
    join(first, second, alice, only)
    join(second, third, alice, only)
    for end in drafts:
        with pytest.raises(chains.GoesRound):
            join(third, first, alice, only)
        with pytest.raises(chains.GoesRound):
            join(end, end, alice, only)


def test_one_source_for_each_batch_and_only_a_draft_gets_one(alice, atelier, writing, verifying):
    other = market.draft(atelier, alice, rows=1, form=WRITE, **PAY)
    chain = join(writing, verifying, alice)
    with pytest.raises(chains.HasASource):
        join(other, verifying, alice)
    with pytest.raises(NotADraft):
        join(other, writing, alice, {"name": "name"})
    with pytest.raises(IntegrityError, match="chain_one_source_per_batch"), transaction.atomic():
        Chain.objects.create(
            source=other, target=verifying, mapping=SAME, created_by=alice, created_at=chain.created_at
        )


def test_results_stay_in_their_organisation_and_tests_are_no_work(alice, atelier, writing):
    other = make_organisation("Others", owner=make_person("olga"))
    olga = other.memberships.get().user
    theirs = market.draft(other, olga, rows=0, form=VERIFY, **PAY)
    with pytest.raises(NotFound):
        join(writing, theirs, alice)
    test = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    Batch.objects.filter(pk=test.pk).update(role="test")
    with pytest.raises(chains.WorkOnly):
        join(writing, test, alice)


def test_without_rows_only_a_batch_that_gets_some_is_published(alice, writing, verifying):
    Batch.objects.filter(pk=verifying.pk).update(columns=[])
    with pytest.raises(NothingToPublish):
        publish(verifying, alice)
    join(writing, verifying, alice)
    assert publish(verifying, alice).state == "published"


def test_a_draft_that_lost_a_column_of_its_chain_says_so_before_it_opens(atelier, alice, verifying):
    source = market.draft(atelier, alice, rows=1, form=WRITE, **PAY)
    join(source, verifying, alice)
    source = batches.update_draft(batch=source, actor=alice, form=CORRECT | {"show": WRITE["show"]})
    assert "“text”" in str(chains.lacking(source)[0])
    verifying = batches.update_draft(
        batch=verifying, actor=alice, form=VERIFY | {"show": [{"as": "text", "column": "other"}]}
    )
    assert "“other”" in str(chains.lacking(verifying)[0])
    for draft, column in ((source, "“text”"), (verifying, "“other”")):
        with pytest.raises(NotReady) as refused:
            publish(draft, alice)
        assert column in str(refused.value.fields["form"])


def test_a_discarded_draft_leaves_no_chain(alice, bob, writing, verifying):
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    tick()
    batches.discard(batch=Batch.objects.get(pk=verifying.pk), actor=alice)
    assert not Chain.objects.exists() and not ChainLink.objects.exists()
    assert tick() == 0


def test_rows_taken_out_of_a_draft_by_hand_do_not_come_back(alice, bob, writing, verifying):
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    tick()
    imports.clear(batch=verifying, actor=alice)
    assert tick() == 0 and not rows_of(verifying)
    assert ChainLink.objects.get().target_task_id is None
    done(bob, alice, writing, text="two")
    assert tick() == 1
    assert rows_of(verifying)[0].data["text"] == "two"


# --- money ------------------------------------------------------------------------------------------------------


def drain(organisation, leave):
    """Have the organisation's funds hold `leave` micros and no more."""
    free = holdings.available(organisation)
    holdings.set_aside(
        organisation=organisation,
        batch_ref="bat_elsewhere",
        amount_micros=free - leave,
        reference="drain",
        actor=None,
    )


def test_rows_wait_for_money_one_notice_says_so_and_a_deposit_opens_them(atelier, alice, bob):
    writing = market.open_batch(atelier, alice, rows=4, form=WRITE, **PAY)
    verifying = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    chain = join(writing, verifying, alice)
    verifying = publish(verifying, alice)
    unit = prices.quote(verifying, 1).total
    drain(atelier, unit + unit // 2)
    for number in range(3):
        done(bob, alice, writing, text=str(number))
    assert tick_without_books() == 3
    assert [row.funded for row in rows_of(verifying)] == [True, False, False]
    assert [row.is_open for row in rows_of(verifying)] == [True, False, False]
    notice = Notice.objects.get(kind="chain_rows_wait")
    assert notice.user == alice
    assert (notice.data["rows"], notice.data["amount"]) == (2, 2 * unit)
    assert notice.data["why"] == "insufficient_funds"
    done(bob, alice, writing, text="3")
    tick_without_books()
    tick_without_books()
    assert Notice.objects.filter(kind="chain_rows_wait").count() == 1
    writing.refresh_from_db()
    chain.refresh_from_db()
    assert (writing.state, chain.ended_at) == ("completed", None)  # rows wait: it is not over
    market.fund(atelier, 50)
    tick_without_books()
    assert all(row.is_open for row in rows_of(verifying))
    assert holdings.held(verifying.public_id) == 4 * unit == requester.put_aside(verifying)
    chain.refresh_from_db()
    assert chain.ended_at


def tick_without_books():
    """As `tick`, for a market from which a test took money aside by hand."""
    aggregation.validate()
    sent = chains_rows.pass_on_all()
    closing.complete_finished()
    return sent


def test_rows_of_a_growing_batch_with_check_questions_are_paid_at_the_most(atelier, alice, bob, writing):
    market.fund(atelier, 200)
    target = market.draft(
        atelier, alice, rows=0, form=VERIFY, overlap=2, overlap_most=4, confidence=0.8, gold_rate=0.2, **PAY
    )
    join(writing, target, alice)
    target.refresh_from_db()
    gold_questions.add(
        batch=target,
        actor=alice,
        questions=[
            gold_questions.Question(
                answers=[{"right": "yes"}],
                explanation="It is.",
                tolerance={},
                data={"name": "x", "text": "x"},
            )
        ],
    )
    target = publish(target, alice)
    held = holdings.held(target.public_id)
    assert held == prices.quote(target, 1).total  # the question, once
    done(bob, alice, writing, text="one")
    done(bob, alice, writing, text="two")
    tick()
    # 8 answers at the most are four fifths of all: 2 to check questions, of which one was there.
    assert holdings.held(target.public_id) == held + prices.quote(target, 8 + 1).total
    assert set(Task.objects.filter(batch=target, is_gold=False).values_list("overlap", "most")) == {(2, 4)}


def test_a_switch_a_debt_or_a_floor_keeps_rows_closed_until_it_is_gone(
    alice, bob, writing, verifying, monkeypatch
):
    from tasks.errors import BelowFloor

    join(writing, verifying, alice)
    publish(verifying, alice)
    done(bob, alice, writing, text="one")

    def too_low(batch):
        raise BelowFloor(reward="1 €", seconds=900, least="3 €")

    monkeypatch.setattr(chains_rows.prices, "check_floor", too_low)
    tick()
    assert not rows_of(verifying)[0].funded
    assert Notice.objects.get(kind="chain_rows_wait").data["why"] == "below_floor"
    monkeypatch.undo()
    tick()
    assert rows_of(verifying)[0].is_open


def test_a_stopped_chain_sends_nothing_takes_waiting_rows_out_and_lets_the_batch_end(
    atelier, alice, bob, writing, verifying
):
    chain = join(writing, verifying, alice)
    publish(verifying, alice)
    drain(atelier, 0)
    done(bob, alice, writing, text="one")
    assert tick_without_books() == 1
    chains.stop(chain=chain, actor=alice)
    with pytest.raises(chains.Ended):
        chains.stop(chain=chain, actor=alice)
    assert not rows_of(verifying)
    done(bob, alice, writing, text="two")
    assert tick_without_books() == 0
    verifying.refresh_from_db()
    assert verifying.state == "completed"


# --- what goes wrong ---------------------------------------------------------------------------------------------


def test_a_job_that_dies_between_row_and_link_leaves_nothing_half(
    alice, bob, writing, verifying, monkeypatch
):
    join(writing, verifying, alice)
    publish(verifying, alice)
    done(bob, alice, writing, text="one")

    def dies(*args, **kwargs):
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr(ChainLink.objects, "bulk_create", dies)
        with pytest.raises(RuntimeError):
            chains_rows.pass_on_all()
    assert not rows_of(verifying) and not ChainLink.objects.exists()
    market.assert_sound()
    assert tick() == 1
    assert len(rows_of(verifying)) == 1


def test_a_job_that_dies_before_the_money_goes_on_with_the_rows_that_are_there(
    alice, bob, writing, verifying, monkeypatch
):
    join(writing, verifying, alice)
    publish(verifying, alice)
    done(bob, alice, writing, text="one")

    def dies(*args, **kwargs):
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr(chains_rows.holdings, "set_aside", dies)
        with pytest.raises(RuntimeError):
            chains_rows.pass_on_all()
    assert [row.funded for row in rows_of(verifying)] == [False]
    market.assert_sound()
    assert tick() == 0
    assert [row.is_open for row in rows_of(verifying)] == [True]


def test_a_chain_that_fails_keeps_no_other_waiting(atelier, alice, bob, writing, verifying, monkeypatch):
    broken = market.draft(atelier, alice, rows=0, form=VERIFY, **PAY)
    first = join(writing, broken, alice)
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    real = chains_rows.send
    monkeypatch.setattr(chains_rows, "send", lambda number: 1 / 0 if number == first.pk else real(number))
    with pytest.raises(ZeroDivisionError):
        chains_rows.pass_on_all()
    assert len(rows_of(verifying)) == 1


def test_a_row_that_the_form_refuses_is_left_out(alice, atelier, bob):
    optional = {**WRITE, "fields": [{**WRITE["fields"][0], "required": False}]}
    source = market.open_batch(atelier, alice, rows=1, form=optional, **PAY)
    strict = {**VERIFY, "show": [{"as": "previous", "column": "text", "required": True}]}
    target = market.draft(atelier, alice, rows=0, form=strict, **PAY)
    join(source, target, alice, {"text": "text"})
    done(bob, alice, source)
    assert tick() == 0
    assert ChainLink.objects.get().target_task_id is None


def test_an_appeal_that_comes_later_changes_nothing_of_what_was_sent(alice, bob, writing, verifying, atelier):
    join(writing, verifying, alice)
    done(bob, alice, writing, text="one")
    tick()
    Assignment.objects.filter(batch=writing).update(submitted_at=writing.created_at + dt.timedelta(days=1))
    assert tick() == 0
    assert rows_of(verifying)[0].data["text"] == "one"


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
