"""What the steps of a new batch share: the draft, the steps on top, the rows to show it with, the way to funds."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import money
from marketplace.base.errors import Refusal
from tasks import access, kinds
from tasks.errors import NotADraft
from tasks.media import links
from tasks.models import Batch
from tasks.rows import Row
from tasks.selectors import requester


def draft(request: HttpRequest, public_id: str) -> Batch:
    """A draft for one of its steps: to read for every member, to change for those who may edit."""
    found = access.batch(request.user, public_id, "read" if request.method in {"GET", "HEAD"} else "edit")
    if found.state != Batch.State.DRAFT:
        raise NotADraft
    return found


def steps(found: Batch, now: str) -> list[dict[str, Any]]:
    """The four steps for the component of that name."""
    names = {
        "what": _("What"),
        "data": _("Data"),
        "price": _("Price and reach"),
        "review": _("Review and fund"),
    }
    done = requester.steps_done(found)
    return [
        {
            "label": label,
            "url": reverse(f"batch-{step}", args=[found.public_id]),
            "state": "now" if step == now else "done" if done[step] else "next",
        }
        for step, label in names.items()
    ]


def kept_key(found: Batch) -> str:
    """Under which key of the session what was typed waits until it can be stored."""
    return f"typed:{found.public_id}"


def has_unsaved(request: HttpRequest, found: Batch) -> bool:
    """Whether the person's last changes to the form could not be stored yet."""
    return kept_key(found) in request.session


def example_rows(found: Batch) -> list[Row]:
    """Rows to show the form with: the first of the batch's own, else those that came with its kind."""
    own = [links.row(found, task.data) for task in requester.sample_rows(found)]
    if own:
        return own
    try:
        return [Row(row) for row in kinds.get(found.kind).example_rows()]
    except Refusal:
        return []


def first_row(found: Batch) -> Row | None:
    """The row of the preview; None leaves placeholders as they are written."""
    return next(iter(example_rows(found)), None)


def deposit_url(missing_micros: int, back: str) -> str:
    """The page where missing funds are added, which comes back to `back`; the amount goes up to the next cent."""
    query = QueryDict(mutable=True)
    query["amount"] = money.to_string(-(-missing_micros // money.CENT) * money.CENT)
    query["next"] = back
    return f"{reverse('deposit')}?{query.urlencode()}"
