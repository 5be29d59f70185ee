from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="translate_text",
    group=Group.TEXT,
    place=40,
    title=_("Translate a short text"),
    description=_("A message, a caption, a line of dialogue, slang included, into another language."),
    spec={
        "show": [
            {"as": "text", "column": "text", "label": _("To translate"), "required": True},
            {"as": "text", "column": "context", "label": _("Where it is said")},
        ],
        "fields": [
            {"name": "translation", "widget": "text", "label": _("Your translation"), "lines": "many",
             "lang": "fr", "max_length": 2000, "required": True,
             "help": _("Into French, as a person from there would say it.")},
            {"name": "tone", "widget": "choice", "label": _("How does the text sound?"), "required": True,
             "options": [{"value": "neutral", "label": _("Plain")}, {"value": "slang", "label": _("Like slang")},
                         {"value": "formal", "label": _("Formal")}]},
            {"name": "remark", "widget": "text", "label": _("A word that has no match, or a doubt")},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Translate the text into the language asked for, **as a person who grew up with it would say it**.\n\n"
        "- Translate what is meant, not word by word.\n"
        "- Slang stays slang, a joke stays a joke, a formal letter stays formal.\n"
        "- Names of people, places and brands stay as they are.\n\n"
        "## When it is not so clear\n\n"
        "- Two meanings fit: choose the one that suits the place where it is said, and write the doubt below.\n"
        "- A word has no match: say it in a few words.\n\n"
        "## Example\n\n"
        "“My phone died on me” means that it stopped working, not that anything is dead.\n\n"
        "Do not use a translation machine: its output has already been seen."
    ),
    also=_("translation, language, localisation"),
    seconds=75,
    overlap=2,
    examples={
        "en": [
            {"text": "Can't make it tonight, I'm knackered. Rain check?",
             "context": "A message between two friends, in the evening"},
            {"text": "That film was a bit much, but the ending totally got me.",
             "context": "A comment under a trailer"},
            {"text": "Heads up: the lift is out again, take the stairs.",
             "context": "A note to the neighbours in a block of flats"},
        ],
        "fr": [
            {"text": "Don't bother with the queue, just blag your way in.",
             "context": "Un message entre amis, devant une salle de concert"},
            {"text": "My landlord is being a pain about the deposit again.",
             "context": "Une conversation au bureau"},
            {"text": "It's pouring. Fancy a cuppa at mine instead?",
             "context": "Un message un dimanche après-midi"},
        ],
    },
)  # fmt: skip
