"""What the register says of one automated rule (Directive (EU) 2024/2831, article 9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# What no rule about people here reads, said once.
NEVER = (
    gettext_noop("complaints, appeals and ratings you gave"),
    gettext_noop("what you skipped, gave back or declined"),
    gettext_noop("name, age, origin, health, opinions or anything else that is protected"),
)
ON_REQUEST = gettext_noop("Nobody by itself; a moderator when you ask.")
NOBODY = gettext_noop("Nobody needs to: it only gives, and takes nothing.")
SAME_FOR_ALL = gettext_noop("None: the same for everybody.")


@dataclass(frozen=True)
class Automated:
    """A rule that decides or prepares something about people without a person.

    `settings` are names of settings and `constants` {what it is: dotted path}; `code` dotted paths of functions, `sql`
    functions of tasks/sql/claims.sql, `jobs` what the clock rings; `refuses` the codes of what it says no with. `worse`
    says for a parameter in which direction it takes something from people who work here: "higher" or "lower".
    """

    name: str
    title: str
    does: str
    reads: tuple[str, ...]
    leads_to: str
    never: tuple[str, ...] = NEVER
    weighs: str = SAME_FOR_ALL
    person: str = ON_REQUEST
    settings: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    code: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    charter: tuple[str, ...] = ()
    worse: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, str]:
        """Each parameter with its present value: settings first, then the constants of the code."""
        found = {name: plain(getattr(settings, name)) for name in self.settings}
        return found | {name: plain(import_string(path)) for name, path in self.constants.items()}

    @property
    def is_off(self) -> bool:
        """Whether whoever runs this installation has switched it off: one of its settings is a switch that is."""
        return any(getattr(settings, name) is False for name in self.settings)

    def words(self) -> dict[str, Any]:
        """What it says of itself, in English, as its history keeps it."""
        return {
            "title": self.title,
            "does": self.does,
            "reads": list(self.reads),
            "never": list(self.never),
            "weighs": self.weighs,
            "leads_to": self.leads_to,
            "person": self.person,
        }

    def shown(self) -> dict[str, Any]:
        """The same in the active language."""
        return {
            key: [_(each) for each in value] if isinstance(value, list) else _(value)
            for key, value in self.words().items()
        }


def plain(value: Any) -> str:
    """A parameter as a person reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in sorted(value.items()))
    return str(value)
