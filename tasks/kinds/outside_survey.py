from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="outside_survey",
    group=Group.SURVEYS,
    place=20,
    title=_("A survey on another site"),
    description=_(
        "People follow a link with a pseudonym, take the survey there, and bring back the code it shows at its "
        "end."
    ),
    spec={
        "show": [{"as": "markdown", "column": "about", "required": True}],
        "fields": [
            {"name": "code", "widget": "code", "label": _("The completion code"), "required": True,
             "url": "https://survey.example.org/{{survey}}?person={{worker}}&task={{assignment}}", "check": "pattern",
             "characters": "A-Z0-9-", "length": 9},
            {"name": "trouble", "widget": "text", "label": _("Did anything not work there?"), "max_length": 500},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "1. Open the survey. It opens in a new tab; the other site learns a pseudonym and nothing else about you.\n"
        "2. Answer it to its end.\n"
        "3. Copy the code of its last page into the field here, and submit.\n\n"
        "## When it is not so clear\n\n"
        "- The survey says that you can't take part: give the task back, it costs nothing.\n"
        "- No code appears: write what happened and give the task back.\n"
        "- It takes much longer than announced: what is measured counts, and the time is paid.\n\n"
        "## Example\n\n"
        "A code looks like KXR4-7TQ2."
    ),
    also=_("questionnaire, completion code, Qualtrics, LimeSurvey, experiment"),
    seconds=300,
    overlap=50,
    examples={
        "en": [{"about": "Questions on **how people choose a bicycle**. About five minutes.", "survey": "bicycle"},
               {"about": "A small game of **remembering words**. About five minutes.", "survey": "words"},
               {"about": "Your opinion on **three posters**. About five minutes.", "survey": "posters"}],
        "fr": [{"about": "Des questions sur **le choix d’un vélo**. Environ cinq minutes.", "survey": "velo"},
               {"about": "Un petit jeu de **mémoire des mots**. Environ cinq minutes.", "survey": "mots"},
               {"about": "Votre avis sur **trois affiches**. Environ cinq minutes.", "survey": "affiches"}],
    },
)  # fmt: skip
