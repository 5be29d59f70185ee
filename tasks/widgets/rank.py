from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.consensus import Consensus, ranking

from .base import Cell, Drawing, Widget
from .settings import Setting, Wrong

MOST = 9


class Rank(Widget):
    """A few things put in order. The answer is the list of their values, the best first.

    As it comes, each thing has a box for its place. The script turns that into a list that is moved by buttons, by
    keys or by dragging, and writes the places into the same boxes.
    """

    key = "rank"
    family = "choose"
    title = gettext_lazy("Order")
    scripts = ("js/widgets/rank.js",)
    styles = ("css/widgets/plain.css",)
    settings = (
        Setting("options", "pairs", gettext_lazy("Things to order"), most=MOST,
                help=gettext_lazy("One a line, the same for every row. To store something else than what people read:"
                                  " 1 | Yes")),
        Setting("columns", "pairs", gettext_lazy("Columns to order"), most=MOST, keys=("column", "label"),
                help=gettext_lazy("Instead: columns of your file, one a line. What stands in them is put in order.")),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"options": [_("Price"), _("Taste"), _("Packaging")], "columns": []},
            "answer": [_("Taste"), _("Price"), _("Packaging")],
            "wrong": [_("Taste"), _("Taste"), _("Price")],
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        options, columns = self.options["options"] or [], self.options["columns"] or []
        if bool(options) == bool(columns):
            return [("options", _("Give either things to order or columns of your file."))]
        name = "options" if options else "columns"
        if len(options or columns) < 2:
            return [(name, _("Give at least two to put in order."))]
        if any("|" in value or len(value) > 100 for value in self.values):
            return [(name, _("A stored value has at most 100 characters and no bar (|) in it."))]
        if len({pair["label"] for pair in options or columns}) < len(options or columns):
            return [(name, _("Two of them read the same."))]
        return ()

    @property
    def values(self) -> list[str]:
        return list(self._labels())

    @property
    def columns(self) -> list[str]:
        return [*(pair["column"] for pair in self.options["columns"] or ()), *super().columns]

    @property
    def grouped(self) -> bool:
        return True

    def _labels(self) -> dict[str, str]:
        if self.options["options"]:
            return {pair["value"]: pair["label"] for pair in self.options["options"]}
        return {pair["column"]: pair["label"] for pair in self.options["columns"] or ()}

    # --- the answer ------------------------------------------------------------------------------------

    def from_post(self, data: QueryDict, key: str) -> Any:
        """{value: place as typed}, of the boxes that were filled."""
        places = {value: data.get(f"{key}-{number}", "") for number, value in enumerate(self.values)}
        return {value: place for value, place in places.items() if place} or None

    def clean(self, value: Any) -> Any:
        """The list, from a list (REST) or from the places that a page sent."""
        if value is None or value in ([], {}):
            return None
        order = self._placed(value) if isinstance(value, Mapping) else value
        if not isinstance(order, (list, tuple)):
            raise Wrong(_("Send the list of what is put in order, the best first."))
        texts = [str(each) if type(each) is int else each for each in order]
        if not all(isinstance(each, str) for each in texts) or sorted(texts) != sorted(self.values):
            raise Wrong(self._told())
        return texts

    def _placed(self, places: Mapping[str, Any]) -> list[str]:
        numbers = {str(number): number for number in range(1, len(self.values) + 1)}
        found = {value: numbers.get(str(place)) for value, place in places.items()}
        if set(found) != set(self.values) or set(found.values()) != set(numbers.values()):
            raise Wrong(self._told())
        return sorted(found, key=lambda value: found[value] or 0)

    def _told(self) -> str:
        return _("Give each a place of its own, from 1 to %(most)s.") % {"most": len(self.values)}

    def missing(self) -> str:
        return _("Put them in order.")

    def schema(self) -> dict[str, Any]:
        count = len(self.values)
        items = {"type": "string", "enum": self.values}
        return {"type": "array", "items": items, "uniqueItems": True, "minItems": count, "maxItems": count}

    def agree(self, one: Any, other: Any) -> float:
        """Kendall's tau, scaled so that the reverse order is 0."""
        return ranking.kendall(one, other)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        return ranking.borda(values)

    def cells(self, value: Any) -> list[Cell]:
        return ["|".join(value) if isinstance(value, list) else value]

    def as_text(self, value: Any) -> str:
        labels = self._labels()
        listed = value if isinstance(value, list) else []
        return "\n".join(f"{place}. {labels.get(each, each)}" for place, each in enumerate(listed, start=1))

    # --- the page --------------------------------------------------------------------------------------

    def input(self, drawing: Drawing) -> SafeString:
        items = format_html_join(
            "",
            '<li><label for="{id}">{words}</label><select id="{id}" name="{id}"><option value="">–</option>{places}'
            "</select></li>",
            (
                {
                    "id": f"{drawing.id}-{number}",
                    "words": words,
                    "places": self._places(self._typed(drawing.value, value)),
                }
                for number, (value, words) in enumerate(self._words(drawing.data).items())
            ),
        )
        return format_html(
            '{}<div class="widget widget-rank" {}><p class="quiet" data-plain>{}</p><ol class="ranked">{}</ol></div>',
            self.sheets(),
            self.hooks(_client()),
            _("Choose a place for each: 1 is the best."),
            items,
        )

    def _words(self, data: Mapping[str, str] | None) -> dict[str, str]:
        """What is put in order, as people read it: the label, or what stands in the column."""
        if self.options["options"]:
            return self._labels()
        cells = data or {}
        return {
            column: str(cells.get(column, "")).strip() or label for column, label in self._labels().items()
        }

    def _typed(self, value: Any, item: str) -> str:
        if isinstance(value, Mapping):
            return str(value.get(item, ""))
        return str(value.index(item) + 1) if isinstance(value, list) and item in value else ""

    def _places(self, chosen: str) -> SafeString:
        numbers = (str(number) for number in range(1, len(self.values) + 1))
        return format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((number, SafeString(" selected") if number == chosen else "", number) for number in numbers),
        )


def _client() -> dict[str, Any]:
    """The words of the script; {item}, {place} and {most} are filled in there."""
    return {
        "help": _("The best on top. Move a line with its buttons, by dragging it, or with the arrow keys."),
        "up": _("Move up: {item}"),
        "down": _("Move down: {item}"),
        "keep": _("Keep this order"),
        "kept": _("This order is your answer."),
        "moved": _("{item}: place {place} of {most}"),
    }
