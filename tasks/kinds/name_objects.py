from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="name_objects",
    group=Group.PICTURES,
    place=10,
    title=_("Name the objects in a picture"),
    description=_("The worker lists what is to be seen, one thing a line, and how many there are of it."),
    spec={
        "show": [{"as": "image", "column": "photo", "required": True}],
        "fields": [
            {"name": "objects", "widget": "table", "label": _("What do you see?"), "required": True,
             "least": 1, "most": 20,
             "help": _("One thing a row, the most striking first."),
             "columns": [{"name": "object", "label": _("Thing")}, {"name": "count", "label": _("How many")}]},
            {"name": "clear", "widget": "choice", "label": _("Could you see everything well?"), "required": True,
             "options": [{"value": "yes", "label": _("Yes")}, {"value": "no", "label": _("Not everything")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Name the things in the picture, **one a row**, and count them.\n\n"
        "- Use the everyday word: *cup*, not *drinking vessel*; *apple*, not *fruit*.\n"
        "- Things, not parts of things: *bicycle*, not *wheel*, *saddle* and *bell*.\n"
        "- The floor, the wall and the sky are no things here.\n\n"
        "## When it is not so clear\n\n"
        "- Half out of the picture, but plain to see: name it.\n"
        "- More than ten of a kind: write 10+.\n"
        "- You can't tell what it is: leave it out, and say below that you could not see everything.\n\n"
        "## Example\n\n"
        "A table with two books, a lamp and a cup: *book* 2, *lamp* 1, *cup* 1, *table* 1."
    ),
    also=_("image, photo, tagging, labelling, counting"),
    seconds=50,
    overlap=2,
    examples={
        "en": [{"photo": "example:table.webp"}, {"photo": "example:street.webp"}, {"photo": "example:plant.webp"}],
        "fr": [{"photo": "example:table.webp"}, {"photo": "example:street.webp"}, {"photo": "example:plant.webp"}],
    },
)  # fmt: skip
