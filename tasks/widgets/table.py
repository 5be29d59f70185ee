import json
import re
import unicodedata
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.consensus import Consensus, tables

from . import decimals
from .base import Cell, Drawing, Widget
from .settings import Setting, Wrong

MOST_ROWS, MOST_COLUMNS, MOST_CHARS = 200, 12, 500
SPARE = 5  # empty rows to type in where no script adds any
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Table(Widget):
    """Rows of cells under fixed columns, such as the lines of an invoice. The answer is a list of {column: text}.

    Empty rows are dropped. As it comes there are a few to spare; the script adds rows and takes what is pasted from a
    spreadsheet.
    """

    key = "table"
    family = "write"
    title = gettext_lazy("Table")
    scripts = ("js/widgets/table.js",)
    styles = ("css/widgets/plain.css",)
    settings = (
        Setting("columns", "pairs", gettext_lazy("Columns"), required=True, most=MOST_COLUMNS, keys=("name", "label"),
                help=gettext_lazy("One a line; after a bar, how people read it: unit_price | Price of one")),
        Setting("numbers", "pairs", gettext_lazy("Columns of numbers"), default=[], most=MOST_COLUMNS,
                keys=("name", "note"),
                help=gettext_lazy("Names of columns above that hold nothing but a number, one a line.")),
        Setting("least", "count", gettext_lazy("Least rows"), most=MOST_ROWS, default=0),
        Setting("most", "count", gettext_lazy("Most rows"), least=1, most=MOST_ROWS, default=50),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {
                "columns": [{"name": "item", "label": _("Item")}, {"name": "price", "label": _("Price")}]
            },
            "answer": [{"item": _("Tea"), "price": "2.40"}, {"item": _("Salt"), "price": "0.90"}],
            "wrong": [{"colour": "red"}],
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        found = []
        if not all(_NAME.fullmatch(name) for name in self.names):
            found.append(
                (
                    "columns",
                    _("A column's name has small letters, digits and _. After a bar (|) write any words."),
                )
            )
        if strange := self.numbers - set(self.names):
            found.append(("numbers", _("There is no column “%(name)s”.") % {"name": min(strange)}))
        if self.options["least"] > self.options["most"]:
            found.append(("least", _("The least is more than the most.")))
        return found

    @property
    def names(self) -> list[str]:
        return [pair["name"] for pair in self.options["columns"]]

    @property
    def numbers(self) -> set[str]:
        """The columns that hold nothing but a number."""
        return {pair["name"] for pair in self.options["numbers"]}

    @property
    def grouped(self) -> bool:
        return True

    # --- the answer ------------------------------------------------------------------------------------

    def from_post(self, data: QueryDict, key: str) -> Any:
        """The rows as typed, in the order of the page; the script may leave gaps in their numbers."""
        named = re.compile(re.escape(key) + r"-([0-9]{1,6})-([0-9]{1,2})")
        numbers = sorted({int(found[1]) for name in data if (found := named.fullmatch(name))})[
            : 2 * MOST_ROWS
        ]
        rows = [
            {name: data.get(f"{key}-{number}-{place}", "") for place, name in enumerate(self.names)}
            for number in numbers
        ]
        return [row for row in rows if any(cell.strip() for cell in row.values())] or None

    def clean(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if not isinstance(value, (list, tuple)) or not all(isinstance(row, Mapping) for row in value):
            raise Wrong(_("Send a list of rows, each with its cells by the name of their column."))
        rows = [self._row(number, row) for number, row in enumerate(value[: 2 * MOST_ROWS], start=1)]
        rows = [row for row in rows if any(row.values())]
        if not rows:
            return None
        least, most = self.options["least"], self.options["most"]
        if len(rows) < least:
            raise Wrong(_("Write at least %(least)s rows.") % {"least": least})
        if len(rows) > most:
            raise Wrong(_("Keep it to %(most)s rows at most.") % {"most": most})
        return rows

    def _row(self, number: int, row: Mapping[str, Any]) -> dict[str, str]:
        if strange := row.keys() - set(self.names):
            raise Wrong(_("There is no column “%(name)s”.") % {"name": min(map(str, strange))})
        cells = {name: self._cell(number, label, row.get(name)) for name, label in self._labels().items()}
        for name in (each for each in self.names if each in self.numbers):
            cells[name] = self._number(number, self._labels()[name], cells[name])
        return cells

    def _number(self, number: int, label: str, text: str) -> str:
        """A number in the one way it is stored, so that "2,40" and "2.4" are the same answer; empty stays empty."""
        try:
            return decimals.write(decimals.read(text)) if text else ""
        except ValueError:
            sentence = _("Row %(row)s, %(column)s: write a number, such as 2 or 12.50, and nothing else.")
            raise Wrong(sentence % {"row": number, "column": label}) from None

    def _cell(self, number: int, label: str, value: Any) -> str:
        if value is None:
            return ""
        if type(value) in (int, float):
            value = str(value)
        if not isinstance(value, str):
            raise Wrong(_("Row %(row)s, %(column)s: send a text.") % {"row": number, "column": label})
        text = " ".join(unicodedata.normalize("NFC", value).split())
        if _UNSEEN.search(text):
            sentence = _("Row %(row)s, %(column)s: there is a character in it that can't be stored.")
            raise Wrong(sentence % {"row": number, "column": label})
        if len(text) > MOST_CHARS:
            sentence = _("Row %(row)s, %(column)s: keep it under %(most)s characters.")
            raise Wrong(sentence % {"row": number, "column": label, "most": MOST_CHARS})
        return text

    def missing(self) -> str:
        return _("Write at least one row.")

    def schema(self) -> dict[str, Any]:
        cells = {name: {"type": "string", "maxLength": MOST_CHARS} for name in self.names}
        row = {"type": "object", "properties": cells, "additionalProperties": False}
        return {"type": "array", "items": row, "maxItems": self.options["most"]}

    def same_as(self, value: Any) -> Hashable:
        return tuple(tuple(_plain(row[name]) for name in self.names) for row in value)

    def agree(self, one: Any, other: Any) -> float:
        """The share of cells that are the same at their place."""
        return tables.shared(one, other, self.names, _plain)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        return tables.by_cell(values, self.names, _plain)

    def cells(self, value: Any) -> list[Cell]:
        return [None if value is None else json.dumps(value, ensure_ascii=False)]

    def as_text(self, value: Any) -> str:
        labels = self._labels()
        rows = value if isinstance(value, list) else []
        return "\n".join(
            " · ".join(f"{labels[name]}: {row[name]}" for name in self.names if row.get(name)) for row in rows
        )

    def as_html(self, value: Any, data: Mapping[str, str] | None) -> SafeString:
        head = format_html_join(
            "", '<th scope="col">{}</th>', ((label,) for label in self._labels().values())
        )
        body = format_html_join(
            "",
            "<tr>{}</tr>",
            (
                (format_html_join("", "<td>{}</td>", ((row.get(name, ""),) for name in self.names)),)
                for row in value
                if isinstance(row, Mapping)
            ),
        )
        return format_html(
            '{}<div class="typed-table"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
            self.sheets(),
            head,
            body,
        )

    # --- the page --------------------------------------------------------------------------------------

    def _labels(self) -> dict[str, str]:
        return {pair["name"]: pair["label"] for pair in self.options["columns"]}

    def input(self, drawing: Drawing) -> SafeString:
        typed = (
            [row for row in drawing.value if isinstance(row, Mapping)]
            if isinstance(drawing.value, list)
            else []
        )
        count = max(len(typed), min(len(typed) + SPARE, self.options["most"]))
        rows = [typed[number] if number < len(typed) else {} for number in range(count)]
        head = format_html_join(
            "", '<th scope="col">{}</th>', ((label,) for label in self._labels().values())
        )
        return format_html(
            '{}<div class="widget widget-table" {}><table class="typed"><thead><tr>{}</tr></thead><tbody>{}</tbody>'
            '</table><p class="quiet" data-plain>{}</p></div>',
            self.sheets(),
            self.hooks(self._client()),
            head,
            format_html_join(
                "", "{}", ((self._line(drawing, number, row),) for number, row in enumerate(rows))
            ),
            _("Rows left empty do not count."),
        )

    def _line(self, drawing: Drawing, number: int, row: Mapping[str, Any]) -> SafeString:
        cells = format_html_join(
            "",
            '<td data-label="{}"><input type="text" name="{}-{}-{}" aria-label="{}" maxlength="{}" dir="auto"'
            ' autocomplete="off"{} value="{}"></td>',
            (
                (
                    label,
                    drawing.id,
                    number,
                    place,
                    _("Row %(row)s, %(column)s") % {"row": number + 1, "column": label},
                    MOST_CHARS,
                    SafeString(' inputmode="decimal"') if name in self.numbers else "",
                    row.get(name) or "",
                )
                for place, (name, label) in enumerate(self._labels().items())
            ),
        )
        return format_html("<tr>{}</tr>", cells)

    def _client(self) -> dict[str, Any]:
        """What the script needs; {row} and {column} are filled in there."""
        return {
            "labels": list(self._labels().values()),
            "most": self.options["most"],
            "add": _("Add a row"),
            "remove": _("Remove row {row}"),
            "cell": _("Row {row}, {column}"),
            "paste": _(
                "Cells copied from a spreadsheet can be pasted: they fill the rows from where you are."
            ),
            "pasted": _("{count} rows are filled in."),
            "full": _("There is room for {most} rows; what came after them is left out."),
        }


def _plain(text: str) -> str:
    """Case, width of letters and runs of spaces do not make two cells different."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
