from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import consensus, rows
from tasks.consensus import Consensus

from .base import Cell, Drawing, Widget
from .settings import Setting, Wrong

KEYS = 9  # up to here the options are buttons with the keys 1 to 9, and more are a list to search in
MOST = 5000  # options
MOST_PICTURES = 60  # tiles with pictures, however many keys there are
ROWS = 8  # of a list without a script, in which several may be chosen


class Choice(Widget):
    """One of several options, or any number of them. The answer is the option's value, or a list of values.

    Up to nine, and any with pictures, are tiles; more are a <select>, which a script turns into a list to search in.
    """

    key = "choice"
    family = "choose"
    title = gettext_lazy("Choice")
    scripts = ("js/widgets/choice.js",)
    styles = ("css/widgets/choice.css",)
    settings = (
        Setting(
            "options",
            "pairs",
            gettext_lazy("Options"),
            help=gettext_lazy("One a line. To store something else than what people read: 1 | Yes"),
            required=True,
            most=MOST,
        ),
        Setting("many", "flag", gettext_lazy("Several may be chosen"), default=False),
        Setting(
            "images",
            "pairs",
            gettext_lazy("Pictures of the options"),
            help=gettext_lazy(
                "One a line: what is stored, and the column of your file with its picture: cat | photo_of_cat"
            ),
            most=MOST_PICTURES,
            keys=("value", "column"),
        ),
    )

    @classmethod
    def example(cls) -> dict[str, Any]:
        options = [_("Yes"), _("No"), _("I can’t tell from what is shown here, even when I look at it twice")]
        values = [{"value": value, "label": label} for value, label in zip("10?", options, strict=True)]
        spec = {"label": _("Is it the same product?"), "options": values, "required": True}
        words = _("cup, chair, lamp, shoe, table").split(", ")
        pictures = {
            "label": _("Which of these do you see?"),
            "options": [{"value": str(n), "label": word} for n, word in enumerate(words)],
            "images": [{"value": str(n), "column": word} for n, word in enumerate(words)],
        }
        row = {
            word: f"example:{name}.webp"
            for word, name in zip(words, ("cup", "chair", "lamp", "shoe", "table"), strict=True)
        }
        places = [_("Place %(number)s") % {"number": n} for n in range(1, 301)]
        long = {"label": _("Where is it?"), "options": places}
        return {
            "spec": spec,
            "answer": "1",
            "wrong": "2",
            "also": [
                {"spec": pictures, "row": row, "answer": "2"},
                {"spec": long, "answer": places[3]},
                {"spec": {**long, "many": True}, "answer": places[3:6]},
            ],
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        options = self.options["options"]
        found = []
        if len(options) < 2:
            found.append(("options", _("Give at least two options to choose from.")))
        if len({option["label"] for option in options}) < len(options):
            found.append(("options", _("Two options read the same.")))
        if any("|" in option["value"] or len(option["value"]) > 100 for option in options):
            found.append(("options", _("A stored value has at most 100 characters and no bar (|) in it.")))
        if self._images.keys() - set(self.values):
            found.append(("images", _("There is no option with this stored value.")))
        if any(len(column) > 100 for column in self._images.values()):
            found.append(("images", _("The name of a column has 100 characters at most.")))
        if self._images and len(options) > MOST_PICTURES:
            found.append(
                ("images", _("Keep it to %(most)s options with pictures.") % {"most": MOST_PICTURES})
            )
        return found

    @property
    def _images(self) -> dict[str, str]:
        """The column of each option's picture, or a file of ours ("example:…")."""
        return {pair["value"]: pair["column"] for pair in self.options["images"] or []}

    @property
    def media_columns(self) -> list[str]:
        return [column for column in self._images.values() if not column.startswith(rows.EXAMPLE)]

    @property
    def columns(self) -> list[str]:
        return [*self.media_columns, *super().columns]

    @property
    def many(self) -> bool:
        return bool(self.options["many"])

    @property
    def grouped(self) -> bool:
        return bool(self._images) or len(self.options["options"]) <= KEYS

    @property
    def hotkeys(self) -> bool:
        return self.grouped

    @property
    def classes(self) -> Sequence[Any]:
        return () if self.many else self.values

    @property
    def values(self) -> list[str]:
        return [option["value"] for option in self.options["options"]]

    def from_post(self, data: QueryDict, key: str) -> Any:
        return data.getlist(key) if self.many else data.get(key)

    def clean(self, value: Any) -> Any:
        labels = self._labels()
        if not self.many:
            return _known(value, labels) if value not in (None, "") else None
        if value is None:
            value = []
        if not isinstance(value, (list, tuple)):
            raise Wrong(_("Send a list of the chosen options."))
        chosen = {_known(each, labels) for each in value}
        if not chosen and self.required:
            return None
        return [each for each in self.values if each in chosen]  # none of them is an answer too

    def _labels(self) -> dict[str, str]:
        return {option["value"]: option["label"] for option in self.options["options"]}

    def missing(self) -> str:
        return _("Choose at least one option.") if self.many else _("Choose one option.")

    def schema(self) -> dict[str, Any]:
        if not self.many:
            return {"type": "string", "enum": self.values}
        items = {"type": "string", "enum": self.values}
        return {"type": "array", "items": items, "uniqueItems": True, "minItems": 1 if self.required else 0}

    def same_as(self, value: Any) -> Hashable:
        return tuple(sorted(value)) if self.many else value

    def agree(self, one: Any, other: Any) -> float:
        """For several options: the share of the options chosen by either that both chose (Jaccard)."""
        if not self.many:
            return float(one == other)
        either = set(one) | set(other)
        return len(set(one) & set(other)) / len(either) if either else 1.0

    def consensus(self, values: Sequence[Any]) -> Consensus:
        if self.many:
            return consensus.majority_of_each(values, self.values)
        return consensus.majority(values, order=self.values)

    def cells(self, value: Any) -> list[Cell]:
        return ["|".join(value) if isinstance(value, list) else value]

    def as_text(self, value: Any) -> str:
        chosen = value if isinstance(value, list) else [] if value is None else [value]
        labels = self._labels()
        return ", ".join(labels.get(each, str(each)) for each in chosen)

    def input(self, drawing: Drawing) -> SafeString:
        chosen = drawing.value if isinstance(drawing.value, (list, tuple)) else [drawing.value]
        picked = {str(each) for each in chosen if each is not None}
        return self._buttons(drawing, picked) if self.grouped else self._list(drawing, picked)

    def _buttons(self, drawing: Drawing, picked: set[str]) -> SafeString:
        """Radios or boxes as tiles; with `keys`, each of the first nine has its key printed on it."""
        kind = "checkbox" if self.many else "radio"
        needed = SafeString(" required") if self.required and not self.many else ""
        tiles = []
        for place, option in enumerate(self.options["options"], start=1):
            keyed = drawing.keys and place <= KEYS
            tiles.append(
                (
                    self._picture(option["value"], drawing.data),
                    kind,
                    drawing.id,
                    option["value"],
                    needed,
                    SafeString(" checked") if option["value"] in picked else "",
                    format_html(' data-hotkey="{}"', place) if keyed else "",
                    option["label"],
                    format_html("<kbd>{}</kbd>", place) if keyed else "",
                )
            )
        tile = '<label class="choice">{}<input type="{}" name="{}" value="{}"{}{}{}><span>{}</span>{}</label>'
        look = " pictures" if self._images else ""
        return format_html('<div class="choices{}">{}</div>', look, format_html_join("", tile, tiles))

    def _picture(self, value: str, data: Mapping[str, str] | None) -> SafeString:
        """The picture of an option, which its label names; an empty frame when the row has none."""
        column = self._images.get(value)
        if column is None:
            return SafeString("")
        if column.startswith(rows.EXAMPLE):
            address = rows.address({column: column}, column)
        else:
            address = rows.address(data, column, "thumb")
        if not address:
            return SafeString('<b class="frame" aria-hidden="true"></b>')
        return format_html('<img class="frame" src="{}" alt="" loading="lazy">', address)

    def _list(self, drawing: Drawing, picked: set[str]) -> SafeString:
        """A list as every browser has it; the script makes it one to search in."""
        lines = (
            (option["value"], SafeString(" selected") if option["value"] in picked else "", option["label"])
            for option in self.options["options"]
        )
        empty = "" if self.many else format_html('<option value="">{}</option>', _("Choose…"))
        return format_html(
            '<div class="widget widget-choice" {}><select name="{}" id="{}"{}{}{}>{}{}</select></div>',
            self.hooks({"words": self._words()}),
            drawing.id,
            drawing.id,
            format_html(' multiple size="{}"', ROWS) if self.many else "",
            SafeString(" required") if self.required else "",
            self.described(drawing),
            empty,
            format_html_join("", '<option value="{}"{}>{}</option>', lines),
        )

    def _words(self) -> dict[str, str]:
        return {
            "search": _("Type to search"),
            "open": _("Show the list"),
            "list": _("Options"),
            "none": _("Nothing matches. Try fewer letters."),
            "found": _("Matches: {n}"),
            "more": _("And {n} more: type to narrow the list."),
            "chosen": _("Chosen"),
            "remove": _("Remove “{text}”"),
        }


def _known(value: Any, labels: Mapping[str, str]) -> str:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or text not in labels:
        raise Wrong(_("Choose one of the options shown."))
    return text
