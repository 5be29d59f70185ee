"""Amounts as people and programs write them: read exactly, or refused with a way to write them."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from marketplace.base import money
from tasks.page_forms.fields import EuroField

BOTH = pytest.mark.parametrize("language", ["en", "fr"])


@BOTH
@pytest.mark.parametrize(
    ("typed", "micros"),
    [
        ("1.50", 1_500_000), ("1,50", 1_500_000), ("1", 1_000_000), ("0", 0), ("１", 1_000_000),
        ("１，５０", 1_500_000),
        ("0.001", 1_000), ("0,001", 1_000), ("0,125", 125_000), ("0.500", 500_000), ("000,500", 500_000),
        ("1 500", 1_500_000_000), ("1 500,00", 1_500_000_000), ("1\u202f500,25", 1_500_250_000),
        ("1'500.00", 1_500_000_000), ("1 500,125", 1_500_125_000), ("1,5000", 1_500_000), ("1234,567", 1_234_567_000),
        ("12.50 €", 12_500_000), ("€ 0,12", 120_000), ("0.000001", 1), ("1000000000", money.MOST),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_it_is_written_in_either_language(
    language: str, typed: str, micros: int
) -> None:
    with translation.override(language):
        assert money.parse_eur(typed) == micros


@BOTH
@pytest.mark.parametrize("typed", ["1,500", "1.500", "12.000", "999,999", "１,５００", "€1,500", "2.125 €"])
def test_an_amount_that_means_another_one_in_the_next_country_is_refused(language: str, typed: str) -> None:
    with translation.override(language), pytest.raises(money.UnclearAmount) as refused:
        money.parse_eur(typed)
    assert refused.value.code == "bad_amount"


def test_the_refusal_says_both_ways_of_writing_it_and_each_is_read() -> None:
    for typed, words in {
        "1,500": "“1,500” can be read in two ways. Write 1,50 if you mean €1.50, or 1 500 for €1\u202f500.00.",
        "2.125": "“2.125” can be read in two ways. Write 2.1250 if you mean €2.125, or 2 125 for €2\u202f125.00.",
    }.items():
        with translation.override("en"), pytest.raises(money.UnclearAmount) as refused:
            money.parse_eur(typed)
        assert refused.value.message == words
        less, more = (money.parse_eur(refused.value.params[name]) for name in ("less", "more"))
        assert more == 1000 * less


@BOTH
@pytest.mark.parametrize(
    "typed",
    ["", " ", "NaN", "inf", "1e9", "1E3", "-1", "−1", "+1", "0.0000001", "1,2,3", "1,500.00", "1.500,00", "1 50",
     "12 €5", "0x10", "１e５", "1 000 000 000,01", "1000000000000", "½", "²", "1²", "①", "one", "1..5", ".5", "5.",
     "Ⅳ"],
)  # fmt: skip
def test_whatever_is_no_amount_is_refused(language: str, typed: str) -> None:
    with translation.override(language), pytest.raises(money.BadAmount) as refused:
        money.parse_eur(typed)
    assert "12.50" in str(money.BadAmount().detail) and refused.value.message


@pytest.mark.parametrize("written", ["1.500", "12.000", "0.10", "0.001", "10"])
def test_programs_write_a_point_for_the_decimals_and_nothing_is_unclear(written: str) -> None:
    assert money.parse_plain(written) == round(float(written) * money.MICROS)


@pytest.mark.parametrize("written", ["1,5", "1 500", "１", "NaN", "1e9", "-1", "", "2000000000"])
def test_programs_are_held_to_it(written: str) -> None:
    with pytest.raises(money.BadAmount):
        money.parse_plain(written)


@BOTH
@pytest.mark.parametrize("micros", [1_125_000, 1_500_000, 125_000, 12_500, 1_234_567_000, 1, 999_999_000])
def test_what_a_box_shows_is_read_back_as_the_same_amount(language: str, micros: int) -> None:
    field = EuroField()
    with translation.override(language):
        assert field.clean(field.prepare_value(micros)) == micros


def test_a_box_says_at_its_place_why_it_does_not_take_an_unclear_amount() -> None:
    with pytest.raises(ValidationError, match="two ways"):
        EuroField().clean("1,500")
