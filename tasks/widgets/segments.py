import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.consensus import Consensus, stretches

from . import nothing
from .base import Cell, Drawing, Scripted
from .settings import Setting, Wrong
from .shown import audio

LONGEST = 86_400_000  # ms: a day
MOST = 500
MOST_CHARS = 5000


class Segments(Scripted):
    """Stretches marked on a recording or a film.

    The answer lists them in order: [{"from": 3000, "to": 7000, "label": "dog", "text": "…"}], in milliseconds, without
    "label" where the form has none, and "text" only where it asks for one and it was written.
    """

    key = "segments"
    same_from = 0.75
    family = "mark"
    title = gettext_lazy("Marked stretches of sound or video")
    settings = (
        Setting("column", "text", gettext_lazy("Column of your file"), most=100, required=True),
        Setting(
            "as",
            "choice",
            gettext_lazy("What it holds"),
            default="audio",
            choices=(("audio", gettext_lazy("sound")), ("video", gettext_lazy("video"))),
        ),
        Setting(
            "labels",
            "pairs",
            gettext_lazy("Labels"),
            help=gettext_lazy("One a line. Leave it empty if all stretches mean the same."),
            default=[],
            most=40,
        ),
        Setting("text", "flag", gettext_lazy("Ask for a text with each stretch"), default=False),
    )
    media = ("column",)
    scripts = (
        *audio.WAVE,
        "vendor/wavesurfer/plugins/regions.min.js",
        *audio.PLAYER,
        *nothing.SCRIPTS,
        "js/widgets/sound-marks.js",
        "js/widgets/segments.js",
    )
    styles = (*audio.STYLES, *nothing.STYLES)

    @property
    def media_use(self) -> str:
        return str(self.options["as"])

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {
                "column": "sound",
                "text": True,
                "labels": [
                    {"value": "greeting", "label": _("Greeting")},
                    {"value": "news", "label": _("News")},
                ],
            },
            "row": {"sound": "example:voice.m4a"},
            "answer": [{"from": 300, "to": 1200, "label": "greeting"}],
            "wrong": [{"from": 1200, "to": 300, "label": "greeting"}],
        }

    @property
    def columns(self) -> list[str]:
        return [self.options["column"], *super().columns]

    def _labels(self) -> dict[str, str]:
        return {pair["value"]: pair["label"] for pair in self.options["labels"]}

    # --- the answer ------------------------------------------------------------------------------------

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        if not isinstance(value, (list, tuple)):
            raise Wrong(_("Send a list of stretches."))
        if len(value) > MOST:
            raise Wrong(_("Mark %(most)s stretches at most.") % {"most": MOST})
        marks = [self._clean_one(each) for each in value]
        return sorted(
            marks, key=lambda mark: (mark["from"], mark["to"], mark.get("label", ""), mark.get("text", ""))
        )

    def _clean_one(self, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, Mapping) or raw.keys() - {"from", "to", "label", "text"}:
            raise Wrong(
                _("Each stretch has “from”, “to” and, where the form asks for them, “label” and “text”.")
            )
        start, end = raw.get("from"), raw.get("to")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= LONGEST:
            raise Wrong(_("A stretch ends after it begins, within a day of the beginning of the recording."))
        mark: dict[str, Any] = {"from": start, "to": end}
        label, text = raw.get("label"), raw.get("text")
        if self.options["labels"]:
            if not isinstance(label, str) or label not in self._labels():
                raise Wrong(_("Give each stretch one of the labels shown."))
            mark["label"] = label
        elif label not in (None, ""):
            raise Wrong(_("The stretches of this question have no labels."))
        if text not in (None, "") and not self.options["text"]:
            raise Wrong(_("The stretches of this question have no text."))
        if self.options["text"] and (written := self._clean_text(text)):
            mark["text"] = written
        return mark

    def _clean_text(self, text: Any) -> str:
        kept = Setting("text", "text", "", most=MOST_CHARS, default="").read(text)
        return str(kept)

    def missing(self) -> str:
        return _("Mark a stretch, or say that there is nothing to mark.")

    def schema(self) -> dict[str, Any]:
        moment = {"type": "integer", "minimum": 0, "maximum": LONGEST}
        parts: dict[str, Any] = {"from": moment, "to": moment}
        needed = ["from", "to"]
        if self.options["labels"]:
            parts["label"] = {"type": "string", "enum": list(self._labels())}
            needed.append("label")
        if self.options["text"]:
            parts["text"] = {"type": "string", "maxLength": MOST_CHARS}
        item = {"type": "object", "properties": parts, "required": needed, "additionalProperties": False}
        return {"type": "array", "items": item, "maxItems": MOST}

    def same_as(self, value: Any) -> Hashable:
        return json.dumps(value, sort_keys=True)

    def agree(self, one: Any, other: Any) -> float:
        return stretches.alike(one, other)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """The stretches that more than half of the people marked; [] where most say that there is nothing."""
        found = stretches.together(values)
        return Consensus([], found.confidence) if nothing.by_most(values) else found

    # --- the results -----------------------------------------------------------------------------------

    def cells(self, value: Any) -> list[Cell]:
        return [None if value is None else json.dumps(value, ensure_ascii=False)]

    def as_text(self, value: Any) -> str:
        if value == []:
            return nothing.said()
        return "\n".join(self._said(mark) for mark in value or [])

    def _said(self, mark: Mapping[str, Any]) -> str:
        """One stretch in words, such as “0:03–0:07 dog”."""
        label = mark.get("label")
        name = f" {self._labels().get(label, label)}" if label else ""
        text = f": {mark['text']}" if mark.get("text") else ""
        return f"{said(mark['from'])}–{said(mark['to'])}{name}{text}"

    def as_html(self, value: Any, data: Mapping[str, str] | None) -> SafeString:
        """The stretches on their wave; without a script, or without the recording, as a list."""
        if not value:
            return super().as_html(value, data)
        lines = format_html_join("", "<li>{}</li>", ((self._said(mark),) for mark in value))
        listed = format_html('<ul data-marks dir="auto">{}</ul>', lines)
        if not audio.source(data, self.options["column"])["src"]:
            return listed
        return format_html(
            '{}<div class="widget widget-segments sound" {}>{}</div>',
            self.sheets(),
            self.hooks({**self._drawn(data), "marks": value}),
            listed,
        )

    # --- the page --------------------------------------------------------------------------------------

    def client(self, drawing: Drawing) -> dict[str, Any]:
        return {**self._drawn(drawing.data), "id": drawing.id, "invalid": bool(drawing.errors)}

    def input(self, drawing: Drawing) -> SafeString:
        return SafeString(self.sheets() + super().input(drawing))

    def _drawn(self, data: Mapping[str, str] | None) -> dict[str, Any]:
        return {
            **audio.source(data, self.options["column"]),
            "as": self.options["as"],
            "labels": self.options["labels"],
            "text": self.options["text"],
            "most": MOST,
            "words": {**audio.words(), **_words(), **nothing.words()},
        }


def said(moment: int) -> str:
    """Milliseconds as people write them: 0:03, 1:02.5, 1:00:00."""
    seconds, rest = divmod(moment, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    whole = f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
    return whole + (f".{rest:03}".rstrip("0") if rest else "")


def _words() -> dict[str, str]:
    return {
        "nothing": _("(nothing to show)"),
        "begin": _("Begin here"),
        "end": _("End here"),
        "begun": _("A stretch begins at %s. Press again where it ends."),
        "undo": _("Undo"),
        "label": _("Label"),
        "list": _("Marked stretches"),
        "none": _("Nothing is marked yet. Play, and press “Begin here” where a stretch begins."),
        "one": _("Stretch %s"),
        "from": _("from"),
        "to": _("to"),
        "text": _("Text"),
        "listen": _("Play this stretch"),
        "delete": _("Delete"),
        "deleted": _("Deleted. Undo brings it back."),
        "marked": _("Marked: %s"),
        "wrong": _("Write a time such as 1:02.5; a stretch ends after it begins."),
        "most": _("That is the most this question can hold."),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "drag": _("Or drag across the wave, and move the ends by their handles."),
    }
