"""What a worker is offered does not depend on what they complain about, skip, decline, give back, say or write.

Two people with the same work behind them; one of them then does a random sequence of such acts, through the services.
Both must see the same board in the same order, be refused and let in alike, and get the same tasks from the same draw
(charter M8, C7, W4; hypothesis draws the acts).
"""

import random
from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as drawn
from hypothesis import strategies as st

from marketplace.base.errors import Refusal
from tasks.models import Assignment, Batch, Dispute, GoldScore, Rating, Task
from tasks.selectors import board
from tasks.services import (
    aggregation,
    audiences,
    claims,
    disputes,
    eligibility,
    gold_contests,
    messages,
    objections,
    ratings,
    reports,
    reviews,
    rotation,
    submissions,
)
from tests import crowds, gold, market
from tests.personas import make_organisation, make_person, make_worker
from workers.services import distress

pytestmark = pytest.mark.django_db
EUR = market.EUR


class Market:
    """Batches of every sort, and two people with the same history in them: `loud`, who will act, and `quiet`."""

    def __init__(self, atelier, alice, bob, bea, dana):
        self.alice, self.loud, self.quiet, self.dana, self.atelier = alice, bob, bea, dana, atelier
        self.plain = market.open_batch(atelier, alice, rows=24, overlap=3, funds=5000)
        self.dear = market.open_batch(atelier, alice, rows=24, overlap=3, reward_micros=EUR, funds=5000)
        self.checked = gold.batch_with_checks(
            atelier, alice, questions=4, rate=0.5, rows=24, overlap=3, funds=5000
        )
        self.private = crowds.private(
            atelier, alice, people="bob@example.test, bea@example.test", rows=24, overlap=3
        )
        self.unwanted = crowds.private(
            atelier, alice, people="bob@example.test, bea@example.test", rows=24, overlap=3
        )
        zoe = make_person("zoe")
        self.zebra = make_organisation("Zebra", owner=zoe)
        self.heavy = market.open_batch(self.zebra, zoe, rows=24, overlap=3, distress=["violence"], funds=5000)
        for person in (bob, bea):
            distress.choose(user=person, labels=["violence"])
            audiences.accept(batch=self.private, worker=person)
        for worker in (bob, bea):
            self._work(worker)
        aggregation.refresh_all()
        rotation.refresh()
        # One run in a row of the dear batch, which rotation counts: somebody else's turn, or nearly.
        for row in range(4, 7):
            for worker in (bob, bea):
                self._answer(worker, self.dear, row)
        self.raters = [make_worker(f"other{n}") for n in range(2)]
        report, _key = reports.file(reason="pay", text="Too little.", reporter=bob, batch=self.plain)
        reports.decide(
            report=report, moderator=dana, outcome="nothing", statement="It pays the floor of each country."
        )
        self.decided_report = report

    def _work(self, worker):
        """Paid, objected to, refused by a moderator, and a check question that was missed."""
        rows = [self._answer(worker, self.plain, row) for row in range(1, 5)]
        reviews.approve(batch=self.plain, assignments=[rows[0].pk], actor=self.alice)
        for row in rows[1:3]:
            reviews.contest(assignment=row, actor=self.alice, reason="incomplete", evidence="Half of it.")
        disputes.reply(assignment=rows[2], worker=worker, text="All of it.")
        disputes.decide(
            dispute=Dispute.objects.get(assignment=rows[2]),
            moderator=self.dana,
            outcome="reject",
            reason="Half of it is missing.",
        )
        messages.send(batch=self.plain, worker=worker, author=self.alice, text="Look twice, please.")
        questions = list(Task.objects.filter(batch=self.checked, is_gold=True).order_by("pk")[:2])
        gold.answer_checks(worker, self.checked, gold.RIGHT + gold.WRONG, tasks=questions)

    def _answer(self, worker, batch, row):
        task = Task.objects.get(batch=batch, row_number=row)
        claim = claims.claim(worker=worker, batch=Batch.objects.get(pk=batch.pk), task=task)
        found = Assignment.objects.select_related("batch", "task").get(pk=claim.assignment_id)
        submissions.submit(assignment=found, worker=worker, answer={"same": "1"})
        found.refresh_from_db()
        return found

    def batches(self):
        numbers = [each.pk for each in (self.plain, self.dear, self.checked, self.private, self.heavy)]
        return list(Batch.objects.select_related("organisation").filter(pk__in=numbers).order_by("pk"))

    # --- the acts ---------------------------------------------------------------------------------------------

    def act(self, name, number):
        getattr(self, name)(number)

    def release(self, number):
        """Take a task and give it back; where a claim is refused there is nothing to give back."""
        batch = self.batches()[number % 5]
        row = market.claimed(self.loud, batch)
        claims.release(assignment=row, worker=self.loud)

    def skip_a_page(self, number):
        """Look at a batch and go away."""
        board.board(self.loud, number % 3)

    def decline(self, number):
        audiences.decline(batch=self.unwanted, worker=self.loud)

    def report(self, number):
        reason = ["banned", "pay", "unclear", "other"][number % 4]
        reports.file(reason=reason, text="Look.", reporter=self.loud, batch=self.batches()[number % 5])

    def complain(self, number):
        reports.complain(report=self.decided_report, side="reporter", made_by=self.loud, text="It does not.")

    def appeal(self, number):
        refused = Assignment.objects.get(worker=self.loud, state=Assignment.State.REJECTED)
        disputes.appeal(assignment=refused, worker=self.loud, text="All of it.")

    def stand_by(self, number):
        row = Assignment.objects.filter(worker=self.loud, state=Assignment.State.CONTESTED).first()
        if row:
            disputes.reply(assignment=row, worker=self.loud, text="It is whole.")

    def contest_check(self, number):
        score = GoldScore.objects.filter(worker=self.loud, right=False).get()
        gold_contests.contest(score=score, worker=self.loud, text="Both are right.")

    def rate(self, number):
        marks = {"pay": 1 + number % 5, "clarity": 1 + number % 3, "fairness": 1}
        ratings.rate(worker=self.loud, organisation=self.atelier, words="So so.", **marks)

    def take_rating_back(self, number):
        rating = Rating.objects.filter(worker=self.loud).first()
        if rating:
            ratings.take_back(rating=rating, worker=self.loud)

    def write(self, number):
        messages.send(
            batch=self.batches()[number % 5], worker=self.loud, author=self.loud, text="Why is it so dull?"
        )

    def report_messages(self, number):
        thread = messages.thread_of(self.plain, self.loud.pk)
        objections.object_to(actor=self.loud, side="worker", reason="pressure", thread=thread)


