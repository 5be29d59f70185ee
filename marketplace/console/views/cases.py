"""What is done with any case, whichever its queue: next, take, leave, keep out, keep for later, ask and answer."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import conflicts, ids, opinions
from marketplace.base.conflicts import ConflictOfInterest
from marketplace.base.errors import Forbidden, Invalid, NotFound
from marketplace.base.models import SecondOpinion, User
from marketplace.base.views import moderator_page, render, staff_page
from marketplace.console import access, desk, queues, trace
from marketplace.console.queues import Item

NOT_KEPT = {"csrfmiddlewaretoken", "act"}  # of a form that is kept for later


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@staff_page
@require_POST
def next_(request: HttpRequest) -> HttpResponse:
    """Take the case promised first and open it."""
    item = desk.next_case(_user(request))
    if item is None:
        messages.info(
            request, _("Nothing is left for you just now: the rest is with colleagues, or concerns you.")
        )
        return redirect("console")
    trace.about(request, item.public_id)
    return redirect(item.address)


@staff_page
@require_POST
def act(request: HttpRequest, public_id: str, act: str) -> HttpResponse:
    """One of ACTS for one case."""
    doing = ACTS.get(act)
    if doing is None:
        raise NotFound
    user = _user(request)
    item = queues.find(user, public_id)
    trace.about(request, item.public_id)
    return doing(request, user, item)


def _take(request: HttpRequest, user: User, item: Item) -> HttpResponse:
    if not desk.take(item, user):
        messages.warning(request, _("A colleague was faster: this case is taken just now."))
    return redirect(item.address)


def _leave(request: HttpRequest, user: User, item: Item) -> HttpResponse:
    desk.leave(item, user)
    messages.info(request, _("Left. What you wrote about it is kept for you."))
    return redirect("console")


def _stake(request: HttpRequest, user: User, item: Item) -> HttpResponse:
    conflicts.declare(kind=item.kind, number=item.number, moderator=user)
    messages.success(request, _("It goes on without you. Nobody asks why."))
    return redirect("console")


def _draft(request: HttpRequest, user: User, item: Item) -> HttpResponse:
    desk.require(item, user)
    said = {name: str(value) for name, value in request.POST.items() if name not in NOT_KEPT}
    desk.keep(item, user, said)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    messages.success(request, _("Kept. It is in the form when you open the case again."))
    return redirect(item.address)


def _ask(request: HttpRequest, user: User, item: Item) -> HttpResponse:
    desk.require(item, user)
    wanted = request.POST.get("of", "")
    chosen = access.person(wanted) if wanted else None
    act_ = request.POST.get("act", "")
    if act_ and act_ not in opinions.ACTS:
        raise NotFound
    try:
        opinions.ask(
            kind=item.kind, number=item.number, moderator=user, question=request.POST.get("question", ""),
            of=chosen, act=act_, act_until=_moment(request.POST.get("act_until", "")),
        )  # fmt: skip
    except Invalid as refusal:
        for words in (word for each in refusal.fields.values() for word in each):
            messages.error(request, str(words))
    else:
        messages.success(request, _("Asked. You are told when somebody answers."))
    return redirect(item.address)


def _moment(text: str) -> dt.datetime | None:
    """A moment that our own page put into its form. Raises NotFound for anything else."""
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise NotFound
    return found


ACTS = {"take": _take, "leave": _leave, "stake": _stake, "draft": _draft, "ask": _ask}


@moderator_page
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Questions of colleagues that this moderator may answer, the oldest first."""
    return render(request, "console/opinions.html", {"rows": questions(_user(request))})


def questions(user: User) -> list[tuple[SecondOpinion, Item]]:
    """Unanswered ones about cases that wait, or about a person; those about cases the moderator has a part in are for
    others. As many queries whatever their number."""
    rows = list(opinions.waiting(user)[:200])
    if not rows:
        return []
    items = queues.waiting_items(user, {row.kind for row in rows})
    items |= queues.people(row.number for row in rows if row.kind == "usr")
    there = [(row, items[row.kind, row.number]) for row in rows if (row.kind, row.number) in items]
    hindered = desk.hindrances([item for _row, item in there], user)
    return [(row, item) for row, item in there if item.key not in hindered]


@moderator_page
@require_POST
def opinion(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer a colleague's question."""
    row = SecondOpinion.objects.filter(pk=ids.decode("sop", public_id)).first()
    if row is None:
        raise NotFound
    user = _user(request)
    item = queues.find(user, ids.encode(row.kind, row.number))
    trace.about(request, item.public_id)
    desk.require(item, user)
    if user.pk in item.barred:  # they decided it before: a second look is for somebody else
        raise ConflictOfInterest
    agrees = {"yes": True, "no": False}.get(request.POST.get("agrees", ""))
    try:
        opinions.answer(
            opinion=row, moderator=user, words=request.POST.get("answer", ""),
            agrees=agrees if row.act else None,
        )  # fmt: skip
    except Invalid as refusal:
        for words in (word for each in refusal.fields.values() for word in each):
            messages.error(request, str(words))
        return redirect(item.address)
    except Forbidden:
        raise Forbidden(gettext_lazy("Somebody else was asked.")) from None
    messages.success(request, _("Answered. Whoever asked has been told."))
    return redirect("console-opinions")
