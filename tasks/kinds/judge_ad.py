from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="judge_ad",
    group=Group.JUDGEMENT,
    place=30,
    title=_("Judge an advertisement"),
    description=_("An advertisement beside what a person reads or looks for: does it belong there, and is it honest?"),
    spec={
        "show": [
            {"as": "text", "column": "reading", "group": _("A person reads or looks for"),
             "required": True},
            {"as": "text", "column": "headline", "style": "title", "group": _("Advertisement"),
             "required": True},
            {"as": "text", "column": "ad_text", "group": _("Advertisement")},
        ],
        "fields": [
            {"name": "relevance", "widget": "choice", "label": _("How well does the advertisement belong there?"),
             "required": True,
             "options": [{"value": "4", "label": _("Very well: it may help this person")},
                         {"value": "3", "label": _("Well enough")},
                         {"value": "2", "label": _("Hardly")},
                         {"value": "1", "label": _("Not at all")}]},
            {"name": "problems", "widget": "choice", "many": True, "label": _("Is anything wrong with it?"),
             "options": [{"value": "misleading", "label": _("It promises too much")},
                         {"value": "unclear", "label": _("It isn't clear what is sold")},
                         {"value": "offensive", "label": _("It may hurt or frighten people")},
                         {"value": "errors", "label": _("Mistakes in the language")}]},
            {"name": "why", "widget": "text", "label": _("Why, in a few words"), "max_length": 300},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read what the person is busy with, then the advertisement. Would it be **of use to this person now**? "
        "Whether you "
        "like advertising does not matter here.\n\n"
        "- *Very well*: the thing itself, or what one needs with it.\n"
        "- *Well enough*: the same field.\n"
        "- *Hardly*: one can see a link with some goodwill.\n"
        "- *Not at all*: a wrong place.\n\n"
        "## When it is not so clear\n\n"
        "- A fitting advertisement that promises wonders belongs there *and* promises too much: say both.\n"
        "- Nothing is wrong with it: tick nothing.\n\n"
        "## Example\n\n"
        "Somebody reads about growing tomatoes. Flower pots: *very well*. A garden house: *well enough*. A car "
        "loan: *not at "
        "all*."
    ),
    also=_("relevance, advertising, rating"),
    seconds=25,
    overlap=3,
    examples={
        "en": [
            {"reading": "Article: How to grow tomatoes on a balcony", "headline": "Pots that water themselves",
             "ad_text": "Five sizes, two weeks without a watering can."},
            {"reading": "Search: used bicycle for a child of 6", "headline": "Lose 10 kilos in 10 days",
             "ad_text": "Doctors are speechless. Order now."},
            {"reading": "Article: Moving house with a cat", "headline": "Removal firm Weston",
             "ad_text": "Fixed price, boxes included. Free on weekdays."},
        ],
        "fr": [
            {"reading": "Article : Faire pousser des tomates sur un balcon",
             "headline": "Des pots qui s’arrosent seuls",
             "ad_text": "Cinq tailles, deux semaines sans arrosoir."},
            {"reading": "Recherche : vélo d’occasion pour enfant de 6 ans", "headline": "Perdez 10 kilos en 10 jours",
             "ad_text": "Les médecins restent sans voix. Commandez vite."},
            {"reading": "Article : Déménager avec un chat", "headline": "Déménagements Ouestville",
             "ad_text": "Prix fixe, cartons compris. Libre en semaine."},
        ],
    },
)  # fmt: skip
