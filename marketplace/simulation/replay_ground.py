"""What a replay needs before its first answer: a recorded crowd, an organisation with funds, a batch, accounts."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from marketplace.base import clock, ids, teams
from marketplace.base.models import Organisation, User
from marketplace.management.commands import consensus as recorded
from payments.gateways import simulated
from payments.services import deposits, floor, holdings
from tasks.models import Batch, Task
from tasks.services import batches, gold_questions, imports, loading, prices

from . import people

SECONDS = 10  # what a task is said to take: it sets the price, by the floor of COUNTRY
COUNTRY = "FR"
LIFTED = {
    "MAX_OPEN_ASSIGNMENTS": 1_000,
    "CAP_EUR": Decimal(1_000_000),
    "SCREENING_LARGE_EUR": Decimal(1_000_000_000),  # nobody is there to look at it first
}
MOST_ANSWERS = 100  # that a batch asks for one task; further recorded ones are not needed
MOST_OPTIONS, PLACES = 5_000, 6
FIELD, COLUMN = "label", "task"
EXPLANATION = "The truth that came with the recorded labels."


@dataclass(frozen=True)
class Crowd:
    """A recorded crowd: (task, worker, label) in recorded order, once for each task and worker, and what is true."""

    answers: Sequence[tuple[str, str, str]]
    truth: Mapping[str, str]
    kind: str  # "categorical", "number" or "text", as the consensus command guesses it
    bad: int  # rows that could not be used

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(task for task, _, _ in self.answers))

    @property
    def workers(self) -> list[str]:
        return list(dict.fromkeys(worker for _, worker, _ in self.answers))

    @property
    def most(self) -> int:
        """The largest number of answers that a task has."""
        return max(Counter(task for task, _, _ in self.answers).values(), default=0)


def read(labels: Path, truth: Path) -> Crowd:
    """Read both files. A worker's later label of a task replaces the earlier and keeps its place; rows that can't be
    used are left out and counted. Raises CommandError for a file that can't be read or lacks a column."""
    kind, bad = recorded.guess(labels), 0
    given: dict[tuple[str, str], str] = {}
    for _number, row in recorded.rows(labels, recorded.COLUMNS):
        if isinstance(row, str) or recorded.flaw(row, kind):
            bad += 1
        else:
            given[row[0], row[1]] = _plain(row[2], kind)
    known = {}
    for _number, row in recorded.rows(truth, ("task", "label")):
        if isinstance(row, str) or recorded.flaw(row, kind):
            bad += 1
        else:
            known[row[0]] = _plain(row[1], kind)
    return Crowd([(task, worker, label) for (task, worker), label in given.items()], known, kind, bad)


def _plain(label: str, kind: str) -> str:
    """A number as the form takes it: 1e3 is 1000, and what float arithmetic left behind is rounded off."""
    return f"{round(Decimal(label), PLACES).normalize():f}" if kind == "number" else label


@contextmanager
def lifted() -> Iterator[None]:
    """Without the limits on how much one person does: they were not there when the crowd was recorded."""
    before = {name: getattr(settings, name) for name in LIFTED}
    for name, value in LIFTED.items():
        setattr(settings, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)


def form(crowd: Crowd) -> dict[str, Any]:
    """A form that takes the labels of the crowd, and shows the name of the task."""
    labels = sorted({label for _, _, label in crowd.answers} | set(crowd.truth.values()))
    field: dict[str, Any] = {"name": FIELD, "label": "What is it?", "required": True}
    if crowd.kind == "number":
        values = [Decimal(label) for label in labels]
        field |= {"widget": "number", "min": f"{min(values):f}", "max": f"{max(values):f}"}
    elif (
        crowd.kind == "text"
        or len(labels) > MOST_OPTIONS
        or any("|" in label or len(label) > 100 for label in labels)
    ):
        field |= {"widget": "text"}
    else:
        if len(labels) < 2:
            labels = [*labels, "another one"]
        field |= {"widget": "choice", "options": [{"value": label, "label": label} for label in labels]}
    return {"show": [{"as": "text", "column": COLUMN, "label": "Task"}], "fields": [field]}


