"""Drafts that lack nothing but their people; run inside the demonstration, which the browser tests visit."""

import json
import sys


def prepare(*titles: str) -> None:
    """Write the id of a draft for each title, of an organisation that may publish at once."""
    from marketplace.base import clock
    from marketplace.base.models import Organisation
    from tests import market

    organisation = Organisation.objects.get(name="Atelier Nord")
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    market.fund(organisation, 100)
    actor = organisation.memberships.filter(role="owner").first().user
    made = {
        title: market.draft(organisation, actor, title=title, rows=3, reward_micros=1_000_000).public_id
        for title in titles
    }
    sys.stdout.write(json.dumps(made) + "\n")
