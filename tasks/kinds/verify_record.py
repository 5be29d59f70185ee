from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .base import Group, Kind

KIND = Kind(
    key="verify_record",
    group=Group.RECORDS,
    place=20,
    title=_("Check a record against a page"),
    description=_(
        "A card with a name, an address, a number, and the page it should agree with: does it, and if not, what "
        "is right?"
    ),
    spec={
        "show": [
            {"as": "record", "group": pgettext_lazy("a card with details", "Record"), "columns": [
                {"column": "name", "label": _("Name")}, {"column": "address", "label": _("Address")},
                {"column": "phone", "label": _("Telephone")}]},
            {"as": "link", "column": "page", "group": _("Page to compare with"), "required": True},
        ],
        "fields": [
            {"name": "verdict", "widget": "choice", "label": _("Does the record agree with the page?"),
             "required": True,
             "options": [{"value": "right", "label": _("Yes, in everything")},
                         {"value": "wrong", "label": _("No, something differs")},
                         {"value": "not_found", "label": _("The page does not say")},
                         {"value": "no_page", "label": _("The page does not open")}]},
            {"name": "part", "widget": "choice", "many": True, "label": _("What differs?"),
             "needed_if": "verdict=wrong",
             "options": [{"value": "name", "label": _("Name")}, {"value": "address", "label": _("Address")},
                         {"value": "phone", "label": _("Telephone")}]},
            {"name": "correction", "widget": "text", "lines": "many", "max_length": 1000, "needed_if": "verdict=wrong",
             "label": _("What the page says instead"), "help": _("Copy it from the page, letter by letter.")},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "1. Open the page. It opens in a new tab.\n"
        "2. Look for the name, the address and the telephone number.\n"
        "3. Say whether the card agrees with the page. If not, tick what differs and copy what the page says.\n\n"
        "## When it is not so clear\n\n"
        "- “St.” and “Street”, or spaces in a telephone number, are **no** difference.\n"
        "- Another house number, another spelling of the name, a moved shop **is** one.\n"
        "- The page names several branches: compare with the one in the same town.\n"
        "- Only one step away from the page (“Contact”, “Imprint”): look there too. No further.\n\n"
        "## Example\n\n"
        "The card says 12 Mill Lane, the page says 14 Mill Lane: *something differs*, *address*, “14 Mill Lane”."
    ),
    also=_("web page, check, address, company"),
    seconds=70,
    overlap=2,
    examples={
        "en": [
            {"name": "Mill Lane Books", "address": "12 Mill Lane, Ashford", "phone": "01632 960 101",
             "page": "https://www.example.org/mill-lane-books"},
            {"name": "Harbour Bakery", "address": "3 Quay Street, Northport", "phone": "01632 960 145",
             "page": "https://www.example.org/harbour-bakery"},
            {"name": "Dr Imani Cole, dentist", "address": "48 Station Road, Weston", "phone": "01632 960 178",
             "page": "https://www.example.org/dr-cole"},
        ],
        "fr": [
            {"name": "Librairie du Moulin", "address": "12 rue du Moulin, Villeneuve", "phone": "01 99 00 12 34",
             "page": "https://www.example.org/librairie-du-moulin"},
            {"name": "Boulangerie du Port", "address": "3 quai des Pêcheurs, Port-Clair", "phone": "02 61 91 45 10",
             "page": "https://www.example.org/boulangerie-du-port"},
            {"name": "Dr Imane Colin, dentiste", "address": "48 avenue de la Gare, Ouestville",
             "phone": "03 53 01 78 20",
             "page": "https://www.example.org/dr-colin"},
        ],
    },
)  # fmt: skip
