from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import rows

from ..base import Shown

PEAKS = ("js/widgets/sound-peaks.js",)
WAVE = (*PEAKS, "vendor/wavesurfer/wavesurfer.min.js", "js/widgets/sound-wave.js")  # to mark stretches on
PLAYER = ("js/widgets/sound-player.js",)
STYLES = ("css/widgets/sound.css",)


def words() -> dict[str, str]:
    """What the player says, in the active language."""
    return {
        "player": _("Player"),
        "play": _("Play"),
        "pause": _("Pause"),
        "back": _("Back 5 s"),
        "on": _("On 5 s"),
        "slower": _("Slower"),
        "faster": _("Faster"),
        "speed": _("Speed"),
        "loop": _("Repeat"),
        "full": _("Full screen"),
        "position": _("Position"),
        "of": _("of"),
        "writing": _("While you write: Alt and the same key."),
        "failed": _("This recording does not play here. Skip the task: it costs nothing."),
    }


def source(data: Mapping[str, str] | None, column: str) -> dict[str, str]:
    """Where the script gets the recording of a cell, and the drawn-up wave when the media job made one."""
    address = rows.address(data, column, "full")
    example = (data or {}).get(column, "").strip().startswith(rows.EXAMPLE)
    return {"src": address, "peaks": "" if example or not address else rows.address(data, column, "peaks")}


def nothing(data: Mapping[str, str], column: str) -> SafeString:
    """The calm line where the file of a cell is not to be had; an empty cell leaves no trace."""
    if not data.get(column, "").strip():
        return SafeString("")
    return format_html('<p class="quiet">{}</p>', _("(nothing to show)"))


class Audio(Shown):
    """A recording to listen to, with its wave. Without a script it is the browser's own player."""

    key = "audio"
    family = "media"
    title = gettext_lazy("Sound")
    settings = (Shown.column, Shown.needed)
    media = ("column",)
    scripts = (*PEAKS, *PLAYER, "js/widgets/sound.js")
    styles = STYLES

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {"spec": {"column": "sound"}, "row": {"sound": "example:voice.m4a"}}

    @property
    def media_use(self) -> str:
        return "audio"

    def body(self, data: Mapping[str, str]) -> SafeString:
        found = source(data, self.options["column"])
        if not found["src"]:
            return nothing(data, self.options["column"])
        return format_html(
            '{}<div class="widget widget-audio sound" {}><audio controls preload="metadata" src="{}"></audio></div>',
            self.sheets(),
            self.hooks({**found, "words": words()}),
            found["src"],
        )
