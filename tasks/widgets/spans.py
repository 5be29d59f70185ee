import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.consensus import Consensus
from tasks.consensus.spans import Mark, kept_by_most, labelled_f1

from . import nothing
from .base import Cell, Drawing, Scripted
from .settings import Setting, Wrong

LONGEST = 10_000_000  # code points: no cell is longer, and sums of offsets stay small
COLOURS = 6  # in static/css/widgets/spans.css; further labels begin again, and always say their name
PARTS = ("start", "end", "label")


class Spans(Scripted):
    """Words marked in a text of the row. The answer lists them by place: [{"start": 0, "end": 5, "label": "who"}].

    Offsets are code points of the cell as it stands, half open; a script that counts in UTF-16 converts them.
    """

    key = "spans"
    family = "mark"
    title = gettext_lazy("Marked words")
    scripts = (*nothing.SCRIPTS, "js/widgets/spans.js")
    styles = ("css/widgets/spans.css", *nothing.STYLES)
    settings = (
        Setting("column", "text", gettext_lazy("Column of your file"), most=100, required=True),
        Setting(
            "labels",
            "pairs",
            gettext_lazy("Labels"),
            help=gettext_lazy("One a line. To store something else than what people read: who | A person"),
            required=True,
            most=40,
        ),
        Setting("overlap", "flag", gettext_lazy("Marks may overlap"), default=False),
        Setting("most", "count", gettext_lazy("Most marks"), least=1, most=500, default=100),
    )

    @property
    def columns(self) -> list[str]:
        return [self.options["column"], *super().columns]

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {
                "column": "text",
                "labels": [
                    {"value": "who", "label": _("A person")},
                    {"value": "where", "label": _("A place")},
                    {"value": "when", "label": _("A time")},
                ],
                "overlap": True,
            },
            "row": {"text": "Ada Lovelace was born in London 🎂 in December 1815."},
            "answer": [
                {"start": 0, "end": 12, "label": "who"},
                {"start": 25, "end": 31, "label": "where"},
                {"start": 37, "end": 50, "label": "when"},
            ],
            "wrong": [{"start": 0, "end": 12, "label": "who"}] * 2,
        }

    # --- the answer ------------------------------------------------------------------------------------

    def clean(self, value: Any) -> Any:
        """Sorted marks; none of them is an answer too. Whether they end within the text can't be told here: the row
        is not known."""
        if value in (None, ""):
            return None
        if not isinstance(value, (list, tuple)):
            raise Wrong(_("Send a list of marks, each with “start”, “end” and “label”."))
        if len(value) > self.options["most"]:
            raise Wrong(_("Keep it to %(most)s marks at most.") % {"most": self.options["most"]})
        marks = sorted(self._mark(each) for each in value)
        if len(set(marks)) < len(marks):
            raise Wrong(_("The same words carry the same label twice. Remove one of the two marks."))
        if not self.options["overlap"] and any(a.end > b.start for a, b in pairwise(marks)):
            raise Wrong(_("Two marks overlap. Each word can be marked once only."))
        return [mark._asdict() for mark in marks]

    def _mark(self, raw: Any) -> Mark:
        if not isinstance(raw, Mapping) or raw.keys() != set(PARTS):
            raise Wrong(_("Each mark has “start”, “end” and “label”, and nothing else."))
        start, end, label = (raw[part] for part in PARTS)
        if any(type(place) is not int for place in (start, end)) or not 0 <= start < end <= LONGEST:
            raise Wrong(_("A mark begins at 0 or later and ends after its beginning, in whole characters."))
        if not isinstance(label, str) or label not in self._labels():
            raise Wrong(_("Choose one of the labels shown."))
        return Mark(start, end, label)

    def _labels(self) -> dict[str, str]:
        return {pair["value"]: pair["label"] for pair in self.options["labels"]}

    def missing(self) -> str:
        return _("Mark words of the text, or say that there is nothing to mark.")

    def schema(self) -> dict[str, Any]:
        offset = {"type": "integer", "minimum": 0, "maximum": LONGEST}
        mark = {
            "type": "object",
            "properties": {
                "start": offset,
                "end": offset,
                "label": {"type": "string", "enum": [*self._labels()]},
            },
            "required": [*PARTS],
            "additionalProperties": False,
        }
        return {"type": "array", "items": mark, "uniqueItems": True, "maxItems": self.options["most"]}

    def same_as(self, value: Any) -> Hashable:
        return tuple(_marks(value))

    def agree(self, one: Any, other: Any) -> float:
        """F1 over labelled characters (`labelled_f1` names the source)."""
        return labelled_f1(_marks(one), _marks(other))

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """The marks that more than half of the people made, with the ends in the middle; [] where most say that
        there is nothing."""
        found = kept_by_most([_marks(value) for value in values], overlap=self.options["overlap"])
        marks = [mark._asdict() for mark in found.value or []] or ([] if nothing.by_most(values) else None)
        return Consensus(marks, found.confidence)

    # --- the results -----------------------------------------------------------------------------------

    def cells(self, value: Any) -> list[Cell]:
        return [None if value is None else json.dumps(value, ensure_ascii=False)]

    def as_text(self, value: Any) -> str:
        if value == []:
            return nothing.said()
        labels = self._labels()
        return ", ".join(
            f"{labels.get(label, label)} {start}–{end}" for start, end, label in _marks(value or [])
        )

    def in_words(self, value: Any, data: Mapping[str, str] | None) -> str:
        """Such as "Ruth Amaro: Person"; places in the text where there is no text to quote."""
        text = str((data or {}).get(self.options["column"], ""))
        if not value or not text:
            return self.as_text(value)
        labels = self._labels()
        return ", ".join(
            f"{text[start:end]}: {labels.get(label, label)}" for start, end, label in _marks(value)
        )

    def as_html(self, value: Any, data: Mapping[str, str] | None) -> SafeString:
        """The text with its marks, each followed by its label; the places alone where the text is not at hand."""
        text = str((data or {}).get(self.options["column"], ""))
        if not value or not text:
            return super().as_html(value, data)
        labels, order = self._labels(), [*self._labels()]
        html = []
        for piece, covering, ending in _pieces(text, _marks(value)):
            names = [labels.get(mark.label, mark.label) for mark in ending]
            tags = format_html_join("", " <small>{}</small>", ((name,) for name in names))
            colour = (
                order.index(covering[0].label) % COLOURS if covering and covering[0].label in order else 0
            )
            also = " spans-also" if len(covering) > 1 else ""
            html.append(
                format_html('<mark class="label-{}{}">{}{}</mark>', colour, also, piece, tags)
                if covering
                else format_html("{}", piece)
            )
        body = SafeString("".join(html))
        return format_html(
            '<div class="widget widget-spans" {}><p class="spans-read" dir="auto">{}</p></div>',
            self.hooks({}),
            body,
        )

    # --- the page --------------------------------------------------------------------------------------

    def client(self, drawing: Drawing) -> dict[str, Any]:
        return {
            "text": str((drawing.data or {}).get(self.options["column"], "")),
            "labels": self.options["labels"],
            "overlap": self.options["overlap"],
            "most": self.options["most"],
            "words": nothing.words()
            | {
                "text": _("The text, word by word"),
                "how": _(
                    "Select words with the mouse, or tap the first and then the last one. With the keyboard: arrow "
                    "keys go from word to word, Shift takes more of them, Backspace removes a mark, Ctrl+Z takes "
                    "the last step back."
                ),
                "labels": _("Labels"),
                "marks": _("Marks"),
                "none": _("Nothing is marked yet."),
                "empty": _("(nothing to show)"),
                "choose": _("Selected: “{text}”. Choose a label."),
                "first": _("Choose words of the text first, then a label."),
                "marked": _("Marked “{text}”: {label}."),
                "removed": _("Removed the mark of “{text}”."),
                "again": _("“{text}” is marked so already."),
                "replaced": _("It took the place of the marks it overlaps."),
                "full": _("There are as many marks as there may be. Remove one first."),
                "undone": _("Took the last step back."),
                "undo": _("Undo"),
                "remove": _("Remove the mark of “{text}”"),
                "relabel": _("Label of “{text}”"),
                "show": _("Show “{text}” in the text"),
            },
        }


def _marks(value: Sequence[Mapping[str, Any]]) -> list[Mark]:
    return [Mark(each["start"], each["end"], each["label"]) for each in value]


def _pieces(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, list[Mark], list[Mark]]]:
    """The text cut where marks begin and end: (piece, marks over it with the longest first, marks that end with it)."""
    cuts = {0, len(text)} | {min(place, len(text)) for mark in marks for place in mark[:2]}
    places = sorted(cuts)
    for start, end in pairwise(places):
        over = [mark for mark in marks if mark.start <= start and mark.end >= end]
        over.sort(key=lambda mark: (mark.start - mark.end, mark))
        yield text[start:end], over, [mark for mark in over if min(mark.end, len(text)) == end]
