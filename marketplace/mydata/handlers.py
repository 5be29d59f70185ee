"""What carries out the promises of this package in the outbox."""

from marketplace.base.models import OutboxEvent
from marketplace.base.outbox import handler

from . import exporting


@handler("mydata.export")
def export(event: OutboxEvent) -> None:
    """Make the file that somebody asked for."""
    exporting.make(event.data["export_id"])
