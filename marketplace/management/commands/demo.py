"""Fill an empty database with the demonstration's people and batches."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.base.models import Organisation, PublishedFigures, User
from marketplace.simulation.demo import market, people
from marketplace.web import transparency


class Command(BaseCommand):
    help = (
        "Make the demonstration's people, funds and batches; keeps what is there, and says who to log in as."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("This is a production site: the demonstration would invent people in it.")
        path = Path(settings.HOME) / "demo.json"
        made = Organisation.objects.filter(name="Atelier Nord", members__email="alice@example.org").first()
        if made is not None and path.exists():
            self.stdout.write(f"The demonstration is there already; the log-ins are in {path.name}.")
            return
        whole = made is not None and PublishedFigures.objects.exists()  # the last thing it makes
        if not whole and User.objects.exists():
            raise CommandError(
                "This database has people of its own, and the demonstration wants an empty one. "
                "Remove the folder of local services, or name another: TESSERA_HOME=.tessera-demo make demo"
            )
        if made is None and {*settings.DEPOSIT_GATEWAYS, *settings.PAYOUT_GATEWAYS} != {"simulated"}:
            raise CommandError(
                "The demonstration begins with simulated money. Run make demo once without PAYMENT_GATEWAY, "
                "DEPOSIT_GATEWAYS and PAYOUT_GATEWAYS, stop it with Ctrl-C, and start it with them: the data stays."
            )
        personas = people.make()
        if made is None:
            made = _fill(personas)
            transparency.publish()
        people.write(path, people.credentials(personas, made))
        self.stdout.write(f"The demonstration is ready; the log-ins are in {path.name}.")


def _fill(personas: dict[str, User]) -> Organisation:
    """The batches of three weeks, without a pilot each: three people answer them to the end in a row, and nobody would
    open the rest. What is published afterwards has one, where it is switched on."""
    kept, settings.PILOT = settings.PILOT, False
    try:
        return market.fill(personas)
    finally:
        settings.PILOT = kept
