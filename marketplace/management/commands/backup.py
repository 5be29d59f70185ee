"""Write everything that matters into one file."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.backups import archive


class Command(BaseCommand):
    help = "Write the database and the media into one file, encrypted by BACKUP_PASSPHRASE."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--plain", action="store_true", help="do not encrypt")
        parser.add_argument("--without-media", action="store_true", help="leave uploaded files out")

    def handle(self, *args: Any, **options: Any) -> None:
        passphrase = "" if options["plain"] else settings.BACKUP_PASSPHRASE
        if not passphrase and not options["plain"]:
            raise CommandError("Set BACKUP_PASSPHRASE, or say --plain: names and bank accounts are in there.")
        if options["file"].exists():
            raise CommandError(f"{options['file']} is there already; choose another name.")
        try:
            manifest = archive.write(
                options["file"], passphrase=passphrase, with_media=not options["without_media"]
            )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        size = os.path.getsize(options["file"])
        self.stdout.write(
            f"{options['file']}: {sum(manifest['rows'].values())} rows, {manifest['media']['files']} media,"
            f" {size} bytes, {'encrypted' if passphrase else 'NOT encrypted'}"
        )
        self.stdout.write("Try it: manage.py drill FILE. Keep TESSERA_ID_KEY and the passphrase elsewhere.")
