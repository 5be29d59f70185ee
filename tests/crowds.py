"""Private batches as the tests need them: open, with a list or with a link."""

import datetime as dt
from typing import Any

from tasks.models import BatchLink
from tasks.services import audiences, batches, crowd_links
from tests import market


def private(
    organisation: Any, actor: Any, audience: str = "list", people: str = "bob@example.test", **values: Any
) -> Any:
    """An open private batch; with a link where it is one."""
    market.fund(organisation)
    trusted = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    type(organisation).objects.filter(pk=organisation.pk).update(trusted_at=trusted)
    batch = market.draft(organisation, actor, audience=audience, **values)
    if audience == "list":
        audiences.invite(batch=batch, actor=actor, people=people)
    else:
        crowd_links.make_link(batch=batch, actor=actor)
    batch.organisation.refresh_from_db()
    return batches.publish(batch=batch, actor=actor)


def token(batch: Any) -> str:
    """The secret of the link that stands."""
    return crowd_links.token_of(BatchLink.objects.get(batch=batch, revoked_at=None))
