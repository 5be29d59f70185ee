"""The methods of tasks/consensus by which answers to a question of a few choices become one, for people to read."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# key: (its name, what it does)
METHODS: dict[str, tuple[Any, Any]] = {
    "majority": (_("Majority"), _("each person has one vote")),
    "wawa": ("Wawa", _("a vote counts for more, the more often its giver agrees with the others")),
    "one-coin": (
        _("One coin"),
        _("each person is right with a chance of their own, whatever is asked; chosen by the data"),
    ),
    "dawid-skene": (
        "Dawid–Skene",
        _("for each person, what they tend to answer where something else is right; chosen by the data"),
    ),
}
