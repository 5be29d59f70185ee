"""Migrations that carry SQL: functions, triggers and grants live in `.sql` files beside the app."""

from pathlib import Path

from django.db.migrations import RunSQL


def run(path: Path, reverse: str) -> RunSQL:
    """A migration step that executes the file at `path`; the statements in `reverse` undo it."""
    return RunSQL(path.read_text(encoding="utf-8"), reverse)
