"""A picture of the row as a part of a form draws it: a plain one that static/js/widgets/picture.js makes zoomable."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

SCRIPTS = ("js/widgets/picture.js",)
STYLES = ("css/widgets/picture.css",)


def plain(address: str) -> SafeString:
    """The picture for a browser without scripts, and for everybody until they have come. What it shows is what is
    asked about, so its text says no more than that it is there. The size is a guess that holds its place."""
    return format_html(
        '<img class="picture-plain" src="{}" alt="{}" width="640" height="480" decoding="async">',
        address,
        alt(),
    )


def nothing() -> SafeString:
    """What stands where a row has no picture."""
    return format_html('<p class="quiet">{} {}</p>', _("There is no picture here."), _aside())


def alt() -> str:
    return _("Picture of this task")


def _aside() -> str:
    return _(
        "Skip the task: it costs nothing. If the next ones lack it too, leave this batch and take another."
    )


def words() -> dict[str, str]:
    """What the script writes and says around a picture."""
    return {
        "picture": alt(),
        "keys": _("Keys: + and − zoom, arrows move, R turns, 0 shows the whole."),
        "closer": _("Closer"),
        "farther": _("Farther"),
        "turn": _("Turn"),
        "whole": _("Whole picture"),
        "zoomed": _("Zoom %(percent)s %%") % {"percent": "{percent}"},
        "turned": _("Turned by %(degrees)s degrees") % {"degrees": "{degrees}"},
        "failed": _("The picture could not be loaded."),
        "aside": _aside(),
        "again": _("Try again"),
    }
