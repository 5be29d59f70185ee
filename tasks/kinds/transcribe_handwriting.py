from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="transcribe_handwriting",
    group=Group.RECORDS,
    place=50,
    title=_("Transcribe handwriting"),
    description=_("A letter, a card, a page of a register: the worker types what the hand wrote, line by line."),
    spec={
        "show": [{"as": "image", "column": "scan", "required": True}],
        "fields": [
            {"name": "text", "widget": "text", "lines": "many", "label": _("What is written there"), "max_length": 8000,
             "required": True, "help": _("Line by line. [?] for a word you can't read.")},
            {"name": "legible", "widget": "rating", "steps": 5, "label": _("How well could you read it?"),
             "low": _("hardly"), "high": _("easily"), "required": True},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Type the text **as it is written**, mistakes and all. A new line there is a new line here.\n\n"
        "- Keep capitals, commas and abbreviations as they are.\n"
        "- Enlarge and turn the picture as you need.\n\n"
        "## When it is not so clear\n\n"
        "- A word you can't read: `[?]`. A guess: `[Friday?]`.\n"
        "- Crossed out: leave it out. Written above the line: put it where it belongs.\n"
        "- Printed words on the paper, such as a letterhead: leave them out.\n\n"
        "## Example\n\n"
        "“Pleas water teh beans” stays “Pleas water teh beans”."
    ),
    also=_("image, photo, scan, OCR, transcription"),
    seconds=120,
    overlap=2,
    examples={
        "en": [{"scan": "example:note-en-1.webp"}, {"scan": "example:note-en-2.webp"},
         {"scan": "example:note-en-3.webp"}],
        "fr": [{"scan": "example:note-fr-1.webp"}, {"scan": "example:note-fr-2.webp"},
         {"scan": "example:note-fr-3.webp"}],
    },
)  # fmt: skip
