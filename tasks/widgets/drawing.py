"""What boxes, outlines and points share: shapes with labels, drawn on the picture of a column.

Numbers are whole ten-thousandths of the picture's width (x) and height (y), from its upper left corner, so that an
answer fits the picture at any size and equal answers are equal JSON.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import consensus, rows
from tasks.consensus import Consensus

from . import nothing, pictures
from .base import Cell, Drawing, Scripted
from .settings import Setting, Wrong

WHOLE = 10_000  # ten-thousandths: the whole width, and the whole height
LEAST_SIDE = 10  # ten-thousandths; anything smaller is a slip of the hand
KEYS = 9


class OnPicture(Scripted):
    """Shapes on the picture of a column. The answer is a list of objects; an empty list says that there is nothing."""

    settings = (
        Setting("column", "text", gettext_lazy("Column with the picture"), most=100, required=True),
        Setting(
            "labels",
            "pairs",
            gettext_lazy("Labels"),
            help=gettext_lazy("One a line. To store something else than what people read: 1 | Cat"),
            most=100,
            default=[],
        ),
        Setting("least", "count", gettext_lazy("At least"), most=200, default=0),
        Setting("most", "count", gettext_lazy("At most"), least=1, most=200, default=50),
    )
    same_from = 0.75
    scripts: ClassVar[tuple[str, ...]] = (
        *pictures.SCRIPTS,
        *nothing.SCRIPTS,
        "js/widgets/picture-shapes.js",
        "js/widgets/picture-keys.js",
        "js/widgets/picture-draw.js",
    )
    styles = (*pictures.STYLES, *nothing.STYLES)
    media = ("column",)
    pictured = True
    alike: ClassVar[Any]  # likeness of two shapes, from 0 to 1
    merge: ClassVar[Any]  # one shape made of several that mean the same thing

    def check(self) -> Sequence[tuple[str, Any]]:
        found = []
        labels = [pair["label"] for pair in self.options["labels"]]
        if len(set(labels)) < len(labels):
            found.append(("labels", _("Two labels read the same.")))
        if self.options["least"] > self.options["most"]:
            found.append(("least", _("This is more than “At most” allows.")))
        return found

    @property
    def hotkeys(self) -> bool:
        return 0 < len(self.options["labels"]) <= KEYS

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys([self.options["column"], *super().columns]))

    # --- the answer ------------------------------------------------------------------------------------

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of one shape, checked, in a fixed order. Raises Wrong."""
        raise NotImplementedError

    def keys(self) -> frozenset[str]:
        """The entries of a shape beside its label."""
        raise NotImplementedError

    def count(self, number: int) -> str:
        """Such as "3 boxes"."""
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if not isinstance(value, list):
            raise Wrong(_("Send a list of shapes."))
        least, most = self.options["least"], self.options["most"]
        if len(value) > most:
            raise Wrong(_("Draw %(most)s at most.") % {"most": most})
        if not value and least and not self.required:
            return None
        if len(value) < least:
            raise Wrong(_("Draw at least %(least)s.") % {"least": least})
        return [self._shape(raw) for raw in value]

    def _shape(self, raw: Any) -> dict[str, Any]:
        keys = self.keys() | ({"label"} if self.options["labels"] else set())
        if not isinstance(raw, Mapping) or raw.keys() != keys:
            if self.options["labels"] and isinstance(raw, Mapping) and "label" not in raw:
                raise Wrong(_("Give each shape a label."))
            raise Wrong(_("Each shape is an object with: %(keys)s.") % {"keys": ", ".join(sorted(keys))})
        shape = self.shape(raw)
        if self.options["labels"]:
            if not isinstance(raw["label"], str) or raw["label"] not in self._labels():
                raise Wrong(_("Choose one of the labels shown."))
            shape["label"] = raw["label"]
        return shape

    def _labels(self) -> dict[str, str]:
        return {pair["value"]: pair["label"] for pair in self.options["labels"]}

    def missing(self) -> str:
        if self.options["least"]:
            return _("Draw at least %(least)s.") % {"least": self.options["least"]}
        return _("Draw on the picture, or say that there is nothing to mark.")

    def schema(self) -> dict[str, Any]:
        properties = self.numbers()
        if self.options["labels"]:
            properties["label"] = {"type": "string", "enum": list(self._labels())}
        item = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        limits = {"minItems": self.options["least"], "maxItems": self.options["most"]}
        return {"type": "array", "items": item, **limits}

    def numbers(self) -> dict[str, Any]:
        """JSON schema of each entry of a shape beside its label."""
        raise NotImplementedError

    def same_as(self, value: Any) -> Hashable:
        return tuple(sorted(json.dumps(shape, sort_keys=True) for shape in value))  # in whatever order drawn

    def agree(self, one: Any, other: Any) -> float:
        return consensus.drawings.agreement(one, other, type(self).alike)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        return consensus.drawings.together(values, alike=type(self).alike, merge=type(self).merge)

    # --- the results -----------------------------------------------------------------------------------

    def cells(self, value: Any) -> list[Cell]:
        """JSON in one cell: what it holds can be counted by who reads it, and the columns stay as promised."""
        return [None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))]

    def as_text(self, value: Any) -> str:
        if value is None:
            return ""
        if not value:
            return nothing.said()
        labels = self._labels()
        named = ", ".join(labels.get(shape["label"], shape["label"]) for shape in value if "label" in shape)
        return f"{self.count(len(value))}: {named}" if named else self.count(len(value))

    def as_html(self, value: Any, data: Mapping[str, str] | None) -> SafeString:
        address = rows.address(data, self.options["column"])
        if value is None or not address:
            return super().as_html(value, data)
        options = {
            "labels": self.options["labels"],
            "words": pictures.words() | self.names(),
            "shapes": value,
        }
        return format_html(
            '<div class="drawing">{}<div class="widget widget-{}" {}>{}</div><p>{}</p></div>',
            self.sheets(),
            self.key,
            self.hooks(options),
            pictures.plain(address),
            self.as_text(value),
        )

    # --- the page --------------------------------------------------------------------------------------

    def names(self) -> dict[str, str]:
        """How the script speaks of its shapes: `shape` ("Box {number}"), `add`, and the hints `mouse` and `touch`."""
        raise NotImplementedError

    def client(self, drawing: Drawing) -> dict[str, Any]:
        return {
            "labels": self.options["labels"],
            "words": pictures.words() | nothing.words() | words() | self.names(),
            "least": self.options["least"],
            "most": self.options["most"],
            "hotkeys": drawing.keys,
        }

    def still(self, drawing: Drawing) -> SafeString:
        """The plain picture, which the script takes over."""
        return pictures.plain(rows.address(drawing.data, self.options["column"]))

    def input(self, drawing: Drawing) -> SafeString:
        if not rows.address(drawing.data, self.options["column"]):
            return pictures.nothing()
        labelled = " labelled" if self.options["labels"] else ""
        html = '<div class="drawing to-draw{}">{}{}</div>'
        return format_html(html, labelled, self.sheets(), super().input(drawing))


