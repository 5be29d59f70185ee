"""Settings come from the environment, and a bad value ends the start with a hint."""

from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from marketplace import env


def test_a_missing_value_without_default_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"Set NOT_THERE\. A random text"):
        env.text("NOT_THERE", hint="A random text.")
    assert env.text("NOT_THERE", "else") == "else"


@pytest.mark.parametrize(("value", "found"), [("1", True), ("TRUE", True), ("off", False), ("0", False)])
def test_a_flag_is_read(monkeypatch: pytest.MonkeyPatch, value: str, found: bool) -> None:
    monkeypatch.setenv("SOME_FLAG", value)
    assert env.flag("SOME_FLAG", not found) is found


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="1 or 0"):
        env.flag("SOME_FLAG", False)


@pytest.mark.parametrize("value", ["ten", "1.5", "-3", "0"])
def test_a_number_that_is_none_or_too_small_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SOME_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_NUMBER must be"):
        env.whole("SOME_NUMBER", 5, least=1)


@pytest.mark.parametrize("value", ["much", "NaN", "Infinity", "-0.1", "1.01"])
def test_a_rate_outside_its_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SOME_RATE", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_RATE must be"):
        env.decimal("SOME_RATE", "0.20", most="1")


def test_amounts_by_country_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PAIRS", "fr=12.85, DE=13")
    assert env.pairs("SOME_PAIRS", "-") == {"FR": Decimal("12.85"), "DE": Decimal("13")}
    monkeypatch.setenv("SOME_PAIRS", "-")
    assert env.pairs("SOME_PAIRS", "FR=1") == {}
    monkeypatch.setenv("SOME_PAIRS", "France:12")
    with pytest.raises(ImproperlyConfigured, match="FR=12"):
        env.pairs("SOME_PAIRS", "-")
