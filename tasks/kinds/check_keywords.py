from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="check_keywords",
    group=Group.PICTURES,
    place=50,
    title=_("Check a picture against its keywords"),
    description=_("A picture and the words it is filed under: do they fit, which do not, which are missing?"),
    spec={
        "show": [
            {"as": "image", "column": "photo", "required": True},
            {"as": "text", "column": "keywords", "label": _("Filed under"), "required": True},
        ],
        "fields": [
            {"name": "verdict", "widget": "choice", "label": _("Do the keywords fit the picture?"), "required": True,
             "options": [{"value": "all", "label": _("All of them")}, {"value": "some", "label": _("Some don't")},
                         {"value": "none", "label": _("None does")}]},
            {"name": "wrong", "widget": "text", "label": _("Keywords that do not fit"), "max_length": 300,
             "needed_if": "verdict=some",
             "help": _("With commas between them.")},
            {"name": "missing", "widget": "text", "label": _("Important ones that are missing"), "max_length": 300},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read each keyword and look whether **the picture shows it**.\n\n"
        "- A keyword fits when somebody who searched for it would be glad of this picture.\n"
        "- Write down those that do not fit, and at most three that are missing.\n\n"
        "## When it is not so clear\n\n"
        "- A mood, such as *cosy*: it fits unless it is plainly wrong.\n"
        "- A colour fits when the main thing has it.\n"
        "- A spelling mistake: write the word under *do not fit* and the right one under *missing*.\n\n"
        "## Example\n\n"
        "A red cup filed under *cup, red, tea pot*: *tea pot* does not fit."
    ),
    also=_("image, photo, tags, verification"),
    seconds=25,
    overlap=3,
    examples={
        "en": [{"photo": "example:cup.webp", "keywords": "cup, coffee, red, tea pot"},
               {"photo": "example:lamp.webp", "keywords": "lamp, light, yellow shade"},
               {"photo": "example:chair.webp", "keywords": "sofa, leather, living room"}],
        "fr": [{"photo": "example:cup.webp", "keywords": "tasse, café, rouge, théière"},
               {"photo": "example:lamp.webp", "keywords": "lampe, lumière, abat-jour jaune"},
               {"photo": "example:chair.webp", "keywords": "canapé, cuir, salon"}],
    },
)  # fmt: skip
