"""What the requester of the browser tests needs to post batches of every kind; run inside the demonstration."""


def prepare() -> None:
    """Money, and an organisation that may publish at once."""
    from marketplace.base import clock
    from marketplace.base.models import Organisation
    from tests import market

    organisation = Organisation.objects.get(name="Atelier Nord")
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    market.fund(organisation, 1000)
