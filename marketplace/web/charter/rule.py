"""What a rule of the charter is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.base import formats, money


@dataclass(frozen=True)
class Rule:
    """`sentence` takes `values()`; `database` names constraints and triggers, `code` functions by dotted path, `jobs`
    what the clock rings (marketplace.celery.BEAT), `pages` names of addresses, `settings` what an operator chooses."""

    id: str
    sentence: str
    database: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    values: Callable[[], dict[str, Any]] = dict

    def __str__(self) -> str:
        found = _(self.sentence)
        values = self.values()
        return found % values if values else found


@dataclass(frozen=True)
class Chapter:
    title: Any
    rules: tuple[Rule, ...]


def eur(name: str) -> str:
    return formats.eur(money.from_decimal(getattr(settings, name)))
