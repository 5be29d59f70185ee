from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="check_ai_answer",
    group=Group.AI,
    place=20,
    title=_("Check an AI's answer"),
    description=_("A question and what a program answered: is it right? If not, the worker writes what is."),
    spec={
        "show": [
            {"as": "text", "column": "question", "label": _("The question"), "style": "title", "required": True},
            {"as": "markdown", "column": "answer", "label": _("What the program answered"), "required": True},
        ],
        "fields": [
            {"name": "verdict", "widget": "choice", "label": _("Is the answer right?"), "required": True,
             "options": [{"value": "right", "label": _("Right")},
                         {"value": "partly", "label": _("Partly right: I corrected it")},
                         {"value": "wrong", "label": _("Wrong: I corrected it")},
                         {"value": "unknown", "label": _("I can't find out")}]},
            {"name": "corrected", "widget": "text", "lines": "many", "label": _("The right answer"), "max_length": 4000,
             "needed_if": "verdict=partly|wrong",
             "help": _("Leave it empty when the answer is right.")},
            {"name": "source", "widget": "text", "label": _("Where you found it"), "max_length": 500,
             "help": _("The address of a page, or “I know it myself”.")},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "1. Read the question, then the answer.\n"
        "2. Check every fact in it that can be checked: names, numbers, dates, steps.\n"
        "3. If something is wrong, write the answer as it should be, and where you found it.\n\n"
        "## When it is not so clear\n\n"
        "- Right, but clumsy: *right*.\n"
        "- One wrong figure among right ones: *partly right*.\n"
        "- It sounds sure and you can't find it anywhere: *I can't find out*.\n"
        "- It gives advice that may harm somebody: *wrong*, and say why.\n\n"
        "## Example\n\n"
        "“Water boils at 100 °C everywhere” is *partly right*: high in the mountains it boils at less.\n\n"
        "Do not ask another program: two may share a mistake."
    ),
    also=_("chatbot, LLM, fact check, correction"),
    seconds=120,
    overlap=2,
    examples={
        "en": [
            {"question": "How many legs does a spider have?",
             "answer": "A spider has **eight** legs. Insects, by comparison, have six."},
            {"question": "Which is longer, a mile or a kilometre?",
             "answer": "A kilometre is longer: one mile is about **0.6 kilometres**."},
            {"question": "How do I get candle wax out of a tablecloth?",
             "answer": "1. Let the wax harden and scrape it off.\n2. Put paper on the spot and iron it warm.\n3. "
             "Wash as usual."},
        ],
        "fr": [
            {"question": "Combien de pattes une araignée a-t-elle ?",
             "answer": "Une araignée a **huit** pattes. Les insectes en ont six."},
            {"question": "Qu’est-ce qui est plus long, un mille ou un kilomètre ?",
             "answer": "Le kilomètre est plus long : un mille fait environ **0,6 kilomètre**."},
            {"question": "Comment enlever de la cire sur une nappe ?",
             "answer": "1. Laissez durcir la cire et grattez-la.\n2. Posez du papier et repassez à chaud.\n3. "
             "Lavez comme d’habitude."},
        ],
    },
)  # fmt: skip
