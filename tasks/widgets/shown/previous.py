from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..base import Shown


class Previous(Shown):
    """What somebody answered before, to be checked: set apart, so that nobody takes it for the material itself."""

    key = "previous"
    family = "words"
    title = gettext_lazy("Earlier answer, to check")
    settings = (Shown.column, Shown.needed)

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"column": "answer"},
            "row": {"answer": _("The letter was sent from Lorient on the third of May.")},
        }

    def body(self, data: Mapping[str, str]) -> SafeString:
        value = str(data.get(self.options["column"], "")).strip()
        if not value:
            return SafeString("")
        return format_html(
            '<figure><figcaption class="label">{}</figcaption><blockquote dir="auto">{}</blockquote>'
            "</figure>",
            _("An earlier answer"),
            linebreaksbr(value, autoescape=True),
        )
