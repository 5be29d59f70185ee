"""What was heard, seen or read, as WebVTT (stretches with their text) and as plain text (docs/adr/0044).

Source of the format: "WebVTT: The Web Video Text Tracks Format", W3C Candidate Recommendation, 4 April 2019.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy

from marketplace.base.errors import Refusal
from tasks.consensus import Consensus
from tasks.forms import Form, compile_form
from tasks.models import Batch
from tasks.widgets.base import Widget
from tasks.widgets.segments import Segments
from tasks.widgets.text import Text

from .exports_rows import COUNT_ROWS, NothingOfTheSort, Reading, TaskRow, count, tasks
from .exports_zip import Member, plain_name

MOST_FILES = 50_000  # in one ZIP: its directory is kept in memory until the end
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class NoStretches(NothingOfTheSort):
    """No field of the form marks stretches and asks for their text."""

    detail = gettext_lazy(
        "WebVTT holds stretches of a recording with their text, and the form of this batch asks for none. "
        "Take CSV or JSON lines."
    )


class NoTranscripts(NothingOfTheSort):
    """The form shows no recording, film or picture, or asks for no text of many lines about it."""

    detail = gettext_lazy(
        "Plain text holds what people heard or read, and the form of this batch asks for no such text. "
        "Take CSV or JSON lines."
    )


class NoTranscriptYet(Refusal):
    """The one row has no approved answer with a text."""

    code = "nothing_yet"
    detail = gettext_lazy("There is no approved text yet. It comes in once an answer is approved.")


class TooManyFiles(Refusal):
    """More rows than a ZIP is good for."""

    code = "too_many_files"
    detail = gettext_lazy(
        "There are more than %(most)s rows, each of which would be a file. Take CSV or JSON lines."
    )


def spoken(form: Form) -> list[Segments]:
    """The fields whose stretches have texts: what becomes WebVTT."""
    return [widget for widget in form.fields if isinstance(widget, Segments) and widget.options["text"]]


def written(form: Form) -> list[Widget]:
    """The fields that become plain text: long texts about something shown, and stretches with texts."""
    if not form.media_columns:
        return []
    texts = [widget for widget in form.fields if isinstance(widget, Text) and widget.many]
    return [*texts, *spoken(form)]


def check(batch: Batch, ending: str) -> None:
    """Raises NoStretches ("vtt") or NoTranscripts ("txt") for a form that has nothing of the sort."""
    form = compile_form(batch.form)
    if ending == "vtt" and not spoken(form):
        raise NoStretches
    if ending == "txt" and not written(form):
        raise NoTranscripts


def check_count(batch: Batch) -> None:
    """Raises TooManyFiles."""
    if count(COUNT_ROWS, batch.pk) > MOST_FILES:
        raise TooManyFiles(most=MOST_FILES)


def is_one_file(batch: Batch, ending: str) -> bool:
    """Whether all of it is one file: the batch has one row, and the form one such field."""
    form = compile_form(batch.form)
    fields: Sequence[Widget] = spoken(form) if ending == "vtt" else written(form)
    return len(fields) == 1 and count(COUNT_ROWS, batch.pk) == 1


def single(batch: Batch, members: Iterator[Member]) -> Iterator[bytes]:
    """The one file of a batch of one row, read now. Raises NoTranscriptYet."""
    found = next(members, None)
    if found is None:
        raise NoTranscriptYet
    return iter(list(found.chunks))


def members(batch: Batch, *, endings: Sequence[str] = ("vtt", "txt"), folder: str = "") -> Iterator[Member]:
    """A file for each row and field whose approved answers say something, named after the row's recording."""
    reading = Reading(batch)
    form = reading.form
    by_ending: dict[str, Sequence[Widget]] = {"vtt": spoken(form), "txt": written(form)}
    for row in tasks(batch):
        found = reading.of(row)
        for ending in endings:
            fields = by_ending[ending]
            for widget in fields:
                one = found.get(widget.name)
                if one is None or one.value is None:
                    continue
                name = _name(row, form.media_columns, widget.name if len(fields) > 1 else "")
                text = _vtt(row, widget, one) if ending == "vtt" else plain(widget, one.value)
                yield Member(f"{folder}{name}.{ending}", iter([text.encode()]))


def _name(row: TaskRow, columns: Sequence[str], field: str) -> str:
    """Such as 000012-interview: the row's number keeps two recordings of one name apart."""
    cell = next((str(row.data[column]) for column in columns if row.data.get(column)), "")
    path = urlsplit(cell).path if cell.startswith("https:") else cell
    base = plain_name(PurePosixPath(path.replace("\\", "/")).stem, "")
    return "-".join(part for part in (f"{row.number:06d}", base, field) if part)


# --- Plain text -----------------------------------------------------------------------------------------------------


def plain(widget: Widget, value: Any) -> str:
    """The text itself; of stretches their texts in order, each on a line, with who or what it is where there are
    labels."""
    if not isinstance(widget, Segments):
        return f"{value}\n"
    labels = {pair["value"]: pair["label"] for pair in widget.options["labels"]}
    lines = []
    for mark in value:
        if text := " ".join(mark.get("text", "").split()):
            label = labels.get(mark.get("label", ""), "")
            lines.append(f"{label}: {text}" if label else text)
    return "".join(f"{line}\n" for line in lines)


# --- WebVTT ---------------------------------------------------------------------------------------------------------


def _vtt(row: TaskRow, widget: Widget, found: Consensus) -> str:
    note = f"NOTE\n{row.public_id}, confidence {found.confidence:.4f}, approved answers {len(row.answers)}"
    return webvtt(found.value, {pair["value"]: pair["label"] for pair in widget.options["labels"]}, note)


def webvtt(marks: Sequence[Mapping[str, Any]], labels: Mapping[str, str], note: str = "") -> str:
    """A WebVTT file of the stretches that have a text, by their beginning; a label becomes the voice of its cue."""
    blocks = ["WEBVTT", *([note] if note else [])]
    with_text = [(mark, lines) for mark in marks if (lines := _cue_text(mark.get("text", "")))]
    for number, (mark, text) in enumerate(sorted(with_text, key=lambda each: each[0]["from"]), start=1):
        label = _one_line(labels.get(mark.get("label", ""), ""))
        voice = f"<v {label}>" if label else ""
        blocks.append(f"{number}\n{timestamp(mark['from'])} --> {timestamp(mark['to'])}\n{voice}{text}")
    return "\n\n".join(blocks) + "\n"


def timestamp(moment: int) -> str:
    """Milliseconds as hours:minutes:seconds.thousandths, such as 00:01:02.500."""
    seconds, thousandths = divmod(moment, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _cue_text(text: str) -> str:
    """The text as a cue may hold it: an empty line would end it, and “-->”, “<” and “&” would be read as signs."""
    lines = (" ".join(line.split()) for line in re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", text))
    return "\n".join(line for line in lines if line).translate(_ESCAPED)


def _one_line(label: str) -> str:
    return " ".join(label.split()).translate(_ESCAPED)
