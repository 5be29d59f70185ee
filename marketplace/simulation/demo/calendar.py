"""The demonstration's past: its batches are worked on over the last weeks, by a clock that only this command sees."""

import contextlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from marketplace.base import clock


class Calendar:
    """Moves the clock of this process through the past, never beyond the present."""

    def __init__(self, seed: int = 5) -> None:
        self._shift = 0.0
        self._rng = random.Random(seed)

    def go_to(self, *, days_ago: float) -> None:
        """To so many days before the present."""
        self._set(-days_ago * 86_400)

    def pass_(self, low: float, high: float) -> None:
        """Let between `low` and `high` seconds pass."""
        self._set(min(0.0, self._shift + self._rng.uniform(low, high)))

    def _set(self, seconds: float) -> None:
        self._shift = seconds
        clock.shift_to(seconds)


@contextlib.contextmanager
def past() -> Iterator[Calendar]:
    """A calendar for the length of the block; afterwards this process is back in the present."""
    before = settings.CLOCK_FILE
    with tempfile.TemporaryDirectory() as folder:
        settings.CLOCK_FILE = str(Path(folder) / "clock")
        try:
            yield Calendar()
        finally:
            settings.CLOCK_FILE = before
