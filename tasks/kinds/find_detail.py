from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="find_detail",
    group=Group.RECORDS,
    place=30,
    title=_("Find the missing detail"),
    description=_(
        "A record lacks one thing: a website, an opening hour, a year. The worker looks for it and says where it "
        "stands."
    ),
    spec={
        "show": [
            {"as": "record", "columns": [
                {"column": "name", "label": _("Name")}, {"column": "place", "label": _("Place")},
                {"column": "known", "label": _("What is known")}]},
            {"as": "link", "column": "start", "label": _("A place to begin")},
        ],
        "fields": [
            {"name": "found", "widget": "choice", "label": _("Did you find this: {{missing}}?"), "required": True,
             "options": [{"value": "yes", "label": _("Yes")}, {"value": "unsure", "label": _("Perhaps: I am not sure")},
                         {"value": "no", "label": _("No, I looked and did not find it")}]},
            {"name": "detail", "widget": "text", "label": _("The detail, as it is written there"), "max_length": 300,
             "needed_if": "found=yes|unsure"},
            {"name": "source", "widget": "text", "label": _("The address of the page where it stands"),
             "max_length": 500, "needed_if": "found=yes|unsure", "help": _("Such as https://www.example.org/contact")},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Look for the missing detail of the record for **three minutes at most**. Then stop: “I did not find it” is a "
        "good answer and is paid like any other.\n\n"
        "- Begin with the page that is given, if there is one; then use any search engine.\n"
        "- Copy the detail as it is written, and the address of the page.\n"
        "- Prefer the site of the place itself to a directory.\n\n"
        "## When it is not so clear\n\n"
        "- Two pages disagree: take the newer one and choose *Perhaps*.\n"
        "- Several places have the same name: look at the town.\n"
        "- Never write down private details of a person, such as a private address.\n\n"
        "## Example\n\n"
        "Missing: year of opening. The site says “baking since 1987”: write 1987."
    ),
    also=_("web research, search, contact, lookup"),
    seconds=150,
    overlap=2,
    examples={
        "en": [
            {"name": "Harbour Bakery", "place": "Northport", "known": "Telephone, address",
             "missing": "year of opening", "start": "https://www.example.org/harbour-bakery"},
            {"name": "Town swimming pool", "place": "Ashford", "known": "Address, prices",
             "missing": "opening hours on Sunday", "start": "https://www.example.org/pool"},
            {"name": "Willow Theatre", "place": "Weston", "known": "Address, programme",
             "missing": "number of seats", "start": ""},
        ],
        "fr": [
            {"name": "Boulangerie du Port", "place": "Port-Clair", "known": "Téléphone, adresse",
             "missing": "année d’ouverture", "start": "https://www.example.org/boulangerie-du-port"},
            {"name": "Piscine municipale", "place": "Villeneuve", "known": "Adresse, tarifs",
             "missing": "horaires du dimanche", "start": "https://www.example.org/piscine"},
            {"name": "Théâtre du Saule", "place": "Ouestville", "known": "Adresse, programme",
             "missing": "nombre de places", "start": ""},
        ],
    },
)  # fmt: skip
