from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasks import consensus

from .drawing import LEAST_SIDE, WHOLE, OnPicture, number
from .settings import Wrong


class Boxes(OnPicture):
    """Boxes on a picture: {"x", "y", "w", "h"} from the upper left corner, and "label" if there are labels."""

    key = "boxes"
    family = "mark"
    title = gettext_lazy("Boxes on a picture")
    scripts = (*OnPicture.scripts, "js/widgets/boxes.js")
    alike = staticmethod(consensus.drawings.boxes_alike)
    merge = staticmethod(consensus.drawings.middle_box)

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"column": "photo", "labels": ["Car", "Person"]},
            "row": {"photo": "example:street.webp"},
            "answer": [{"x": 4980, "y": 6750, "w": 3000, "h": 1620, "label": "Car"}],
            "wrong": [{"x": 9000, "y": 0, "w": 3000, "h": 1000, "label": "Car"}],
        }

    def keys(self) -> frozenset[str]:
        return frozenset({"x", "y", "w", "h"})

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        box = {"x": number(raw["x"]), "y": number(raw["y"])}
        box |= {"w": number(raw["w"], LEAST_SIDE), "h": number(raw["h"], LEAST_SIDE)}
        if box["x"] + box["w"] > WHOLE or box["y"] + box["h"] > WHOLE:
            raise Wrong(_("Keep each box inside the picture."))
        return box

    def numbers(self) -> dict[str, Any]:
        place = {"type": "integer", "minimum": 0, "maximum": WHOLE - LEAST_SIDE}
        side = {"type": "integer", "minimum": LEAST_SIDE, "maximum": WHOLE}
        return {"x": place, "y": place, "w": side, "h": side}

    def count(self, number: int) -> str:
        return ngettext("%(n)s box", "%(n)s boxes", number) % {"n": number}

    def names(self) -> dict[str, str]:
        return {
            "shape": _("Box {number}"),
            "add": _("Add a box"),
            "mouse": _(
                "Drag across the picture to draw a box. Keys: A adds one in the middle, arrows move it, "
                "Shift and arrows change its size, Delete removes it. + and − zoom, R turns."
            ),
            "touch": _(
                "Draw a box with one finger; move and enlarge the picture with two. Tap a box to change it."
            ),
        }
