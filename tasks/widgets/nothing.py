"""Saying that there is nothing to mark: an answer of its own, [], which every widget that marks things can give.

Without it a text without a name, or a photo without a car, could not be told from a task that nobody looked at.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

SCRIPTS = ("js/widgets/nothing.js",)
STYLES = ("css/widgets/nothing.css",)


def words() -> dict[str, str]:
    """What stands beside the box that `Tessera.nothing` of static/js/widgets/nothing.js makes."""
    return {"nothing_to_mark": _("There is nothing to mark")}


def said() -> str:
    """The answer [] as a person reads it."""
    return _("nothing to mark")


def by_most(values: Sequence[Sequence[Any]]) -> bool:
    """Whether more than half of the answers say that there is nothing."""
    return 2 * sum(not value for value in values) > len(values)
