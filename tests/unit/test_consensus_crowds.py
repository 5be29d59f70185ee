"""One label for each task of a batch: made-up crowds of every kind, and what must never depend on chance."""

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.consensus import Builder, Model, Outcome, build, categorical, needs_more, posterior
from tasks.consensus.candidates import FULL, MOST
from tasks.consensus.gamma import log_gamma
from tests.made_crowds import crowd

PARTS = ("majority", "one-coin", "dawid-skene")
CROWDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "two classes": {"classes": 2},
    "one class rare": {"classes": 2, "frequent": (0.95, 0.05)},
    "rare, and workers lean": {"classes": 2, "frequent": (0.9, 0.1), "biased": 0.2, "each": 3, "tasks": 500},
    "two in five spam": {"spam": 0.4},
    "a third always says the first": {"first": 0.35, "classes": 4},
    "a quarter is mostly wrong": {"classes": 2, "against": 0.25, "accuracy": (0.7, 0.95)},
    "two answers": {"each": 2, "tasks": 400},
    "three answers": {"each": 3, "tasks": 400},
    "ten classes, half spam": {"classes": 10, "spam": 0.5, "each": 6},
    "twenty classes": {"classes": 20},
    "shared confusions": {"classes": 5, "confused": 0.9, "accuracy": (0.45, 0.8)},
    "one to nine answers": {"ragged": True},
    "very few tasks": {"tasks": 40, "workers": 8, "each": 3},
    "many workers with few answers": {"workers": 200, "tasks": 300, "each": 4},
    "weak workers": {"accuracy": (0.4, 0.6), "classes": 4, "each": 7},
    "one answer each": {"each": 1, "tasks": 200},
}


def named(outcome: Outcome) -> dict[Any, Any]:
    return {task: outcome.label(place) for place, task in enumerate(outcome.labels.tasks)}


@pytest.mark.parametrize("kind", CROWDS)
def test_auto_is_never_much_worse_than_the_best_of_its_parts(kind: str) -> None:
    shortfalls = []
    for seed in (1, 2):
        made = crowd(seed, **CROWDS[kind])
        labels = build(made.rows)
        best = max(made.accuracy(named(categorical(labels, method=method))) for method in PARTS)
        shortfalls.append(best - made.accuracy(named(categorical(labels))))
    one_task = 1 / len(made.truth)
    assert np.mean(shortfalls) <= max(0.02, 1.5 * one_task), shortfalls
    assert max(shortfalls) <= 0.06, shortfalls


def test_where_a_quarter_is_mostly_wrong_weighing_workers_beats_the_vote_by_far() -> None:
    made = crowd(5, **CROWDS["a quarter is mostly wrong"])
    labels = build(made.rows)
    vote = made.accuracy(named(categorical(labels, method="majority")))
    assert made.accuracy(named(categorical(labels))) > vote + 0.03


def test_auto_says_what_it_chose_and_why() -> None:
    outcome = categorical(build(crowd(5, classes=2, against=0.25).rows))
    assert outcome.method in ("one-coin", "dawid-skene")
    assert "foretells hidden answers best" in outcome.why and "the majority 0." in outcome.why


def test_with_one_answer_for_each_task_it_is_the_vote() -> None:
    outcome = categorical(build([("a", "x", "1"), ("b", "y", "2")]))
    assert outcome.method == "majority" and "no two people" in outcome.why
    assert named(outcome) == {"a": "1", "b": "2"}


rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 2)),
    min_size=1,
    unique_by=lambda row: row[:2],
)


@given(rows, st.randoms(), st.sampled_from(("auto", "majority", "wawa", "one-coin", "dawid-skene")))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_rows_changes_nothing(
    given_: list[tuple[int, int, int]], chance: random.Random, method: str
) -> None:
    mixed = given_[:]
    chance.shuffle(mixed)
    one, other = categorical(build(given_), method=method), categorical(build(mixed), method=method)
    assert named(one) == named(other) and one.method == other.method
    assert np.array_equal(one.confidence, other.confidence)


@given(rows, st.sampled_from(("majority", "one-coin", "dawid-skene")))
@settings(max_examples=20, deadline=None)
def test_names_in_the_same_order_change_nothing_but_the_names(
    given_: list[tuple[int, int, int]], method: str
) -> None:
    renamed = [(f"task {task}", f"worker {worker}", "abc"[label]) for task, worker, label in given_]
    one, other = categorical(build(given_), method=method), categorical(build(renamed), method=method)
    assert {f"task {task}": "abc"[label] for task, label in named(one).items()} == named(other)
    assert np.allclose(one.confidence, other.confidence)


