from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="transcribe_invoice",
    group=Group.RECORDS,
    place=60,
    title=_("Transcribe an invoice into fields"),
    description=_("A scanned invoice or receipt: who sent it, number, date, every line of it, and the total."),
    spec={
        "show": [{"as": "image", "column": "invoice", "required": True}],
        "fields": [
            {"name": "sender", "widget": "text", "label": _("Who sent it"), "max_length": 120, "required": True},
            {"name": "number", "widget": "text", "label": _("Number of the invoice"), "max_length": 40},
            {"name": "date", "widget": "date", "label": _("Date of the invoice")},
            {"name": "lines", "widget": "table", "label": _("Its lines"), "required": True, "least": 1, "most": 60,
             "help": _("In the order of the paper, without the sums."),
             "columns": [{"name": "item", "label": _("What")}, {"name": "quantity", "label": _("How many")},
                         {"name": "price", "label": _("Price of one")}],
             "numbers": ["quantity", "price"]},
            {"name": "total", "widget": "number", "label": _("Total to pay"), "decimals": 2, "min": "0", "unit": "€",
             "required": True},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Copy the invoice into the fields, **as it is written**.\n\n"
        "- One row for each line of the invoice. Sums and tax are no lines.\n"
        "- Prices without the sign of the currency: 12.50.\n"
        "- The total is what has to be paid, tax included.\n\n"
        "## When it is not so clear\n\n"
        "- Not on the paper: leave the field empty. Don't calculate what is missing.\n"
        "- Two dates: take the one of the invoice, not the day it is due.\n"
        "- A discount is a line too, with a minus before its price.\n\n"
        "## Example\n\n"
        "“4 × Brackets, pair, 6.90, total 27.60”: *Brackets, pair* · 4 · 6.90."
    ),
    also=_("receipt, scan, OCR, data entry, extraction, PDF"),
    seconds=150,
    overlap=2,
    examples={
        "en": [{"invoice": "example:invoice-en-1.webp"}, {"invoice": "example:invoice-en-2.webp"},
               {"invoice": "example:invoice-en-3.webp"}],
        "fr": [{"invoice": "example:invoice-fr-1.webp"}, {"invoice": "example:invoice-fr-2.webp"},
               {"invoice": "example:invoice-fr-3.webp"}],
    },
)  # fmt: skip
