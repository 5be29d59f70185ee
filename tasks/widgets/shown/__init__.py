"""The ways to show a value of the row, one file each: adding a file adds one."""

import importlib
import pkgutil


def discover() -> None:
    """Import every file of this folder; a shown input registers itself."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


discover()
