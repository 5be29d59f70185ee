from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from tasks import rows

from .. import pictures
from ..base import Shown


class Image(Shown):
    """A picture to look at closely: it can be enlarged, moved and turned. Without scripts it is a plain picture."""

    key = "image"
    family = "media"
    looked_at = True
    pictured = True
    title = gettext_lazy("Picture")
    settings = (Shown.column, Shown.needed)
    media = ("column",)
    scripts = pictures.SCRIPTS
    styles = pictures.STYLES

    @classmethod
    def example(cls) -> dict[str, object]:
        return {"spec": {"column": "photo"}, "row": {"photo": "example:street.webp"}}

    def body(self, data: Mapping[str, str]) -> SafeString:
        """The picture, or a sentence when there is none: a blank would look like one still to come."""
        address = rows.address(data, self.options["column"])
        if not address:
            return pictures.nothing()
        return format_html(
            '{}<div class="widget widget-image" {}>{}</div>',
            self.sheets(),
            self.hooks({"words": pictures.words()}),
            pictures.plain(address),
        )
