"""Prove that a backup can be brought back: restore it beside the real database, check it, drop it."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.backups import drill


class Command(BaseCommand):
    help = "Restore a backup into a scratch database, run selfcheck and reconcile there, and drop it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        found = drill.run(options["file"], passphrase=settings.BACKUP_PASSPHRASE)
        for each in found:
            self.stdout.write(f"{'ok    ' if each.ok else 'BROKEN'} {each.name:<12} {each.words}")
        self.stdout.write(f"{time.monotonic() - began:.1f} s; the scratch database is gone")
        if not all(each.ok for each in found):
            raise CommandError("this backup is not sound: see above")
