"""Signals: what is unusual about somebody's answers to a batch, with its evidence, for a moderator to look at.

A signal rejects nobody, blocks nobody and ranks nobody: nothing but the moderators' page reads it, and a test sees to
that (docs/adr/0046). Each compares a person with the others of the same batch, since a batch may be easy, dull, or made
of text that has to be copied. Evidence is figures and public ids, never an answer (DESIGN law 8).
"""

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import transaction
from rapidfuzz import fuzz

from marketplace.base import audit, clock, clockwork
from marketplace.base.models import User
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, Pasted, Signal

from . import conflicts

LEAST_OTHERS = 30  # answers of others, before one person can differ from them
LEAST_OWN = 10
MOST = 50_000  # answers looked at: the newest of the batch
SHOWN = 10  # assignments named as evidence
FAST_SIGMA = 3.0  # as for an objection of "too fast" (charter P6), and robust: median and median deviation
# Nearly always the same answer, though chance gives that once in a million.
SAME_SHARE, SAME_CHANCE = 0.95, 1e-6
PASTED_SHARE = 0.5  # of a text that came from the clipboard, to count as pasted
LONG = 40  # characters, from which on the same words are no accident
ALIKE, COPIES = 95.0, 3  # rapidfuzz's ratio in percent; so many copies
MOST_PEOPLE_COMPARED = 30  # answers to one task that are compared with each other


@dataclass(frozen=True)
class Given:
    """One answer, as far as signals look at it."""

    assignment: str
    task: int
    worker: int
    seconds: int
    answer: dict[str, Any]
    pasted: int


@dataclass
class Found:
    """Signals of one batch: {(worker, kind): evidence}."""

    of: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)

    def add(self, worker: int, kind: Signal.Kind, given: Iterable[Given], **figures: Any) -> None:
        shown = [each.assignment for each in list(given)[:SHOWN]]
        self.of[worker, kind.value] = {**figures, "assignments": shown}


def look_everywhere() -> int:
    """Look at the batches that got answers within the hour, as their snapshots say: to look for them among the answers
    would read those of every old batch. Returns how many signals stand or were renewed."""
    busy = Batch.objects.filter(figures__answers_last_hour__gt=0, role=Batch.Role.WORK)
    return clockwork.each(list(busy), look)


@transaction.atomic
def look(batch: Batch) -> int:
    """Find the signals of a batch anew; one that a moderator has seen stays seen until there is twice as much of it.

    Returns how many were found.
    """
    given = _given(batch)
    found = Found()
    by_worker: dict[int, list[Given]] = defaultdict(list)
    for each in given:
        by_worker[each.worker].append(each)
    if len(by_worker) > 2:
        form = compile_form(batch.form)
        _fast(by_worker, found)
        _same([widget.name for widget in form.fields if widget.classes], by_worker, found)
        texts = [widget.name for widget in form.fields if widget.key == "text"]
        _pasted(texts, by_worker, found)
        _copies(texts, given, found)
    now = clock.now()
    for (worker, kind), evidence in found.of.items():
        _keep(batch, worker, kind, evidence, now)
    return len(found.of)


def _given(batch: Batch) -> list[Given]:
    rows = (
        Assignment.objects.filter(batch=batch, state__in=Assignment.ANSWERED)
        .select_related("pasted")
        .only("pk", "task_id", "worker_id", "worked_seconds", "answer", "first_answer", "pasted__characters")
        .order_by("-pk")[:MOST]
    )
    return [
        Given(
            row.public_id, row.task_id, row.worker_id, row.worked_seconds or 0,
            row.first_answer or row.answer or {}, row.pasted.characters if hasattr(row, "pasted") else 0,
        )
        for row in rows
    ]  # fmt: skip


def _keep(batch: Batch, worker: int, kind: str, evidence: dict[str, Any], now: dt.datetime) -> None:
    row, made = Signal.objects.select_for_update().get_or_create(
        batch=batch,
        worker_id=worker,
        kind=kind,
        defaults={"evidence": evidence, "first_at": now, "last_at": now},
    )
    if made or row.evidence == evidence:
        return
    grown = evidence["answers"] >= 2 * row.evidence["answers"]
    row.evidence, row.last_at = evidence, now
    if row.seen_at is not None and grown:
        row.seen_at, row.seen_by = None, None
    row.save(update_fields=["evidence", "last_at", "seen_at", "seen_by"])


def _fast(by_worker: dict[int, list[Given]], found: Found) -> None:
    """Whose median time is far below the others': median − 3 σ of the logarithms, σ from the median deviation."""
    logs = {worker: np.log([max(1, each.seconds) for each in mine]) for worker, mine in by_worker.items()}
    for worker, mine in by_worker.items():
        others = np.concatenate([values for other, values in logs.items() if other != worker])
        if len(mine) < LEAST_OWN or len(others) < LEAST_OTHERS:
            continue
        middle = float(np.median(others))
        spread = max(0.1, 1.4826 * float(np.median(np.abs(others - middle))))
        own = float(np.median(logs[worker]))
        if own < middle - FAST_SIGMA * spread:
            quick = sorted(mine, key=lambda each: each.seconds)
            found.add(
                worker, Signal.Kind.TOO_FAST, quick, answers=len(mine),
                median_seconds=round(math.exp(own), 1), others_median_seconds=round(math.exp(middle), 1),
            )  # fmt: skip


