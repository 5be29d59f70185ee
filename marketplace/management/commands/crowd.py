"""Simulated workers on the open batches."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.simulation import crowd, people


class Command(BaseCommand):
    help = "Let N simulated workers do open tasks for S seconds, through the services."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=20)
        parser.add_argument("--seconds", type=float, default=30)
        parser.add_argument("--accuracy", type=float, default=0.9, help="chance of the true answer, 0 to 1")
        parser.add_argument("--seed", type=int, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["workers"] <= 1000 or not 0 < options["seconds"] <= 3600:
            raise CommandError("--workers goes from 1 to 1000, --seconds up to 3600.")
        if not 0 <= options["accuracy"] <= 1:
            raise CommandError("--accuracy is a fraction between 0 and 1.")
        self.stdout.write(f"{options['workers']} workers for {options['seconds']:g} s …")
        done = crowd.run(
            people.crowd(options["workers"]),
            seconds=options["seconds"],
            accuracy=options["accuracy"],
            seed=options["seed"],
        )
        for name, count in sorted(done.items()):
            self.stdout.write(f"{name:<32}{count:>8}")
        if not done["submitted"]:
            self.stdout.write("No batch is open to them: publish one first (manage.py demo makes some).")
