from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="transcribe_text",
    group=Group.RECORDS,
    place=40,
    title=_("Copy details into fields"),
    description=_("A text in free form, such as an order or a receipt; the worker copies its details into fields."),
    spec={
        "show": [{"as": "text", "column": "text", "required": True}],
        "fields": [
            {"name": "name", "widget": "text", "label": _("Name of the person or company"), "max_length": 120},
            {"name": "date", "widget": "text", "label": _("Date, as year-month-day"), "max_length": 10,
             "characters": "0-9-", "help": _("Such as 2026-03-31. Leave it empty when there is none.")},
            {"name": "amount", "widget": "number", "label": _("Total amount"), "decimals": 2, "min": "0", "unit": "€"},
            {"name": "complete", "widget": "choice", "label": _("Could you read everything?"), "required": True,
             "options": [{"value": "yes", "label": _("Yes")}, {"value": "no", "label": _("Not everything")}]},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Copy each detail from the text into its field, **exactly as it is written**.\n\n"
        "- Leave a field empty when the text does not say it. Do not guess.\n"
        "- Write the date as year-month-day, such as 2026-03-31.\n"
        "- Write the total that was paid, not the price of one thing."
    ),
    also=_("data entry, copy, extraction"),
    seconds=40,
    examples={
        "en": [
            {"text": "Bakery Lemaire, 12 Rue du Port\n31 March 2026\n2 loaves 5.60\n1 tart 14.00\nTotal 19.60"},
            {"text": "Please send two chairs to Ms Okafor before 4 May 2026. She paid 118 euros in advance."},
            {"text": "Received from A. Lindqvist for the repair of a bicycle, 7 June 2026: sixty-two euros fifty."},
        ],
        "fr": [
            {"text": "Boulangerie Lemaire, 12 rue du Port\n31 mars 2026\n2 pains 5,60\n1 tarte 14,00\nTotal 19,60"},
            {"text": "Merci d’envoyer deux chaises à Mme Okafor avant le 4 mai 2026. Elle a versé 118 euros d’avance."},
            {"text": "Reçu de A. Lindqvist pour la réparation d’un vélo, le 7 juin 2026 : soixante-deux euros "
             "cinquante."},
        ],
    },
)  # fmt: skip
