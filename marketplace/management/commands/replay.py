"""Give a recorded crowd's answers again, with dynamic overlap, and say how many of them would have done."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.simulation import replay, replay_ground

CONFIDENCE = 0.98


class Command(BaseCommand):
    help = (
        "Post the tasks of recorded labels (CSV: task, worker, label) as a batch with dynamic overlap, let the"
        " recorded workers give their recorded answers through the services, and compare the results with the truth."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", type=Path)
        parser.add_argument("--truth", type=Path, required=True, help="CSV: task, label")
        parser.add_argument(
            "--gold-rate", type=float, default=0.0, help="share of the tasks that check people"
        )
        parser.add_argument(
            "--confidence", type=float, default=CONFIDENCE, help="how sure a result must be, 0.5 to under 1"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION or settings.DEPOSIT_GATEWAYS != ["simulated"]:
            raise CommandError("A replay invents people and money: not on a site where either is real.")
        if not 0.5 <= options["confidence"] < 1:
            raise CommandError("--confidence goes from 0.5 to under 1.")
        if not 0 <= options["gold_rate"] <= 0.5:
            raise CommandError("--gold-rate goes from 0 to 0.5.")
        crowd = replay_ground.read(options["labels"], options["truth"])
        if not crowd.answers:
            raise CommandError(f"{options['labels']} has no row that can be used.")
        if crowd.bad:
            self.stderr.write(f"{crowd.bad} rows can't be used; “manage.py consensus” names them.")
        found = replay.run(crowd, confidence=options["confidence"], gold_rate=options["gold_rate"])
        shown: dict[str, Any] = {"accuracy": _rounded(found.accuracy)}
        if crowd.kind == "number":
            shown |= {"mae": _rounded(found.mae), "rmse": _rounded(found.rmse)}
        shown |= {
            "used": found.used,
            "saved": found.saved,
            "seconds": round(found.seconds, 3),
            "selfcheck": found.selfcheck,
        }
        if options["json"]:
            self.stdout.write(json.dumps(shown))
        else:
            self._table(shown, found)

    def _table(self, shown: dict[str, Any], found: replay.Report) -> None:
        for name, value in shown.items():
            self.stdout.write(f"{name:<12}{value}")
        share = found.saved / (found.used + found.saved)
        self.stdout.write(f"{'':<12}{share:.1%} of the recorded answers were not needed")
        for row in found.reliability:
            self.stdout.write(
                f"{'sure':<12}from {row.above:.2f}: {row.tasks:>6} tasks,"
                f" {row.confidence:.3f} sure, {row.right:.3f} true"
            )
        for code, count in sorted(found.refused.items()):
            self.stdout.write(f"{'refused':<12}{count} ({code})")
        if found.rested:
            self.stdout.write(
                f"{'resting':<12}{len(found.rested)} workers, who missed too many check questions"
            )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
