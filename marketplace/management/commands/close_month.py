"""Close a month of the books: reconcile, run every check, keep the balances. What is closed stays as it is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.base import money
from marketplace.base.errors import NotFound, Refusal
from payments.services import months, periods, trial_balance
from tasks.services import checks


class Command(BaseCommand):
    help = "Close a month that is over, once nothing differs and every check holds. It can't be opened again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("month", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = months.parse(f"{options['year']:04d}-{options['month']:02d}")
            periods.look_outside()
            period = periods.close(month=month, actor=None, look=checks.everything)
        except NotFound:
            raise CommandError("Name a month, such as 2026 11.") from None
        except Refusal as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{month} is closed: {period.transactions} transactions, sha256 {period.sha256}")
        for row in trial_balance.by_kind(trial_balance.rows(month)):
            figures = "".join(
                f"{money.to_string(value):>20}" for value in (row.opening, row.added, row.taken, row.closing)
            )
            self.stdout.write(f"{row.kind:<24}{figures}")
