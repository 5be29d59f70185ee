"""Check questions: mixed in at a rate, never recognisable, paid like any other task, scored by the first answer."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Invalid
from payments.services import earnings, holdings
from tasks.errors import ChecksMissed, NoneLeft, NotReady
from tasks.models import Assignment, BatchPause, Gold, GoldScore, Task
from tasks.services import (
    aggregation,
    batches,
    claims,
    closing,
    gold,
    gold_pauses,
    gold_questions,
    gold_scores,
    imports,
    prices,
    reviews,
    submissions,
)
from tests import gold as checks
from tests import market
from tests.gold import RIGHT, WRONG
from tests.personas import make_worker

pytestmark = pytest.mark.django_db
EUR = market.EUR


@pytest.fixture
def draft(atelier, alice):
    batch = market.draft(atelier, alice, rows=10)
    return batches.update_draft(batch=batch, actor=alice, gold_rate=0.2)


@pytest.fixture
def live(atelier, alice):
    return checks.batch_with_checks(atelier, alice)


# --- making ------------------------------------------------------------------------------------------------------


def test_a_row_of_ones_own_becomes_a_check_question_and_an_ordinary_row_again(draft, alice):
    task = draft.tasks.order_by("pk").first()
    known = gold_questions.of_row(task=task, actor=alice, question=checks.question())
    task.refresh_from_db()
    assert task.is_gold and known.answers == [{"same": RIGHT}]
    assert prices.units(draft) == 9 + 3  # a fifth of all claims is a quarter of the ordinary ones
    gold_questions.take_back(known=known, actor=alice)
    task.refresh_from_db()
    assert not task.is_gold and not Gold.objects.exists()


def test_a_question_sent_as_such_is_gone_when_it_is_taken_back(draft, alice):
    (known,) = gold_questions.add(batch=draft, actor=alice, questions=[checks.question()])
    assert draft.tasks.count() == 11
    gold_questions.take_back(known=known, actor=alice)
    assert draft.tasks.count() == 10


def test_a_question_needs_an_answer_that_fits_and_a_reason(draft, alice):
    def fields(**changes):
        with pytest.raises(Invalid) as refused:
            gold_questions.add(batch=draft, actor=alice, questions=[checks.question(**changes)])
        return set(refused.value.fields)

    assert fields(answers=[]) == {"answers"}
    assert fields(answers=[{}]) == {"answers"}
    assert fields(answers=[{"same": "7"}]) == {"same"}
    assert fields(answers=[{"other": "1"}]) == {"other"}
    assert fields(answers=[{"same": None}]) == {"same"}
    assert fields(explanation="  ") == {"explanation"}
    assert fields(tolerance={"same": "1"}) == {"same_tolerance"}
    assert fields(data={"other": "x"}) == {"data.name"}
    assert fields(data={"name": " "}) == {"data"}
    assert not Gold.objects.exists()


def test_a_batch_opens_only_when_rate_and_questions_fit_together(draft, alice):
    market.fund(draft.organisation)
    with pytest.raises(NotReady) as refused:
        batches.publish(batch=draft, actor=alice)
    assert set(refused.value.fields) == {"gold_rate"}
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question()])
    batches.check_ready(draft)
    batches.update_draft(batch=draft, actor=alice, gold_rate=0)
    draft.refresh_from_db()
    with pytest.raises(NotReady):
        batches.check_ready(draft)


def test_too_few_questions_for_the_rows_are_told_before_it_opens(draft, alice):
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question(1)])
    assert "at least 4" in gold.advice(draft).lower()
    market.add_rows(draft, 500)
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question(n) for n in range(2, 6)])
    assert "about 20 tasks" in gold.advice(draft)
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question(n) for n in range(6, 56)])
    assert gold.advice(draft) == ""


def test_a_copy_of_a_batch_keeps_the_rate_and_not_the_questions(live, alice):
    made = batches.duplicate(batch=live, actor=alice)
    assert (made.gold_rate, made.gold_pass) == (live.gold_rate, live.gold_pass)
    assert not Gold.objects.filter(batch=made).exists()


def test_a_draft_with_questions_can_be_emptied_and_thrown_away(draft, alice):
    gold_questions.add(batch=draft, actor=alice, questions=[checks.question()])
    gold_questions.of_row(task=draft.tasks.first(), actor=alice, question=checks.question())
    imports.clear(batch=draft, actor=alice)
    assert not Gold.objects.exists() and not Task.objects.exists()
    market.add_rows(draft, 2)
    gold_questions.of_row(task=draft.tasks.first(), actor=alice, question=checks.question())
    batches.discard(batch=draft, actor=alice)
    with transaction.atomic():
        assert not Task.objects.exists()


# --- paid, and in the quote ------------------------------------------------------------------------------------------


def test_the_quote_holds_the_check_questions_to_the_micro_and_what_is_not_used_comes_back(
    atelier, alice, bob
):
    batch = checks.batch_with_checks(atelier, alice, rows=9, questions=4, rate=0.25, overlap=2, funds=100)
    # 18 ordinary answers are three quarters of all claims, so 6 to check questions go with them.
    assert prices.units(batch) == 24
    assert holdings.held(batch.public_id) == prices.quote(batch, 24).total == 24 * 650_000 * 144 // 100
    assert sorted(Task.objects.filter(is_gold=True).values_list("overlap", flat=True)) == [1, 1, 2, 2]
    (row,) = checks.answer_checks(bob, batch, WRONG)
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    assert earnings.summary(bob).payable == 650_000
    closing.close(batch=batch, actor=alice)
    assert holdings.held(batch.public_id) == 0
    assert holdings.available(atelier) == 100 * EUR - 650_000 * 124 // 100
    market.assert_sound()


def test_a_batch_ends_when_its_ordinary_tasks_are_done_whatever_is_left_of_the_checks(atelier, alice, bob):
    batch = checks.batch_with_checks(atelier, alice, rows=1, questions=4, rate=0.2)
    ordinary = batch.tasks.get(is_gold=False)
    claim = claims.claim(worker=bob, batch=batch, task=ordinary)
    row = Assignment.objects.get(pk=claim.assignment_id)
    submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    assert closing.complete_finished() == 1
    assert holdings.held(batch.public_id) == 0
    market.assert_sound()


def test_new_questions_of_a_live_batch_wait_until_their_price_is_set_aside(live, alice, atelier):
    before = holdings.held(live.public_id)
    gold_questions.add(batch=live, actor=alice, questions=[checks.question(n) for n in range(50, 52)])
    assert gold.waiting(live).count() == 2
    answers = gold.waiting_answers(live)
    assert answers == 2 * 4  # 40 answers of checks go with 40 rows, shared among twelve questions
    assert gold.fund(batch=live, actor=alice) == answers
    assert holdings.held(live.public_id) - before == prices.quote(live, answers).total
    assert Task.objects.filter(batch=live, is_gold=True, is_open=True).count() == 12
    with pytest.raises(gold.NoneWaiting):
        gold.fund(batch=live, actor=alice)
    market.assert_sound()


def test_questions_that_wait_for_their_price_go_when_the_batch_is_closed(live, alice):
    gold_questions.add(batch=live, actor=alice, questions=[checks.question(50)])
    closing.close(batch=live, actor=alice)
    assert not gold.waiting(live).exists()
    market.assert_sound()


def test_a_batch_that_opened_without_checks_takes_none_later(atelier, alice):
    batch = market.open_batch(atelier, alice)
    with pytest.raises(gold_questions.NoChecksHere):
        gold_questions.add(batch=batch, actor=alice, questions=[checks.question()])


# --- mixed in, and never to be told ----------------------------------------------------------------------------------


def test_checks_come_at_the_rate_and_never_twice_and_never_alone(atelier, alice, bob, monkeypatch, settings):
    import random

    settings.MAX_OPEN_ASSIGNMENTS = 1000
    chance = random.Random(7)
    monkeypatch.setattr(claims.random, "random", chance.random)
    batch = checks.batch_with_checks(
        atelier, alice, rows=200, questions=120, rate=0.2, reward_micros=650_000, funds=5000
    )
    for _ in range(200):
        claims.claim(worker=bob, batch=batch)
    met = Assignment.objects.filter(worker=bob, task__is_gold=True)
    assert 25 <= met.count() <= 55
    assert met.values("task").distinct().count() == met.count()
    with pytest.raises(NoneLeft):
        for _ in range(200):
            claims.claim(worker=bob, batch=batch)
    assert not Task.objects.filter(is_gold=False, is_open=True).exists()
    assert Task.objects.filter(is_gold=True, is_open=True).exists()  # none is asked alone, at the end


# --- scored ----------------------------------------------------------------------------------------------------------


def test_the_first_answer_is_scored_once_and_a_correction_changes_nothing(live, bob):
    task = live.tasks.filter(is_gold=True).first()
    claim = claims.claim(worker=bob, batch=live, task=task)
    row = Assignment.objects.select_related("batch").get(pk=claim.assignment_id)
    submissions.submit(assignment=row, worker=bob, answer={"same": WRONG})
    submissions.submit(assignment=row, worker=bob, answer={"same": RIGHT})
    aggregation.validate()
    score = GoldScore.objects.get()
    assert (score.right, score.wrong_fields, score.worker) == (False, ["same"], bob)
    assert gold_scores.score(live, [row.pk]) == 0
    row.refresh_from_db()
    submissions.submit(assignment=row, worker=bob, answer={"same": WRONG})
    aggregation.validate()
    assert GoldScore.objects.count() == 1
    market.assert_sound()


def test_ordinary_answers_have_no_score(live, bob):
    claim = claims.claim(worker=bob, batch=live, task=live.tasks.filter(is_gold=False).first())
    row = Assignment.objects.select_related("batch").get(pk=claim.assignment_id)
    submissions.submit(assignment=row, worker=bob, answer={"same": "0"})
    aggregation.validate()
    assert not GoldScore.objects.exists()


# --- the pause --------------------------------------------------------------------------------------------------------


def test_M2_who_misses_too_many_has_a_pause_in_this_batch_alone_and_it_ends(live, bob, clock, atelier, alice):
    other = market.open_batch(atelier, alice, rows=2)
    checks.answer_checks(bob, live, WRONG * 3)
    assert not BatchPause.objects.exists()  # three are too few to conclude anything
    checks.answer_checks(bob, live, WRONG)
    pause = BatchPause.objects.get()
    assert (pause.asked, pause.right) == (4, 0)
    with pytest.raises(ChecksMissed):
        claims.claim(worker=bob, batch=live)
    assert claims.claim(worker=bob, batch=other)
    clock.forward(hours=24, seconds=1)
    assert claims.claim(worker=bob, batch=live)


def test_the_count_begins_anew_after_a_pause(live, bob, clock):
    checks.answer_checks(bob, live, WRONG * 4)
    clock.forward(hours=25)
    checks.answer_checks(bob, live, WRONG * 3)
    assert BatchPause.objects.count() == 1
    checks.answer_checks(bob, live, WRONG)
    assert BatchPause.objects.count() == 2


def test_a_good_worker_with_a_slip_is_not_paused(live, bob):
    checks.answer_checks(bob, live, WRONG + RIGHT * 3 + WRONG + RIGHT * 4)
    assert not BatchPause.objects.exists()


@pytest.mark.parametrize("mark", [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_somebody_well_above_the_mark_is_hardly_ever_paused_and_a_guesser_soon(mark):
    """Exact, by the chance of each count of right ones: over 200 questions."""

    def paused(share, questions):
        alive, stopped = {0: 1.0}, 0.0
        for asked in range(1, questions + 1):
            after: dict[int, float] = {}
            for right, chance in alive.items():
                after[right + 1] = after.get(right + 1, 0) + chance * share
                after[right] = after.get(right, 0) + chance * (1 - share)
            alive = {}
            for right, chance in after.items():
                if gold_pauses.is_convincing(asked, right, mark):
                    stopped += chance
                else:
                    alive[right] = chance
        return stopped

    assert paused(gold_pauses.good(mark), 200) <= gold_pauses.DOUBT
    assert paused((3 + mark) / 4, 200) <= 0.05  # three quarters of the way from the mark to all right
    assert paused(mark / 2, 40) >= 0.9


def test_M8_missed_checks_change_neither_pay_nor_review_nor_what_is_offered(live, bob, bea, alice):
    """Charter M2, M8, C7: the pause of one batch is all there is."""
    from tasks.selectors import board

    market.open_batch(live.organisation, alice, rows=3, reward_micros=700_000, funds=10)
    wrong = checks.answer_checks(bob, live, WRONG * 4)
    right = checks.answer_checks(bea, live, RIGHT * 4)
    assert {row.state for row in wrong} == {row.state for row in right} == {"submitted"}
    assert {row.review_due_at is None for row in wrong} == {False}
    assert reviews.approve(batch=live, assignments=[row.pk for row in wrong], actor=alice)
    assert earnings.summary(bob).payable == 4 * 650_000
    offers = [offer.batch.pk for offer in board.board(bea).offers]
    mine = [offer.batch.pk for offer in board.board(bob).offers]
    assert mine == [number for number in offers if number != live.pk] or mine == offers
    market.assert_sound()


def test_nobody_is_paused_in_a_test_or_a_training(live, bob):
    """There the score is the result; its own rules say what follows."""
    for task in live.tasks.filter(is_gold=True)[:5]:
        claim = claims.claim(worker=bob, batch=live, task=task)
        row = Assignment.objects.select_related("batch").get(pk=claim.assignment_id)
        submissions.submit(assignment=row, worker=bob, answer={"same": WRONG})
    type(live).objects.filter(pk=live.pk).update(role="training")
    live.refresh_from_db()
    gold_scores.score(live, list(live.assignments.values_list("pk", flat=True)))
    assert GoldScore.objects.count() == 5 and not BatchPause.objects.exists()


# --- questions that good workers fail ---------------------------------------------------------------------------------


def crowd(count):
    return [make_worker(f"w{number}") for number in range(count)]


def test_a_question_that_good_workers_often_fail_is_set_aside_and_can_come_back(live, alice):
    from marketplace.base.models import Notice
    from marketplace.base.texts import read

    tasks = list(Task.objects.filter(batch=live, is_gold=True).order_by("pk"))
    bad, good = tasks[0], tasks[1:4]
    Task.objects.filter(batch=live, is_gold=True).update(overlap=20, open_slots=20)
    market.fund(live.organisation, 2000)
    holdings.set_aside(
        organisation=live.organisation, batch_ref=live.public_id, reference="for the further answers", actor=alice,
        amount_micros=prices.quote(live, 20 * len(tasks)).total,
    )  # fmt: skip
    people = crowd(6)
    for person in people[:5]:
        assert not Gold.objects.get(pk=bad.pk).aside
        checks.answer_checks(person, live, RIGHT * 3 + WRONG, tasks=[*good, bad])
    known = Gold.objects.get(pk=bad.pk)
    assert known.aside == "often_failed"
    bad.refresh_from_db()
    assert not bad.is_open and bad.open_slots
    ((_notice, text),) = read(Notice.objects.filter(user=alice, kind="gold_often_failed"))
    assert "usually right" in " ".join(text.lines) and bad.public_id in text.url
    assert gold_pauses.counted(live, people[0].pk) == gold_pauses.Tally(3, 3)
    with pytest.raises(gold_questions.StillFailed):
        gold_questions.restore(known=known, actor=alice)
    known.refresh_from_db()
    mended = gold_questions.Question([{"same": RIGHT}, {"same": WRONG}], "Either will do.")
    gold_questions.change(known=known, actor=alice, question=mended)
    gold_questions.restore(known=known, actor=alice)
    bad.refresh_from_db()
    assert bad.is_open and gold_pauses.counted(live, people[0].pk) == gold_pauses.Tally(4, 4)


def test_a_question_is_not_doubted_because_poor_workers_fail_it(live):
    tasks = list(Task.objects.filter(batch=live, is_gold=True).order_by("pk"))[:3]
    Task.objects.filter(batch=live, is_gold=True).update(overlap=20, open_slots=20)
    for person in crowd(6):
        checks.answer_checks(person, live, WRONG * 3, tasks=tasks)
    assert not Gold.objects.exclude(aside="").exists()


def test_a_pause_that_stood_on_a_question_taken_back_is_lifted_at_once(live, bob, alice):
    rows = checks.answer_checks(bob, live, WRONG * 4)
    gold_questions.take_back(known=Gold.objects.get(pk=rows[0].task_id), actor=alice)
    pause = BatchPause.objects.get()
    assert pause.lifted_at and str(gold_pauses.BECAUSE[pause.lifted_because])
    assert claims.claim(worker=bob, batch=live)
    market.assert_sound()


def test_what_the_database_refuses(live, bob, alice):
    known = Gold.objects.first()
    with pytest.raises(IntegrityError, match="gold_says_why"), transaction.atomic():
        Gold.objects.filter(pk=known.pk).update(explanation="")
    with pytest.raises(IntegrityError, match="gold_aside_with_a_reason"), transaction.atomic():
        Gold.objects.filter(pk=known.pk).update(aside="contested")
    checks.answer_checks(bob, live, WRONG * 4)
    pause = BatchPause.objects.get()
    with pytest.raises(IntegrityError, match="batch_pause_ends"), transaction.atomic():
        BatchPause.objects.filter(pk=pause.pk).update(ends_at=pause.starts_at)
    with pytest.raises(IntegrityError, match="batch_pause_reviewed_by_a_person"), transaction.atomic():
        BatchPause.objects.filter(pk=pause.pk).update(reviewed_at=pause.starts_at)
