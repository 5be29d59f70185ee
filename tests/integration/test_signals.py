"""Signals: what is unusual is shown to moderators with its evidence, and does nothing else to anybody."""

import random
import re
from pathlib import Path

import pytest
from django.urls import reverse

from tasks.models import Assignment, Pasted, Signal
from tasks.selectors import board
from tasks.services import aggregation, signals
from tests import market
from tests.personas import make_worker

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
TEXT = {
    "show": market.FORM["show"],
    "fields": [{"name": "said", "widget": "text", "lines": "many", "label": "What does it say?"}],
}


def give(batch, worker, answers, seconds=60, pasted=0):
    """Answers of a worker as they lie in the database after review by nobody; the rows in their order."""
    from marketplace.base import clock

    tasks = list(batch.tasks.order_by("row_number"))
    rows = Assignment.objects.bulk_create(
        Assignment(
            task=task, batch=batch, worker=worker, state="submitted", claimed_at=clock.now(), lease_until=clock.now(),
            submitted_at=clock.now(), review_due_at=clock.now(), reward_micros=1, country="FR", cap_year=2026,
            answer=answer, worked_seconds=seconds,
        )
        for task, answer in zip(tasks, answers, strict=False)
    )  # fmt: skip
    for row in rows if pasted else ():
        Pasted.objects.create(assignment=row, characters=pasted)
    return rows


@pytest.fixture
def people():
    return [make_worker(f"signal{number}") for number in range(5)]


@pytest.fixture
def choices(atelier, alice):
    return market.open_batch(atelier, alice, rows=30, overlap=6)


@pytest.fixture
def texts(atelier, alice):
    return market.open_batch(atelier, alice, rows=12, overlap=6, form=TEXT)


def mixed(rng, count=30):
    return [{"same": rng.choice("10")} for _ in range(count)]


def said(person, row):
    """A text of nobody else's."""
    rng = random.Random(person * 1000 + row)
    return " ".join("".join(rng.choices("abcdefghijklmnop", k=6)) for _ in range(8))


def kinds(batch):
    return {(signal.worker_id, signal.kind) for signal in Signal.objects.filter(batch=batch)}


def test_ordinary_people_give_no_signal(choices, people):
    for number, worker in enumerate(people):
        give(choices, worker, mixed(random.Random(number)), seconds=40 + 10 * number)
    assert signals.look(choices) == 0 and not kinds(choices)


def test_much_faster_than_the_others_is_a_signal_with_its_figures(choices, people):
    for number, worker in enumerate(people[1:]):
        give(choices, worker, mixed(random.Random(number)), seconds=50 + 5 * number)
    hasty = give(choices, people[0], mixed(random.Random(9)), seconds=2)
    signals.look(choices)
    assert kinds(choices) == {(people[0].pk, "too_fast")}
    evidence = Signal.objects.get().evidence
    assert evidence["median_seconds"] == 2 and evidence["answers"] == 30
    assert evidence["assignments"][0] in {row.public_id for row in hasty}


def test_the_job_looks_at_batches_that_got_answers_within_the_hour(atelier, alice, choices, people, clock):
    for number, worker in enumerate(people[1:]):
        give(choices, worker, mixed(random.Random(number)))
    give(choices, people[0], [{"same": "1"}] * 30)
    aggregation.refresh(choices)
    assert signals.look_everywhere() == 1 and kinds(choices)
    Signal.objects.all().delete()
    clock.forward(hours=2)
    aggregation.refresh(choices)
    assert signals.look_everywhere() == 0 and not kinds(choices)


def test_always_the_same_answer_is_a_signal_only_where_the_others_mix(atelier, alice, choices, people):
    for number, worker in enumerate(people[1:]):
        give(choices, worker, mixed(random.Random(number)))
    give(choices, people[0], [{"same": "1"}] * 30)
    signals.look(choices)
    assert kinds(choices) == {(people[0].pk, "straight_line")}
    dull = market.open_batch(atelier, alice, rows=30, overlap=6, title="Nearly all are the same")
    for worker in people:
        give(dull, worker, [{"same": "1"}] * 30)
    assert signals.look(dull) == 0


def test_pasted_text_is_a_signal_only_where_the_others_type(atelier, alice, texts, people):
    for number, worker in enumerate(people[1:]):
        give(texts, worker, [{"said": said(number, row)} for row in range(12)])
    give(texts, people[0], [{"said": said(9, row)} for row in range(12)], pasted=60)
    signals.look(texts)
    assert (people[0].pk, "pasted") in kinds(texts) and len(kinds(texts)) == 1
    copied = market.open_batch(atelier, alice, rows=12, overlap=6, form=TEXT, title="Copy the line")
    for number, worker in enumerate(people):
        give(copied, worker, [{"said": said(number, row)} for row in range(12)], pasted=60)
    signals.look(copied)
    assert not any(kind == "pasted" for _, kind in kinds(copied))


