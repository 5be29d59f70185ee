from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import consensus, markdown, rows
from tasks.consensus import Consensus

from . import tiles
from .base import Drawing, Widget
from .settings import Setting, Wrong

A, B, TIE = "a", "b", "tie"
MEDIA = ("image", "audio", "video")


class Compare(Widget):
    """Two things side by side: the better one is chosen. The answer is "a", "b" or "tie".

    Everybody sees A on the left, or on top on a small screen: a requester who fears that the place matters has both
    orders as rows of the file.
    """

    key = "compare"
    family = "choose"
    title = gettext_lazy("Which of two")
    styles = ("css/widgets/plain.css",)
    settings = (
        Setting("a", "text", gettext_lazy("Column of A"), most=100, required=True,
                help=gettext_lazy("A always comes first. If the order may sway people, put both orders in your file.")),
        Setting("b", "text", gettext_lazy("Column of B"), most=100, required=True),
        Setting("as", "choice", gettext_lazy("What they are"), default="text",
                choices=(("text", gettext_lazy("text")), ("markdown", gettext_lazy("formatted text")),
                         ("image", gettext_lazy("picture")), ("audio", gettext_lazy("sound")),
                         ("video", gettext_lazy("video")))),
        Setting("tie", "flag", gettext_lazy("“Both alike” may be chosen"), default=True),
        Setting("label_a", "text", gettext_lazy("Name of A"), most=60, default="A"),
        Setting("label_b", "text", gettext_lazy("Name of B"), most=60, default="B"),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"a": "first", "b": "second", "as": "image", "tie": True, "label_a": "A", "label_b": "B"},
            "row": {"first": "example:street.webp", "second": "example:chair.webp"},
            "answer": "a",
            "wrong": "c",
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        found = []
        if self.options["a"] == self.options["b"]:
            found.append(("b", _("A and B must be two different columns.")))
        if self.options["label_a"] == self.options["label_b"]:
            found.append(("label_b", _("The two have the same name.")))
        return found

    @property
    def media_columns(self) -> list[str]:
        return [self.options["a"], self.options["b"]] if self.options["as"] in MEDIA else []

    @property
    def media_use(self) -> str:
        return str(self.options["as"])

    @property
    def columns(self) -> list[str]:
        return [self.options["a"], self.options["b"], *super().columns]

    @property
    def grouped(self) -> bool:
        return True

    @property
    def hotkeys(self) -> bool:
        return True

    @property
    def classes(self) -> Sequence[Any]:
        return list(self._labels())

    def _labels(self) -> dict[str, Any]:
        labels = {A: self.options["label_a"], B: self.options["label_b"]}
        return {**labels, TIE: _("Both alike")} if self.options["tie"] else labels

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        if not isinstance(value, str) or value not in self._labels():
            raise Wrong(_("Choose one of the options shown."))
        return value

    def missing(self) -> str:
        return _("Choose one option.")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self._labels())}

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """The majority. As many for A as for B is a tie, where the form knows one; else the first submitted wins."""
        found = consensus.majority(values)
        counts = [values.count(each) for each in (A, B, TIE)]
        if self.options["tie"] and counts[0] == counts[1] == max(counts):
            return Consensus(TIE, counts[2] / len(values))
        return found

    def as_text(self, value: Any) -> str:
        return "" if value is None else str(self._labels().get(value, value))

    def input(self, drawing: Drawing) -> SafeString:
        options = [(value, label, "") for value, label in self._labels().items()]
        return format_html(
            '{}<div class="pair compared">{}{}</div>{}',
            self.sheets(),
            self._side(drawing.data, A),
            self._side(drawing.data, B),
            tiles.radios(drawing, options, required=self.required),
        )

    def _side(self, data: Mapping[str, str] | None, side: str) -> SafeString:
        label, column = self.options["label_" + side], self.options[side]
        body = _DRAWN[self.options["as"]](data or {}, column, label)
        return format_html(
            '<article><p class="label">{}</p>{}</article>',
            label,
            body or format_html('<p class="quiet">{}</p>', _("(nothing to show)")),
        )


def _text(data: Mapping[str, str], column: str, label: str) -> SafeString:
    value = str(data.get(column, "")).strip()
    if not value:
        return SafeString("")
    return format_html(
        '<div class="prose" dir="auto">{}</div>', SafeString(linebreaks(value, autoescape=True))
    )


def _markdown(data: Mapping[str, str], column: str, label: str) -> SafeString:
    value = str(data.get(column, "")).strip()
    if (
        len(value) > markdown.CACHED_CHARS
    ):  # formatting a text far longer than a page takes seconds, for each reader
        return _text(data, column, label)
    return (
        format_html('<div class="prose" dir="auto">{}</div>', markdown.render(value, {}))
        if value
        else SafeString("")
    )


def _image(data: Mapping[str, str], column: str, label: str) -> SafeString:
    address = rows.address(data, column)
    return (
        format_html(
            '<a href="{}" target="_blank" rel="noopener noreferrer"><img src="{}" alt="{}"></a>',
            rows.address(data, column, "full"),
            address,
            _("Picture %(name)s, opens larger") % {"name": label},
        )
        if address
        else SafeString("")
    )


def _audio(data: Mapping[str, str], column: str, label: str) -> SafeString:
    address = rows.address(data, column, "full")
    player = '<audio controls preload="metadata" src="{}" aria-label="{}"></audio>'
    return format_html(player, address, label) if address else SafeString("")


def _video(data: Mapping[str, str], column: str, label: str) -> SafeString:
    address = rows.address(data, column, "full")
    player = '<video controls playsinline preload="metadata" src="{}" aria-label="{}"></video>'
    return format_html(player, address, label) if address else SafeString("")


_DRAWN = {"text": _text, "markdown": _markdown, "image": _image, "audio": _audio, "video": _video}