def batch(crowd: Crowd, *, confidence: float, gold_rate: float) -> Batch:
    """A published batch of the crowd's tasks, with dynamic overlap and, at a rate, some of them as check questions."""
    owner = people.person("replay@example.org", name="Replay")
    most = min(max(crowd.most, 1), MOST_ANSWERS)
    first = max(
        1, min(max(2, round(most / 3)), most - 1)
    )  # a third of the most, two at least where there are three
    grows: dict[str, Any] = {"overlap_most": most, "confidence": confidence} if most > first else {}
    made = draft(crowd, owner, overlap=first, gold_rate=gold_rate, **grows)
    for task, answer in _known(made, crowd, gold_rate):
        question = gold_questions.Question(answers=[{FIELD: answer}], explanation=EXPLANATION)
        gold_questions.of_row(task=task, actor=owner, question=question)
    return publish(made, owner)


def draft(crowd: Crowd, owner: User, **terms: Any) -> Batch:
    """A draft with a row for each task of the crowd, and further values of a batch."""
    made = batches.create_draft(
        organisation=_organisation(owner),
        actor=owner,
        title="A recorded crowd",
        purpose="To give recorded answers again.",
        instructions="Answer as you did.",
        form=form(crowd),
        reward_micros=_reward(),
        estimated_seconds=SECONDS,
        **terms,
    )
    _load(made, owner, crowd.tasks)
    made.refresh_from_db()
    return made


def publish(made: Batch, owner: User) -> Batch:
    """Deposit its price and open it."""
    _fund(made.organisation, owner, prices.quote(made).total)
    return batches.publish(batch=made, actor=owner)


def _organisation(owner: User) -> Organisation:
    """The one that posts replays, made once. It counts as known, since nobody is there to look at its batches."""
    found = Organisation.objects.filter(members=owner).first()
    if found is None:
        found = teams.create(actor=owner, name="Replay", country=COUNTRY)
        found.trusted_at = clock.now()
        found.save(update_fields=["trusted_at"])
    return found


def _reward() -> int:
    return floor.price_needed(SECONDS, COUNTRY)


def _load(draft: Batch, owner: User, tasks: Sequence[str]) -> None:
    lines = "".join(json.dumps({COLUMN: task}, ensure_ascii=False) + "\n" for task in tasks)
    source = imports.start(
        batch=draft, actor=owner, upload=io.BytesIO(lines.encode()), filename="tasks.jsonl", bad_rows="stop"
    )
    loading.run(source.pk)


def _known(draft: Batch, crowd: Crowd, gold_rate: float) -> list[tuple[Task, str]]:
    """Every so manieth task with a truth, so that check questions are that share of all tasks, in the order of rows."""
    rows = [
        (task, crowd.truth[task.data[COLUMN]])
        for task in draft.tasks.order_by("row_number")
        if task.data[COLUMN] in crowd.truth
    ]
    wanted = min(round(gold_rate * draft.tasks.count()), len(rows))
    return [rows[number * len(rows) // wanted] for number in range(wanted)]


def _fund(house: Organisation, owner: User, needed: int) -> None:
    """Deposit what is missing, by the gateway that moves no money, in as many deposits as it takes."""
    missing = needed - holdings.available(house)
    least, most = (
        int(eur * 1_000_000) for eur in (settings.DEPOSIT_MINIMUM_EUR, settings.DEPOSIT_MAXIMUM_EUR)
    )
    while missing > 0:
        amount = min(max(-(-missing // 10_000) * 10_000, least), most)
        deposit = deposits.start(organisation=house, amount_micros=amount, actor=owner)
        simulated.press(deposit.public_id, "pay")
        deposits.refresh(deposit)
        missing -= amount


def accounts(crowd: Crowd, of: Batch) -> dict[str, User]:
    """A new account for each recorded worker: nothing that one did in another replay follows them into this one."""
    made = people.crowd(
        len(crowd.workers), prefix=f"replay-{ids.decode('bat', of.public_id)}", countries=(COUNTRY,)
    )
    return dict(zip(crowd.workers, made, strict=True))
