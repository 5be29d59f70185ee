from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="boxes_objects",
    group=Group.PICTURES,
    place=40,
    title=_("Put boxes around objects"),
    description=_("Rectangles with labels around everything of a few sorts, such as the cars and people in a street."),
    spec={
        "show": [],
        "fields": [
            {"name": "boxes", "widget": "boxes", "column": "photo", "required": True, "most": 60,
             "label": _("Put a box around each of these"),
             "help": _("None there? Say that there is nothing to mark."),
             "labels": [{"value": "person", "label": _("Person")}, {"value": "bicycle", "label": _("Bicycle")},
                        {"value": "car", "label": _("Car")}, {"value": "lorry", "label": _("Lorry or bus")},
                        {"value": "sign", "label": _("Sign or light")}, {"value": "plant",
                         "label": _("Tree or plant")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Draw a box around **each single thing** of the sorts listed, and give it its label.\n\n"
        "- Tight: the box touches the thing on all four sides.\n"
        "- One box for one thing: three people are three boxes, also when they overlap.\n"
        "- Everything that you can name counts, also when it is small.\n\n"
        "## When it is not so clear\n\n"
        "- Partly hidden: box what is to be seen.\n"
        "- Mirrored, or on a poster: leave it out.\n"
        "- Smaller than a fingertip on the enlarged picture: leave it out.\n"
        "- Nothing of these sorts: say so, that is an answer too.\n\n"
        "## Example\n\n"
        "A person on a bicycle is two boxes: *Person* and *Bicycle*."
    ),
    also=_("image, photo, bounding box, detection, rectangle, annotation"),
    seconds=70,
    overlap=2,
    examples={
        "en": [{"photo": "example:street.webp"}, {"photo": "example:plant.webp"}, {"photo": "example:table.webp"}],
        "fr": [{"photo": "example:street.webp"}, {"photo": "example:plant.webp"}, {"photo": "example:table.webp"}],
    },
)  # fmt: skip
