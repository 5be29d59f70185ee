from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="judge_search",
    group=Group.JUDGEMENT,
    place=20,
    title=_("Judge a search result"),
    description=_("What somebody searched for and one result: how well does it answer them?"),
    spec={
        "show": [
            {"as": "text", "column": "query", "label": _("Somebody searched for"), "style": "title", "required": True},
            {"as": "text", "column": "title", "label": _("One of the results"), "required": True},
            {"as": "text", "column": "snippet"},
            {"as": "link", "column": "page"},
        ],
        "fields": [
            {"name": "relevance", "widget": "choice", "label": _("How well does this result answer the search?"),
             "required": True,
             "options": [{"value": "4", "label": _("Just what was looked for")},
                         {"value": "3", "label": _("Good: answers most of it")},
                         {"value": "2", "label": _("Something of it")},
                         {"value": "1", "label": _("Nothing of it")},
                         {"value": "x", "label": _("I don't understand the search")}]},
            {"name": "why", "widget": "text", "label": _("Why, in a few words"), "max_length": 300},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Imagine the person who typed these words. What did they most likely want? Then say how well the result "
        "gives it to them.\n\n"
        "- *Just what was looked for*: they would stop searching.\n"
        "- *Good*: useful, but a better page is easy to imagine.\n"
        "- *Something of it*: the same field, another question.\n"
        "- *Nothing of it*: they would be annoyed.\n\n"
        "## When it is not so clear\n\n"
        "- The search has two meanings: judge by the more usual one.\n"
        "- The page is in another language than the search: *nothing of it*, unless that was asked for.\n"
        "- You need not open the page when title and text are enough.\n\n"
        "## Example\n\n"
        "Search: “repair bicycle tube”. A shop that sells tubes is *something of it*; a guide with pictures is "
        "*just what "
        "was looked for*."
    ),
    also=_("relevance, ranking, search engine"),
    seconds=25,
    overlap=3,
    examples={
        "en": [
            {"query": "how long to boil an egg soft", "title": "Soft-boiled eggs: times by size",
             "snippet": "Small 4 minutes, medium 5, large 6, from boiling water.",
             "page": "https://www.example.org/eggs"},
            {"query": "library ashford opening hours", "title": "A history of public libraries",
             "snippet": "From the first reading rooms to the present day.",
             "page": "https://www.example.org/libraries"},
            {"query": "mouse not working", "title": "Ten reasons why a computer mouse stops",
             "snippet": "Check the batteries, the receiver, the surface.",
             "page": "https://www.example.org/mouse"},
        ],
        "fr": [
            {"query": "combien de temps œuf mollet", "title": "Œufs mollets : les temps selon la taille",
             "snippet": "Petit 5 minutes, moyen 6, gros 7, dans l’eau bouillante.",
             "page": "https://www.example.org/oeufs"},
            {"query": "horaires bibliothèque villeneuve", "title": "Une histoire des bibliothèques publiques",
             "snippet": "Des premiers cabinets de lecture à nos jours.",
             "page": "https://www.example.org/bibliotheques"},
            {"query": "souris ne marche plus", "title": "Dix raisons pour lesquelles une souris d’ordinateur s’arrête",
             "snippet": "Vérifiez les piles, le récepteur, la surface.",
             "page": "https://www.example.org/souris"},
        ],
    },
)  # fmt: skip
