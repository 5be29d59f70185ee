"""{% load mosaic %}: the picture of a batch, its key, and its figures in words.

    {% mosaic counts seed=batch.public_id size="page" %}     the SVG, with a title and a description
    {% mosaic counts seed=batch.public_id size="card" decorative=True %}   when the key stands right beside
    {% mosaic_key counts %}                                  tiles and figures: "■ 3 640 approved …"
    {% mosaic_words counts %}                                the same as one sentence

`counts` is a mapping state → count, or a list of states (tasks/mosaic.py).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from marketplace.base import formats

from .. import mosaic as picture

register = template.Library()
Counts = Mapping[str, int] | Iterable[str]


def said(state: str, count: int) -> str:
    """A count with its word: "3 640 approved"."""
    text = {
        "approved": ngettext("%(n)s approved", "%(n)s approved", count),
        "submitted": ngettext("%(n)s to review", "%(n)s to review", count),
        "claimed": ngettext("%(n)s in hand", "%(n)s in hand", count),
        "contested": ngettext("%(n)s contested", "%(n)s contested", count),
        "open": ngettext("%(n)s open", "%(n)s open", count),
    }[state]
    return text % {"n": formats.number(count)}


@register.simple_tag
def mosaic_words(counts: Counts) -> str:
    """Every state that has tasks, in words; says so when there is no task yet."""
    present = [said(state, count) for state, count in picture.tally(counts).items() if count]
    return ", ".join(present) or gettext("no task yet")


@register.simple_tag
def mosaic_key(counts: Counts, everything: bool = False) -> SafeString:
    """The list of tiles with figures; `everything` also lists states at zero."""
    rows: list[tuple[Any, str]] = [
        (tile(state), said(state, count))
        for state, count in picture.tally(counts).items()
        if count or everything
    ]
    return format_html('<ul class="key">{}</ul>', format_html_join("", "<li>{}{}</li>", rows))


@register.simple_tag
def tile(state: str) -> SafeString:
    """One tile of a state, for a key."""
    lozenge = "M6 -.5L12.5 6 6 12.5-.5 6z"
    shape = f'<path class="t {state}" d="{lozenge if state == "contested" else "M1 1h10v10h-10z"}"/>'
    return mark_safe(f'<svg viewBox="0 0 12 12" aria-hidden="true">{shape}</svg>')  # noqa: S308 - from constants


@register.simple_tag
def mosaic(
    counts: Counts, seed: str = "tessera", size: str = "page", uid: str = "", decorative: bool = False
) -> SafeString:
    """The drawing itself; its text alternative is in the active language."""
    figures = picture.tally(counts)
    if decorative:
        return mark_safe(picture.draw(figures, seed=str(seed), size=size))  # noqa: S308 - draw escapes
    share = picture.share_of(sum(figures.values()), size)
    stands = ngettext("Each tile is one answer.", "Each tile stands for about %(n)s answers.", share)
    words = f"{mosaic_words(figures)}. {stands % {'n': formats.number(share)}}"
    title = gettext("Progress of the batch")
    return mark_safe(  # noqa: S308 - draw escapes
        picture.draw(figures, seed=str(seed), size=size, uid=uid, title=title, description=words)
    )
