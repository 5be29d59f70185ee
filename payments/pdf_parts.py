"""What the sheets of `payments.pdf` are made of: fonts, styles, and the parts that know how to break over pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph

from marketplace.base import formats
from payments import pdf_text

FONTS = Path(settings.BASE_DIR) / "node_modules" / "dejavu-fonts-ttf" / "ttf"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, SOFT, LINE, SUNK = (HexColor(code) for code in ("#1c1a17", "#5f5a52", "#cfc8bb", "#f4f1ea"))
MARGIN = 20 * mm
WIDTH, HEIGHT = A4
INNER = WIDTH - 2 * MARGIN
PAD = 2 * mm


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `share` of the width beside the others. Cells of a `money` column are micros (None: a dash)."""

    label: str
    money: bool = False
    share: float = 1.0
    right: bool = False

    @property
    def at_right(self) -> bool:
        return self.money or self.right


@lru_cache(maxsize=1)
def fonts() -> TTFont:
    """Register every font once. Raises reportlab's TTFError when the npm packages are not installed."""
    plain = TTFont(PLAIN, str(FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(plain)
    pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "DejaVuSans-Bold.ttf")))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
    for name in (pdf_text.JAPANESE, pdf_text.KOREAN, pdf_text.CHINESE):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
        pdfmetrics.registerFontFamily(name, normal=name, bold=name, italic=name, boldItalic=name)
    return plain


def drawn(char: str) -> bool:
    return ord(char) in fonts().face.charToGlyph


def style(
    size: float, *, bold: bool = False, soft: bool = False, right: bool = False, leading: float = 1.45
) -> ParagraphStyle:
    return ParagraphStyle(
        "s", fontName=BOLD if bold else PLAIN, fontSize=size, leading=size * leading,
        textColor=SOFT if soft else INK, alignment=TA_RIGHT if right else TA_LEFT, splitLongWords=1,
        allowWidows=0, allowOrphans=0,
    )  # fmt: skip


STYLES: dict[str, ParagraphStyle] = {
    "title": style(17, bold=True, leading=1.25),
    "heading": style(11, bold=True),
    "body": style(9.5),
    "small": style(8, soft=True),
    "label": style(8, soft=True),
    "cell": style(8.5),
    "cell right": style(8.5, right=True),
    "page": style(8, soft=True, right=True),
    "head": style(8, soft=True),
    "head right": style(8, soft=True, right=True),
    "strong": style(9, bold=True),
    "strong right": style(9, bold=True, right=True),
}


def para(text: str, look: str) -> Paragraph:
    fonts()
    return Paragraph(pdf_text.markup(text, drawn), STYLES[look])


def _stack(canvas: Canvas, parts: Sequence[Paragraph], x: float, top: float, width: float) -> float:
    """Draw paragraphs under each other from `top` down; where the last one ends."""
    for part in parts:
        _width, height = part.wrap(width, HEIGHT)
        top -= height
        part.drawOn(canvas, x, top)
    return top


