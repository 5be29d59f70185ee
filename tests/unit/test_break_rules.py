"""`make broken` breaks rules on purpose: what it looks for in the code must be there."""

import importlib.util

import pytest

from tests.sources import ROOT


def _rules():
    spec = importlib.util.spec_from_file_location("break_rules", ROOT / "tools" / "break_rules.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RULES


@pytest.mark.parametrize("each", _rules(), ids=lambda each: f"{each.rule} {each.file}")
def test_what_is_to_be_broken_stands_in_the_code_and_has_a_test(each):
    assert each.words in (ROOT / each.file).read_text(), "say anew how to break it"
    assert f"def test_{each.rule}_".lower() in (ROOT / each.tests).read_text().lower()
