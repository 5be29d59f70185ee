"""The floor: the least a price may be worth, by country (charter P1, P2)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.base import countries
from payments.services import floor

CENT = 10_000


def test_p1_three_minutes_in_france_need_65_cents():
    assert floor.floor_micros_per_hour("FR") == 12_850_000
    assert floor.price_needed(180, "FR") == 650_000
    assert not floor.reaches(640_000, 180, "FR")
    assert floor.reaches(650_000, 180, "FR")


def test_p1_the_absolute_floor_is_under_every_country():
    least = floor.absolute_price_needed(180)
    assert least == 120_000  # 2.25 €/h for three minutes is 0.1125, up to the cent
    assert all(floor.price_needed(180, country) >= least for country in countries.codes())
    assert floor.reach(least - 1, 180) == []
    assert floor.reach(least, 180)


def test_a_price_under_one_cent_is_rounded_up_to_100_micros():
    # 2.25 €/h for 10 s is 6 250 micros; for 11 s it is 6 875, which goes up to 6 900.
    assert floor.absolute_price_needed(10) == 6_300
    assert floor.absolute_price_needed(11) == 6_900
    assert floor.absolute_price_needed(16) == CENT  # exactly one cent
    assert floor.absolute_price_needed(17) == 2 * CENT


def test_no_time_needs_no_price_and_a_part_of_a_second_counts_whole():
    assert floor.price_needed(0, "FR") == 0
    assert floor.price_needed(180.2, "FR") == floor.price_needed(181, "FR")


@pytest.mark.parametrize(
    ("country", "per_hour", "source"),
    [
        ("FR", 12_850_000, "override"),
        ("DE", 13_900_000, "minimum_wage"),
        ("US", 6_250_000, "minimum_wage"),
        ("MA", 3_340_000, "minimum_wage"),  # 2 × 1.67
        ("MX", 3_760_000, "minimum_wage"),
        ("SN", 2_250_000, "absolute"),  # 2 × 0.57 is less than the absolute floor
        ("VE", 2_250_000, "absolute"),  # a figure of zero
        ("UG", 2_250_000, "absolute"),  # a line without a figure
        ("JP", 2_250_000, "absolute"),  # no line at all
        ("IT", 7_405_000, "group_median"),  # no statutory minimum, in the home group
        ("EE", 7_405_000, "group_median"),  # no line, in the home group
        ("CH", 7_405_000, "group_median"),
        ("RE", 12_850_000, "override"),  # the law of France
    ],
)
def test_the_floor_of_a_country_and_the_rule_that_made_it(country, per_hour, source):
    figure = floor.explain(country)
    assert (figure.micros_per_hour, figure.source) == (per_hour, source)


def test_the_median_of_the_home_group_is_that_of_its_known_figures():
    known = sorted(w.eur_per_hour for c, w in floor.wages().items() if c in floor.HOME and w.eur_per_hour)
    middle = len(known) // 2
    expected = known[middle] if len(known) % 2 else (known[middle - 1] + known[middle]) / 2
    assert floor.home_median() == expected


def test_a_figure_tells_its_year_and_how_well_it_is_known():
    spain = floor.explain("ES")
    assert (spain.year, spain.confidence, spain.multiplier) == (2026, "memory", Decimal(1))
    assert floor.explain("SN").year == 2023  # said though the absolute floor decides
    assert floor.explain("JP").year is None
    assert floor.explain("KE").multiplier == Decimal(2)


def test_a_changed_setting_counts_at_once(settings):
    assert floor.floor_micros_per_hour("SN") == 2_250_000
    settings.FLOOR_MULTIPLIER_ELSEWHERE = Decimal(5)
    assert floor.floor_micros_per_hour("SN") == 2_850_000
    settings.FLOOR_OVERRIDES = {"SN": Decimal("4.00")}
    assert floor.floor_micros_per_hour("SN") == 4_000_000
    assert floor.explain("FR").source == "minimum_wage"


def test_reach_names_the_countries_whose_floor_is_met_and_asks_only_about_those_named():
    assert floor.reach(650_000, 180, ["FR", "DE", "MA"]) == ["FR", "MA"]
    assert floor.reach(640_000, 180, ["FR", "DE", "MA"]) == ["MA"]
    everywhere = floor.reach(100_000_000, 180)
    assert everywhere == sorted(countries.codes())


def test_the_hourly_worth_of_a_price_is_rounded_down():
    assert floor.hourly(650_000, 180) == 13_000_000
    assert floor.hourly(1, 7) == 514
    assert floor.hourly(650_000, 0) == 0


@given(
    seconds=st.integers(1, 100_000),
    reward=st.integers(0, 1_000_000_000),
    country=st.sampled_from(["FR", "MA", "SN", "IT", "US"]),
)
def test_a_price_reaches_exactly_when_it_is_at_least_the_one_needed_and_that_one_is_just_enough(
    seconds, reward, country
):
    needed = floor.price_needed(seconds, country)
    exact = Fraction(seconds * floor.floor_micros_per_hour(country), 3600)
    step = CENT if exact >= CENT else 100
    assert floor.reaches(reward, seconds, country) == (reward >= needed)
    assert needed % step == 0
    assert needed - step < exact <= needed
