"""The first page of the console: what waits, for how long, and by when it was promised."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import clock, outbox
from marketplace.base.models import CaseLease, User
from marketplace.base.views import admin_page, render, staff_page
from marketplace.console import desk, queues
from marketplace.console.forms import FindForm
from marketplace.console.views import cases
from payments import gateways
from payments.models import PayoutRun, RunState
from payments.services import bank_lines, parts, reconcile
from tasks.selectors.moderation import Queue

_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Line:
    """A queue on the first page: how many wait, how many of them late or due within a day, since when, by when."""

    queue: queues.Queue
    count: int
    late: int
    soon: int
    oldest: dt.datetime | None
    first: dt.datetime | None


@staff_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Queues with their ages for a moderator; for an administrator the switches and what could not be delivered."""
    user: Any = request.user
    context: dict[str, Any] = {}
    if user.is_admin:
        context["dead"] = outbox.dead()
        open_ = reconcile.open_differences()
        oldest = open_.first()
        context["differences"] = Queue(open_.count(), oldest.found_at if oldest else None)
        short = parts.waiting().get("funds")
        context["short"] = (*short, parts.left()) if short else None
    context |= _desk(user)
    if gateways.files():
        context |= _bank()
    return render(request, "console/home.html", context)


def _bank() -> dict[str, Any]:
    """What the bank's lines and the payout files want of a person."""
    lines = bank_lines.open_lines()
    oldest = lines.first()
    drafts = PayoutRun.objects.filter(state=RunState.DRAFT).order_by("created_at")
    draft = drafts.first()
    return {
        "bank_lines": Queue(lines.count(), oldest.created_at if oldest else None),
        "drafts": Queue(drafts.count(), draft.created_at if draft else None),
    }


def _desk(user: User) -> dict[str, Any]:
    """Every queue this person may work in, what they have, what colleagues have and ask."""
    waiting = {queue.key: queue.items() for queue in queues.of(user)}
    lines = [_line(queue, waiting[queue.key]) for queue in queues.of(user)]
    mine = list(CaseLease.objects.filter(moderator=user, until__gt=clock.now()).order_by("until"))
    items = {item.key: item for found in waiting.values() for item in found}
    items |= queues.people(lease.number for lease in mine if lease.kind == "usr")
    return {
        "queues": sorted(lines, key=lambda line: (not line.late, not line.soon, line.first or _NEVER)),
        "busy": any(line.count for line in lines),
        "quiet_queues": [line for line in lines if not line.count],
        "mine": [(lease, item) for lease in mine if (item := items.get((lease.kind, lease.number)))],
        "loads": desk.loads(),
        "asked": len(cases.questions(user)) if user.is_moderator else 0,
        "find": FindForm() if user.is_moderator else None,
    }


def _line(queue: queues.Queue, items: list[queues.Item]) -> Line:
    dues = [item.due for item in items if item.due]
    return Line(
        queue=queue,
        count=len(items),
        late=sum(item.is_late for item in items),
        soon=sum(item.is_due and not item.is_late for item in items),
        oldest=min((item.since for item in items if item.since), default=None),
        first=min(dues, default=None),
    )


@admin_page
@require_POST
def revive(request: HttpRequest) -> HttpResponse:
    """Try what was laid aside once more."""
    count = outbox.revive(actor=request.user)  # type: ignore[arg-type]
    messages.success(
        request, ngettext("%(n)s is tried again.", "%(n)s are tried again.", count) % {"n": count}
    )
    return redirect("console")
