from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="outline_object",
    group=Group.PICTURES,
    place=30,
    title=_("Outline an object"),
    description=_("The worker draws along the edge of one thing, point by point, so that it can be cut out."),
    spec={
        "show": [],
        "fields": [
            {"name": "outline", "widget": "outline", "column": "photo", "required": True, "most": 10,
             "label": _("Draw along the edge of this: {{object}}"),
             "help": _("Not there? Say that there is nothing to mark.")},
            {"name": "hidden", "widget": "choice", "label": _("Is a part of it hidden?"), "required": True,
             "options": [{"value": "no", "label": _("No, it is all to be seen")},
                         {"value": "some", "label": _("A little of it")}, {"value": "half",
                          "label": _("Half or more")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Set points along the edge of the thing that is named, until the line closes around it.\n\n"
        "- Close to the edge: a finger's breadth of background is too much.\n"
        "- More points where the edge bends, few where it is straight. Ten to forty are usual.\n"
        "- What belongs to it is inside: the handle of a cup, the laces of a shoe. Its shadow is not.\n\n"
        "## When it is not so clear\n\n"
        "- Something stands in front: follow what is to be seen, not what you imagine behind.\n"
        "- It appears in two pieces: draw two outlines.\n"
        "- A hole, such as inside a handle, stays inside the line.\n\n"
        "## Example\n\n"
        "A leaf: begin at the stem, go around the tip, come back to the stem. The stem belongs to it."
    ),
    also=_("image, photo, polygon, segmentation, mask, cut out"),
    seconds=75,
    overlap=2,
    examples={
        "en": [{"photo": "example:leaf.webp", "object": "the leaf"}, {"photo": "example:cup.webp", "object": "the cup"},
               {"photo": "example:shoe.webp", "object": "the shoe"}],
        "fr": [{"photo": "example:leaf.webp", "object": "la feuille"}, {"photo": "example:cup.webp",
         "object": "la tasse"},
               {"photo": "example:shoe.webp", "object": "la chaussure"}],
    },
)  # fmt: skip
