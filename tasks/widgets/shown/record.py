from collections.abc import Mapping, Sequence
from typing import Any

from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import placeholders

from ..base import Shown
from ..settings import Setting


class Record(Shown):
    """Several cells as a card of names and values."""

    key = "record"
    family = "words"
    title = gettext_lazy("Card of several columns")
    settings = (
        Setting(
            "columns",
            "pairs",
            gettext_lazy("Columns of your file"),
            help=gettext_lazy("One a line; after a bar, how to call it: birth_date | Born on"),
            required=True,
            most=40,
            keys=("column", "label"),
        ),
    )

    @property
    def columns(self) -> list[str]:
        return [pair["column"] for pair in self.options["columns"]] + placeholders.names(
            self.options["label"]
        )

    def check(self) -> Sequence[tuple[str, Any]]:
        if any(len(pair["column"]) > 100 for pair in self.options["columns"]):
            return [("columns", _("The name of a column has 100 characters at most."))]
        return ()

    def body(self, data: Mapping[str, str]) -> SafeString:
        rows = (
            (pair["label"], linebreaksbr(str(data.get(pair["column"], "")).strip() or "–", autoescape=True))
            for pair in self.options["columns"]
        )
        lines = format_html_join("", '<div><dt>{}</dt><dd dir="auto">{}</dd></div>', rows)
        return format_html('<dl class="pairs">{}</dl>', lines)