@pytest.mark.parametrize("method", ["auto", *PARTS, "wawa"])
def test_other_names_for_workers_and_classes_give_the_same_crowd(method: str) -> None:
    made = crowd(11, tasks=150)
    turned = {"c0": "c2", "c1": "c0", "c2": "c1"}
    renamed = [(task, f"v{99 - int(worker[1:])}", turned[label]) for task, worker, label in made.rows]
    one, other = categorical(build(made.rows), method=method), categorical(build(renamed), method=method)
    other_named = named(other)
    sure = {task for place, task in enumerate(one.labels.tasks) if one.confidence[place] > 0.51}
    assert {task: turned[label] for task, label in named(one).items() if task in sure} == {
        task: other_named[task] for task in sure
    }
    assert len(sure) > 100
    assert np.allclose(one.confidence, other.confidence, atol=1e-3)


def test_a_later_answer_of_a_worker_takes_the_place_of_the_earlier() -> None:
    labels = build([("t", "w", "a"), ("t", "v", "b"), ("t", "w", "b")])
    assert len(labels) == 2 and labels.classes == ["b"]


def test_a_tie_goes_to_those_who_agree_more_with_others_and_then_to_the_first_name() -> None:
    agreed = [(f"t{n}", worker, "a") for n in range(4) for worker in ("good", "fair")]
    odd = [(f"t{n}", "odd", "b") for n in range(4)]
    outcome = categorical(
        build([*agreed, *odd, ("tie", "odd", "a"), ("tie", "good", "b")]), method="majority"
    )
    assert named(outcome)["tie"] == "b"
    assert named(categorical(build([("t", "x", "b"), ("t", "y", "a")]), method="majority")) == {"t": "a"}


@pytest.mark.parametrize("method", ["auto", *PARTS])
def test_probabilities_of_a_task_sum_to_one_and_the_best_is_named(method: str) -> None:
    outcome = categorical(build(crowd(2, tasks=60).rows), method=method)
    for place in range(60):
        chances = outcome.posterior(place)
        assert sum(chances.values()) == pytest.approx(1)
        assert chances[outcome.label(place)] == pytest.approx(max(chances.values()))
        assert outcome.confidence[place] == pytest.approx(max(chances.values()))


@pytest.mark.parametrize("method", ["auto", *PARTS, "wawa"])
def test_known_answers_hold_and_teach_who_is_good(method: str) -> None:
    made = crowd(3, classes=2, against=0.5, accuracy=(0.8, 0.95), tasks=200)
    gold = {task: [label] for task, label in list(made.truth.items())[:60]}
    outcome = categorical(build(made.rows), method=method, known=gold)
    found = named(outcome)
    assert all(found[task] == label for task, [label] in gold.items())
    if method != "majority" and method != "wawa":
        assert made.accuracy(found) > 0.9


def test_a_known_answer_that_nobody_gave_still_holds_and_several_may_be_right() -> None:
    rows_ = [("t", "x", "a"), ("t", "y", "a"), ("u", "x", "a"), ("u", "y", "b")]
    for method in ("majority", "one-coin", "dawid-skene"):
        outcome = categorical(build(rows_), method=method, known={"t": ["z"], "u": ["a", "b"], "gone": ["a"]})
        assert named(outcome)["t"] == "z" and named(outcome)["u"] in ("a", "b")
    with pytest.raises(ValueError, match="at least one"):
        categorical(build(rows_), known={"t": []})


def test_what_cannot_be_done_is_said() -> None:
    with pytest.raises(ValueError, match="no label"):
        categorical(build([]))
    with pytest.raises(ValueError, match="no method 'best'"):
        categorical(build([("t", "w", "a")]), method="best")


def test_workers_are_measured_with_the_number_of_cases() -> None:
    made = crowd(4, classes=2, spam=0.5, accuracy=(0.95, 0.99), tasks=300)
    outcome = categorical(build(made.rows), method="dawid-skene")
    workers = outcome.workers()
    assert sum(worker.cases for worker in workers) == len(made.rows)
    assert workers[3] == outcome.worker(3)
    accuracies = sorted(worker.accuracy for worker in workers)
    assert accuracies[0] < 0.65 and accuracies[-1] > 0.9
    confusion = outcome.confusion(3)
    assert sum(confusion.values()) == pytest.approx(workers[3].cases)
    right = sum(count for (true, said), count in confusion.items() if true == said)
    assert right == pytest.approx(workers[3].right)
    assert sum(outcome.confusion().values()) == pytest.approx(len(made.rows))


