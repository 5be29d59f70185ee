"""Check every invariant of the market over the live data; exit 1 when one is broken."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.delivery import checks as mails
from marketplace.mydata import checks as leaving
from marketplace.web.transparency import checks as figures
from tasks.services import checks


class Command(BaseCommand):
    help = "Check every invariant over the live data: money, claims, decisions. Exit 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print {ok, checks: [{name, ok, ids}]}")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [*checks.everything(), *leaving.run(), *mails.run(), *figures.run()]
        ok = all(check.ok for check in found)
        if options["json"]:
            rows = [{"name": check.name, "ok": check.ok, "ids": list(check.ids)} for check in found]
            self.stdout.write(json.dumps({"ok": ok, "checks": rows}))
        else:
            for check in found:
                mark = "ok    " if check.ok else "BROKEN"
                self.stdout.write(f"{mark} {check.name} {' '.join(check.ids[:10])}".rstrip())
        if not ok:
            raise CommandError("an invariant is broken; nothing was changed")
