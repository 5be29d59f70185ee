from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="moderate_post",
    group=Group.JUDGEMENT,
    place=10,
    title=_("Hold a post against a policy"),
    description=_(
        "A post of a forum or a shop: may it stay under the policy, which rule does it break, and how badly?"
    ),
    spec={
        "show": [
            {"as": "text", "column": "post", "label": _("The post"), "required": True},
            {"as": "text", "column": "place", "label": _("Where it was posted")},
        ],
        "fields": [
            {"name": "verdict", "widget": "choice", "label": _("May it stay under the policy?"), "required": True,
             "options": [{"value": "stay", "label": _("It may stay")}, {"value": "remove",
              "label": _("It breaks a rule")},
                         {"value": "unsure", "label": _("A second person should look")}]},
            {"name": "rules", "widget": "choice", "many": True, "label": _("Which rules does it break?"),
             "needed_if": "verdict=remove",
             "options": [{"value": "insult", "label": _("Insults or threatens somebody")},
                         {"value": "hate", "label": _("Against a group of people")},
                         {"value": "private", "label": _("Gives away private details")},
                         {"value": "advert", "label": _("Advertises or cheats")},
                         {"value": "danger", "label": _("Calls for something dangerous")}]},
            {"name": "severity", "widget": "choice", "label": _("How bad is it?"),
             "needed_if": "verdict=remove",
             "options": [{"value": "1", "label": _("A slip: a friendly word is enough")},
                         {"value": "2", "label": _("Bad: take it down")},
                         {"value": "3", "label": _("Very bad: act at once")}]},
            {"name": "quote", "widget": "text", "label": _("The words that decide it"), "max_length": 500,
             "help": _("Copy them from the post.")},
        ],
    },
    instructions=_(
        "## Before you begin\n\n"
        "Some posts are unpleasant to read. Skip any you would rather not see: it costs nothing, and you need "
        "not say why. "
        "Take breaks.\n\n"
        "## What to do\n\n"
        "Read the post as a whole and hold it against the rules below, not against your own taste.\n\n"
        "- **Insults**: attacks on a person. Hard words about a *thing* or an *opinion* may stay.\n"
        "- **Against a group**: contempt for people because of origin, religion, sex, disability and the like.\n"
        "- **Private details**: addresses, telephone numbers, health of somebody who has not made them public.\n"
        "- **Advertises or cheats**: offers that have nothing to do with the place, or that lie.\n"
        "- **Dangerous**: calls for violence or for hurting oneself.\n\n"
        "## When it is not so clear\n\n"
        "- A quotation that is criticised may stay.\n"
        "- Irony: ask what most readers would understand.\n\n"
        "## Example\n\n"
        "“This kettle is rubbish” may stay. “Whoever built it is an idiot and lives at 4 Mill Lane” breaks two rules."
    ),
    also=_("content moderation, policy, comment, toxicity"),
    seconds=35,
    overlap=3,
    examples={
        "en": [
            {"post": "Third time this week the bus just drove past. Who plans these timetables, a goldfish?",
             "place": "Town forum, topic “Transport”"},
            {"post": "Earn €400 a day from home!! No work, write to me now and send your card number.",
             "place": "Reviews of a coffee machine"},
            {"post": "Don't buy from Marek in number 4, ring him at night on 01632 960 177 and tell him so.",
             "place": "Neighbourhood group"},
        ],
        "fr": [
            {"post": "Troisième fois cette semaine que le bus passe sans s’arrêter. Les horaires sont faits par "
             "un poisson rouge ?",
             "place": "Forum de la ville, sujet « Transports »"},
            {"post": "Gagnez 400 € par jour chez vous !! Sans rien faire, écrivez-moi et envoyez votre numéro de "
             "carte.",
             "place": "Avis sur une machine à café"},
            {"post": "N’achetez rien à Marek au numéro 4, appelez-le la nuit au 01 99 00 17 70 pour le lui dire.",
             "place": "Groupe du quartier"},
        ],
    },
)  # fmt: skip
