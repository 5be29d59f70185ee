from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="rate_number",
    group=Group.JUDGEMENT,
    place=50,
    title=_("Rate on a scale"),
    description=_("One text at a time, one figure: how strong, how useful, how likely, from 0 to 100."),
    spec={
        "show": [{"as": "text", "column": "text", "required": True}],
        "fields": [
            {
                "name": "rating",
                "widget": "number",
                "label": _("How useful is this answer?"),
                "help": _("From 0, of no use, to 100, all one could wish for."),
                "required": True,
                "min": "0",
                "max": "100",
                "decimals": 0,
            }
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read the text and give it a figure from **0 to 100**.\n\n"
        "- 0: of no use at all.\n- 50: of some use.\n- 100: all one could wish for.\n\n"
        "Use the whole scale. There is no right figure: we ask several people and take the middle."
    ),
    seconds=15,
    overlap=5,
    examples={
        "en": [
            {
                "text": "To descale a kettle, boil vinegar and water in equal parts, wait an hour, rinse twice."
            },
            {"text": "Kettles are nice."},
            {"text": "Use vinegar. It may smell for a day, so open the window and rinse well."},
        ],
        "fr": [
            {
                "text": "Pour détartrer une bouilloire : eau et vinaigre à parts égales, une heure, deux rinçages."
            },
            {"text": "Les bouilloires, c’est bien."},
            {"text": "Prenez du vinaigre. L’odeur reste un jour : ouvrez la fenêtre et rincez bien."},
        ],
    },
)
