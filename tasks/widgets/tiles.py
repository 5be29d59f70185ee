"""A few answers as tiles to choose one from: radio buttons, each with its key printed on it."""

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .base import Drawing

KEYS = 9  # the first nine can be chosen by the keys 1 to 9


def radios(drawing: Drawing, options: Iterable[tuple[str, Any, Any]], *, required: bool) -> SafeString:
    """`options` are (value, label, hint); a hint may be empty."""
    rows = []
    for place, (value, label, hint) in enumerate(options, start=1):
        keyed = drawing.keys and place <= KEYS
        rows.append(
            (
                drawing.id,
                value,
                SafeString(" required") if required else "",
                SafeString(" checked") if drawing.value == value else "",
                format_html(' data-hotkey="{}"', place) if keyed else "",
                label,
                format_html('<span class="hint">{}</span>', hint) if hint else "",
                format_html("<kbd>{}</kbd>", place) if keyed else "",
            )
        )
    tile = '<label class="choice"><input type="radio" name="{}" value="{}"{}{}{}><span>{}{}</span>{}</label>'
    return format_html('<div class="choices">{}</div>', format_html_join("", tile, rows))
