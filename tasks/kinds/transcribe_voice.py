from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="transcribe_voice",
    group=Group.SOUND,
    place=10,
    title=_("Transcribe a voice recording"),
    description=_("A message, an interview, a dictation: the worker listens and types what is said."),
    spec={
        "show": [
            {"as": "audio", "column": "recording", "required": True},
            {"as": "text", "column": "context", "label": _("What it is")},
        ],
        "fields": [
            {"name": "text", "widget": "text", "lines": "many", "label": _("What is said"), "max_length": 8000,
             "required": True, "help": _("[?] for a word you can't make out.")},
            {"name": "sound", "widget": "choice", "label": _("How well could you hear it?"), "required": True,
             "options": [{"value": "clear", "label": _("Well")}, {"value": "partly", "label": _("In parts")},
                         {"value": "bad", "label": _("Hardly")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Listen, and type **what is said, word for word**, with full stops and capitals as in a letter.\n\n"
        "- Leave out “er”, coughs and false starts, unless they are asked for.\n"
        "- Numbers in figures: 12, 3.50, 4 o'clock.\n"
        "- Slow it down, jump back and repeat as often as you like.\n\n"
        "## When it is not so clear\n\n"
        "- A word you can't make out: `[?]`. A guess: `[Northport?]`.\n"
        "- Several people: begin a new line for each.\n"
        "- No speech at all, or another language: write `[no speech]` or `[other language]`.\n\n"
        "## Example\n\n"
        "“So, er, the the bus leaves at eight” becomes “So the bus leaves at 8.”"
    ),
    also=_("audio, speech, recording, transcription, subtitles"),
    seconds=90,
    overlap=2,
    examples={
        "en": [{"recording": "example:voice.m4a", "context": "A message on an answering machine"},
               {"recording": "example:voice-en-2.m4a", "context": "An announcement at a station"},
               {"recording": "example:voice-en-3.m4a", "context": "A note that somebody spoke for themselves"}],
        "fr": [{"recording": "example:voice-fr-1.m4a", "context": "Un message sur un répondeur"},
               {"recording": "example:voice-fr-2.m4a", "context": "Une annonce dans une gare"},
               {"recording": "example:voice-fr-3.m4a", "context": "Une note que quelqu’un s’est dictée"}],
    },
)  # fmt: skip