def test_a_thousand_classes_need_no_table_of_a_thousand_by_a_thousand() -> None:
    chance = np.random.default_rng(0)
    rows_ = []
    truth = {}
    for task in range(600):
        truth[f"t{task}"] = f"c{chance.integers(1000)}"
        for worker in chance.choice(20, 5, replace=False):
            right = chance.random() < 0.75
            rows_.append(
                (f"t{task}", f"w{worker}", truth[f"t{task}"] if right else f"c{chance.integers(1000)}")
            )
    for method in ("auto", "dawid-skene"):
        outcome = categorical(build(rows_), method=method)
        assert np.mean([label == truth[task] for task, label in named(outcome).items()]) > 0.97
        assert f"more than {FULL}" in outcome.why and f"{MOST} most given" in outcome.why
        assert len(outcome.share) <= 600 * 6
        assert outcome.model.confusion is None and len(json.dumps(outcome.model.to_json())) < 50_000
        assert 0 < sum(outcome.posterior(0).values()) <= 1 + 1e-9


def test_one_answer_of_many_classes_is_not_taken_for_certain() -> None:
    rows_ = [(f"t{n}", f"w{n % 7}", f"c{n % 40}") for n in range(200)]
    outcome = categorical(build(rows_), method="one-coin")
    assert outcome.confidence.max() < 0.999


def test_a_single_class_is_certain_and_nothing_breaks() -> None:
    for method in ("auto", *PARTS, "wawa"):
        outcome = categorical(build([("t", "x", "a"), ("t", "y", "a"), ("u", "x", "a")]), method=method)
        assert named(outcome) == {"t": "a", "u": "a"} and outcome.confidence.tolist() == [1, 1]


def test_weights_count_and_weight_nought_is_silence() -> None:
    heavy = Builder()
    for worker, label, weight in (("x", "a", 1.0), ("y", "a", 1.0), ("z", "b", 3.0)):
        heavy.add("t", worker, label, weight)
    assert named(categorical(heavy.build(), method="majority")) == {"t": "b"}
    made = crowd(6, tasks=80)
    silent, without = Builder(), Builder()
    for number, row in enumerate(made.rows):
        silent.add(*row, 0.0 if number % 5 == 4 else 1.0)
        if number % 5 != 4:
            without.add(*row)
    for method in ("one-coin", "dawid-skene"):
        one, other = categorical(silent.build(), method=method), categorical(without.build(), method=method)
        assert named(one) == named(other)
        assert np.allclose(one.confidence, other.confidence, atol=1e-3)


# --- one task at a time ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["one-coin", "dawid-skene"])
def test_a_kept_model_judges_a_task_as_the_batch_did(method: str) -> None:
    made = crowd(7, tasks=200)
    outcome = categorical(build(made.rows), method=method)
    model = Model.from_json(json.dumps(outcome.model.to_json()))
    labels, starts = outcome.labels, outcome.labels.starts
    for place in range(len(labels.tasks)):
        given_ = [
            (int(labels.worker[n]), int(labels.label[n])) for n in range(starts[place], starts[place + 1])
        ]
        chances = posterior(given_, len(labels.classes), model)
        assert chances.sum() == pytest.approx(1)
        assert chances[outcome.best[place]] == pytest.approx(outcome.confidence[place], abs=0.03)


def test_somebody_unknown_counts_as_the_usual_worker_and_nobody_as_the_prior() -> None:
    model = categorical(build(crowd(8, frequent=(0.8, 0.1, 0.1)).rows), method="dawid-skene").model
    assert posterior([], 3, model) == pytest.approx(model.prior / model.prior.sum())
    assert np.array_equal(posterior([(-1, 2)], 3, model), posterior([(10_000, 2)], 3, model))
    assert posterior([(-1, 2)], 3, model)[2] > model.prior[2]
    with pytest.raises(ValueError, match="3 classes, not 4"):
        posterior([], 4, model)


def test_a_blank_model_knows_only_how_often_people_are_right() -> None:
    model = Model.blank(["a", "b"], accuracy=0.8)
    assert posterior([(-1, 0)], 2, model) == pytest.approx([0.8, 0.2])
    assert posterior([(-1, 0), (-1, 1)], 2, model) == pytest.approx([0.5, 0.5])
    assert Model.from_json(model.to_json()).classes == ("a", "b")


def test_a_task_is_asked_again_until_it_is_sure_within_its_bounds() -> None:
    sure, unsure = np.array([0.97, 0.03]), np.array([0.6, 0.4])
    assert needs_more(sure, 1, 2, 5, 0.95)
    assert not needs_more(sure, 2, 2, 5, 0.95)
    assert needs_more(unsure, 4, 2, 5, 0.95)
    assert not needs_more(unsure, 5, 2, 5, 0.95)


@given(st.floats(1e-3, 1e6))
def test_the_logarithm_of_gamma_is_right(value: float) -> None:
    import math

    assert log_gamma(np.array([value]))[0] == pytest.approx(math.lgamma(value), rel=1e-9, abs=1e-9)