def _same(fields: Sequence[str], by_worker: dict[int, list[Given]], found: Found) -> None:
    """Who gives the same answer nearly always, where the others' mixture makes that very unlikely."""
    for name in fields:
        counts = {
            worker: Counter(str(each.answer[name]) for each in mine if name in each.answer)
            for worker, mine in by_worker.items()
        }
        whole: Counter[str] = sum(counts.values(), Counter())
        for worker, mine in by_worker.items():
            others = whole - counts[worker]
            total, rest = counts[worker].total(), others.total()
            if total < LEAST_OWN or rest < LEAST_OTHERS:
                continue
            value, same = counts[worker].most_common(1)[0]
            usual = min(1.0, (others[value] + 1) / (rest + 2))
            if same < SAME_SHARE * total or same * math.log(usual) > math.log(SAME_CHANCE):
                continue
            alike = [each for each in mine if str(each.answer.get(name)) == value]
            found.add(
                worker, Signal.Kind.STRAIGHT_LINE, alike, answers=total, same=same, field=name,
                others_share=round(usual, 4),
            )  # fmt: skip


def _pasted(fields: Sequence[str], by_worker: dict[int, list[Given]], found: Found) -> None:
    """Whose texts mostly came from the clipboard, where the others typed theirs."""

    def came_so(each: Given) -> bool:
        length = sum(len(str(each.answer.get(name, ""))) for name in fields)
        return length >= LONG and each.pasted >= PASTED_SHARE * length

    if not fields:
        return
    pasted = {worker: [each for each in mine if came_so(each)] for worker, mine in by_worker.items()}
    for worker, mine in by_worker.items():
        others = [(len(pasted[other]), len(rows)) for other, rows in by_worker.items() if other != worker]
        usual = sum(count for count, _ in others) / max(1, sum(count for _, count in others))
        if len(pasted[worker]) >= max(5, 0.5 * len(mine)) and usual < 0.1:
            found.add(
                worker, Signal.Kind.PASTED, pasted[worker], answers=len(mine), pasted=len(pasted[worker]),
                others_share=round(usual, 4),
            )  # fmt: skip


def _copies(fields: Sequence[str], given: Sequence[Given], found: Found) -> None:
    """Who wrote nearly the same long text as another person, to several tasks; the later one of two is named."""
    by_task: dict[int, list[Given]] = defaultdict(list)
    for each in reversed(given):  # oldest first
        by_task[each.task].append(each)
    pairs: dict[tuple[int, int], list[Given]] = defaultdict(list)
    for answers in by_task.values():
        texts = [" ".join(str(each.answer.get(name, "")) for name in fields) for each in answers]
        for before, later in _twins(texts[:MOST_PEOPLE_COMPARED]):
            pairs[answers[later].worker, answers[before].worker].append(answers[later])
    for (worker, _other), rows in pairs.items():
        if len(rows) >= COPIES:
            answers_of = sum(each.worker == worker for each in given)
            found.add(worker, Signal.Kind.COPIES, rows, answers=answers_of, copies=len(rows))


def _twins(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Places of two long texts that are alike, and like no third one: three who agree have read the same page."""
    alike: dict[int, set[int]] = defaultdict(set)
    for later, text in enumerate(texts):
        for before in range(later):
            if min(len(text), len(texts[before])) < LONG:
                continue
            if fuzz.ratio(text, texts[before], score_cutoff=ALIKE):
                alike[later].add(before)
                alike[before].add(later)
    return [
        (min(pair), max(pair))
        for pair in {frozenset((one, *rest)) for one, rest in alike.items() if len(rest) == 1}
        if len(pair) == 2 and all(len(alike[place]) == 1 for place in pair)
    ]


def note_pasted(*, assignment_id: int, characters: int) -> None:
    """Keep how many characters of an answer its page saw coming from the clipboard."""
    Pasted.objects.update_or_create(
        assignment_id=assignment_id, defaults={"characters": min(characters, 1_000_000)}
    )


@transaction.atomic
def seen(*, signal: Signal, moderator: User, note: str) -> None:
    """A moderator has looked; what they do about it is a matter of its own, with its own reasons.

    Raises ConflictOfInterest for who has a part in it.
    """
    conflicts.require_none(
        kind="sig", number=signal.pk, moderator=moderator, people=[signal.worker_id],
        organisation_id=signal.batch.organisation_id,
    )  # fmt: skip
    Signal.objects.filter(pk=signal.pk).update(
        seen_at=clock.now(), seen_by=moderator, note=note.strip()[:2000]
    )
    audit.record(
        "tasks:signal:seen", signal.public_id, actor=moderator, organisation_id=signal.batch.organisation_id
    )
