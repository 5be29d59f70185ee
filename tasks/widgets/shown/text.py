from collections.abc import Mapping

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from ..base import Shown
from ..settings import Setting

STYLES = {
    "plain": '<p dir="auto"{}>{}</p>',
    "title": '<h2 dir="auto"{}>{}</h2>',
    "price": '<p class="price" dir="auto"{}>{}</p>',
}


class Text(Shown):
    """A cell as it is, with its line breaks."""

    key = "text"
    family = "words"
    title = _("Text")
    settings = (
        Shown.column,
        Setting(
            "style",
            "choice",
            _("Looks like"),
            default="plain",
            choices=(("plain", _("plain text")), ("title", _("a title")), ("price", _("a price"))),
        ),
        Setting("lang", "language", _("Language of the text"), help=_("Such as fr: for screen readers.")),
        Shown.needed,
    )

    def body(self, data: Mapping[str, str]) -> SafeString:
        value = str(data.get(self.options["column"], "")).strip()
        if not value:
            return SafeString("")
        lang = format_html(' lang="{}"', self.options["lang"]) if self.options["lang"] else ""
        lines = mark_safe(escape(value).replace("\n", "<br>"))  # noqa: S308 - escaped just now
        return format_html(STYLES[self.options["style"]], lang, lines)
