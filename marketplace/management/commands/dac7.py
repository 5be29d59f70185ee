"""The yearly declaration of what workers earned, for the tax office (DAC7)."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.base import ids, money
from marketplace.base.errors import Refusal
from marketplace.mydata import vault
from payments.models import Payee
from payments.services import dac7, dac7_file


class Command(BaseCommand):
    help = (
        "Writes the DAC7 file of a year (XML, checked against its schema) and lists by id whom it can't carry. "
        "The file holds personal data: hand it over and delete it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("--out", type=Path, help="where to write the XML")
        parser.add_argument("--number", type=int, default=1, help="tells declarations of one year apart")
        parser.add_argument(
            "--archive-key-file",
            type=Path,
            help="private key of the sealed archive: carries people who left, too",
        )
        parser.add_argument("--json", action="store_true", help="print the figures and the list as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        year, out = options["year"], options["out"]
        if options["json"]:
            self.stdout.write(_as_json(year))
        gone = _gone(options["archive_key_file"])
        _carried, left_out = dac7_file.sort_out(year, gone=gone)
        if out:
            try:
                made = dac7_file.make(year=year, actor=None, number=options["number"], gone=gone)
            except Refusal as refusal:
                raise CommandError(refusal.message) from None
            out.touch(mode=0o600)
            out.write_text(made.xml)
            left_out = made.left_out
            self.stderr.write(f"{out}: {made.sellers} people, sha256 {made.sha256}")
        if not options["json"]:
            for row in left_out:
                self.stdout.write(f"{row.public_id} is not in the file: {row.words}")
            self.stdout.write(f"{len(left_out)} can't be carried by the file")


def _gone(path: Path | None) -> dict[int, Payee]:
    if path is None:
        return {}
    try:
        return vault.payees(vault.read_private(path.read_text()))
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from None


def _as_json(year: int) -> str:
    rows = [
        {
            "worker": ids.encode("usr", row.user_id),
            "consideration": [money.to_string(micros) for micros in row.consideration],
            "activities": list(row.activities),
            "fees": "0.00",
            "taxes": "0.00",
        }
        for row in dac7.figures(year)
    ]
    left_out = [{"worker": row.public_id, "reason": row.reason} for row in dac7_file.sort_out(year)[1]]
    return json.dumps(
        {"year": year, "currency": money.CURRENCY, "workers": rows, "left_out": left_out}, indent=2
    )
