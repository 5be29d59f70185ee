"""One payout of a worker: where it is, who holds it, what happens next; and statements to keep."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.base import clock
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from marketplace.base.views import render, worker_page
from payments import access
from payments.models import Payout, PayoutState
from payments.services import dac7, payees, payout_rules, payout_words, statements
from tasks.selectors import board

Event = dict[str, Any]
FORMATS = ("pdf", "csv")


@require_safe
@worker_page
def payout(request: HttpRequest, public_id: str) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    found, payee = access.payout(user=user, public_id=public_id), payees.of(user)
    context = {
        "payout": found,
        "events": _events(found),
        "held": payout_rules.hold_of(found),
        "payee": payee,
        "ending": payees.ending(payee) if payee else "",
        "by_mobile": payee is not None and payees.asks(payee.country) == "mobile",
        "due_micros": board.due(user),
    }
    return render(request, "web/worker/payout.html", context)


@require_safe
@worker_page
def payout_statement(request: HttpRequest, public_id: str, form: str) -> HttpResponseBase:
    """What a payout is made of, as PDF or CSV."""
    user = request.user
    assert isinstance(user, User)
    return _download(statements.of_payout(access.payout(user=user, public_id=public_id)), user, form)


@require_safe
@worker_page
def statement(request: HttpRequest, period: str, form: str) -> HttpResponseBase:
    """The statement of a year (2026) or a month (2026-11), as PDF or CSV."""
    user = request.user
    assert isinstance(user, User)
    parts = re.fullmatch(r"(20[0-9]{2})(?:-(0[1-9]|1[0-2]))?", period)
    if not parts:
        raise NotFound
    year, month = int(parts[1]), parts[2]
    today = clock.now().astimezone(clock.BOOKS)
    if (year, int(month or 1)) > (today.year, today.month):  # nobody keeps a document of what has not begun
        raise NotFound
    made = statements.of_month(user, year, int(month)) if month else statements.of_year(user, year)
    return _download(made, user, form)


@require_safe
@worker_page
def year(request: HttpRequest, number: int) -> HttpResponse:
    """One year: what was paid for what, and the figures by quarter that the tax office gets of it (charter D1)."""
    user = request.user
    assert isinstance(user, User)
    if not 2000 <= number <= clock.year_of(clock.now()):
        raise NotFound
    made, reported = statements.of_year(user, number), dac7.of_worker(user.pk, number)
    quarters = zip(reported.consideration, reported.activities, strict=True)
    context = {
        "year": number,
        "statement": made,
        "sums": [
            (_(statements.LABELS[sort]), made.sum_of(sort)) for sort in statements.GROSS if made.sum_of(sort)
        ],
        "quarters": [(place, *figures) for place, figures in enumerate(quarters, start=1)],
        "reported": reported,
        "is_over": number < clock.year_of(clock.now()),
        "payee": payees.of(user),
        "due_micros": board.due(user),
    }
    return render(request, "web/worker/year.html", context)


def _download(made: statements.Statement, user: User, form: str) -> HttpResponseBase:
    if form not in FORMATS:
        raise NotFound
    name = f'attachment; filename="tessera-{made.key}.{form}"'
    headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
    if form == "csv":
        return StreamingHttpResponse(
            statements.to_csv(made), content_type="text/csv; charset=utf-8", headers=headers
        )
    return HttpResponse(statements.to_pdf(made, user), content_type="application/pdf", headers=headers)


def _events(payout: Payout) -> list[Event]:
    """What happened to a payout, what is going on, and what comes next."""
    asked = _("You asked for it") if payout.asked_by == Payout.AskedBy.WORKER else _("Made by itself")
    events: list[Event] = [{"at": payout.created_at, "title": asked, "state": "done"}]
    if payout.held_at:
        now = payout.state == PayoutState.HELD
        said = payout_rules.hold_of(payout)
        title = _("Held by %(who)s") % {"who": said.who} if said else _("Held")
        why = said.why if said else ""
        events.append({"at": payout.held_at, "title": title, "text": why, "state": "now" if now else "done"})
    if payout.released_at:
        events.append({"at": payout.released_at, "title": _("Let go"), "state": "done"})
    if payout.sent_at:
        now = payout.state == PayoutState.SENT
        events.append(
            {"at": payout.sent_at, "title": payout_words.sent(payout), "state": "now" if now else "done"}
        )
    if payout.paid_at:
        title, text = payout_words.arrived(payout)
        events.append({"at": payout.paid_at, "title": title, "text": text, "state": "done"})
    if payout.reversed_at:
        title = _("Refused by the bank") if payout.state == PayoutState.FAILED else _("Sent back by the bank")
        text = payout_words.back(payout)
        events.append({"at": payout.reversed_at, "title": title, "text": text, "state": "done"})
    return [*events, *_next(payout)]


def _next(payout: Payout) -> list[Event]:
    if payout.waits_for == "account" and payout.state != PayoutState.HELD:
        return [{"title": _("It waits until your account at Stripe can take money"), "state": "next"}]
    if payout.waits_for == "funds" and payout.state != PayoutState.HELD:
        return [
            {
                "title": _("It waits for money that we have to bring to where payouts leave from"),
                "state": "next",
            }
        ]
    if payout.state == PayoutState.PENDING:
        return [{"title": payout_words.leaves(payout), "state": "next"}]
    if payout.state == PayoutState.HELD and payout.held_until:
        return [{"at": payout.held_until, "title": _("It is let go by itself"), "state": "next"}]
    if payout.state == PayoutState.HELD:
        return [{"title": _("A moderator lets it go, or writes to you"), "state": "next"}]
    if payout.state == PayoutState.SENT:
        return [{"title": _("It arrives, usually in a day or two"), "state": "next"}]
    return []
