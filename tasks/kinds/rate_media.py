from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="rate_media",
    group=Group.SOUND,
    place=20,
    title=_("Rate a video or an article"),
    description=_("A film, or a text where there is none: how good, how clear, for whom, and why."),
    spec={
        "show": [
            {"as": "text", "column": "title", "style": "title", "required": True},
            {"as": "video", "column": "video"},
            {"as": "text", "column": "article"},
        ],
        "fields": [
            {"name": "quality", "widget": "rating", "steps": 5, "label": _("How good is it, all in all?"),
             "low": _("a waste of time"), "high": _("excellent"), "required": True},
            {"name": "clarity", "widget": "rating", "steps": 5, "label": _("How easy is it to follow?"),
             "low": _("hard"), "high": _("easy"), "required": True},
            {"name": "audience", "widget": "choice", "many": True, "label": _("Whom does it suit?"),
             "options": [{"value": "children", "label": _("Children")}, {"value": "beginners", "label": _("Beginners")},
                         {"value": "experts", "label": _("People who know the subject")}]},
            {"name": "why", "widget": "text", "lines": "many", "label": _("Why? One or two sentences"),
             "max_length": 1000, "required": True, "min_length": 10},
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Watch the film to its end, or read the whole article. Then say what **you** think of it.\n\n"
        "- There is no right answer: several people are asked, and every opinion counts.\n"
        "- Use the whole scale. The middle means: as good as most.\n"
        "- Give a reason that the makers can learn from: what, and at which place.\n\n"
        "## When it is not so clear\n\n"
        "- The film does not play: skip the task, it costs nothing.\n"
        "- You know a lot about the subject already: rate it for the people it suits.\n\n"
        "## Example\n\n"
        "“The second half repeats the first, but the drawing of the bridge made me understand it.”"
    ),
    also=_("video, film, article, review, stars, opinion"),
    seconds=90,
    overlap=5,
    examples={
        "en": [
            {"title": "A walk in one minute", "video": "example:clip.mp4", "article": ""},
            {"title": "Why bread goes stale", "video": "",
             "article": "Bread does not only dry out. Its starch slowly turns back into crystals, and these hold "
             "the water "
                        "so fast that the crumb feels dry. Warmth undoes it for a while, which is why toast is "
                        "soft inside."},
            {"title": "Ten tips for better sleep", "video": "",
             "article": "Sleep is important. Everybody should sleep. To sleep better, go to bed. Sleeping well "
             "is good for you "
                        "and makes you sleep well. The other nine tips follow in our newsletter."},
        ],
        "fr": [
            {"title": "Une promenade en une minute", "video": "example:clip.mp4", "article": ""},
            {"title": "Pourquoi le pain rassit", "video": "",
             "article": "Le pain ne fait pas que sécher. Son amidon redevient peu à peu cristal et retient l’eau "
             "si fort que la "
                        "mie semble sèche. La chaleur l’annule un moment : c’est pourquoi le pain grillé est "
                        "tendre dedans."},
            {"title": "Dix conseils pour mieux dormir", "video": "",
             "article": "Le sommeil est important. Tout le monde devrait dormir. Pour mieux dormir, "
             "couchez-vous. Bien dormir fait "
                        "du bien et fait bien dormir. Les neuf autres conseils sont dans notre lettre."},
        ],
    },
)  # fmt: skip
