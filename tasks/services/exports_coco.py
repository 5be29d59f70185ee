"""Boxes and outlines as COCO JSON, the format that tools for detection and segmentation read (docs/adr/0044).

Source: "COCO: data format", object detection (cocodataset.org), with `score` as its results format has it.
docs/schemas/coco.json states what is written here as JSON schema; a test holds files against it.
"""

import json
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import IO, Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.utils.translation import gettext_lazy
from PIL import Image

from marketplace.base import clock
from tasks.consensus import Consensus
from tasks.forms import Form, compile_form
from tasks.media import links
from tasks.models import Batch, Medium
from tasks.rows import EXAMPLE
from tasks.widgets.boxes import Boxes
from tasks.widgets.drawing import WHOLE, OnPicture
from tasks.widgets.outline import Outline

from .exports_rows import AT_ONCE, NothingOfTheSort, Reading, TaskRow, tasks
from .exports_tables import sent

DIGITS = 2  # of a pixel
Size = tuple[int, int]
Pictures = Mapping[str, Size]  # width and height in pixels, by the key of the cell


class NoDrawings(NothingOfTheSort):
    """The form has neither boxes nor outlines."""

    detail = gettext_lazy(
        "COCO JSON holds boxes and outlines, and the form of this batch asks for neither. Take CSV or JSON lines."
    )


def drawings(form: Form) -> list[OnPicture]:
    """The fields that COCO can hold."""
    return [widget for widget in form.fields if isinstance(widget, (Boxes, Outline))]


def check(batch: Batch) -> None:
    """Raises NoDrawings for a batch whose form has neither boxes nor outlines."""
    if not drawings(compile_form(batch.form)):
        raise NoDrawings


def chunks(batch: Batch) -> Iterator[bytes]:
    """One JSON object. Annotations wait in a temporary file while the images before them are sent, so that both come
    from one picture of the data and a million of them need no more memory than a thousand.

    An image is a picture that somebody's approved answer is about: one without an answer is left out, since it would
    look like one with nothing on it; so is one whose size is not known, and `tessera.images_left_out` counts these.
    """
    with tempfile.TemporaryFile() as waiting:
        yield _head(batch)
        left_out = yield from _images(batch, waiting)
        yield b'],\n"annotations": ['
        waiting.seek(0)
        yield from sent(waiting)
        yield f'],\n"tessera": {{"images_left_out": {left_out}}}}}\n'.encode()


def _head(batch: Batch) -> bytes:
    now = clock.now()
    info = {
        "description": batch.title,
        "version": "1.0",
        "year": now.year,
        "contributor": batch.organisation.name,
        "date_created": now.isoformat(timespec="seconds"),
    }
    named = categories(drawings(compile_form(batch.form)))
    listed = [
        {"id": number, "name": name, "supercategory": field}
        for (field, _value), (number, name) in named.items()
    ]
    head = f'{{"info": {_json(info)},\n"licenses": [],\n"categories": {_json(listed)},\n"images": ['
    return head.encode()


