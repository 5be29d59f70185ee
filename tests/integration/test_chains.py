"""Chains: what one person wrote another one checks, by rule, and never the same person twice."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Invalid, NotFound
from payments.services import holdings
from tasks.errors import NoneLeft, NotADraft, NothingToPublish, NotReady, OnlyOwnLeft, OwnWork
from tasks.models import Batch, Chain, ChainLink
from tasks.services import (
    aggregation,
    batches,
    chains,
    chains_rows,
    claims,
    closing,
    disputes,
    imports,
    prices,
    reviews,
)
from tests import market
from tests.chaining import (
    CORRECT,
    EUR,
    PAY,
    SAME,
    VERIFY,
    WRITE,
    approve,
    done,
    give,
    join,
    publish,
    rows_of,
    tick,
)
from tests.personas import make_organisation, make_person, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def writing(atelier, alice):
    return market.open_batch(atelier, alice, rows=2, form=WRITE, **PAY)


@pytest.fixture
def verifying(atelier, alice):
    return market.draft(atelier, alice, rows=0, form=VERIFY, title="Check", **PAY)


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
