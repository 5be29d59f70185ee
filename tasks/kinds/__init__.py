"""Kinds: ready forms to start from, one file each. Adding a file with a `KIND` adds a kind."""

import importlib
import pkgutil

from django.utils.translation import gettext as _

from marketplace.base.errors import Invalid

from .base import Kind

REGISTRY: dict[str, Kind] = {}


def discover() -> None:
    """Import every file of this folder and keep the kinds found, in the order in which they are offered."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    kinds = [module.KIND for module in modules if hasattr(module, "KIND")]
    REGISTRY.clear()
    REGISTRY.update((kind.key, kind) for kind in sorted(kinds, key=lambda kind: (kind.place, kind.key)))


def all_kinds() -> list[Kind]:
    """Every kind, in the order in which they are offered."""
    return list(REGISTRY.values())


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

__all__ = ["Kind", "all_kinds", "discover", "get"]
