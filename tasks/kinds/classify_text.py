from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="classify_text",
    group=Group.TEXT,
    place=10,
    title=_("Sort texts into classes"),
    description=_("One text at a time, one of a few classes: the topic of a message, the tone of a review."),
    spec={
        "show": [{"as": "text", "column": "text", "required": True}],
        "fields": [
            {
                "name": "class",
                "widget": "choice",
                "label": _("What is the tone of this text?"),
                "required": True,
                "options": [
                    {"value": "positive", "label": _("Positive")},
                    {"value": "neutral", "label": _("Neutral")},
                    {"value": "negative", "label": _("Negative")},
                ],
            }
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read the text and choose the class that fits **the text as a whole**.\n\n"
        "- *Positive*: the writer is pleased.\n"
        "- *Negative*: the writer is displeased.\n"
        "- *Neutral*: neither, or as much of one as of the other.\n\n"
        "Judge what is written, not whether you share the opinion."
    ),
    also=_("sentiment, tone, topic, classification, category"),
    seconds=12,
    overlap=3,
    examples={
        "en": [
            {"text": "Arrived a day early and works perfectly. I would buy it again."},
            {"text": "The parcel was left in the rain. Two calls, no answer."},
            {"text": "It is a standard cable, one metre long."},
        ],
        "fr": [
            {"text": "Livré avec un jour d’avance, fonctionne très bien. Je le rachèterais."},
            {"text": "Le colis a été laissé sous la pluie. Deux appels, aucune réponse."},
            {"text": "C’est un câble ordinaire, d’un mètre de long."},
        ],
    },
)