class Head(Flowable):  # type: ignore[misc]
    """Facts on the left and the address on the right, under the issuer's own head of the first page."""

    def __init__(
        self, issuer: Sequence[str], label: str, address: Sequence[str], facts: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__()
        self.issuer = [para(line, "small") for line in issuer if line]
        self.right = [para(label, "label"), *(para(line, "body") for line in address)] if label else []
        self.left = [(para(name, "label"), para(value, "body")) for name, value in facts]

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        half = width / 2 - 4 * mm
        left = sum(self._row(name, value, half) for name, value in self.left)
        self.top = sum(part.wrap(half, HEIGHT)[1] for part in self.issuer)
        right = sum(part.wrap(half, HEIGHT)[1] for part in self.right)
        self.width, self.height = width, self.top + 8 * mm + max(left, right) + 8 * mm
        return self.width, self.height

    def _row(self, name: Paragraph, value: Paragraph, width: float) -> float:
        return float(max(name.wrap(26 * mm, HEIGHT)[1], value.wrap(width - 28 * mm, HEIGHT)[1]))

    def draw(self) -> None:
        half = self.width / 2 - 4 * mm
        _stack(self.canv, self.issuer, 0, self.height, half)
        top = self.height - self.top - 8 * mm
        _stack(self.canv, self.right, self.width / 2 + 4 * mm, top, half)
        for name, value in self.left:
            height = self._row(name, value, half)
            name.drawOn(self.canv, 0, top - name.height - 0.5 * mm)
            value.drawOn(self.canv, 28 * mm, top - value.height)
            top -= height


class Body:
    """The rows of a table, measured once, with the sums of its money columns up to each of them."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> None:
        self.columns = columns
        whole = sum(column.share for column in columns)
        self.widths = [INNER * column.share / whole for column in columns]
        self.lines = [self.line(row, "cell") for row in rows]
        self.sums = [[0] * len(columns)]
        for row in rows:
            self.sums.append(
                [
                    before + (value or 0 if column.money else 0)
                    for column, value, before in zip(columns, row, self.sums[-1], strict=True)
                ]
            )

    def line(self, values: Sequence[Any], look: str) -> "Line":
        cells = []
        for column, value, width in zip(self.columns, values, self.widths, strict=True):
            written = value if isinstance(value, str) or not column.money else formats.eur(value)
            cell = para(str(written), f"{look} right" if column.at_right else look)
            cell.wrap(width - PAD, HEIGHT)
            cells.append(cell)
        return cells, max(cell.height for cell in cells) + 1.5 * PAD

    def sum_line(self, label: str, at: int) -> "Line":
        """What the money columns sum up to in the first `at` rows."""
        values = [micros if c.money else "" for c, micros in zip(self.columns, self.sums[at], strict=True)]
        (_first, *cells), height = self.line(["", *values[1:]], "strong")
        # The label has the room of all columns before the first sum: in one of them it would be broken.
        before = next((place for place, c in enumerate(self.columns) if c.money), 1)
        name = para(label, "strong")
        name.wrap(sum(self.widths[: max(before, 1)]) - PAD, HEIGHT)
        return [name, *cells], max(height, name.height + 1.5 * PAD)


Line = tuple[list[Paragraph], float]  # cells, height


class Table(Flowable):  # type: ignore[misc]
    """The rows `first` to `end` of a body under its head; it splits between rows."""

    def __init__(
        self, body: Body, total: str, *, first: int = 0, end: int | None = None, head: bool = True
    ) -> None:
        super().__init__()
        self.body, self.total, self.head, self.first = body, total, head, first
        self.end = len(body.lines) if end is None else end
        self.width = INNER

    def _lines(self) -> list[tuple[str, Line]]:
        body, lines = self.body, []
        if self.head:
            lines.append(("head", body.line([column.label for column in body.columns], "head")))
        if self.total and self.first:
            lines.append(("sum", body.sum_line(_("Brought forward"), self.first)))
        lines += [("row", line) for line in body.lines[self.first : self.end]]
        if self.total:
            over = self.end < len(body.lines)
            lines.append(("sum", body.sum_line(_("Carried over") if over else self.total, self.end)))
        return lines

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        around = self._lines_around()
        self.height = around + sum(height for _cells, height in self.body.lines[self.first : self.end])
        return INNER, self.height

    def _lines_around(self) -> float:
        """The height of head and sums, wherever it is split: the line at its foot is carried over, or the total."""
        empty = Table(self.body, self.total, first=self.first, end=self.first, head=self.head)
        around = sum(height for _kind, (_cells, height) in empty._lines())
        if not self.total:
            return around
        carried, whole = (self.body.sum_line(label, self.end)[1] for label in (_("Carried over"), self.total))
        return around + max(0.0, whole - carried)

    def split(self, width: float, height: float) -> list[Flowable]:
        used, end = self._lines_around(), self.first
        while end < self.end and used + self.body.lines[end][1] <= height:
            used += self.body.lines[end][1]
            end += 1
        if end == self.first or end == self.end:
            return []
        return [
            Table(self.body, self.total, first=self.first, end=end, head=self.head),
            Table(self.body, self.total, first=end, end=self.end, head=self.head),
        ]

    def draw(self) -> None:
        top = self.height
        for kind, (cells, height) in self._lines():
            if kind == "sum":
                fill(self.canv, 0, top - height, self.width, height)
            x = 0.0
            for cell, width in zip(cells, self.body.widths, strict=True):
                cell.drawOn(self.canv, x + PAD / 2, top - PAD * 0.75 - cell.height)
                x += width
            top -= height
            rule(self.canv, 0, top, self.width, 0.8 if kind == "head" else 0.4)


class Totals(Flowable):  # type: ignore[misc]
    """Sums on the right half of the sheet."""

    def __init__(self, rows: Sequence[tuple[str, int]]) -> None:
        super().__init__()
        last = len(rows) - 1
        self.lines = [
            (
                para(label, "strong" if index == last else "cell"),
                para(formats.eur(micros), "strong right" if index == last else "cell right"),
            )
            for index, (label, micros) in enumerate(rows)
        ]

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.left, self.width = width * 0.45, width
        half = width - self.left
        self.heights = [
            max(label.wrap(half * 0.62, HEIGHT)[1], value.wrap(half * 0.36, HEIGHT)[1]) + 1.5 * PAD
            for label, value in self.lines
        ]
        self.height = sum(self.heights)
        return width, self.height

    def draw(self) -> None:
        top, half = self.height, self.width - self.left
        for index, ((label, value), height) in enumerate(zip(self.lines, self.heights, strict=True)):
            if index == len(self.lines) - 1:
                fill(self.canv, self.left, top - height, half, height)
            label.drawOn(self.canv, self.left + PAD * 0.5, top - PAD * 0.75 - label.height)
            value.drawOn(self.canv, self.left + half * 0.64 - PAD * 0.5, top - PAD * 0.75 - value.height)
            top -= height
            rule(self.canv, self.left, top, half, 0.4)


def fill(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    canvas.saveState()
    canvas.setFillColor(SUNK)
    canvas.rect(x, y, width, height, stroke=0, fill=1)
    canvas.restoreState()


def rule(canvas: Canvas, x: float, y: float, width: float, thick: float) -> None:
    canvas.saveState()
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(thick)
    canvas.line(x, y, x + width, y)
    canvas.restoreState()
