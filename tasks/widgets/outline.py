from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasks import consensus

from .drawing import LEAST_SIDE, WHOLE, OnPicture, number
from .settings import Wrong

CORNERS = 300  # of one outline
ALL_CORNERS = 2000  # of an answer: what comparing may cost, and what a cell of a spreadsheet holds as JSON


class Outline(OnPicture):
    """Outlines of things on a picture: {"points": [[x, y], …]}, closed by themselves, and "label" if there are any."""

    key = "outline"
    family = "mark"
    title = gettext_lazy("Outlines on a picture")
    scripts = (*OnPicture.scripts, "js/widgets/outline.js")
    alike = staticmethod(consensus.drawings.outlines_alike)
    merge = staticmethod(consensus.drawings.middle_outline)

    @classmethod
    def example(cls) -> dict[str, Any]:
        hole = [[3510, 5560], [3900, 5010], [4260, 5390], [4310, 5780], [3970, 6060], [3600, 6020]]
        return {
            "spec": {"column": "photo", "labels": ["Leaf", "Hole"]},
            "row": {"photo": "example:leaf.webp"},
            "answer": [{"points": hole, "label": "Hole"}],
            "wrong": [{"points": hole[:2], "label": "Hole"}],
        }

    def keys(self) -> frozenset[str]:
        return frozenset({"points"})

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if found and sum(len(shape["points"]) for shape in found) > ALL_CORNERS:
            raise Wrong(_("These are too many corners: %(most)s at most in all.") % {"most": ALL_CORNERS})
        return found

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        listed = raw["points"]
        if not isinstance(listed, list) or len(listed) > CORNERS:
            raise Wrong(_("An outline is a list of corners, %(most)s at most.") % {"most": CORNERS})
        points: list[list[int]] = []
        for corner in listed:
            if not isinstance(corner, list) or len(corner) != 2:
                raise Wrong(_("A corner is a list of two numbers: [x, y]."))
            point = [number(corner[0]), number(corner[1])]
            if not points or point != points[-1]:  # a double click sets one corner
                points.append(point)
        if len(points) > 1 and points[0] == points[-1]:
            points.pop()
        if len({(x, y) for x, y in points}) < 3:
            raise Wrong(_("An outline needs three corners at least."))
        if any(max(side) - min(side) < LEAST_SIDE for side in zip(*points, strict=True)):
            raise Wrong(_("An outline is too small to be seen."))
        return {"points": points}

    def numbers(self) -> dict[str, Any]:
        corner = {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": WHOLE},
            "minItems": 2,
            "maxItems": 2,
        }
        return {"points": {"type": "array", "items": corner, "minItems": 3, "maxItems": CORNERS}}

    def count(self, number: int) -> str:
        return ngettext("%(n)s outline", "%(n)s outlines", number) % {"n": number}

    def names(self) -> dict[str, str]:
        return {
            "shape": _("Outline {number}"),
            "add": _("Add an outline"),
            "mouse": _(
                "Click around the thing, corner by corner; a double click closes it. Keys: A begins, arrows "
                "move the cross, Enter sets a corner, Backspace takes it off, C closes. N picks a corner to move."
            ),
            "touch": _(
                "Tap around the thing, corner by corner; tap the first corner, or “Close it”, to end. "
                "Two fingers move and enlarge the picture."
            ),
        }
