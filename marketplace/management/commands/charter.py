"""The charter as its register has it: each rule with its settings, what enforces it, and the tests that prove it."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from marketplace.web import charter, charter_proofs


class Command(BaseCommand):
    help = "List every rule of the charter with its settings, what enforces it and its tests."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print [{id, text, off, settings, enforced, tests}]"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        proofs = charter_proofs.by_rule()
        rows = [_row(rule, proofs.get(rule.id, [])) for rule in charter.RULES]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            self.stdout.write(f"{row['id']:4} {row['text']}")
            for part in row["off"]:
                self.stdout.write(f"       off here  {part['what']} ({part['setting']})")
            for name, value in row["settings"].items():
                self.stdout.write(f"       setting   {name} = {value}")
            for kind, names in row["enforced"].items():
                for name in names:
                    self.stdout.write(f"       {kind:9} {name}")
            for test in row["tests"]:
                self.stdout.write(f"       test      {test}")


def _row(rule: charter.Rule, tests: list[str]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "text": str(rule),
        "off": [{"setting": part.switch, "what": part.name} for part in rule.off],
        "settings": {name: _value(getattr(settings, name)) for name in rule.settings},
        "enforced": {
            "database": list(rule.database),
            "code": list(rule.code),
            "job": list(rule.jobs),
            "page": list(rule.pages),
        },
        "tests": tests,
    }


def _value(value: Any) -> Any:
    """As JSON can hold it: amounts and rates as decimal strings."""
    if isinstance(value, dict):
        return {key: _value(each) for key, each in value.items()}
    return value if isinstance(value, bool | int | str | list) else str(value)
