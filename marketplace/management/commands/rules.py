"""The register of the automated rules: what each reads and can lead to, its numbers, and its history."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from marketplace.web.automated import show, versions


class Command(BaseCommand):
    help = "List every automated rule about people with its parameters and versions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the register with its history")
        parser.add_argument(
            "--record",
            action="store_true",
            help="first write a version of what has changed, as the clock does",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = versions.record() if options["record"] else []
        rows = show.table()
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            last = row["versions"][-1] if row["versions"] else {"number": 0, "since": "not recorded yet"}
            self.stdout.write(f"{row['name']:22} {row['does']}")
            self.stdout.write(f"{'':22} version {last['number']}, {last['since']}")
            for name, value in row["parameters"].items():
                self.stdout.write(f"{'':22} {name} = {value}")
        for version in made:
            self.stdout.write(f"written: {version.rule}, version {version.number}")
