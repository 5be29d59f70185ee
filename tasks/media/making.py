"""One file in, harmless files out: read by a child process that has no secret, little memory and little time.

Decoders are the most attacked code there is. What a stranger sent is opened only in the child (tasks/media/clean.py);
here its bytes are never looked at, and what the child says is checked like anything else that comes from outside.
"""

import json
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import SENTENCES, MediaRefused

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("picture", "sound", "video", "page")
SECONDS = 1800  # of waiting, on a busy machine; each kind has a limit of processor time (confined.py)
_LONGEST_REPORT = 100_000  # bytes
_LARGEST_NUMBER = 50_000_000  # a picture may be one pixel high
_SIZE = re.compile(r"[a-z0-9]{1,16}")
_NAME = re.compile(r"[a-z0-9]{1,16}\.(webp|m4a|mp4|json)")


@dataclass(frozen=True)
class Made:
    """What came out. `files` maps a size to the name of a file in the folder:

    - picture: "thumb" (≤320 px), "page" (≤1280 px), "full" (≤4000 px), all WebP;
    - sound: "full" (m4a, AAC), "peaks" (JSON, a list of about 1000 numbers from 0 to 1: the wave);
    - video: "full" (mp4, H.264 and AAC, ≤1280 px), "thumb" (WebP), and "peaks" when it has sound;
    - page: "p1", "p2", … (WebP, ≤1600 px wide), and "thumb".

    `width` and `height` are pixels of the picture as it was sent (upright), of the video as it was made, of the first
    page as it was made; `seconds` are of sound and video; `pages` of a PDF. What a kind has not is 0.
    """

    kind: str
    files: dict[str, str] = field(default_factory=dict)
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    pages: int = 0


def make(path: Path, folder: Path, *, seconds: float = SECONDS) -> Made:
    """Turn the file into its harmless versions in `folder`, which exists and is empty.

    Raises MediaRefused; the folder may then hold left-overs and is the caller's to delete.
    """
    if not path.stat().st_size:
        raise MediaRefused("empty")
    with tempfile.TemporaryFile() as report:
        child = subprocess.Popen(
            [
                sys.executable,
                "-s",
                "-E",
                "-m",
                "tasks.media.clean",
                str(path.absolute()),
                str(folder.absolute()),
            ],
            cwd=ROOT,
            env={
                "LANG": "C.UTF-8",
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },  # no key, no password
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=subprocess.DEVNULL,
        )
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise MediaRefused("too_heavy") from None
        finally:
            child.kill()
            child.wait()
        report.seek(0)
        said = report.read(_LONGEST_REPORT)
    return _read(status, said, folder)


def _read(status: int, said: bytes, folder: Path) -> Made:
    """What the child reports. A child that was ended, or died of what it read, counts as a file that can't be read."""
    if status:
        raise MediaRefused("too_heavy" if -status in (signal.SIGXCPU, signal.SIGKILL) else "unreadable")
    try:
        report = json.loads(said)
        if "refused" in report:
            raise _refusal(report["refused"], report["params"])
        return _made(report, folder)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise MediaRefused("unreadable") from None


def _refusal(code: Any, params: Any) -> MediaRefused:
    if code not in SENTENCES or not all(isinstance(value, str | int) for value in params.values()):
        raise ValueError(code)
    refusal = MediaRefused(code, **{str(key): str(value)[:100] for key, value in params.items()})
    if not refusal.message:  # raises KeyError here, not on a page, when the sentence lacks one of its values
        raise ValueError(code)
    return refusal


def _made(report: dict[str, Any], folder: Path) -> Made:
    kind, files = str(report["kind"]), dict(report["files"])
    if kind not in KINDS or not files:
        raise ValueError(kind)
    for size, name in files.items():
        made = folder / name
        if not _SIZE.fullmatch(size) or not _NAME.fullmatch(name) or made.is_symlink() or not made.is_file():
            raise ValueError(name)
    return Made(
        kind=kind,
        files=files,
        width=int(_number(report["width"])),
        height=int(_number(report["height"])),
        seconds=round(_number(report["seconds"]), 3),
        pages=int(_number(report["pages"])),
    )


def _number(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= _LARGEST_NUMBER:
        raise ValueError(value)
    return number
