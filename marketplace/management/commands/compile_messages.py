"""Compile translations without the gettext programs: locale/*/LC_MESSAGES/django.po → django.mo."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand


def compile_stale(folder: Path) -> list[Path]:
    """Compile every catalogue below `folder` that is newer than its compiled form; which were compiled."""
    done = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as handle:
            catalogue = read_po(handle, locale=source.parent.parent.name, abort_invalid=True)
        half = target.with_suffix(".half")
        with half.open("wb") as handle:
            write_mo(handle, catalogue)
        half.replace(target)
        done.append(target)
    return done


class Command(BaseCommand):
    help = "Compile the translations that changed."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for target in compile_stale(Path(folder)):
                self.stdout.write(str(target.relative_to(settings.BASE_DIR)))