ACTS = sorted(name for name in vars(Market) if not name.startswith("_") and name not in {"act", "batches"})


def offered(market_, worker):
    """Everything that the board says, in its order, but the batch that one of them declined by their own choice."""
    found = board.board(worker, size=board.MOST)
    unwanted = market_.unwanted.pk

    def shown(offers):
        return [
            (offer.batch.pk, offer.refusal.code if offer.refusal else "", offer.left)
            for offer in offers
            if offer.batch.pk != unwanted
        ]

    return {name: shown(getattr(found, name)) for name in ("invited", "offers", "exhausted", "closed")}


def got(worker, batch, key, chance):
    """What `worker` is given of `batch`, task by task, from one draw, and why no more; then all is undone."""
    taken = []
    try:
        with transaction.atomic():
            while True:
                try:
                    with transaction.atomic(), same_draw(key, chance):
                        taken.append(claims.claim(worker=worker, batch=batch).task_id)
                except Refusal as refusal:
                    raise Undo(refusal.code) from None
    except Undo as over:
        return taken, str(over)


class Undo(Exception):
    pass


class same_draw:
    """Claims draw this key and this chance."""

    def __init__(self, key, chance):
        self.key, self.chance = key, chance

    def __enter__(self):
        self.kept = random.randint, random.random
        random.randint, random.random = lambda *_ends: self.key, lambda: self.chance

    def __exit__(self, *_error):
        random.randint, random.random = self.kept


