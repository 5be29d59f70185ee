from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="choose_ai_answer",
    group=Group.AI,
    place=10,
    title=_("Choose the better of two AI answers"),
    description=_("A request and two answers of programs side by side: which is better, and why?"),
    spec={
        "show": [{"as": "text", "column": "request", "label": _("Somebody asked"), "style": "title", "required": True}],
        "fields": [
            {"name": "better", "widget": "compare", "a": "answer_a", "b": "answer_b", "as": "markdown", "tie": True,
             "label": _("Which answer is better?"), "label_a": "A", "label_b": "B", "required": True},
            {"name": "reasons", "widget": "choice", "many": True, "label": _("What decided it?"),
             "options": [{"value": "correct", "label": _("It is correct")},
                         {"value": "complete", "label": _("It answers all of it")},
                         {"value": "clear", "label": _("It is easier to read")},
                         {"value": "safe", "label": _("The other one may do harm")},
                         {"value": "tone", "label": _("Its tone")}]},
            {"name": "why", "widget": "text", "lines": "many", "label": _("Why? One or two sentences"),
             "max_length": 1000, "min_length": 10, "required": True},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read the request, then both answers to their end. Which of them **would you rather have been given**?\n\n"
        "1. Is it correct? A wrong answer loses, however well it is written.\n"
        "2. Does it answer what was asked, all of it?\n"
        "3. Is it clear, and no longer than needed?\n\n"
        "## When it is not so clear\n\n"
        "- Both are wrong: choose the one that misleads less, and say so.\n"
        "- Longer is not better. Surer is not better either.\n"
        "- Alike in everything that matters: *both alike*.\n\n"
        "## Example\n\n"
        "“B names the dose for children, which was the question; A only says to ask a doctor.”"
    ),
    also=_("chatbot, LLM, preference, comparison, ranking, RLHF"),
    seconds=100,
    overlap=3,
    examples={
        "en": [
            {"request": "How do I keep basil alive in winter?",
             "answer_a": "Put it in a **bright, warm** place, not above a heater. Water from below when the soil "
             "is dry. "
                         "Cut the tips so that it branches.",
             "answer_b": "Basil is an annual plant from the mint family and is popular in many kitchens around "
             "the world."},
            {"request": "Convert 5 feet 7 inches to centimetres.",
             "answer_a": "5 feet 7 inches is about **170 cm**.",
             "answer_b": "5 feet are 152.4 cm and 7 inches are 17.8 cm, together about **170.2 cm**."},
            {"request": "Write a short message to cancel a dentist's appointment.",
             "answer_a": "Hello, I can't come to my appointment on Monday at 9. Could you offer me another day? "
             "Thank you.",
             "answer_b": "Dear Sir or Madam, it is with the deepest regret that I find myself compelled to "
             "inform you…"},
        ],
        "fr": [
            {"request": "Comment garder du basilic en hiver ?",
             "answer_a": "Mettez-le dans un endroit **clair et chaud**, pas au-dessus d’un radiateur. Arrosez "
             "par le bas quand "
                         "la terre est sèche. Coupez les pointes pour qu’il se ramifie.",
             "answer_b": "Le basilic est une plante annuelle de la famille de la menthe, appréciée dans bien des "
             "cuisines."},
            {"request": "Combien font 5 pieds 7 pouces en centimètres ?",
             "answer_a": "5 pieds 7 pouces font environ **170 cm**.",
             "answer_b": "5 pieds font 152,4 cm et 7 pouces 17,8 cm, en tout environ **170,2 cm**."},
            {"request": "Écris un court message pour annuler un rendez-vous chez le dentiste.",
             "answer_a": "Bonjour, je ne peux pas venir lundi à 9 h. Pourriez-vous me proposer un autre jour ? Merci.",
             "answer_b": "Madame, Monsieur, c’est avec le plus profond regret que je me vois contraint de vous "
             "informer…"},
        ],
    },
)  # fmt: skip
