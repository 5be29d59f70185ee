from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tasks import markdown

from ..base import Shown


class Markdown(Shown):
    """A cell written in Markdown, cleaned."""

    key = "markdown"
    title = _("Formatted text (Markdown)")
    settings = (Shown.column, Shown.needed)

    def body(self, data: Mapping[str, str]) -> SafeString:
        value = str(data.get(self.options["column"], "")).strip()
        if not value:
            return SafeString("")
        return format_html('<div class="prose" dir="auto">{}</div>', markdown.render(value, {}))
