"""The demonstration of the quality engine: a bad third among good workers, with the engine on and off."""

import json
import statistics
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.base import money
from marketplace.simulation import planted

KINDS = {
    "random": "answer at random",
    "first": "always the first option",
    "copier": "copy a careless person",
    "good": "good workers",
}


class Command(BaseCommand):
    help = "Plant a bad third among good simulated workers, and compare results with the quality engine on and off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tasks", type=int, default=planted.Plan.tasks, help="40 to 5000")
        parser.add_argument("--workers", type=int, default=planted.Plan.workers, help="12 to 500")
        parser.add_argument(
            "--gold-rate",
            type=float,
            default=planted.Plan.gold_rate,
            help="check questions, 0.02 to 0.5 of the tasks",
        )
        parser.add_argument(
            "--seed", type=int, default=planted.Plan.seed, help="another number, another crowd"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION or settings.DEPOSIT_GATEWAYS != ["simulated"]:
            raise CommandError("It invents people and money: not on a site where either is real.")
        if not 40 <= options["tasks"] <= 5_000 or not 12 <= options["workers"] <= 500:
            raise CommandError("--tasks goes from 40 to 5000, --workers from 12 to 500.")
        if not 0.02 <= options["gold_rate"] <= 0.5:
            raise CommandError("--gold-rate goes from 0.02 to 0.5.")
        plan = planted.Plan(
            tasks=options["tasks"],
            workers=options["workers"],
            gold_rate=options["gold_rate"],
            seed=options["seed"],
        )
        off, on = planted.run(plan, engine=False), planted.run(plan, engine=True)
        if options["json"]:
            self.stdout.write(json.dumps({"off": _figures(off), "on": _figures(on)}))
        else:
            self._tables(plan, off, on)

    def _tables(self, plan: planted.Plan, off: planted.Outcome, on: planted.Outcome) -> None:
        rows = [
            (name, f"{accuracy:.3f}", one.answers, _by_bad(one), _eur(one))
            for name, accuracy, one in (
                ("off: most votes win", off.by_votes, off),
                ("the same answers, workers weighed", off.accuracy, off),
                ("on", on.accuracy, on),
            )
        ]
        self._table(("engine", "accuracy", "answers", "by bad workers", "cost"), rows)
        shown = []
        for kind, words in KINDS.items():
            one = _kind(on, kind)
            rested = one["rested_after"]
            shown.append(
                (
                    words,
                    one["workers"],
                    len(rested),
                    _span(rested),
                    _span(one["checked"]),
                    _span(one["answers"]),
                )
            )
        self.stdout.write("")
        self._table(
            (
                "with the engine on",
                "people",
                "resting",
                "answers until then",
                "check questions",
                "answers in all",
            ),
            shown,
        )
        decided = ", ".join(f"{count} {what}" for what, count in sorted(on.decided.items()))
        self.stdout.write(f"\nAnswers of bad workers: {decided} (by a moderator's decision).")

    def _table(self, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.stdout.write("| " + " | ".join(head) + " |")
        self.stdout.write("|" + "---|" * len(head))
        for row in rows:
            self.stdout.write("| " + " | ".join(map(str, row)) + " |")


def _by_bad(one: planted.Outcome) -> int:
    return sum(person.answers for person in one.people if person.kind != "good")


def _eur(one: planted.Outcome) -> str:
    return f"{money.to_decimal(one.cost_micros):.2f} EUR"


def _span(counts: Sequence[int]) -> str:
    """The median, and between which two they lie."""
    if not counts:
        return "–"
    return f"{statistics.median(counts):g} ({min(counts)} to {max(counts)})"


def _kind(one: planted.Outcome, kind: str) -> dict[str, Any]:
    members = [person for person in one.people if person.kind == kind]
    return {
        "workers": len(members),
        "answers": [person.answers for person in members],
        "checked": [person.checked for person in members],
        "rested_after": [person.rested_after for person in members if person.rested_after is not None],
    }


def _figures(one: planted.Outcome) -> dict[str, Any]:
    return {
        "accuracy": one.accuracy,
        "by_votes": one.by_votes,
        "answers": one.answers,
        "by_bad": _by_bad(one),
        "cost": money.to_string(one.cost_micros),
        "decided": dict(one.decided),
        "people": {kind: _kind(one, kind) for kind in KINDS},
    }
