from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="survey",
    group=Group.SURVEYS,
    place=10,
    title=_("A survey of several questions"),
    description=_(
        "Consent first, then ratings, choices, an order and words. Who does not want to is paid for the look."
    ),
    spec={
        "show": [{"as": "text", "column": "topic", "style": "title", "required": True}],
        "fields": [
            {"name": "consent", "widget": "consent", "label": _("Do you want to take part?"),
             "text": _("We ask about **everyday habits**. It takes about three minutes. No name is asked for, "
              "you may stop "
                       "at any time, and answers are only published as counts.")},
            {"name": "often", "widget": "choice", "label": _("How often does “{{topic}}” come up in your week?"),
             "required": True,
             "options": [{"value": "never", "label": _("Never")}, {"value": "seldom",
              "label": _("Less than once a week")},
                         {"value": "weekly", "label": _("Every week")}, {"value": "daily", "label": _("Every day")},
                         {"value": "no_answer", "label": _("I'd rather not say")}]},
            {"name": "content", "widget": "rating", "steps": 7, "label": _("How content are you with it?"),
             "low": _("not at all"), "high": _("entirely"), "required": True},
            {"name": "matters", "widget": "rank", "label": _("What matters most to you? Put it first"),
             "options": [{"value": "time", "label": _("Time")}, {"value": "price", "label": _("Price")},
                         {"value": "quality", "label": _("Quality")}, {"value": "nearness", "label": _("It is near")}]},
            {"name": "household", "widget": "number", "label": _("How many people live in your home?"), "min": "1",
             "max": "20", "decimals": 0},
            {"name": "wish", "widget": "text", "lines": "many",
             "label": _("If you could change one thing, what would it be?"),
             "max_length": 2000},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read what the survey is about and decide whether you want to take part. **Saying no is fine**: the task ends, "
        "and your time is paid.\n\n"
        "- Answer for yourself, as it usually is.\n"
        "- There are no right or wrong answers, and no trick questions.\n"
        "- Questions marked as optional may stay empty.\n\n"
        "## When it is not so clear\n\n"
        "- Something differs from week to week: think of the last one.\n"
        "- You don't want to answer a question: choose *I'd rather not say*, or leave it empty.\n\n"
        "## Example\n\n"
        "You cook on most days: *Every day*."
    ),
    also=_("questionnaire, opinion, poll, research"),
    seconds=180,
    overlap=50,
    examples={
        "en": [{"topic": "cooking at home"}, {"topic": "travelling by bus"}, {"topic": "repairing things"}],
        "fr": [{"topic": "cuisiner à la maison"}, {"topic": "prendre le bus"}, {"topic": "réparer des objets"}],
    },
)  # fmt: skip
