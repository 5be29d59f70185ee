from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="mark_names",
    group=Group.TEXT,
    place=20,
    title=_("Mark names in a text"),
    description=_("People, places, organisations and dates are marked where they stand in the text."),
    spec={
        "show": [],
        "fields": [
            {"name": "names", "widget": "spans", "column": "text", "overlap": True, "required": True,
             "label": _("Mark every name and date"),
             "help": _("None there? Say that there is nothing to mark."),
             "labels": [{"value": "person", "label": _("Person")}, {"value": "place", "label": _("Place")},
                        {"value": "organisation", "label": _("Organisation")}, {"value": "date", "label": _("Date")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Mark **each name** in the text and give it its label.\n\n"
        "- The whole name, and nothing else: “Ruth Amaro”, not “Mrs Ruth Amaro,”.\n"
        "- Every time it appears, also the tenth time.\n"
        "- *She*, *the town*, *the company* are no names.\n\n"
        "## When it is not so clear\n\n"
        "- A name inside a name, such as a town in the name of a club: mark both.\n"
        "- A shop that is called like a person is an *Organisation*.\n"
        "- “Last Friday” is a *Date*; “soon” is none.\n\n"
        "## Example\n\n"
        "“Ruth moved to Weston in 1987”: *Ruth* is a Person, *Weston* a Place, *1987* a Date."
    ),
    also=_("named entities, NER, annotation, spans, highlight"),
    seconds=45,
    overlap=2,
    examples={
        "en": [
            {"text": "Ruth Amaro opened the Harbour Bakery in Northport on 4 May 1987."},
            {"text": "On Tuesday the Weston Cycling Club thanked its treasurer, Tomas Okafor."},
            {"text": "Imani Cole left Ashford Town Hospital last spring and now works in Lisbon."},
        ],
        "fr": [
            {"text": "Ruth Amaro a ouvert la Boulangerie du Port à Port-Clair le 4 mai 1987."},
            {"text": "Mardi, le Vélo-Club d’Ouestville a remercié son trésorier, Tomas Okafor."},
            {"text": "Imane Colin a quitté l’Hôpital de Villeneuve au printemps et travaille à Lisbonne."},
        ],
    },
)  # fmt: skip