def in_order(batch, key, chance):
    """All open tasks of a batch in the order of this draw: from the key on, then from the beginning; check questions
    first where the chance is for one."""
    rows = Task.objects.filter(batch=batch, is_open=True).order_by("key").values_list("pk", "key", "is_gold")
    turned = sorted(rows, key=lambda row: (row[1] < key, row[1]))
    regular, known = [row[0] for row in turned if not row[2]], [row[0] for row in turned if row[2]]
    return (known if chance < batch.gold_rate else []) + regular


def had(worker, batch):
    return set(Assignment.objects.filter(worker=worker, batch=batch).values_list("task_id", flat=True))


@pytest.fixture
def lively(atelier, alice, bob, bea, dana, settings):
    settings.ROTATION_LEAST_WORKERS = settings.ROTATION_LEAST_SLOTS = 0
    settings.SHARE_LEAST, settings.SHARE_PERCENT, settings.RUN_TASKS = 7, 1, 5
    settings.MAX_OPEN_ASSIGNMENTS, settings.MESSAGES_A_DAY = 50, 100
    return Market(atelier, alice, bob, bea, dana)


def check(market_, acts, key, chance):
    """Do the acts, then hold both against each other."""
    before = offered(market_, market_.loud)
    for name, number in acts:
        try:
            with transaction.atomic():
                market_.act(name, number)
        except Refusal:
            pass  # done already, or not to be had: nothing happened
    loud, quiet = offered(market_, market_.loud), offered(market_, market_.quiet)
    assert loud == quiet == before
    standing = eligibility.standing(market_.loud)
    assert replace(eligibility.standing(market_.quiet), user_id=standing.user_id) == standing
    for batch in market_.batches():
        order = in_order(batch, key, chance)
        first, again = got(market_.loud, batch, key, chance), got(market_.quiet, batch, key, chance)
        for worker, (tasks, _why) in ((market_.loud, first), (market_.quiet, again)):
            left = [task for task in order if task not in had(worker, batch)]
            assert tasks == left[: len(tasks)]  # what the draw says, less what was given back
        assert (len(first[0]), first[1]) == (len(again[0]), again[1])


KEYS = st.integers(-(2**31), 2**31 - 1)


@drawn(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 20)), min_size=1, max_size=8),
    key=KEYS,
    chance=st.sampled_from([0.0, 0.99]),
)
def test_M8_C7_W4_what_is_offered_does_not_depend_on_complaints_skips_declines_ratings_or_messages(
    lively, acts, key, chance
):
    with transaction.atomic():
        check(lively, acts, key, chance)
        transaction.set_rollback(True)


def test_C7_M8_each_act_by_itself_changes_nothing_of_what_is_offered(lively):
    for name in ACTS:
        with transaction.atomic():
            check(lively, [(name, number) for number in (1, 1, 3)], key=0, chance=0.99)
            transaction.set_rollback(True)


def test_every_act_of_the_property_happens(lively):
    """None of them is refused the first time: an act that never happens would prove nothing."""
    for name in ACTS:
        with transaction.atomic():
            if name == "take_rating_back":
                lively.act("rate", 1)
            lively.act(name, 0)
            transaction.set_rollback(True)


def test_C7_a_task_given_back_ends_no_rest_and_begins_no_run(lively, clock):
    """Resting from one batch: taking a task of another and giving it back is as if it had never been taken."""
    for row in (7, 8):
        for worker in (lively.loud, lively.quiet):
            lively._answer(worker, lively.dear, row)
    assert got(lively.quiet, lively.batches()[1], 0, 0.99) == ([], "resting")
    lively.release(0)
    assert got(lively.loud, lively.batches()[1], 0, 0.99) == ([], "resting")
    assert offered(lively, lively.loud) == offered(lively, lively.quiet)
    clock.forward(minutes=11)
    assert got(lively.loud, lively.batches()[1], 0, 0.99)[0]
