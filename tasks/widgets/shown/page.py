from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import rows

from ..base import Shown
from ..settings import Setting
from .audio import STYLES, nothing


class Page(Shown):
    """A page of a PDF as a picture; it opens large in a tab of its own."""

    key = "page"
    family = "media"
    looked_at = True
    pictured = True
    title = gettext_lazy("Page of a PDF")
    settings = (
        Shown.column,
        Setting("number", "count", gettext_lazy("Which page"), least=1, most=500, default=1),
        Shown.needed,
    )
    media = ("column",)
    styles = STYLES

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {"spec": {"column": "file"}, "row": {"file": "example:invoice-en-1.webp"}}

    @property
    def media_use(self) -> str:
        return "page"

    def body(self, data: Mapping[str, str]) -> SafeString:
        number = self.options["number"]
        address = rows.address(data, self.options["column"], f"p{number}")
        if not address:
            return nothing(data, self.options["column"])
        return format_html(
            '{}<figure class="page"><a href="{}" target="_blank" rel="noopener"><img src="{}" alt="{}"></a>'
            '<figcaption><a class="link" href="{}" target="_blank" rel="noopener">{}</a></figcaption></figure>',
            self.sheets(),
            address,
            address,
            _("Page %(number)s of the document") % {"number": number},
            address,
            _("Open the page large (in a new tab)"),
        )
