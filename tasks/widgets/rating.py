from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import consensus
from tasks.consensus import Consensus

from .base import Drawing, Widget
from .settings import Setting, Wrong
from .tiles import KEYS


class Rating(Widget):
    """A step of a scale whose ends have names. The answer is a whole number from 1 on."""

    key = "rating"
    family = "choose"
    title = gettext_lazy("Rating")
    styles = ("css/widgets/plain.css",)
    settings = (
        Setting("steps", "count", gettext_lazy("How many steps"), least=2, most=11, default=5),
        Setting("low", "text", gettext_lazy("Name of the low end"), most=60, default="",
                help=gettext_lazy("Such as: very bad")),
        Setting("high", "text", gettext_lazy("Name of the high end"), most=60, default="",
                help=gettext_lazy("Such as: very good")),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"steps": 5, "low": _("very bad"), "high": _("very good")},
            "answer": 4,
            "wrong": 6,
        }

    @property
    def grouped(self) -> bool:
        return True

    @property
    def hotkeys(self) -> bool:
        return True

    @property
    def most(self) -> int:
        return int(self.options["steps"])

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        text = str(value).strip() if isinstance(value, str) or type(value) is int else ""
        if not (text.isascii() and text.isdigit() and len(text) < 3 and 1 <= int(text) <= self.most):
            raise Wrong(_("Choose a step from 1 to %(most)s.") % {"most": self.most})
        return int(text)

    def missing(self) -> str:
        return _("Choose a step of the scale.")

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.most}

    def same_as(self, value: Any) -> Hashable:
        return int(value)

    def agree(self, one: Any, other: Any) -> float:
        """1 for the same step, 0 for the two ends, and even between."""
        return 1 - abs(one - other) / (self.most - 1)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """The median step. Confidence is the mean of how much the answers agree with it."""
        found = int(consensus.median([Decimal(value) for value in values], quantum=Decimal(1)).value)
        return Consensus(found, sum(self.agree(value, found) for value in values) / len(values))

    def as_text(self, value: Any) -> str:
        if value is None:
            return ""
        named = {1: self.options["low"], self.most: self.options["high"]}.get(value)
        step = _("%(step)s of %(most)s") % {"step": value, "most": self.most}
        return f"{step} ({named})" if named else step

    def input(self, drawing: Drawing) -> SafeString:
        low, high = self.options["low"], self.options["high"]
        ends = {1: low, self.most: high}
        rows = (
            (
                drawing.id,
                step,
                SafeString(" required") if self.required else "",
                SafeString(" checked") if str(drawing.value) == str(step) else "",
                format_html(' data-hotkey="{}"', step) if drawing.keys and step <= KEYS else "",
                step,
                format_html('<span class="sr-only"> {}</span>', ends[step]) if ends.get(step) else "",
            )
            for step in range(1, self.most + 1)
        )
        step = '<label class="step"><input type="radio" name="{}" value="{}"{}{}{}><span>{}{}</span></label>'
        named = format_html(
            '<p class="ends hint" aria-hidden="true"><span>{}</span><span>{}</span></p>',
            f"1: {low}" if low else "",
            f"{self.most}: {high}" if high else "",
        )
        return format_html(
            '{}<div class="steps">{}</div>{}',
            self.sheets(),
            format_html_join("", step, rows),
            named if low or high else "",
        )
