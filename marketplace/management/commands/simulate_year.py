"""A year of the market on a scratch database: books that close each month, faults in the calls, promises that hold."""

import json
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from marketplace.backups import scratch
from marketplace.base import clock, money
from marketplace.simulation.year import run
from marketplace.simulation.year.plan import RULES, Outcome, Plan

MOST_A_MONTH = 10_000  # one after the other they take ten of its days, and what comes after has its place


class Command(BaseCommand):
    help = (
        "Simulate a year from a seed, through the services, on a database of its own: deposits, work, disputes,"
        " refunds, payouts, faults in 5 % of the gateway's calls. Exit 1 when any promise is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--workers", type=int, default=200)
        parser.add_argument("--organisations", type=int, default=20)
        parser.add_argument("--submissions", type=int, default=20_000)
        parser.add_argument("--months", type=int, default=12)
        parser.add_argument(
            "--without", action="append", default=[], choices=RULES,
            help="leave a rule of the charter off, to see what it changes (may be said several times)",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION or settings.DEPOSIT_GATEWAYS != ["simulated"]:
            raise CommandError(
                "A simulated year invents people and money: not on a site where either is real."
            )
        names = ("seed", "workers", "organisations", "submissions", "months")
        plan = Plan(**{name: options[name] for name in names}, without=frozenset(options["without"]))
        if min(plan.workers, plan.organisations, plan.submissions) < 1 or not 1 <= plan.months <= 24:
            raise CommandError("There are workers, organisations, submissions, and 1 to 24 months.")
        if plan.submissions > plan.months * MOST_A_MONTH:
            raise CommandError(f"At most {MOST_A_MONTH} submissions fit into a month.")
        quiet = options["json"]
        with (
            scratch.database("year") as name,
            scratch.pointed_at(name),
            tempfile.TemporaryDirectory() as folder,
            _clock(Path(folder)),
        ):
            _prepare(name)
            outcome = run.run(plan, say=lambda line: None if quiet else self.stderr.write(line))
        if quiet:
            self.stdout.write(json.dumps(_shown(plan, outcome)))
        else:
            self._tables(plan, outcome)
        if not outcome.ok:
            raise CommandError(f"{len(outcome.breaches)} promises were broken")

    def _tables(self, plan: Plan, outcome: Outcome) -> None:
        self.stdout.write(f"seed {plan.seed}, {outcome.seconds:.0f} s\n")
        self.stdout.write(f"{'month':<10}{'transactions':>14}{'movements':>12}{'earned':>14}{'paid out':>14}")
        for row in outcome.months:
            self.stdout.write(
                f"{row['month']:<10}{row['transactions']:>14}{row['movements']:>12}"
                f"{_eur(row['earned']):>14}{_eur(row['paid_out']):>14}"
            )
        self._charter(outcome)
        for title, rows in (
            ("happened", outcome.figures),
            ("faults", outcome.faults),
            ("euros", {name: _eur(value) for name, value in outcome.euros.items() if value}),
        ):
            self.stdout.write(f"\n{title}")
            for name, value in sorted(rows.items()):
                self.stdout.write(f"  {name:<44}{value:>16}")
        for sentence in outcome.breaches:
            self.stdout.write(f"BROKEN {sentence}")

    def _charter(self, outcome: Outcome) -> None:
        found = dict(outcome.charter)
        self.stdout.write("\nwhat people got")
        for place, row in enumerate(found.pop("countries")):
            if not place:
                self.stdout.write("".join(f"{name:>14}" for name in row))
            self.stdout.write("".join(f"{value:>14}" for value in row.values()))
        for title, rows in found.items():
            self.stdout.write(title)
            for name, value in rows.items():
                self.stdout.write(f"  {name:<44}{value:>16}")


def _eur(micros: Any) -> str:
    return money.to_string(int(micros))


def _prepare(name: str) -> None:
    """Tables, and a server that need not wait for the disk: nothing of this is kept."""
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.ops.quote_name(name)} SET synchronous_commit = off")
    connection.close()


class _clock:
    """A clock file of one's own, so that moving the clock reaches nobody else; put back at the end."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"

    def __enter__(self) -> None:
        self.before = settings.CLOCK_FILE
        settings.CLOCK_FILE = str(self.file)

    def __exit__(self, *error: object) -> None:
        clock.shift_to(0)
        settings.CLOCK_FILE = self.before


def _shown(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    return {
        "ok": outcome.ok,
        "seed": plan.seed,
        "seconds": round(outcome.seconds, 1),
        "figures": dict(sorted(outcome.figures.items())),
        "without": sorted(plan.without),
        "charter": outcome.charter,
        "faults": outcome.faults,
        "months": [
            row | {"earned": _eur(row["earned"]), "paid_out": _eur(row["paid_out"])} for row in outcome.months
        ],
        "euros": {name: _eur(value) for name, value in outcome.euros.items()},
        "breaches": outcome.breaches,
    }
