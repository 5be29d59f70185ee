"""Which tests prove a rule of the charter: those that carry its id in their name, as in `test_P5_only_a_moderator`.

Read from the source tree; a deployment that leaves the tests out knows of none.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

TESTS = Path(settings.BASE_DIR) / "tests"
_NAMED = re.compile(r"test_([PCMWDLpcmwdl][0-9]{1,2})_")


def by_rule() -> dict[str, list[str]]:
    """{id of a rule: the tests that name it, as pytest is told them: `tests/…/test_x.py::test_P5_…`}."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if not _NAMED.search(source):
            continue
        place = path.relative_to(TESTS.parent).as_posix()
        for name in _tests(ast.parse(source)):
            named = _NAMED.match(name.rpartition("::")[2])
            if named:
                found[named[1].upper()].append(f"{place}::{name}")
    return dict(found)


def _tests(tree: ast.Module | ast.ClassDef, within: str = "") -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield within + node.name
        elif isinstance(node, ast.ClassDef):
            yield from _tests(node, f"{within}{node.name}::")
