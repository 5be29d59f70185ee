from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="tag_keywords",
    group=Group.TEXT,
    place=30,
    title=_("Give keywords"),
    description=_("A text gets the few words by which one would look for it, and a subject."),
    spec={
        "show": [
            {"as": "text", "column": "title", "style": "title"},
            {"as": "text", "column": "text", "required": True},
        ],
        "fields": [
            {"name": "keywords", "widget": "text", "lines": "many", "label": _("Keywords, one a line"),
             "help": _("Three to seven. Small letters, the basic form: bicycle, not Bicycles."),
             "max_length": 400, "required": True},
            {"name": "subject", "widget": "choice", "label": _("The subject as a whole"), "required": True,
             "options": [{"value": "home", "label": _("Home and garden")}, {"value": "food", "label": _("Food")},
                         {"value": "travel", "label": _("Travel")}, {"value": "health", "label": _("Health")},
                         {"value": "culture", "label": _("Culture")}, {"value": "technology", "label": _("Technology")},
                         {"value": "money", "label": _("Money")}, {"value": "other", "label": _("Something else")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Write down **three to seven keywords**: the words by which somebody would look for this text. One a line.\n\n"
        "- Small letters and the basic form: *bicycle*, not *Bicycles*; *to paint*, not *painted*.\n"
        "- Two or three words are fine when they belong together: *night train*.\n"
        "- What the text is about, not every word in it.\n\n"
        "## When it is not so clear\n\n"
        "- The usual word is missing from the text: write it all the same.\n"
        "- Two subjects fit: choose the one the writer spends more words on.\n\n"
        "## Example\n\n"
        "A text on sanding and oiling a table: *table*, *wood*, *to sand*, *wood oil*, *to restore*."
    ),
    also=_("tags, topics, keywords, indexing"),
    seconds=45,
    overlap=2,
    examples={
        "en": [
            {"title": "A new coat for an old table",
             "text": "Sand it with the grain, first coarse, then fine. Wipe off the dust. Two thin coats of oil "
              "are better than one."},
            {"title": "By night train to the sea",
             "text": "We left at nine in the evening and woke up beside the water. A couchette cost less than a "
              "hotel."},
            {"title": "Bread without a machine",
             "text": "Flour, water, salt, a little yeast and eighteen hours of patience. The pot must be hot."},
        ],
        "fr": [
            {"title": "Une seconde vie pour une vieille table",
             "text": "Poncez dans le sens du bois, gros grain puis grain fin. Dépoussiérez. Deux couches fines "
              "d’huile valent mieux qu’une."},
            {"title": "En train de nuit jusqu’à la mer",
             "text": "Partis à neuf heures du soir, réveillés au bord de l’eau. Une couchette a coûté moins "
              "qu’un hôtel."},
            {"title": "Du pain sans machine",
             "text": "De la farine, de l’eau, du sel, un peu de levure et dix-huit heures de patience. La "
              "cocotte doit être brûlante."},
        ],
    },
)  # fmt: skip
