"""Pages of those who run a centre: its people, what it shares, itself. For everybody else there is nothing there."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base import ids, paging
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import render, signed_in
from marketplace.web.centre_forms import (
    CloseForm,
    EquipmentForm,
    HoursForm,
    InviteForm,
    ReasonForm,
    SettingsForm,
)
from marketplace.web.centres import members
from marketplace.web.views.centres import hours_of
from tasks.page_forms.fields import put_back
from workers.models import Centre
from workers.services import bookings, centre_members, centres, equipment

MOST_BOOKINGS = 200
Did = tuple[str, dict[str, Any]]  # what to say, and forms that came back


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def tabs(found: Centre, here: str) -> list[dict[str, Any]]:
    """The pages of one centre for those who run it."""
    pages = [
        ("centre-people", _("People")),
        ("centre-equipment", _("Equipment and hours")),
        ("centre-paths", _("Training paths")),
        ("centre-settings", _("Settings")),
    ]
    return [
        {"label": label, "url": reverse(name, args=[found.public_id]), "current": name == here}
        for name, label in pages
    ]


def _done(
    request: HttpRequest, found: Centre, page: str, act: Callable[[], str], form: Any = None
) -> tuple[HttpResponse | None, str, int]:
    """Do what was asked: the way back to the page, or the words and status of a refusal, put into its form."""
    if form is not None and not form.is_valid():
        return None, "", 400
    try:
        said = act()
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        if form is None:
            return None, refusal.message, refusal.status
        put_back(form, refusal)
        return None, "", refusal.status
    messages.success(request, said)
    return redirect(page, found.public_id), "", 200


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def people(request: HttpRequest, public_id: str) -> HttpResponse:
    """Members with what they show, invitations, and who else runs the centre (GET); invite, take back, end (POST)."""
    user = _person(request)
    found = centres.find_run_by(public_id, user)
    forms: dict[str, Any] = {"form": InviteForm(), "end_form": ReasonForm(), "ending": ""}
    problem, status = "", 200
    if request.method == "POST":
        answer, problem, status = _people_act(request, found, forms)
        if answer is not None:
            return answer
    return _people_page(request, found, {**forms, "problem": problem}, status)


def _people_page(request: HttpRequest, found: Centre, context: dict[str, Any], status: int) -> HttpResponse:
    user = _person(request)
    page = paging.page(centre_members.members(found).order_by("-pk"), cursor=request.GET.get("cursor", ""))
    standing = list(centre_members.standing(found)[:300])
    link = next((row for row in standing if not row.email), None)
    context |= {
        "centre": found,
        "open": found.state == Centre.State.OPEN,
        "tabs": tabs(found, "centre-people"),
        "members": members.look(found, user, page.rows),
        "coordinators": centres.coordinators(found),
        "invitations": [row for row in standing if row.email],
        "link": link,
        "link_url": centre_members.url_of(link) if link else "",
        **paging.links(request, page),
    }
    return render(request, "web/centres/people.html", context, status)


def _people_act(
    request: HttpRequest, found: Centre, forms: dict[str, Any]
) -> tuple[HttpResponse | None, str, int]:
    user, act, what = _person(request), request.POST.get("act"), request.POST.get("what", "")

    def invite() -> str:
        centre_members.invite(centre=found, actor=user, **forms["form"].cleaned_data)
        return _("The invitation is on its way.")

    def link() -> str:
        centre_members.make_link(centre=found, actor=user)
        return _("The new link stands below. Hand it only to people you mean.")

    def revoke() -> str:
        centre_members.revoke(centre=found, actor=user, invitation=what)
        return _("It no longer works. Who came by it stays in.")

    def end() -> str:
        membership = centre_members.find(what, found)
        centre_members.end(membership=membership, actor=user, reason=forms["end_form"].cleaned_data["reason"])
        return _("Ended. The person has been told why.")

    def step_down() -> str:
        row = centres.coordinators(found).filter(pk=ids.decode("crd", what)).first()
        if row is None:
            raise NotFound
        centres.step_down(centre=found, actor=user, coordinator=row)
        return _("They no longer run the centre.")

    if act == "invite":
        forms["form"] = InviteForm(request.POST)
        return _done(request, found, "centre-people", invite, forms["form"])
    if act == "end":
        forms["end_form"], forms["ending"] = ReasonForm(request.POST), what
        return _done(request, found, "centre-people", end, forms["end_form"])
    known = {"link": link, "revoke": revoke, "step_down": step_down}
    if act not in known:
        return None, _("Choose what to do."), 400
    answer, problem, status = _done(request, found, "centre-people", known[act])
    if answer is not None and not centres.runs(found, user):
        return redirect("my-centres"), problem, status
    return answer, problem, status


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def shared(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the centre shares, when it is open, and what is booked (GET); change it, cancel a booking (POST)."""
    found = centres.find_run_by(public_id, _person(request))
    forms: dict[str, Any] = {
        "form": EquipmentForm(),
        "hours_form": HoursForm(),
        "cancel_form": ReasonForm(),
        "cancelling": "",
        "changing": "",
    }
    problem, status = "", 200
    if request.method == "POST":
        answer, problem, status = _shared_act(request, found, forms)
        if answer is not None:
            return answer
    things = [
        (thing, _change_form(thing, forms) if forms["changing"] == thing.public_id else EquipmentForm(
            initial={"name": thing.name, "kind": thing.kind, "number": thing.number},
            auto_id=f"id_{thing.public_id}_%s",
        ))
        for thing in equipment.of(found)
    ]  # fmt: skip
    zone = bookings.zone_of(found)
    coming = list(bookings.coming(found)[:MOST_BOOKINGS])
    for row in coming:
        row.local = row.starts_at.astimezone(zone)  # type: ignore[attr-defined]
        row.local_end = row.ends_at.astimezone(zone)  # type: ignore[attr-defined]
    context = {
        **forms, "centre": found, "tabs": tabs(found, "centre-equipment"), "problem": problem, "things": things,
        "hours": hours_of(found), "bookings": coming,
    }  # fmt: skip
    return render(request, "web/centres/equipment.html", context, status)


