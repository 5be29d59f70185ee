"""What a rule of the charter is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.base import formats, money


@dataclass(frozen=True)
class Part:
    """What a rule says only while an operator has `switch`, a setting, on; `name` says what is off where it is."""

    switch: str
    name: str
    sentence: str


@dataclass(frozen=True)
class Off:
    """A part of a rule that is switched off in this installation."""

    switch: str
    name: str


@dataclass(frozen=True)
class Rule:
    """`sentence` and those of `parts` take `values()`; `database` names constraints and triggers, `code` functions by
    dotted path, `jobs` what the clock rings (marketplace.celery.BEAT), `pages` names of addresses, `settings` what an
    operator chooses."""

    id: str
    sentence: str
    database: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    values: Callable[[], dict[str, Any]] = dict
    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        said = [self.sentence] if self.sentence else []
        said += [part.sentence for part in self.parts if getattr(settings, part.switch)]
        found = " ".join(_(each) for each in said) or _("Nothing of this rule holds here now.")
        values = self.values()
        return found % values if values else found

    @property
    def off(self) -> list[Off]:
        """What whoever runs this installation has switched off of it, in the active language."""
        return [Off(part.switch, _(part.name)) for part in self.parts if not getattr(settings, part.switch)]


@dataclass(frozen=True)
class Chapter:
    title: Any
    rules: tuple[Rule, ...]


def eur(name: str) -> str:
    return formats.eur(money.from_decimal(getattr(settings, name)))
