"""Run one job of the clockwork by hand, here and now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.celery import BEAT, app


class Command(BaseCommand):
    help = "Run one job of the clockwork by hand; without a name, list them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="a short name from the list")

    def handle(self, *args: Any, name: str | None, **options: Any) -> None:
        if name is None:
            for short, (task, every) in sorted(BEAT.items()):
                how_often = f"every {every:g} s" if isinstance(every, int | float) else str(every)
                self.stdout.write(f"{short:<24} {how_often:<44} {task}")
            return
        if name not in BEAT:
            raise CommandError(f"There is no job {name!r}. `manage.py job` lists them all.")
        app.loader.import_default_modules()
        task = app.tasks[BEAT[name][0]]
        found = getattr(task, "by_hand", task)()  # a clockwork job runs now, whatever its slot
        self.stdout.write(f"{name}: done" if found is None else f"{name}: {found}")
