"""Hold the books against what gateways and banks say moved; exit 1 while a difference is open."""

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.base import clock, money
from marketplace.base.errors import Lost
from payments.models import Difference
from payments.services import reconcile


class Command(BaseCommand):
    help = (
        "Link every movement at gateways and banks to its one transaction. Exit 1 while a difference is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print {ok, differences, looked_at, linked, unreachable}"
        )
        parser.add_argument(
            "--until", type=dt.datetime.fromisoformat, default=None, help="look no further than this moment"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        until = options["until"]
        if until is not None and until.tzinfo is None:
            raise CommandError("--until needs a time zone, such as 2026-11-30T23:00:00+00:00.")
        try:
            report = reconcile.run(until=until)
        except Lost:
            raise CommandError("Another process reconciles just now. Try again in a minute.") from None
        found = list(reconcile.open_differences())
        if options["json"]:
            shown = {
                "ok": report.ok,
                "differences": [_shown(row) for row in found],
                "looked_at": report.looked_at,
                "linked": report.linked,
                "unreachable": report.unreachable,
            }
            self.stdout.write(json.dumps(shown))
        else:
            self._table(report, found)
        if not report.ok:
            raise CommandError(_sentence(report, found))

    def _table(self, report: reconcile.Report, found: list[Difference]) -> None:
        for name in ("looked_at", "linked", "opened", "closed"):
            self.stdout.write(f"{name:<12}{getattr(report, name):>8}")
        for row in found:
            self.stdout.write(
                " ".join(str(value) for value in _shown(row).values() if value not in (None, ""))
            )


def _sentence(report: reconcile.Report, found: list[Difference]) -> str:
    if not found:
        return f"no answer from {', '.join(report.unreachable)}; nothing is known about what moved there"
    return f"{len(found)} differences are open; /console/books/differences/ says what to do about each"


def _shown(row: Difference) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "gateway": row.gateway,
        "kind": row.kind,
        "external_id": row.external_id,
        "transaction": str(row.transaction) if row.transaction else None,
        "amount": money.to_string(row.amount_micros),
        "age_seconds": round((clock.now() - row.found_at).total_seconds()),
        "owner": row.owner.public_id if row.owner else None,
        "note": row.note,
    }