def categories(fields: Sequence[OnPicture]) -> dict[tuple[str, str], tuple[int, str]]:
    """(name of the field, value of the label) → number from 1 and the name that people read; '' without labels."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for widget in fields:
        labels = widget.options["labels"] or [{"value": "", "label": widget.name}]
        for pair in labels:
            found[widget.name, pair["value"]] = (len(found) + 1, pair["label"])
    return found


def _images(batch: Batch, waiting: IO[bytes]) -> Generator[bytes, None, int]:
    """Yields the images, in pieces, and puts their annotations into `waiting`. Returns how many were left out."""
    reading = Reading(batch)
    fields = drawings(reading.form)
    named, numbers = categories(fields), count(1)
    images = left_out = 0
    piece: list[str] = []
    for row, sizes in _with_sizes(batch, fields):
        for column, drawn in _drawn(reading, fields, row).items():
            cell = str(row.data.get(column, "")).strip()
            size = sizes.get(links.key_of(cell))
            if size is None:
                left_out += 1
                continue
            images += 1
            piece.append((",\n" if images > 1 else "\n") + _json(_image(images, row, cell, size)))
            for widget, found in drawn:
                for shape in found.value:
                    number = next(numbers)
                    category, _name = named[widget.name, shape.get("label", "")]
                    about: dict[str, Any] = {"id": number, "image_id": images, "category_id": category}
                    about |= {**annotation(shape, size), "score": round(found.confidence, 4)}
                    waiting.write(((",\n" if number > 1 else "\n") + _json(about)).encode())
        if len(piece) >= AT_ONCE:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()
    return left_out


def _drawn(
    reading: Reading, fields: Sequence[OnPicture], row: TaskRow
) -> dict[str, list[tuple[OnPicture, Consensus]]]:
    """By column of pictures what the approved answers drew on it; nothing where most left the question empty."""
    found: dict[str, list[tuple[OnPicture, Consensus]]] = {}
    values = reading.of(row)
    for widget in fields:
        one = values.get(widget.name)
        if one is not None and one.value is not None:
            found.setdefault(widget.options["column"], []).append((widget, one))
    return found


def _image(number: int, row: TaskRow, cell: str, size: Size) -> dict[str, Any]:
    about: dict[str, Any] = {"id": number, "width": size[0], "height": size[1], "file_name": _file_name(cell)}
    if cell.startswith("https:"):
        about["coco_url"] = cell
    return {**about, "row": row.number, "task": row.public_id}


def _file_name(cell: str) -> str:
    """The file as the requester calls it; of an address host and path, where `wget -x` puts it."""
    if not cell.startswith("https:"):
        return cell
    parts = urlsplit(cell)
    return f"{parts.hostname}{parts.path}"


def annotation(shape: Mapping[str, Any], size: Size) -> dict[str, Any]:
    """A box or an outline in pixels of a picture of this size: bbox [x, y, width, height], polygon, area."""
    wide, high = size
    if "points" in shape:
        corners = [(x * wide / WHOLE, y * high / WHOLE) for x, y in shape["points"]]
    else:
        left, top = shape["x"] * wide / WHOLE, shape["y"] * high / WHOLE
        right, low = (shape["x"] + shape["w"]) * wide / WHOLE, (shape["y"] + shape["h"]) * high / WHOLE
        corners = [(left, top), (right, top), (right, low), (left, low)]
    across, down = [x for x, _y in corners], [y for _x, y in corners]
    box = [min(across), min(down), max(across) - min(across), max(down) - min(down)]
    return {
        "bbox": [round(value, DIGITS) for value in box],
        "segmentation": [[round(value, DIGITS) for corner in corners for value in corner]],
        "area": round(_area(corners), DIGITS),
        "iscrowd": 0,
    }


def _area(corners: Sequence[tuple[float, float]]) -> float:
    """The area that a polygon goes around (the shoelace formula; C. F. Gauss)."""
    after = [*corners[1:], corners[0]]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(corners, after, strict=True))) / 2


# --- Sizes of the pictures ------------------------------------------------------------------------------------------


def _with_sizes(batch: Batch, fields: Sequence[OnPicture]) -> Iterator[tuple[TaskRow, Pictures]]:
    """Each task with the sizes of the pictures of its set: one query for each AT_ONCE tasks."""
    columns = {widget.options["column"] for widget in fields}
    together: list[TaskRow] = []

    def known() -> Iterator[tuple[TaskRow, Pictures]]:
        cells = {str(row.data.get(column, "")).strip() for row in together for column in columns}
        sizes = _sizes(batch, cells)
        for row in together:
            yield row, sizes
        together.clear()

    for row in tasks(batch):
        together.append(row)
        if len(together) >= AT_ONCE:
            yield from known()
    yield from known()


def _sizes(batch: Batch, cells: set[str]) -> Pictures:
    """Width and height of the pictures that these cells name; of a picture as it was sent, upright."""
    keys = {links.key_of(cell): cell for cell in cells if cell}
    found: dict[str, Size] = {}
    for key, cell in keys.items():
        if cell.startswith(EXAMPLE) and (size := _example(cell.removeprefix(EXAMPLE))):
            found[key] = size
    media = Medium.objects.filter(batch=batch, key__in=keys, state=Medium.State.READY)
    for key, meta in media.values_list("key", "meta"):
        if meta.get("width") and meta.get("height"):
            found[key] = (int(meta["width"]), int(meta["height"]))
    return found


@lru_cache(maxsize=64)
def _example(name: str) -> Size | None:
    """The size of a picture of our own, which example rows show."""
    path = finders.find(f"examples/{name}") if "/" not in name else None
    if not isinstance(path, str):
        return None
    try:
        with Image.open(path) as picture:
            return picture.size
    except OSError:  # a recording, say
        return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
