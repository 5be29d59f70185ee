"""Work centres for everybody, for who is invited, and for members: what is public, what is seen of oneself, leaving."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import paging
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import render, signed_in, user_of, worker_page
from marketplace.web.centre_forms import WEEKDAYS, AskForm, JoinForm
from marketplace.web.centres import calendar, members
from tasks.page_forms.fields import put_back
from workers.models import Centre, CentreInvitation
from workers.services import bookings, centre_members, centres, equipment, training


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every open centre, for everybody."""
    page = paging.page(centres.opened().order_by("-pk"), cursor=request.GET.get("cursor", ""))
    return render(request, "web/centres/index.html", {"centres": page.rows, **paging.links(request, page)})


@require_safe
def centre(request: HttpRequest, public_id: str) -> HttpResponse:
    """One centre for everybody: what it offers, who runs it, when it is open, its figures."""
    found = centres.find_public(public_id)
    user = user_of(request) if request.user.is_authenticated else None
    context = {
        "centre": found,
        "closed": found.state == Centre.State.CLOSED,
        "coordinators": centres.coordinators(found),
        "hours": hours_of(found),
        "equipment": equipment.of(found),
        "paths": training.of(found),
        "figures": found.figures,
        "runs": user is not None and centres.runs(found, user),
        "member": centre_members.member(found, user) if user else None,
    }
    return render(request, "web/centres/centre.html", context)


def hours_of(found: Centre) -> list[tuple[Any, list[Any]]]:
    """The opening hours by day of the week: (its name, lines)."""
    rows = list(found.hours.all())
    for row in rows:
        row.from_, row.to = _clock(row.opens), _clock(row.closes)  # type: ignore[attr-defined]
    days = [(name, [row for row in rows if row.weekday == number]) for number, name in WEEKDAYS]
    return [(name, lines) for name, lines in days if lines]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a centre; a moderator checks it."""
    user = user_of(request)
    asked = centres.run_by(user).exclude(state=Centre.State.CLOSED)
    if request.method != "POST":
        initial = {"time_zone": user.time_zone}
        return render(request, "web/centres/new.html", {"form": AskForm(initial=initial), "asked": asked})
    form, status = AskForm(request.POST), 400
    if form.is_valid():
        try:
            made = centres.ask(actor=user, **form.cleaned_data)
        except Refusal as refusal:
            put_back(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Asked. A moderator checks it and answers you in writing."))
            return redirect("centre-settings", made.public_id)
    return render(request, "web/centres/new.html", {"form": form, "asked": asked}, status)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Who was invited reads what would be seen of them, and says yes or no."""
    try:
        found = centre_members.invitation(token)
    except centre_members.Over as refusal:
        return render(request, "web/centres/join.html", {"problem": refusal.message}, refusal.status)
    context = _offer(request, found)
    if request.method != "POST" or not request.user.is_authenticated:
        return render(request, "web/centres/join.html", context)
    try:
        return _answer(request, found, token, context)
    except Refusal as refusal:
        return render(
            request, "web/centres/join.html", context | {"problem": refusal.message}, refusal.status
        )


def _offer(request: HttpRequest, found: CentreInvitation) -> dict[str, Any]:
    user = request.user
    here = urlencode({REDIRECT_FIELD_NAME: request.path})
    known = user.is_authenticated
    other = known and found.email and found.email != user.email
    return {
        "invitation": found,
        "centre": found.centre,
        "coordinators": centres.coordinators(found.centre),
        "form": JoinForm(initial={"shown_as": user.short_name if known else ""}),
        "problem": centre_members.OtherAddress().message if other else "",
        "profile": f"{reverse('worker-profile')}?{here}",
        "needs_profile": known and not found.role and not user.works,
        "log_in": f"{reverse('account_login')}?{here}",
        "sign_up": f"{reverse('account_signup')}?{here}",
    }


