"""Arrows that import-linter can't draw: services never see a request or an answer of HTTP."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(
    path for app in ("tasks", "workers", "payments") for path in (ROOT / app / "services").rglob("*.py")
)
FORBIDDEN = ("django.http", "django.shortcuts", "django.views", "django.contrib.messages")


def imported(source: str) -> set[str]:
    """The full names of all that a module imports: `from a import b` is both `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def test_the_look_sees_every_way_to_import() -> None:
    assert "django.http" in imported("from django import http")
    assert "django.http" in imported("from django.http import Http404")
    assert "django.http.request" in imported("import django.http.request")


def test_there_are_services_to_look_at() -> None:
    assert len(SERVICES) > 10


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_service_knows_nothing_of_http(path: Path) -> None:
    found = {name for name in imported(path.read_text()) if name.startswith(FORBIDDEN)}
    assert not found
