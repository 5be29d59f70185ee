"""A recorded crowd works again, through the services and with dynamic overlap: how many answers would have done.

The recorded workers give their recorded answers in recorded order. An answer whose task has no open slot waits. When
the task asks for one more, the first of its answers that wait is given, by whoever recorded it: what a person would
have said to a task they never recorded, nobody knows. What still waits at the end was not needed. Answers of a worker
whose claims rest (check questions missed) are not given.

Validation and fits come by count, not by the clock: the same files give the same figures on any machine.
"""

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from marketplace.base.errors import Refusal
from marketplace.base.models import User
from tasks.models import Assignment, Batch, Gold, Result, Task
from tasks.services import aggregation, checks, claims, closing, eligibility, reviews, submissions

from . import replay_ground as ground
from .replay_ground import COLUMN, FIELD, Crowd

RANGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # of confidence, for the table of reliability
LOOK = 100  # answers after which new ones are validated
FIRST_FIT, NEXT_FIT = (
    200,
    1.25,
)  # answers until the first fit of the batch, and by how much more for each next one


@dataclass
class Report:
    """What a replay found. `used` and `saved` count answers and sum to those recorded; `accuracy` is the share of the
    tasks with a truth, check questions aside, whose result is true (of numbers: None, with `mae` and `rmse`)."""

    used: int
    saved: int
    seconds: float
    selfcheck: bool
    accuracy: float | None = None
    mae: float | None = None
    rmse: float | None = None
    refused: Counter[str] = field(default_factory=Counter)
    rested: dict[str, int] = field(default_factory=dict)
    reliability: list["Reliability"] = field(default_factory=list)


@dataclass(frozen=True)
class Reliability:
    """Of the results with a confidence in one range: how many, how sure on average, and how many were true."""

    above: float
    tasks: int
    confidence: float
    right: float


