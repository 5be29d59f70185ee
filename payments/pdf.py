"""The kit of our PDFs: one quiet sheet of A4 with a head, tables of money that go on over pages, and a foot.

    sheet = pdf.Sheet(title="Invoice F-2026-0001", language="en", issuer=issuer, made_at=issued_at)
    sheet.address("Billed to", ["Atelier", "1 rue X", "75011 Paris"])
    sheet.facts([("Number", "F-2026-0001"), ("Date", "1 December 2026")])
    sheet.table([pdf.Column("What"), pdf.Column("Net", money=True)], [["Batch one", 1_200_000]], total="Net")
    sheet.totals([("Net", 1_200_000), ("VAT", 240_000), ("To pay", 1_440_000)])
    content = sheet.render()

Amounts are whole micros; they are written in the sheet's language. The same input gives the same bytes, so that a hash
can be kept. Fonts: DejaVu Sans (`node_modules/dejavu-fonts-ttf`); other scripts as `pdf_text` says.
"""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import TimeStamp
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Spacer

from payments.pdf_parts import (
    HEIGHT,
    INNER,
    MARGIN,
    WIDTH,
    Body,
    Column,
    Head,
    Table,
    Totals,
    fonts,
    para,
    rule,
)

__all__ = ["Column", "Issuer", "Sheet"]

TILES = [("#3f8b74", -2, 0, 1), ("#4a76b8", 2, 1, 1), ("#e2ad3b", 3, 0, 0), ("#c2552d", -3, 1, 0)]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who the document is from: the name beside the mark, the lines under it, and the small print of every page."""

    name: str
    lines: Sequence[str] = ()
    footer: str = ""


@dataclass(slots=True)
class Sheet:
    """A document that grows from top to bottom. `made_at` is the date in its metadata, never the clock's."""

    title: str
    language: str
    issuer: Issuer
    made_at: dt.datetime
    subject: str = ""
    _story: list[Flowable] = field(default_factory=list)
    _address: tuple[str, Sequence[str]] | None = None
    _facts: Sequence[tuple[str, str]] = ()

    def address(self, label: str, lines: Sequence[str]) -> None:
        """Whom the document is for, on the right where a window envelope shows it; empty lines are left out."""
        self._address = (label, [line for line in lines if line])

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values beside the address: number, date, period; rows without a value are left out."""
        self._facts = [(label, value) for label, value in rows if value]

    def heading(self, text: str) -> None:
        self._story += [Spacer(0, 6 * mm), para(text, "heading"), Spacer(0, 2 * mm)]

    def text(self, text: str, *, small: bool = False) -> None:
        """A paragraph; a line break in it stays one."""
        self._story += [para(text, "small" if small else "body"), Spacer(0, 2 * mm)]

    def rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values under each other, in the text."""
        columns = [Column("", share=1), Column("", share=2)]
        self._story += [Table(Body(columns, rows), "", head=False), Spacer(0, 3 * mm)]

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Any]], *, total: str = "") -> None:
        """A table that breaks between rows and repeats its head; `total` names the sum of the money columns.

        Where it goes on over a page, the sum so far stands at its foot and at the head of the next page.
        """
        with override(self.language):
            self._story += [Table(Body(columns, rows), total), Spacer(0, 4 * mm)]

    def totals(self, rows: Sequence[tuple[str, int]]) -> None:
        """Sums on the right, the last in bold, never parted by a page."""
        with override(self.language):
            self._story += [KeepTogether([Totals(rows)]), Spacer(0, 4 * mm)]

    def notes(self, lines: Sequence[str]) -> None:
        """Sentences in small type: legal mentions, what to do next."""
        self._story += [part for line in lines for part in (para(line, "small"), Spacer(0, 1.5 * mm))]

    def render(self) -> bytes:
        """The document's bytes."""
        fonts()
        out = io.BytesIO()
        with override(self.language):
            document = BaseDocTemplate(
                out, pagesize=A4, title=self.title, author=self.issuer.name,
                subject=self.subject or self.title, creator="Tessera", producer="Tessera", keywords="",
            )  # fmt: skip
            document.addPageTemplates([_page()])
            label, lines = self._address or ("", [])
            head = [
                Head(self.issuer.lines, label, lines, self._facts),
                para(self.title, "title"),
                Spacer(0, 4 * mm),
            ]
            document.build([*head, *self._story], canvasmaker=lambda *a, **k: _Pages(self, *a, **k))
        return out.getvalue()


def _page() -> PageTemplate:
    frame = Frame(
        MARGIN, 25 * mm, INNER, HEIGHT - 43 * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    return PageTemplate(frames=[frame])


class _Pages(Canvas):  # type: ignore[misc]
    """A canvas that knows how many pages there are before it writes "page 1 of 3" on the first."""

    def __init__(self, sheet: Sheet, *args: Any, **values: Any) -> None:
        super().__init__(*args, **{**values, "invariant": 1, "lang": sheet.language, "pageCompression": 1})
        self.sheet = sheet
        self.pages: list[dict[str, Any]] = []
        self._doc._timeStamp = _Moment(sheet.made_at)
        self.setViewerPreference("DisplayDocTitle", "true")

    def showPage(self) -> None:
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, state in enumerate(self.pages, start=1):
            self.__dict__.update(state)
            self._frame_of_page(number, len(self.pages))
            super().showPage()
        super().save()

    def _frame_of_page(self, number: int, count: int) -> None:
        _mark(self, MARGIN, HEIGHT - 14 * mm, 5 * mm)
        name = para(self.sheet.issuer.name, "strong")
        name.wrap(INNER - 10 * mm, 20 * mm)
        name.drawOn(self, MARGIN + 8 * mm, HEIGHT - 13.6 * mm)
        rule(self, MARGIN, 20 * mm, INNER, 0.4)
        foot = para(self.sheet.issuer.footer, "small")
        _width, height = foot.wrap(INNER - 32 * mm, 14 * mm)
        foot.drawOn(self, MARGIN, 18 * mm - height)
        page = para(_("Page %(number)s of %(count)s") % {"number": number, "count": count}, "page")
        page.wrap(30 * mm, 10 * mm)
        page.drawOn(self, WIDTH - MARGIN - 30 * mm, 18 * mm - page.height)


class _Moment(TimeStamp):  # type: ignore[misc]
    """The document's own date where reportlab would write the clock's."""

    def __init__(self, moment: dt.datetime) -> None:
        super().__init__(invariant=1)
        utc = moment.astimezone(dt.UTC)
        self.t, self.lt, self.YMDhms = utc.timestamp(), utc.timetuple(), tuple(utc.timetuple())[:6]


def _mark(canvas: Canvas, x: float, y: float, size: float) -> None:
    """The mark: four tiles, as in static/img/favicon.svg."""
    tile = size * 0.45
    for code, turn, column, row in TILES:
        canvas.saveState()
        canvas.translate(x + tile / 2 + column * (size - tile), y + tile / 2 + row * (size - tile))
        canvas.rotate(-turn)
        canvas.setFillColor(HexColor(code))
        canvas.roundRect(-tile / 2, -tile / 2, tile, tile, size * 0.08, stroke=0, fill=1)
        canvas.restoreState()
