"""Whose file is made harmless next: decoding costs seconds of processor time, and the web processes are few.

A person sends one file at a time and a few in a minute; a machine decodes as many at once as half of its processors,
the others wait a moment and are then asked to try again. So that a few people with many files slow nobody's page.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal
from marketplace.base.models import User

MOST_A_MINUTE = 12  # files of one person: more than anybody photographs with care
WINDOW = 60  # seconds
LONGEST = 90  # seconds after which a turn that was never given back counts as over
AT_ONCE = max(1, (os.cpu_count() or 2) // 2)  # on this machine
WAIT = 4.0  # seconds for a place


class TooManyInAMinute(Refusal):
    """This person sent more files within a minute than anybody takes."""

    code = "slow_down"
    detail = _("You have sent %(most)s files within a minute. Wait a moment, then send the next one.")
    status = 429


class OneAtATime(Refusal):
    """Another file of this person is still being made ready."""

    code = "one_at_a_time"
    detail = _("Another file of yours is still being made ready. Send this one when it is done.")
    status = 429


class Busy(Refusal):
    """As many files are being decoded as this machine takes."""

    code = "busy"
    detail = _("Many files arrive just now. Nothing is lost: try again in a moment.")
    status = 503


@contextmanager
def turn(worker: User) -> Iterator[None]:
    """For the length of the block this person's file may be decoded. Raises TooManyInAMinute, OneAtATime, Busy.

    Every try counts, also of files that are refused. While Valkey is away each process counts for itself.
    """
    # Wall time on purpose: a test that moves the clock of the house must not reset anybody's count.
    window = int(time.time() // WINDOW)
    key = f"answer-files:{worker.pk}:{window}"
    cache.add(key, 0, WINDOW * 2)
    if _more(key) > MOST_A_MINUTE:
        raise TooManyInAMinute(most=MOST_A_MINUTE)
    mine = f"answer-file:{worker.pk}"
    if not cache.add(mine, 1, LONGEST):
        raise OneAtATime
    try:
        with _place():
            yield
    finally:
        cache.delete(mine)


def _more(key: str) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:  # Valkey came back in between, and knows nothing of it
        return 1


@contextmanager
def _place() -> Iterator[None]:
    """One of the places of this machine; the kernel gives it back however the process ends."""
    end = time.monotonic() + WAIT
    while (place := _free()) is None:
        if time.monotonic() > end:
            raise Busy
        time.sleep(0.1)
    with place:
        yield


def _free() -> IO[str] | None:
    """A place that nobody has, held until it is closed."""
    folder = Path(tempfile.gettempdir()) / f"tessera-decoding-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(AT_ONCE):
        handle = open(folder / str(number), "w")  # noqa: SIM115 (held on purpose)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
        else:
            return handle
    return None