def number(value: Any, least: int = 0) -> int:
    """A whole number of ten-thousandths. Raises Wrong for anything else: true, 0.5, NaN, what lies outside."""
    if type(value) is not int or not least <= value <= WHOLE:
        sentence = _("Numbers are whole, from %(least)s to 10000: ten-thousandths of the picture’s sides.")
        raise Wrong(sentence % {"least": least})
    return value


def words() -> dict[str, str]:
    """What the script writes and says while one draws. {…} is filled in there."""
    return {
        "draw": _("Picture to draw on"),
        "labels": _("Label"),
        "shapes": _("What you drew"),
        "none": _("Nothing drawn yet."),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "hand": _("Move the picture"),
        "finish": _("Close it"),
        "cancel": _("Cancel"),
        "remove": _("Delete {shape}"),
        "added": _("{shape} added. {total} in all."),
        "removed": _("{shape} deleted. {total} left."),
        "picked": _("{shape} chosen."),
        "changed": _("{shape}: {place}."),
        "place": _("%(x)s across, %(y)s down, in hundredths") % {"x": "{x}", "y": "{y}"},
        "size": _("%(w)s wide, %(h)s high") % {"w": "{w}", "h": "{h}"},
        "named": _("Label: {label}"),
        "undone": _("Undone."),
        "redone": _("Done again."),
        "cancelled": _("Cancelled."),
        "full": _("That is as many as this question takes: delete one first."),
        "corner": _("Corner {number} set."),
        "corner_off": _("Corner taken off."),
        "corner_at": _("Corner {number} of {total}: the arrows move it."),
        "more": _("An outline needs three corners at least."),
    }
