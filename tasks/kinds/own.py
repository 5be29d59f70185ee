from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="own",
    group=Group.SURVEYS,
    place=90,
    title=_("Fields of your own"),
    description=_(
        "Start from one of each and change what you like: choices, texts, numbers, cards and links."
    ),
    spec={
        "show": [
            {"as": "text", "column": "title", "style": "title", "required": True},
            {"as": "markdown", "column": "details"},
            {"as": "link", "column": "link"},
        ],
        "fields": [
            {
                "name": "answer",
                "widget": "choice",
                "label": _("Does this concern “{{title}}”?"),
                "required": True,
                "options": [
                    {"value": "yes", "label": _("Yes")},
                    {"value": "no", "label": _("No")},
                    {"value": "unsure", "label": _("I can't tell")},
                ],
            },
            {
                "name": "count",
                "widget": "number",
                "label": _("How many are there?"),
                "min": "0",
                "decimals": 0,
            },
            {"name": "remark", "widget": "text", "label": _("Anything to add?"), "lines": "many"},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Say in one sentence what you ask for and what the answers are for.\n\n"
        "- Describe each question, with an example.\n"
        "- Say what to do when something is missing or unclear."
    ),
    seconds=45,
    examples={
        "en": [
            {
                "title": "Opening hours of the town library",
                "details": "The page should say on **how many days a week** the library is open.",
                "link": "https://www.example.org/library",
            },
            {
                "title": "Entrance to the swimming pool",
                "details": "The page should say **what a child pays**, and from which age.",
                "link": "https://www.example.org/pool",
            },
            {
                "title": "Next market day",
                "details": "The page should name **the date and the square**.",
                "link": "https://www.example.org/market",
            },
        ],
        "fr": [
            {
                "title": "Horaires de la bibliothèque municipale",
                "details": "La page doit dire **combien de jours par semaine** la bibliothèque est ouverte.",
                "link": "https://www.example.org/bibliotheque",
            },
            {
                "title": "Entrée de la piscine",
                "details": "La page doit dire **ce que paie un enfant**, et à partir de quel âge.",
                "link": "https://www.example.org/piscine",
            },
            {
                "title": "Prochain jour de marché",
                "details": "La page doit nommer **la date et la place**.",
                "link": "https://www.example.org/marche",
            },
        ],
    },
)