class Replay:
    """One recorded crowd on one batch."""

    def __init__(self, crowd: Crowd, batch: Batch, accounts: dict[str, User]) -> None:
        self.crowd, self.batch, self.accounts = crowd, batch, accounts
        rows = Task.objects.filter(batch=batch).values_list("data", "pk", "open_slots")
        self.tasks = {data[COLUMN]: pk for data, pk, _ in rows}
        self.slots = {pk: slots for _, pk, slots in rows}
        self.standings = {name: eligibility.standing(user) for name, user in accounts.items()}
        self.waiting: dict[int, deque[tuple[str, str]]] = defaultdict(deque)
        self.given: Counter[str] = Counter()  # answers by worker
        self.refused: Counter[str] = Counter()
        self.rested: dict[str, int] = {}  # answers that a worker had given when their claims began to rest
        self.next_look, self.next_fit = LOOK, FIRST_FIT

    def run(self) -> None:
        """Give every recorded answer that is asked for; then go on while tasks ask for more of those that wait."""
        for task, worker, label in self.crowd.answers:
            number = self.tasks[task]
            if self.slots[number] > 0:
                self._give(number, worker, label)
            else:
                self.waiting[number].append((worker, label))
            if self.given.total() >= self.next_look:
                self._look()
        while self._look(at_end=True):
            pass

    def _give(self, task: int, worker: str, label: str) -> bool:
        """Claim and submit one recorded answer; whether it was given."""
        if worker in self.rested:
            self.refused["checks_missed"] += 1
            return False
        user = self.accounts[worker]
        try:
            claim = claims.claim(
                worker=user, batch=self.batch, task=Task(pk=task), standing=self.standings[worker]
            )
        except Refusal as refusal:
            self.refused[refusal.code] += 1
            if refusal.code == "checks_missed":
                self.rested[worker] = self.given[worker]
            return False
        held = Assignment(pk=claim.assignment_id, worker=user, batch=self.batch, task_id=task)
        try:
            submissions.submit(assignment=held, worker=user, answer={FIELD: label})
        except Refusal as refusal:  # a label that no answer of the form can be
            claims.release(assignment=held, worker=user)
            self.refused[refusal.code] += 1
            return False
        self.slots[task] -= 1
        self.given[worker] += 1
        return True

    def _look(self, *, at_end: bool = False) -> int:
        """Let the clockwork see the new answers, then give those that wait to the tasks that ask again."""
        aggregation.validate_batch(self.batch.pk)
        total = self.given.total()
        if at_end or total >= self.next_fit:
            aggregation.refit(self.batch)
            self.next_fit = max(total + 1, math.ceil(total * NEXT_FIT))
        self.next_look = total + LOOK
        open_ = Task.objects.filter(batch=self.batch, is_open=True, pk__in=[*self.waiting])
        gave = 0
        for task, slots in open_.order_by("row_number").values_list("pk", "open_slots"):
            self.slots[task] = slots
            while self.waiting[task] and self.slots[task] > 0:
                gave += self._give(task, *self.waiting[task].popleft())
            if not self.waiting[task]:
                del self.waiting[task]
        return gave

    def finish(self) -> None:
        """Everything that was given is approved and paid, the batch ends, and what was not spent goes back."""
        numbers = self.batch.assignments.filter(state=Assignment.State.SUBMITTED).values_list("pk", flat=True)
        reviews.approve(batch=self.batch, assignments=list(numbers), actor=self.batch.created_by)
        closing.complete_finished()
        self.batch.refresh_from_db()
        if self.batch.state in Batch.LIVE:  # tasks that would ask somebody else, but nobody else was recorded
            closing.close(batch=self.batch, actor=self.batch.created_by)

    def report(self) -> Report:
        used = self.given.total()
        made = Report(
            used=used,
            saved=len(self.crowd.answers) - used,
            seconds=0.0,
            selfcheck=all(check.ok for check in checks.everything()),
            refused=self.refused,
            rested=self.rested,
        )
        pairs = self._compared()
        if self.crowd.kind == "number":
            error = [float(Decimal(value) - Decimal(true)) for value, true, _ in pairs if value is not None]
            if error:
                made.mae = math.fsum(map(abs, error)) / len(error)
                made.rmse = math.sqrt(math.fsum(each * each for each in error) / len(error))
        elif pairs:
            same = ground.recorded.same
            right = [value is not None and same(value, true, self.crowd.kind) for value, true, _ in pairs]
            made.accuracy = sum(right) / len(pairs)
            made.reliability = reliability(
                [(sure, hit) for (_, _, sure), hit in zip(pairs, right, strict=True)]
            )
        return made

    def _compared(self) -> list[tuple[Any, str, float]]:
        """(result, truth, confidence) of each task that has a truth and is no check question; None where it has no
        result."""
        asked = set(Gold.objects.filter(batch=self.batch).values_list("task_id", flat=True))
        results = dict(Result.objects.filter(batch=self.batch).values_list("task_id", "values"))
        return [
            (found.get("value"), self.crowd.truth[task], found.get("confidence", 0.0))
            for task, found in (
                (task, results.get(number, {}).get(FIELD, {}))
                for task, number in self.tasks.items()
                if number not in asked
            )
            if task in self.crowd.truth
        ]


def reliability(results: Sequence[tuple[float, bool]]) -> list[Reliability]:
    """How often results are true, by how sure they say they are; (confidence, whether it is true) of each."""
    found = []
    for low, high in pairwise([*RANGES, 1.1]):
        inside = [(sure, hit) for sure, hit in results if low <= sure < high]
        if inside:
            mean, right = (math.fsum(column) / len(inside) for column in zip(*inside, strict=True))
            found.append(Reliability(low, len(inside), mean, right))
    return found


def run(crowd: Crowd, *, confidence: float, gold_rate: float = 0.0) -> Report:
    """Post the tasks of a crowd, let it work, pay it, and say what came of it."""
    started = time.monotonic()
    with ground.lifted():
        batch = ground.batch(crowd, confidence=confidence, gold_rate=gold_rate)
        replay = Replay(crowd, batch, ground.accounts(crowd, batch))
        replay.run()
        replay.finish()
        report = replay.report()
    report.seconds = time.monotonic() - started
    return report
