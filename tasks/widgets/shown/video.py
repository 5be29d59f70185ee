from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from ..base import Shown
from .audio import PLAYER, STYLES, nothing, source, words


class Video(Shown):
    """A film to watch. Without a script it is the browser's own player."""

    key = "video"
    family = "media"
    looked_at = True
    title = gettext_lazy("Video")
    settings = (Shown.column, Shown.needed)
    media = ("column",)
    scripts = (*PLAYER, "js/widgets/video.js")
    styles = STYLES

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {"spec": {"column": "film"}, "row": {"film": "example:clip.mp4"}}

    @property
    def media_use(self) -> str:
        return "video"

    def body(self, data: Mapping[str, str]) -> SafeString:
        found = source(data, self.options["column"])
        if not found["src"]:
            return nothing(data, self.options["column"])
        return format_html(
            '{}<div class="widget widget-video sound" {}>'
            '<video controls playsinline preload="metadata" src="{}"></video></div>',
            self.sheets(),
            self.hooks({"src": found["src"], "words": words()}),
            found["src"],
        )
