"""Texts, pairs, sets, places on a line and areas: what many say together, and how much they agree."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.consensus import build, drawings
from tasks.consensus.agreement import alpha, pairwise
from tasks.consensus.areas import of_most
from tasks.consensus.frames import Stretch, vote
from tasks.consensus.pairs import bradley_terry, comparisons, of_orders
from tasks.consensus.sets import label_sets
from tasks.consensus.stretches import together
from tasks.consensus.texts import cer, error_rate, majority, nearest, texts, wer
from tasks.consensus.texts import vote as text_vote

# --- agreement ------------------------------------------------------------------------------------------

# Krippendorff 2011, section E: four observers, twelve units, missing values; alpha as printed there.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


@pytest.mark.parametrize(("level", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_the_published_example(level: str, printed: float) -> None:
    labels = build(
        (unit, observer, int(value))
        for observer, line in enumerate(PUBLISHED.split("\n"))
        for unit, value in enumerate(line.split())
        if value != "."
    )
    values = np.array(labels.classes, dtype=float)[labels.label]
    assert alpha(labels, level=level, values=values) == pytest.approx(printed, abs=0.0005)


def test_alpha_says_nothing_where_nothing_can_be_said() -> None:
    assert alpha(build([("t", "a", 1), ("u", "b", 2)])) is None
    assert alpha(build([("t", "a", 1), ("t", "b", 1)])) is None
    assert alpha(build([("t", "a", 1), ("t", "b", 1), ("u", "a", 2), ("u", "b", 2)])) == 1
    with pytest.raises(ValueError, match="numbers"):
        alpha(build([("t", "a", 1)]), level="interval")
    with pytest.raises(ValueError, match="no level"):
        alpha(build([("t", "a", 1)]), level="ratio")


def test_the_mean_likeness_of_pairs() -> None:
    assert pairwise([1, 1, 2], lambda one, other: float(one == other)) == pytest.approx(1 / 3)
    assert pairwise([1], lambda one, other: 1.0) is None


# --- texts ----------------------------------------------------------------------------------------------


def test_error_rates_count_words_and_characters() -> None:
    assert wer("the cat sat", "the cat") == pytest.approx(1 / 3)
    assert cer("abcd", "abxd") == pytest.approx(0.25)
    assert error_rate("", "") == 0 and error_rate("", "x") == 1


def test_the_nearest_is_a_real_answer_and_case_and_spaces_do_not_count() -> None:
    found = nearest(["Rue du Port", "rue  du port", "Rue du Pont", "elsewhere"])
    assert found.value.casefold().split() == ["rue", "du", "port"]
    assert 0.5 < found.confidence < 1
    assert nearest(["b", "a"]).value == "a" and nearest([]).value is None
    assert majority(["x", "X", "y"]).confidence == pytest.approx(2 / 3)


def test_words_that_each_got_wrong_once_are_right_together() -> None:
    said = [
        "the quick brown fax jumps",
        "the quik brown fox jumps",
        "a quick brown fox jumps",
        "the quick brown fox",
    ]
    assert text_vote(said).value == "the quick brown fox jumps"
    letters = text_vote(["kitten", "kittan", "kiten"], unit="character")
    assert letters.value == "kitten" and 0.7 < letters.confidence < 1
    assert text_vote(["a b", "a x b", "a x b"]).value == "a x b"


@given(st.lists(st.text("ab ", max_size=8), min_size=1, max_size=6), st.randoms())
def test_the_order_of_texts_changes_nothing(said: list[str], chance: random.Random) -> None:
    mixed = said[:]
    chance.shuffle(mixed)
    for make in (nearest, majority, text_vote):
        one, other = make(said), make(mixed)
        assert one.value == other.value and one.confidence == pytest.approx(other.confidence)


def test_careless_writers_weigh_less_over_a_batch() -> None:
    chance = random.Random(4)
    rows, truth = [], {}
    for number in range(40):
        true = " ".join(chance.choice(["red", "blue", "green", "old", "new", "house"]) for _ in range(6))
        truth[f"t{number:02}"] = true
        for worker in ("good", "fair", "bad", "worse"):
            rate = {"good": 0.02, "fair": 0.05, "bad": 0.4, "worse": 0.5}[worker]
            said = "".join(chance.choice("xyz") if chance.random() < rate else letter for letter in true)
            rows.append((f"t{number:02}", worker, said))
    labels = build(rows)
    found = texts(labels)
    assert (
        found.reliability[labels.workers.index("good")]
        > found.reliability[labels.workers.index("worse")] + 0.2
    )
    errors = [cer(truth[task], value) for task, value in zip(labels.tasks, found.value, strict=True)]
    assert np.mean(errors) < 0.06 and "nearest to answers left out" in found.why
    with pytest.raises(ValueError, match="no method"):
        texts(labels, method="best")


# --- pairs and orders -----------------------------------------------------------------------------------


def test_strengths_are_found_and_a_rater_who_guesses_weighs_less() -> None:
    chance = random.Random(2)
    strength = {f"s{number}": number * 0.7 for number in range(8)}
    rows = []
    for rater in range(6):
        for _ in range(60):
            one, other = chance.sample(sorted(strength), 2)
            wins = 1 / (1 + math.exp(strength[other] - strength[one]))
            first = chance.random() < (0.5 if rater == 5 else wins)
            rows.append((rater, one if first else other, other if first else one, False))
    found = bradley_terry(comparisons(rows))
    right = sum(
        found.order.index(f"s{n}") > found.order.index(f"s{m}") for n in range(8) for m in range(n + 1, 8)
    )
    assert right >= 25  # of 28
    assert found.reliability.argmin() == 5
    assert found.preferred(7, 0) > 0.9 > 0.1 > found.preferred(0, 7)


def test_a_tie_is_half_a_win_for_both_and_nothing_is_infinitely_strong() -> None:
    even = bradley_terry(comparisons([("r", "a", "b", True)]))
    assert even.strength == pytest.approx([0, 0]) and even.order == ["a", "b"]
    always = bradley_terry(comparisons([("r", "b", "a", False)] * 50))
    assert always.order == ["b", "a"] and abs(always.strength).max() < 10
    with pytest.raises(ValueError, match="no comparison"):
        bradley_terry(comparisons([]))


def test_orders_are_broken_into_pairs() -> None:
    found = bradley_terry(of_orders([("x", ["a", "b", "c"]), ("y", ["a", "c", "b"]), ("z", ["a", "b", "c"])]))
    assert found.order == ["a", "b", "c"]


# --- sets -----------------------------------------------------------------------------------------------


def test_each_label_of_a_set_is_decided_for_itself() -> None:
    rows = [(f"t{n}", f"w{m}", ["cat"] if n % 2 else ["cat", "dog"]) for n in range(10) for m in range(3)]
    rows += [(f"t{n}", "odd", ["dog"]) for n in range(10)]
    found = label_sets(rows, labels=["cat", "dog", "cow"], method="majority")
    assert found.chosen["t1"] == ["cat"] and found.chosen["t2"] == ["cat", "dog"]
    assert found.confidence["t1"] == pytest.approx((0.75 + 0.75 + 1) / 3, abs=1e-4)
    fixed = label_sets(rows, known={"t1": ["dog"]}, method="dawid-skene")
    assert fixed.chosen["t1"] == ["dog"]
    with pytest.raises(ValueError, match="no answer"):
        label_sets([])


# --- places on a line -----------------------------------------------------------------------------------


def test_places_that_most_cover_are_kept() -> None:
    found = vote([[Stretch(0, 10, "a")], [Stretch(2, 12, "a")], [Stretch(1, 11, "a"), Stretch(20, 30, "b")]])
    assert found.value == [Stretch(1, 11, "a")]
    assert found.confidence == pytest.approx(
        (2 * 4 / 6 + 8 + 2 * 4 / 6 - 2 * 2 / 6 + 2 * 1 / 3 + 10 * 2 / 3) / 22, abs=0.1
    )
    assert vote([]).value is None and vote([[], []]) == (None, 1.0)
    assert vote([[Stretch(0, 5)], [Stretch(3, 9)]], [3.0, 1.0]).value == [Stretch(0, 5)]


marks = st.lists(
    st.builds(
        lambda a, b, c: Stretch(a, a + b, c), st.integers(0, 20), st.integers(1, 9), st.sampled_from("ab")
    ),
    max_size=5,
)


@given(st.lists(marks, min_size=1, max_size=5))
def test_the_sweep_says_what_counting_at_each_place_says(answers: list[list[Stretch]]) -> None:
    found = {(place, label) for start, end, label in vote(answers).value or [] for place in range(start, end)}
    counted = {
        (place, label)
        for place in range(30)
        for label in "ab"
        if 2 * sum(any(s <= place < e and x == label for s, e, x in one) for one in answers) > len(answers)
    }
    assert found == counted


def test_the_order_of_people_changes_no_stretch_and_ten_thousand_marks_take_no_long() -> None:
    chance = random.Random(1)
    answers = [
        [
            {"from": n * 1000 + chance.randrange(200), "to": n * 1000 + 700 + chance.randrange(200)}
            for n in range(2000)
        ]
        for _ in range(5)
    ]
    found = together(answers)
    assert len(found.value) == 2000 and found == together(answers[::-1])


# --- areas ----------------------------------------------------------------------------------------------


def blob(chance: random.Random, shake: float) -> dict[str, list[list[int]]]:
    turns = [2 * math.pi * n / 40 for n in range(40)]
    far = [2500 * (1 + 0.3 * math.sin(3 * turn)) for turn in turns]
    return {
        "points": [
            [
                round(5000 + r * math.cos(t) + chance.gauss(0, shake)),
                round(5000 + r * math.sin(t) + chance.gauss(0, shake)),
            ]
            for r, t in zip(far, turns, strict=True)
        ]
    }


def test_the_area_of_most_is_nearer_to_the_thing_than_any_hand() -> None:
    chance = random.Random(3)
    true, drawn = blob(chance, 0), [blob(chance, 90) for _ in range(7)]
    together_ = drawings.middle_outline(drawn)
    alike = drawings.outlines_alike
    assert alike(together_, true) > max(alike(one, true) for one in drawn)
    assert len(together_["points"]) < 300


def test_the_area_of_equal_squares_is_the_square_and_of_apart_ones_nothing() -> None:
    square = [[1000, 1000], [3000, 1000], [3000, 2000], [1000, 2000]]
    found = {"points": of_most([square, square, square])}
    assert drawings.outlines_alike(found, {"points": square}) > 0.98
    assert of_most([square, [[x + 5000, y] for x, y in square]]) == []


def test_how_many_things_there_are_is_counted_by_label() -> None:
    answers = [[{"label": "cat"}] * 2, [{"label": "cat"}] * 2 + [{"label": "dog"}], [{"label": "cat"}] * 3]
    assert drawings.counted(answers) == ({"cat": 2, "dog": 0}, pytest.approx(2 / 3))
    assert drawings.counted([[], []]) == ({}, 1.0)
