from collections.abc import Mapping

from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from tasks import markdown

from ..base import Shown


class Markdown(Shown):
    """A cell written in Markdown, cleaned. One far longer than a page is shown as plain text: formatting it would take
    seconds, for each person who opens the task."""

    key = "markdown"
    family = "words"
    title = _("Formatted text (Markdown)")
    settings = (Shown.column, Shown.needed)

    def body(self, data: Mapping[str, str]) -> SafeString:
        value = str(data.get(self.options["column"], "")).strip()
        if not value:
            return SafeString("")
        long = len(value) > markdown.CACHED_CHARS
        html = mark_safe(linebreaks(value, autoescape=True)) if long else markdown.render(value, {})  # noqa: S308 - escaped
        return format_html('<div class="prose" dir="auto">{}</div>', html)
