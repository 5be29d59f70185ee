import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django.utils import dateformat, formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Drawing, Widget
from .settings import Setting, Wrong

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Date(Widget):
    """A day of the calendar. The answer is its ISO date: "2026-11-22"."""

    key = "date"
    family = "write"
    title = gettext_lazy("Date")
    settings = (
        Setting("earliest", "text", gettext_lazy("Earliest"), most=10, default="",
                help=gettext_lazy("As year-month-day, such as 2026-01-31.")),
        Setting("latest", "text", gettext_lazy("Latest"), most=10, default=""),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"earliest": "2020-01-01", "latest": "2030-12-31"},
            "answer": "2026-11-22",
            "wrong": "2019-12-31",
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        bounds = {name: self.options[name] for name in ("earliest", "latest") if self.options[name]}
        wrong = [name for name, text in bounds.items() if _read(text) is None]
        if wrong:
            return [(name, _format_told()) for name in wrong]
        if len(bounds) == 2 and bounds["earliest"] > bounds["latest"]:
            return [("latest", _("The latest is before the earliest."))]
        return ()

    def clean(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        text = value.strip() if isinstance(value, str) else ""
        if not _ISO.fullmatch(text):
            raise Wrong(_format_told())
        day = _read(text)
        if day is None:
            raise Wrong(_("There is no such day. %(format)s") % {"format": _format_told()})
        earliest, latest = self.options["earliest"], self.options["latest"]
        if earliest and text < earliest:
            raise Wrong(_("The earliest is %(day)s.") % {"day": earliest})
        if latest and text > latest:
            raise Wrong(_("The latest is %(day)s.") % {"day": latest})
        return text

    def missing(self) -> str:
        return _("Choose a date.")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def as_text(self, value: Any) -> str:
        day = _read(value) if isinstance(value, str) else None
        return "" if day is None else dateformat.format(day, formats.get_format("DATE_FORMAT"))

    def input(self, drawing: Drawing) -> SafeString:
        bounds = [("min", self.options["earliest"]), ("max", self.options["latest"])]
        return format_html(
            '<div class="short"><input type="date" name="{}" id="{}"{}{}{} value="{}"></div>',
            drawing.id,
            drawing.id,
            format_html_join("", ' {}="{}"', (bound for bound in bounds if bound[1])),
            SafeString(" required") if self.required else "",
            self.described(drawing),
            drawing.value if isinstance(drawing.value, str) else "",
        )


def _format_told() -> str:
    return _("Write the date as year-month-day, such as 2026-11-22.")


def _read(text: str) -> dt.date | None:
    """The day of an ISO date; None for anything else, and for days that the calendar does not have."""
    if not _ISO.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
