from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasks import consensus

from .drawing import WHOLE, OnPicture, number


class Points(OnPicture):
    """Points on things of a picture: {"x", "y"}, and "label" if there are any."""

    key = "points"
    family = "mark"
    title = gettext_lazy("Points on a picture")
    scripts = (*OnPicture.scripts, "js/widgets/points.js")
    alike = staticmethod(consensus.drawings.points_alike)
    merge = staticmethod(consensus.drawings.middle_point)

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"column": "photo", "labels": ["Wheel", "Lamp"]},
            "row": {"photo": "example:street.webp"},
            "answer": [{"x": 5610, "y": 7970, "label": "Wheel"}, {"x": 7340, "y": 7970, "label": "Wheel"}],
            "wrong": [{"x": -5, "y": 20, "label": "Wheel"}],
        }

    def keys(self) -> frozenset[str]:
        return frozenset({"x", "y"})

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"x": number(raw["x"]), "y": number(raw["y"])}

    def numbers(self) -> dict[str, Any]:
        place = {"type": "integer", "minimum": 0, "maximum": WHOLE}
        return {"x": place, "y": place}

    def count(self, number: int) -> str:
        return ngettext("%(n)s point", "%(n)s points", number) % {"n": number}

    def names(self) -> dict[str, str]:
        return {
            "shape": _("Point {number}"),
            "add": _("Add a point"),
            "mouse": _(
                "Click on the picture to set a point; drag it to move it. Keys: A adds one in the middle, "
                "arrows move it, Delete removes it. + and − zoom, R turns."
            ),
            "touch": _("Tap to set a point, drag it to move it. Two fingers move and enlarge the picture."),
        }
