"""The answer widgets, one file each: adding a file adds a widget (docs/how-to/add-a-widget.md)."""

import importlib
import pkgutil

from . import shown
from .base import Shown, Widget


def discover() -> None:
    """Import every file of this folder; a widget registers itself."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def all_widgets() -> dict[str, type[Widget]]:
    """Every widget by its key, in alphabetical order."""
    return dict(sorted(Widget.registry.items()))


def all_shown() -> dict[str, type[Shown]]:
    """Every shown input by its key, in alphabetical order."""
    return dict(sorted(Shown.registry.items()))


discover()

__all__ = ["Shown", "Widget", "all_shown", "all_widgets", "discover", "shown"]