def _answer(
    request: HttpRequest, found: CentreInvitation, token: str, context: dict[str, Any]
) -> HttpResponse:
    """Raises Refusal."""
    user = user_of(request)
    if request.POST.get("act") == "decline":
        centre_members.decline(token=token, user=user)
        messages.success(request, _("You said no. It costs nothing, and nobody is told."))
        return redirect("my-centres" if user.works else "start")
    if found.role:
        centre_members.accept(token=token, user=user)
        messages.success(request, _("Welcome to %(name)s.") % {"name": found.centre.name})
        return redirect("centre-people", found.centre.public_id)
    form = JoinForm(request.POST)
    if not form.is_valid():
        return render(request, "web/centres/join.html", context | {"form": form}, 400)
    centre_members.accept(token=token, user=user, **form.cleaned_data)
    messages.success(request, _("Welcome to %(name)s.") % {"name": found.centre.name})
    return redirect("my-centre", found.centre.public_id)


@require_safe
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """My centres, invitations that wait, and the centres that I run."""
    user = user_of(request)
    rows = list(centre_members.of(user)[:100])
    waiting = list(centre_members.waiting_for(user)[:50])
    context = {
        "belongs": [row for row in rows if row.ended_at is None],
        "ended": [row for row in rows if row.ended_at is not None],
        "invitations": [(row, centre_members.token_of(row)) for row in waiting],
        "run": centres.run_by(user),
    }
    return render(request, "web/centres/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def own(request: HttpRequest, public_id: str) -> HttpResponse:
    """One of my centres: exactly what is seen of me, who looked, and how to leave (GET); change it, leave (POST)."""
    user = user_of(request)
    found = centre_members.own(public_id, user)
    initial = {"shown_as": found.shown_as, "shares_earnings": found.shares_earnings}
    form, status = JoinForm(initial=initial), 200
    if request.method == "POST" and request.POST.get("act") == "leave":
        centre_members.leave(membership=found, user=user)
        messages.success(request, _("You have left %(name)s.") % {"name": found.centre.name})
        return redirect("my-centres")
    if request.method == "POST":
        form, status = JoinForm(request.POST), 400
        if form.is_valid():
            centre_members.share(membership=found, user=user, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("my-centre", public_id)
    context = {
        "membership": found,
        "centre": found.centre,
        "seen": members.of_member(found),
        "looks": centre_members.looks(found),
        "coordinators": centres.coordinators(found.centre),
        "form": form,
    }
    return render(request, "web/centres/own.html", context, status)


ACTS = {"book": bookings.book, "wait": bookings.wait, "stop_waiting": bookings.stop_waiting}


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def hours(request: HttpRequest, public_id: str) -> HttpResponse:
    """A week of one thing (GET, `of` and `week`); book it, give it back, wait for it (POST, a button for each slot)."""
    membership = centre_members.own(public_id, user_of(request))
    things = list(equipment.of(membership.centre))
    wanted = request.POST.get("of") or request.GET.get("of", "")
    thing = equipment.find(wanted, membership.centre) if wanted else next(iter(things), None)
    day = _day(request.POST.get("week") or request.GET.get("week", ""))
    problem, status = "", 200
    if request.method == "POST":
        if thing is None:
            raise NotFound
        try:
            messages.success(request, _act(request, membership, thing))
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            problem, status = refusal.message, refusal.status
        else:
            back = urlencode({"of": thing.public_id, "week": day.isoformat() if day else ""})
            return redirect(f"{request.path}?{back}")
    context = {
        "membership": membership,
        "centre": membership.centre,
        "things": things,
        "thing": thing,
        "week": calendar.week(membership, thing, day) if thing else None,
        "problem": problem,
    }
    return render(request, "web/centres/hours.html", context, status)


def _act(request: HttpRequest, membership: Any, thing: Any) -> str:
    """What a button of the calendar does, and the words for it. Raises Refusal."""
    if request.POST.get("cancel"):
        booking = bookings.find(request.POST["cancel"])
        bookings.cancel(booking=booking, user=user_of(request))
        return _("Given back. It costs nothing.")
    said = next((name for name in ACTS if request.POST.get(name)), None)
    if said is None:
        raise bookings.NoSlot
    try:
        starts_at = dt.datetime.fromisoformat(request.POST[said])
    except ValueError:
        raise bookings.NoSlot from None
    if starts_at.tzinfo is None:
        raise bookings.NoSlot
    ACTS[said](membership=membership, equipment=thing, starts_at=starts_at)
    return {
        "book": _("Booked. You can give it back until it begins."),
        "wait": _("You wait for it. When it becomes free, it is booked for you and you are told."),
        "stop_waiting": _("You no longer wait for it."),
    }[said]


def _day(word: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(word)
    except ValueError:
        return None