def _change_form(_thing: Any, forms: dict[str, Any]) -> EquipmentForm:
    form: EquipmentForm = forms["change_form"]
    return form


def _shared_act(
    request: HttpRequest, found: Centre, forms: dict[str, Any]
) -> tuple[HttpResponse | None, str, int]:
    user, act, what = _person(request), request.POST.get("act"), request.POST.get("what", "")

    def add() -> str:
        equipment.add(centre=found, actor=user, **forms["form"].cleaned_data)
        return _("Added. Members can book it in the opening hours.")

    def change() -> str:
        thing = equipment.find(what, found)
        equipment.change(equipment=thing, actor=user, **forms["change_form"].cleaned_data)
        return _("Saved.")

    def retire() -> str:
        equipment.retire(equipment=equipment.find(what, found), actor=user)
        return _("It is shared no more.")

    def open_at() -> str:
        equipment.open_at(centre=found, actor=user, **forms["hours_form"].cleaned_data)
        return _("Saved.")

    def close_at() -> str:
        if not (what.isascii() and what.isdigit() and len(what) < 19):
            raise NotFound
        equipment.close_at(centre=found, actor=user, hours_id=int(what))
        return _("Removed. What is booked already stays.")

    def call_off() -> str:
        row = bookings.find(what)
        bookings.call_off(booking=row, actor=user, reason=forms["cancel_form"].cleaned_data["reason"])
        return _("Cancelled. The person has been told why.")

    if act == "add":
        forms["form"] = EquipmentForm(request.POST)
        return _done(request, found, "centre-equipment", add, forms["form"])
    if act == "change":
        forms["change_form"] = EquipmentForm(request.POST, auto_id=f"id_{what}_%s")
        forms["changing"] = what
        return _done(request, found, "centre-equipment", change, forms["change_form"])
    if act == "open":
        forms["hours_form"] = HoursForm(request.POST)
        return _done(request, found, "centre-equipment", open_at, forms["hours_form"])
    if act == "cancel":
        forms["cancel_form"], forms["cancelling"] = ReasonForm(request.POST), what
        return _done(request, found, "centre-equipment", call_off, forms["cancel_form"])
    known = {"retire": retire, "close": close_at}
    return (
        _done(request, found, "centre-equipment", known[act])
        if act in known
        else (None, _("Choose what to do."), 400)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def settings_(request: HttpRequest, public_id: str) -> HttpResponse:
    """What people read of the centre, and how it lends (GET); change it, close it (POST)."""
    user = _person(request)
    found = centres.find_run_by(public_id, user)
    initial = {name: getattr(found, name) for name in SettingsForm.base_fields}
    form, close_form, status, problem = SettingsForm(initial=initial), CloseForm(), 200, ""
    if request.method == "POST":
        if request.POST.get("act") == "close":
            close_form = CloseForm(request.POST)

            def close() -> str:
                centres.close(centre=found, actor=user, words=close_form.cleaned_data["words"])
                return _("Closed. Everybody has been told why.")

            answer, problem, status = _done(request, found, "centre-settings", close, close_form)
        else:
            form = SettingsForm(request.POST)

            def change() -> str:
                centres.change(centre=found, actor=user, **form.cleaned_data)
                return _("Saved.")

            answer, problem, status = _done(request, found, "centre-settings", change, form)
        if answer is not None:
            return answer
    context = {
        "centre": found, "tabs": tabs(found, "centre-settings"), "form": form, "close_form": close_form,
        "open": found.state == Centre.State.OPEN, "problem": problem,
    }  # fmt: skip
    return render(request, "web/centres/settings.html", context, status)
