"""Kinds: ready forms to start from, one file each. Adding a file with a `KIND` adds a kind."""

import importlib
import pkgutil
import unicodedata

from django.utils.translation import gettext as _

from marketplace.base.errors import Invalid

from .base import Group, Kind

REGISTRY: dict[str, Kind] = {}


def discover() -> None:
    """Import every file of this folder and keep the kinds found, in the order in which they are offered."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    kinds = [module.KIND for module in modules if hasattr(module, "KIND")]
    REGISTRY.clear()
    REGISTRY.update((kind.key, kind) for kind in sorted(kinds, key=_order))


def _order(kind: Kind) -> tuple[int, int, str]:
    return list(Group).index(kind.group), kind.place, kind.key


def all_kinds() -> list[Kind]:
    """Every kind, in the order in which they are offered."""
    return list(REGISTRY.values())


def search(words: str) -> list[Kind]:
    """The kinds whose title, description, group or other words have every one of `words`, whatever case and accents."""
    wanted = _plain(words).split()
    return [kind for kind in all_kinds() if all(word in _said(kind) for word in wanted)]


def grouped(found: list[Kind]) -> list[tuple[Group, list[Kind]]]:
    """Kinds by group, in the order of the groups; those without any are left out."""
    groups = [(group, [kind for kind in found if kind.group == group]) for group in Group]
    return [(group, members) for group, members in groups if members]


def _said(kind: Kind) -> str:
    return _plain(" ".join(map(str, (kind.title, kind.description, kind.group.label, kind.key, kind.also))))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("_", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def get(key: str) -> Kind:
    """The kind called `key`. Raises Invalid with `fields` for an unknown one."""
    try:
        return REGISTRY[key]
    except KeyError:
        sentence = _("There is no such kind of task. Choose one of: %(known)s.") % {
            "known": ", ".join(REGISTRY)
        }
        raise Invalid(fields={"kind": [sentence]}) from None


discover()

__all__ = ["Group", "Kind", "all_kinds", "discover", "get", "grouped", "search"]
