from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import markdown, placeholders

from . import tiles
from .base import Drawing, Widget
from .settings import Setting, Wrong

YES, NO = "yes", "no"


class Consent(Widget):
    """Agree, or fit, before the task. "yes" is the answer; "no" ends the task kindly, and the time is paid.

    What becomes of a "no" is the business of tasks/services/screenouts.py; it is never stored as an answer.
    """

    key = "consent"
    family = "choose"
    title = gettext_lazy("Consent or screening question")
    screens: ClassVar[bool] = True
    settings = (
        Setting("text", "text", gettext_lazy("What people agree to, or who is asked"), most=10_000, default="",
                help=gettext_lazy("Formatted as in the instructions. Who says no is paid for the time it took.")),
        Setting("yes", "text", gettext_lazy("To go on"), most=100, default=""),
        Setting("no", "text", gettext_lazy("To leave"), most=100, default=""),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {
                "text": _("This task asks about your **last journey by train**. Did you take one this year?"),
                "yes": _("Yes, go on"),
                "no": _("No, I did not"),
            },
            "answer": "yes",
            "wrong": "perhaps",
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        if self.options["yes"] and self.options["yes"] == self.options["no"]:
            return [("no", _("The two have the same name."))]
        return ()

    @property
    def required(self) -> bool:
        """Always: a task can't go on without it."""
        return True

    @property
    def grouped(self) -> bool:
        return True

    @property
    def hotkeys(self) -> bool:
        return True

    @property
    def columns(self) -> list[str]:
        return [*super().columns, *placeholders.names(self.options["text"])]

    def ends(self, value: Any) -> bool:
        return bool(value == NO)

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        if value == NO:
            raise Wrong(_("With this answer the task ends: there is nothing to answer then."))
        if value != YES:
            raise Wrong(_("Choose one of the options shown."))
        return YES

    def missing(self) -> str:
        return _("Choose whether you want to go on.")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [YES, NO]}

    def as_text(self, value: Any) -> str:
        return str(self._labels().get(value, "")) if value is not None else ""

    def _labels(self) -> dict[str, Any]:
        return {YES: self.options["yes"] or _("Yes, go on"), NO: self.options["no"] or _("No")}

    def input(self, drawing: Drawing) -> SafeString:
        text = self.options["text"]
        labels = self._labels()
        options = [
            (YES, labels[YES], ""),
            (NO, labels[NO], _("The task ends here, and your time is paid.")),
        ]
        return format_html(
            "{}{}",
            format_html('<div class="prose">{}</div>', markdown.render(text, drawing.data)) if text else "",
            tiles.radios(drawing, options, required=True),
        )
