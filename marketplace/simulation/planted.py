"""A planted bad third among good workers, with the quality engine on and off: what it changes, and what it costs whom.

Good workers are right most of the time, each with a skill of their own. A third is bad: some answer at random, some
always the first option, some copy one careless person. Everything goes through the services, and everybody is treated
alike: what check questions lead to is a rest from this batch, never less pay.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.base.errors import Refusal
from marketplace.base.models import User
from tasks.errors import ChecksMissed
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, GoldScore, Result, Task
from tasks.services import (
    aggregation,
    claims,
    closing,
    disputes,
    gold_questions,
    prices,
    reviews,
    submissions,
)

from . import people, replay_ground
from .replay_ground import COLUMN, FIELD

OPTIONS = ("a", "b", "c", "d")
SKILLS = (0.75, 0.95)  # of good workers, from the least to the best
SHARE = {"random": 0.125, "first": 0.125, "copier": 0.084}  # of all: a third together
LOOK, FIT = 40, 120  # answers after which new ones are validated, and the batch is fitted
DRAWN = 3  # refused answers that a moderator looks at, of each kind of bad worker


@dataclass(frozen=True)
class Plan:
    """How much there is to do. Off, every task gets `votes` answers, and most votes win."""

    tasks: int = 300
    workers: int = 36
    votes: int = 5
    first: int = 3
    most: int = 7
    confidence: float = 0.95
    gold_rate: float = 0.15
    seed: int = 1


@dataclass
class Person:
    kind: str  # good, random, first or copier
    user: User
    skill: float
    answers: int = 0
    checked: int = 0  # check questions among them
    rested_after: int | None = None  # answers given when their claims of the batch began to rest


@dataclass
class Outcome:
    """One run. `accuracy` is over the same tasks in every run: those that are no check questions with the engine on."""

    batch: Batch
    people: list[Person]
    accuracy: float
    by_votes: float  # of the same answers, where most votes win
    answers: int
    cost_micros: int
    decided: Counter[str] = field(
        default_factory=Counter
    )  # answers of bad workers: paid | refused by a person


def run(plan: Plan, *, engine: bool) -> Outcome:
    """Let the crowd work until nobody is asked any more, review it, and end the batch."""
    random.seed(f"{plan.seed}:claims")  # which task a claim gets, and whether it is a check question
    truth, checks = _truth(plan)
    batch = _open(plan, truth, checks, engine=engine)
    crowd = _crowd(plan, batch)
    _work(plan, batch, crowd, truth)
    outcome = _measure(batch, crowd, truth, checks)
    _review(batch, crowd, truth, outcome)
    return outcome


def _truth(plan: Plan) -> tuple[dict[str, str], set[str]]:
    """What is true of each task, and the tasks that are check questions with the engine on."""
    luck = random.Random(f"{plan.seed}:truth")
    truth = {f"task {number}": luck.choice(OPTIONS) for number in range(plan.tasks)}
    return truth, set(luck.sample(sorted(truth), round(plan.gold_rate * plan.tasks)))


def _open(plan: Plan, truth: Mapping[str, str], checks: set[str], *, engine: bool) -> Batch:
    owner = people.person("replay@example.org", name="Replay")
    crowd = replay_ground.Crowd([(task, "", label) for task, label in truth.items()], truth, "categorical", 0)
    grows = {"overlap_most": plan.most, "confidence": plan.confidence, "gold_rate": plan.gold_rate}
    draft = replay_ground.draft(
        crowd, owner, overlap=plan.first if engine else plan.votes, **(grows if engine else {})
    )
    luck = random.Random(f"{plan.seed}:keys")
    tasks = list(draft.tasks.order_by("row_number"))
    for task in tasks:
        task.key = luck.randint(-(2**31), 2**31 - 1)  # the same order of tasks for the same seed
    Task.objects.bulk_update(tasks, ["key"])
    for task in tasks:
        if engine and task.data[COLUMN] in checks:
            answers = [{FIELD: truth[task.data[COLUMN]]}]
            gold_questions.of_row(
                task=task, actor=owner, question=gold_questions.Question(answers, "It is known.")
            )
    return replay_ground.publish(draft, owner)


def _crowd(plan: Plan, batch: Batch) -> list[Person]:
    users = people.crowd(plan.workers, prefix=f"planted-{batch.pk}", countries=("FR",))
    kinds = [kind for kind, share in SHARE.items() for _ in range(round(share * plan.workers))]
    good = plan.workers - len(kinds)
    low, high = SKILLS
    skills = [low + (high - low) * place / max(1, good - 1) for place in range(good)]
    return [
        *(Person("good", user, skill) for user, skill in zip(users[:good], skills, strict=True)),
        *(Person(kind, user, 0.0) for user, kind in zip(users[good:], kinds, strict=True)),
    ]


def _work(plan: Plan, batch: Batch, crowd: Sequence[Person], truth: Mapping[str, str]) -> None:
    """Somebody who still can takes a task, answers it, and so on; validation and fits come by count."""
    luck = random.Random(f"{plan.seed}:work")
    at_work, given, next_look, next_fit = list(crowd), 0, LOOK, FIT
    with replay_ground.lifted():
        while True:
            if not at_work or given >= next_look:
                aggregation.validate_batch(batch.pk)
                next_look = given + LOOK
            if not at_work or given >= next_fit:
                aggregation.refit(batch)
                next_fit = given + FIT
                if not at_work and not _asks(batch):
                    return
                at_work = [person for person in crowd if person.rested_after is None]
            person = luck.choice(at_work)
            if _one(plan, batch, person, truth, luck):
                given += 1
            else:
                at_work.remove(person)


def _asks(batch: Batch) -> bool:
    """Whether a task is open for somebody who may still take it."""
    tasks = Task.objects.filter(batch=batch, is_open=True, is_gold=False)
    return any(_person_left(batch, task) for task in tasks)


def _person_left(batch: Batch, task: Task) -> bool:
    """Whether anybody of the crowd has neither answered a task nor rests."""
    resting = batch.pauses.filter(lifted_at__isnull=True).values("worker_id")
    answered = Assignment.objects.filter(task=task).values("worker_id")
    crowd = User.objects.filter(email__startswith=f"planted-{batch.pk}-")
    return crowd.exclude(pk__in=resting).exclude(pk__in=answered).exists()


def _one(plan: Plan, batch: Batch, person: Person, truth: Mapping[str, str], luck: random.Random) -> bool:
    try:
        claim = claims.claim(worker=person.user, batch=batch)
    except ChecksMissed:
        person.rested_after = person.answers
        return False
    except Refusal:
        return False  # nothing left for this person, until a task asks again
    held = Assignment(pk=claim.assignment_id, worker=person.user, batch=batch, task_id=claim.task_id)
    task = claim.data[COLUMN]
    answer = _answer(plan, person, task, truth[task], luck)
    submissions.submit(assignment=held, worker=person.user, answer={FIELD: answer})
    person.answers += 1
    return True


def _answer(plan: Plan, person: Person, task: str, true: str, luck: random.Random) -> str:
    if person.kind == "first":
        return OPTIONS[0]
    if person.kind == "random":
        return luck.choice(OPTIONS)
    if person.kind == "copier":  # all of them from the same careless person, mistakes included
        return random.Random(f"{plan.seed}:careless:{task}").choice(OPTIONS)
    if luck.random() < person.skill:
        return true
    return luck.choice([option for option in OPTIONS if option != true])


def _measure(batch: Batch, crowd: Sequence[Person], truth: Mapping[str, str], checks: set[str]) -> Outcome:
    results = dict(Result.objects.filter(batch=batch).values_list("task_id", "values"))
    given: dict[int, list[Any]] = defaultdict(list)
    rows = Assignment.objects.filter(batch=batch, state__in=Assignment.ANSWERED).order_by("pk")
    for task, answer in rows.values_list("task_id", "answer"):
        given[task].append((answer or {}).get(FIELD))
    widget = compile_form(batch.form).fields[0]
    asked = [task for task in batch.tasks.all() if task.data[COLUMN] not in checks]
    right = sum(
        results.get(task.pk, {}).get(FIELD, {}).get("value") == truth[task.data[COLUMN]] for task in asked
    )
    voted = sum(
        bool(given[task.pk]) and widget.consensus(given[task.pk]).value == truth[task.data[COLUMN]]
        for task in asked
    )
    for person in crowd:
        person.checked = GoldScore.objects.filter(batch=batch, worker=person.user).count()
    answers = sum(map(len, given.values()))
    return Outcome(batch, list(crowd), right / len(asked), voted / len(asked), answers, 0)


def _review(batch: Batch, crowd: Sequence[Person], truth: Mapping[str, str], outcome: Outcome) -> None:
    """The requester objects to a few wrong answers of bad workers, who stand by them; a moderator decides against. All
    else is approved and paid."""
    owner = batch.created_by
    moderator = people.person("replay-moderator@example.org", name="Moderator")
    User.objects.filter(pk=moderator.pk).update(is_moderator=True)
    moderator.refresh_from_db()
    bad = [person for person in crowd if person.kind != "good"]
    for kind in SHARE:
        users = [person.user.pk for person in bad if person.kind == kind]
        rows = Assignment.objects.filter(batch=batch, worker__in=users, state=Assignment.State.SUBMITTED)
        wrong = [
            row
            for row in rows.select_related("batch__organisation", "task", "worker").order_by("pk")
            if (row.answer or {}).get(FIELD) != truth[row.task.data[COLUMN]]
        ]
        for row in wrong[:DRAWN]:
            _refuse(row, owner, moderator)
    numbers = Assignment.objects.filter(batch=batch, state=Assignment.State.SUBMITTED)
    reviews.approve(batch=batch, assignments=list(numbers.values_list("pk", flat=True)), actor=owner)
    aggregation.refit(batch)
    closing.complete_finished()
    batch.refresh_from_db()
    if batch.state in Batch.LIVE:
        closing.close(batch=batch, actor=owner)
    for row in Assignment.objects.filter(batch=batch, answer__isnull=False):
        outcome.cost_micros += prices.unit_micros(batch, row.reward_micros) * (
            row.state == Assignment.State.APPROVED
        )
        if row.worker_id in {person.user.pk for person in bad}:
            outcome.decided["paid" if row.state == Assignment.State.APPROVED else row.state] += 1


def _refuse(row: Assignment, owner: User, moderator: User) -> None:
    reviews.contest(
        assignment=row, actor=owner, reason="wrong_answer", evidence="The picture shows another one."
    )
    row.refresh_from_db()
    disputes.reply(assignment=row, worker=row.worker, text="I stand by it.")
    disputes.decide(
        dispute=row.disputes.get(),
        moderator=moderator,
        outcome="reject",
        reason="It shows another one, clearly.",
    )
