from collections.abc import Hashable, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import consensus
from tasks.consensus import Consensus

from .base import Cell, Drawing, Widget
from .settings import Setting, Wrong

KEYS = 9  # up to here the options are buttons with the keys 1 to 9


class Choice(Widget):
    """One of several options, or any number of them. The answer is the option's value, or a list of values."""

    key = "choice"
    title = gettext_lazy("Choice")
    settings = (
        Setting(
            "options",
            "pairs",
            gettext_lazy("Options"),
            help=gettext_lazy("One a line. To store something else than what people read: 1 | Yes"),
            required=True,
            most=1000,
        ),
        Setting("many", "flag", gettext_lazy("Several may be chosen"), default=False),
    )

    def check(self) -> Sequence[tuple[str, Any]]:
        options = self.options["options"]
        found = []
        if len(options) < 2:
            found.append(("options", _("Give at least two options to choose from.")))
        if len({option["label"] for option in options}) < len(options):
            found.append(("options", _("Two options read the same.")))
        if any("|" in option["value"] or len(option["value"]) > 100 for option in options):
            found.append(("options", _("A stored value has at most 100 characters and no bar (|) in it.")))
        return found

    @property
    def many(self) -> bool:
        return bool(self.options["many"])

    @property
    def grouped(self) -> bool:
        return self.many or len(self.options["options"]) <= KEYS

    @property
    def hotkeys(self) -> bool:
        return self.grouped

    @property
    def values(self) -> list[str]:
        return [option["value"] for option in self.options["options"]]

    def from_post(self, data: QueryDict, key: str) -> Any:
        return data.getlist(key) if self.many else data.get(key)

    def clean(self, value: Any) -> Any:
        if not self.many:
            return self._known(value) if value not in (None, "") else None
        if value is None:
            value = []
        if not isinstance(value, (list, tuple)):
            raise Wrong(_("Send a list of the chosen options."))
        chosen = {self._known(each) for each in value}
        if not chosen and self.required:
            return None
        return [each for each in self.values if each in chosen]  # none of them is an answer too

    def _known(self, value: Any) -> str:
        text = str(value) if type(value) is int else value
        if not isinstance(text, str) or text not in self._labels():
            raise Wrong(_("Choose one of the options shown."))
        return text

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
        rows = []
        for place, option in enumerate(self.options["options"], start=1):
            keyed = drawing.keys and place <= KEYS
            rows.append(
                (
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
        tile = '<label class="choice"><input type="{}" name="{}" value="{}"{}{}{}><span>{}</span>{}</label>'
        return format_html('<div class="choices">{}</div>', format_html_join("", tile, rows))

    def _list(self, drawing: Drawing, picked: set[str]) -> SafeString:
        rows = (
            (option["value"], SafeString(" selected") if option["value"] in picked else "", option["label"])
            for option in self.options["options"]
        )
        return format_html(
            '<select name="{}" id="{}"{}{}><option value="">{}</option>{}</select>',
            drawing.id,
            drawing.id,
            SafeString(" required") if self.required else "",
            self.described(drawing),
            _("Choose…"),
            format_html_join("", '<option value="{}"{}>{}</option>', rows),
        )
