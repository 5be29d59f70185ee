"""A small recorded crowd works again: figures that add up, money in its place, the same twice."""

import csv
import io
import json
import random
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from marketplace.simulation import replay, replay_ground
from payments.services import holdings
from tasks.models import Assignment, Batch, BatchPause, GoldScore
from tests import market

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def files(tmp_path):
    """Writes a crowd: nine workers, each right with a skill of their own, and one who answers at random."""

    def write(tasks=30, each=6, labels="abc", seed=7, careless=1, say=None):
        luck = random.Random(seed)
        truth = {f"t{number}": luck.choice(labels) for number in range(tasks)}
        skills = {f"w{number}": 0.75 + 0.02 * number for number in range(9)} | {
            f"x{number}": 0.0 for number in range(careless)
        }
        rows = []
        for task, true in truth.items():
            for worker in luck.sample(sorted(skills), each):
                right = luck.random() < skills[worker]
                rows.append((task, worker, true if right else luck.choice(labels)))
        if say:
            rows, truth = say(rows, truth)
        for name, head, lines in (
            ("labels", ("task", "worker", "label"), rows),
            ("truth", ("task", "label"), truth.items()),
        ):
            with (tmp_path / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([head, *lines])
        return tmp_path / "labels.csv", tmp_path / "truth.csv", rows

    return write


def told(labels, truth, **options):
    """What the command prints with --json: exactly one object."""
    out = io.StringIO()
    call_command("replay", str(labels), truth=truth, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_P4_a_recorded_crowd_is_asked_less_paid_in_full_and_the_rest_goes_back(files):
    labels, truth, rows = files()
    found = told(labels, truth, confidence=0.9)
    assert list(found) == ["accuracy", "used", "saved", "seconds", "selfcheck"]
    assert found["used"] + found["saved"] == len(rows) == 180
    assert 60 <= found["used"] < 150
    assert found["accuracy"] >= 0.9 and found["selfcheck"] is True and found["seconds"] > 0
    batch = Batch.objects.get()
    assert batch.assignments.filter(state="approved").count() == found["used"]
    assert not batch.assignments.exclude(state="approved").exists()
    assert batch.settled_at and holdings.held(batch.public_id) == 0
    market.assert_sound()


def test_nobody_gives_an_answer_that_they_did_not_record(files):
    labels, truth, rows = files(tasks=12)
    told(labels, truth)
    crowd = replay_ground.read(labels, truth)
    batch = Batch.objects.get()
    names = dict(enumerate(crowd.workers, start=1))
    said = set(rows)
    for row in Assignment.objects.filter(batch=batch).select_related("task", "worker"):
        worker = names[int(row.worker.email.split("@")[0].rpartition("-")[2])]
        assert (row.task.data["task"], worker, row.answer["label"]) in said


def test_the_same_files_give_the_same_figures(files):
    labels, truth, _ = files(tasks=20)
    first, second = told(labels, truth), told(labels, truth)
    assert [first[name] for name in ("accuracy", "used", "saved")] == [
        second[name] for name in ("accuracy", "used", "saved")
    ]


def test_the_more_confidence_is_asked_for_the_more_people_are_asked(files):
    labels, truth, _ = files()
    crowd = replay_ground.read(labels, truth)
    used = [replay.run(crowd, confidence=sure).used for sure in (0.6, 0.999)]
    assert used[0] < used[1]


def test_the_table_says_how_often_results_are_true_by_how_sure_they_are(files):
    labels, truth, _ = files(tasks=20)
    out = io.StringIO()
    call_command("replay", str(labels), truth=truth, stdout=out)
    assert "of the recorded answers were not needed" in out.getvalue() and " true" in out.getvalue()
    found = replay.reliability([(0.95, True), (0.96, False), (0.6, True), (1.0, True)])
    assert [(row.above, row.tasks, row.right) for row in found] == [
        (0.5, 1, 1.0),
        (0.95, 2, 0.5),
        (0.99, 1, 1.0),
    ]


def test_some_tasks_check_people_and_who_misses_too_many_rests_without_losing_pay(files):
    labels, truth, rows = files(tasks=60, each=8, careless=1)
    found = told(labels, truth, gold_rate=0.3, confidence=0.95)
    batch = Batch.objects.get()
    assert batch.tasks.filter(is_gold=True).count() == 18
    assert GoldScore.objects.filter(batch=batch).exists()
    pause = BatchPause.objects.filter(batch=batch).select_related("worker").first()
    assert pause is not None
    mine = Assignment.objects.filter(batch=batch, worker=pause.worker)
    assert mine.exists() and set(mine.values_list("state", flat=True)) == {"approved"}
    assert found["used"] + found["saved"] == len(rows)
    assert found["accuracy"] >= 0.9 and found["selfcheck"] is True


def test_numbers_are_guessed_and_answered_with_their_errors(files):
    def numbers(rows, truth):
        luck = random.Random(3)
        values = {task: luck.randint(0, 100) for task in truth}
        rows = [
            (task, worker, str(min(100, max(0, values[task] + luck.randint(-4, 4)))))
            for task, worker, _ in rows
        ]
        return rows, {task: str(value) for task, value in values.items()}

    labels, truth, rows = files(say=numbers)
    found = told(labels, truth, confidence=0.9)
    assert found["accuracy"] is None and found["mae"] < 4 and found["rmse"] >= found["mae"]
    assert found["used"] + found["saved"] == len(rows)


def test_a_later_label_replaces_the_earlier_and_bad_rows_are_counted(files, capsys):
    def twice(rows, truth):
        return [*rows, (*rows[0][:2], "b"), ("t1", "", "a"), ("t2", "w1", "")], truth

    labels, truth, _ = files(tasks=10, say=twice)
    crowd = replay_ground.read(labels, truth)
    assert (len(crowd.answers), crowd.bad, crowd.answers[0][2]) == (60, 2, "b")


def test_the_limits_of_one_person_are_as_before_afterwards(files, settings):
    settings.MAX_OPEN_ASSIGNMENTS, settings.CAP_EUR = 2, Decimal("0.05")
    labels, truth, _ = files(tasks=10)
    found = told(labels, truth, confidence=0.6)
    assert found["used"] >= 20
    assert (2, Decimal("0.05")) == (settings.MAX_OPEN_ASSIGNMENTS, settings.CAP_EUR)


def test_what_can_not_be_is_refused_in_words(files, tmp_path, settings):
    labels, truth, _ = files(tasks=10)
    for options, words in [
        ({"confidence": 1.0}, "--confidence"),
        ({"confidence": 0.2}, "--confidence"),
        ({"gold_rate": 0.6}, "--gold-rate"),
    ]:
        with pytest.raises(CommandError, match=words):
            told(labels, truth, **options)
    (tmp_path / "empty.csv").write_text("task,worker,label\n")
    with pytest.raises(CommandError, match="no row"):
        told(tmp_path / "empty.csv", truth)
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="invents people and money"):
        told(labels, truth)


def test_numbers_are_written_as_a_form_takes_them(files):
    def odd(rows, truth):
        written = ["1e1", "20.0", "0.30000000000000004", *(str(number) for number in range(40, 64))]
        rows = [(task, worker, written[place % len(written)]) for place, (task, worker, _) in enumerate(rows)]
        return rows, dict.fromkeys(truth, "2e1")

    labels, truth, rows = files(tasks=12, say=odd)
    crowd = replay_ground.read(labels, truth)
    assert [label for _, _, label in crowd.answers[:3]] == ["10", "20", "0.3"]
    found = told(labels, truth, confidence=0.9)
    assert found["selfcheck"] is True and found["used"] + found["saved"] == len(rows)


def test_an_answer_that_the_form_refuses_is_given_back_and_counted(files, monkeypatch):
    from marketplace.base.errors import Invalid
    from tasks.services import submissions

    plain = submissions.submit

    def picky(*, assignment, worker, answer):
        if answer["label"] == "c":
            raise Invalid(fields={"label": ["Not this one."]})
        return plain(assignment=assignment, worker=worker, answer=answer)

    monkeypatch.setattr(submissions, "submit", picky)
    labels, truth, rows = files(tasks=10)
    found = replay.run(replay_ground.read(labels, truth), confidence=0.9)
    assert found.refused["invalid"] > 0 and found.used + found.saved == len(rows) and found.selfcheck
    assert not Assignment.objects.filter(state="claimed").exists()