def test_the_same_words_as_one_other_persons_are_a_signal_for_the_later_one(texts, people):
    for number, worker in enumerate(people[:4]):
        give(texts, worker, [{"said": said(number, row)} for row in range(12)])
    give(
        texts,
        people[4],
        [{"said": said(0, row)} for row in range(12)],
    )
    signals.look(texts)
    assert kinds(texts) == {(people[4].pk, "copies")}


def test_a_signal_is_seen_once_and_comes_back_when_there_is_twice_as_much(choices, people, dana):
    for worker in people[1:]:
        give(choices, worker, [{"same": "1" if row % 5 == 0 else "0"} for row in range(30)])
    rows = give(choices, people[0], [{"same": "1"}] * 30)
    later = rows[15:]
    Assignment.objects.filter(pk__in=[row.pk for row in later]).delete()
    signals.look(choices)
    signal = Signal.objects.get()
    signals.seen(signal=signal, moderator=dana, note="Every row of the file was the same.")
    signals.look(choices)
    signal.refresh_from_db()
    assert signal.seen_by == dana
    for row in later:
        row.pk = None
    Assignment.objects.bulk_create(later)
    signals.look(choices)
    signal.refresh_from_db()
    assert signal.seen_at is None and signal.evidence["answers"] == 30


def test_no_signal_rejects_blocks_or_ranks_anyone(atelier, alice, choices, people):
    """The board and a claim are the same with signals as without; and no code but the moderators' page reads them."""
    worker = people[0]
    before = [offer.batch.pk for offer in board.board(worker).offers]
    rows = give(choices, worker, [{"same": "1"}] * 12)
    moment = rows[0].claimed_at
    for kind in Signal.Kind.values:
        Signal.objects.create(
            batch=choices, worker=worker, kind=kind, evidence={}, first_at=moment, last_at=moment
        )
    assert [offer.batch.pk for offer in board.board(worker).offers] == before
    assert market.claimed(worker, choices).state == "claimed"
    readers = {
        str(path.relative_to(ROOT))
        for app in ("tasks", "workers", "payments", "marketplace")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and re.search(r"\bSignal\b|\btasks_signal\b", path.read_text())
    }
    assert readers == {
        "tasks/models/__init__.py", "tasks/models/quality.py", "tasks/access.py",
        "tasks/services/signals.py", "tasks/selectors/signals.py",
        "marketplace/mydata/columns.py", "marketplace/mydata/lists/work.py",  # one's own data, to oneself
    }  # fmt: skip


def test_the_page_counts_what_is_pasted_and_nonsense_counts_nothing(client_of, texts, people):
    worker = people[0]
    for told, kept in (("57", 57), ("-3", None), ("many", None), ("9" * 12, None), ("", None)):
        held = market.claimed(worker, texts)
        values = {"answer-said": "A text of some length.", "pasted": told, "then": "stop"}
        client_of(worker).post(reverse("workbench", args=[held.public_id]), values)
        found = Pasted.objects.filter(assignment=held).first()
        assert (found and found.characters) == kept


def test_moderators_look_at_the_answers_side_by_side_and_say_so(client_of, choices, people, dana, bob):
    for number, worker in enumerate(people[1:]):
        give(choices, worker, mixed(random.Random(number)))
    give(choices, people[0], [{"same": "1"}] * 30)
    signals.look(choices)
    signal = Signal.objects.get()
    moderator = client_of(dana)
    listed = moderator.get(reverse("console-signals")).content.decode()
    assert "always the same answer" in listed and "30 of 30 answers" in listed
    shown = moderator.get(reverse("console-signal", args=[signal.public_id])).content.decode()
    assert "<h1>Always the same answer</h1>" in shown
    assert "Somebody else" in shown and "It has changed nothing for this person" in shown
    moderator.post(reverse("console-signal-seen", args=[signal.public_id]), {"note": "A dull file."})
    signal.refresh_from_db()
    assert signal.seen_by == dana and signal.note == "A dull file."
    assert "Nothing waits here" in moderator.get(reverse("console-signals")).content.decode()
    for stranger in (bob, people[0]):
        assert client_of(stranger).get(reverse("console-signal", args=[signal.public_id])).status_code == 404
