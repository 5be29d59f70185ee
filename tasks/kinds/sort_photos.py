from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="sort_photos",
    group=Group.PICTURES,
    place=20,
    title=_("Sort photos into categories"),
    description=_("One photo at a time, one category: for a catalogue, an archive, a set to learn from."),
    spec={
        "show": [{"as": "image", "column": "photo", "required": True}],
        "fields": [
            {"name": "category", "widget": "choice", "label": _("What does the photo show?"), "required": True,
             "options": [{"value": "furniture", "label": _("Furniture")}, {"value": "lighting", "label": _("Lamps")},
                         {"value": "clothing", "label": _("Clothes and shoes")},
                         {"value": "kitchen", "label": _("Kitchen and table")},
                         {"value": "garden", "label": _("Plants and garden")},
                         {"value": "other", "label": _("Something else")},
                         {"value": "unusable", "label": _("I can't tell")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Look at the photo and choose the category of **the thing it is about**: mostly the largest one, in the "
        "middle.\n\n"
        "- What stands in the background does not count.\n"
        "- Judge the thing, not the quality of the photo.\n\n"
        "## When it is not so clear\n\n"
        "- Two things of equal size: choose the one in front.\n"
        "- A drawing or a toy of a thing counts as that thing.\n"
        "- Blurred, black or empty: *I can't tell*.\n\n"
        "## Example\n\n"
        "A chair with a plant beside it is *Furniture*."
    ),
    also=_("image, picture, classification, categories"),
    seconds=8,
    overlap=3,
    examples={
        "en": [{"photo": "example:chair.webp"}, {"photo": "example:shoe.webp"}, {"photo": "example:cup.webp"}],
        "fr": [{"photo": "example:chair.webp"}, {"photo": "example:shoe.webp"}, {"photo": "example:cup.webp"}],
    },
)  # fmt: skip
