"""Majority and median, and what happens when they are undecided."""

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.consensus import NOTHING, majority, majority_of_each, median


def test_nobody_says_nothing() -> None:
    assert majority([]) == NOTHING
    assert median([]) == NOTHING
    assert majority_of_each([], ["a"]) == NOTHING


def test_a_tie_goes_to_the_order_given_and_else_to_the_first_vote() -> None:
    assert majority(["b", "a"], order=["a", "b"]) == ("a", 0.5)
    assert majority(["b", "a"]) == ("b", 0.5)
    assert majority(["c", "a"], order=["a", "b"]) == ("a", 0.5)


def test_votes_of_one_key_count_together_in_their_commonest_form() -> None:
    assert majority(["b", "A", "a", "A"], key=str.lower) == ("A", 0.75)


@given(st.lists(st.sampled_from("abc"), min_size=1))
def test_no_value_has_more_votes_than_the_majority(votes: list[str]) -> None:
    found = majority(votes)
    assert votes.count(found.value) == max(votes.count(vote) for vote in votes)
    assert found.confidence == votes.count(found.value) / len(votes)


@given(st.lists(st.sampled_from("abc"), min_size=1), st.randoms())
def test_with_an_order_the_result_does_not_depend_on_who_was_first(
    votes: list[str], chance: random.Random
) -> None:
    mixed = votes[:]
    chance.shuffle(mixed)
    assert majority(votes, order="abc") == majority(mixed, order="abc")


def test_an_option_is_kept_by_more_than_half() -> None:
    assert majority_of_each([{"a"}, {"a", "b"}], ["a", "b"]) == (["a"], 0.75)


def test_the_median_is_not_moved_by_one_wild_answer() -> None:
    values = [Decimal(1), Decimal(2), Decimal(1000)]
    assert median(values, tolerance=Decimal(1)) == (Decimal(2), 2 / 3)


@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=1))
def test_half_of_the_answers_are_on_either_side_of_the_median(values: list[Decimal]) -> None:
    middle = median(values).value
    assert sum(value <= middle for value in values) * 2 >= len(values)
    assert sum(value >= middle for value in values) * 2 >= len(values)


def test_the_median_of_two_is_between_them_and_on_a_quantum_when_asked() -> None:
    assert median([Decimal(1), Decimal(2)]).value == Decimal("1.5")
    assert median([Decimal(1), Decimal(2)], quantum=Decimal(1)).value == Decimal(2)
