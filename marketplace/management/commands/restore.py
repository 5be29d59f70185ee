"""Bring a backup back."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.backups import bringing, rights


class Command(BaseCommand):
    help = "Restore a backup into the empty database that DATABASE_OWNER_URL names, and its media."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--over", action="store_true", help="throw away what is in the database now")
        parser.add_argument("--other-keys", action="store_true", help="even if the keys are not the backup's")

    def handle(self, *args: Any, **options: Any) -> None:
        manifest = bringing.restore(
            options["file"],
            passphrase=settings.BACKUP_PASSPHRASE,
            over=options["over"],
            other_keys=options["other_keys"],
        )
        faults = rights.wrong()
        if faults:
            raise CommandError(f"Restored, but the rights are not right: {'; '.join(faults[:5])}")
        self.stdout.write(
            f"restored: {sum(manifest['rows'].values())} rows, {manifest['media']['files']} media, as of"
            f" {manifest['made_at']}. Run manage.py migrate, then manage.py selfcheck and manage.py reconcile."
            " Payouts and deposits are switched off: docs/how-to/backup.md says what to look at before they go on."
        )
        self._say_who_was_erased()

    def _say_who_was_erased(self) -> None:
        """The backup may hold people who were erased since: the list beside the database says who (charter D3)."""
        if not Path(settings.ERASED_FILE).exists():
            self.stderr.write(
                f"No list of erased people at {settings.ERASED_FILE}: bring it back before you open."
            )
            return
        self.stdout.write(
            f"Who is on the list {settings.ERASED_FILE} and in this backup is erased again: run manage.py job erasures"
            " after migrate; the clock does it too, and selfcheck says so until then."
        )
