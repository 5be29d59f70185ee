"""Pages of those who run a centre: its people, what it shares, itself. For everybody else there is nothing there."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base import ids, paging
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import render, signed_in, user_of
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
from workers.models import Centre, Equipment
from workers.services import bookings, centre_members, centres, equipment

MOST_BOOKINGS = 200


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


class Asked(NamedTuple):
    """What somebody who runs a centre asks for: `what` names the thing it is about, `form` what they typed."""

    centre: Centre
    user: User
    what: str
    form: Any


Answered = tuple[HttpResponse | None, str, int]
Acts = dict[str, Callable[[Asked], str]]  # by the button of a page; each returns what to say


def _act(request: HttpRequest, found: Centre, page: str, acts: Acts, form: Any) -> Answered:
    """Do what the button says that was pressed, with the `form` that belongs to it, if any."""
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        return None, _("Choose what to do."), 400
    asked = Asked(found, user_of(request), request.POST.get("what", ""), form)
    return _done(request, found, page, lambda: act(asked), form)


def _done(
    request: HttpRequest, found: Centre, page: str, act: Callable[[], str], form: Any = None
) -> Answered:
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
    user = user_of(request)
    found = centres.find_run_by(public_id, user)
    forms: dict[str, Any] = {"form": InviteForm(), "end_form": ReasonForm(), "ending": ""}
    problem, status = "", 200
    if request.method == "POST":
        answer, problem, status = _people_act(request, found, forms)
        if answer is not None:
            return answer
    return _people_page(request, found, {**forms, "problem": problem}, status)


def _people_page(request: HttpRequest, found: Centre, context: dict[str, Any], status: int) -> HttpResponse:
    user = user_of(request)
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


def _invite(asked: Asked) -> str:
    centre_members.invite(centre=asked.centre, actor=asked.user, **asked.form.cleaned_data)
    return _("The invitation is on its way.")


def _make_link(asked: Asked) -> str:
    centre_members.make_link(centre=asked.centre, actor=asked.user)
    return _("The new link stands below. Hand it only to people you mean.")


def _revoke(asked: Asked) -> str:
    centre_members.revoke(centre=asked.centre, actor=asked.user, invitation=asked.what)
    return _("It no longer works. Who came by it stays in.")


def _end(asked: Asked) -> str:
    membership = centre_members.find(asked.what, asked.centre)
    centre_members.end(membership=membership, actor=asked.user, reason=asked.form.cleaned_data["reason"])
    return _("Ended. The person has been told why.")


def _step_down(asked: Asked) -> str:
    row = centres.coordinators(asked.centre).filter(pk=ids.decode("crd", asked.what)).first()
    if row is None:
        raise NotFound
    centres.step_down(centre=asked.centre, actor=asked.user, coordinator=row)
    return _("They no longer run the centre.")


PEOPLE_ACTS: Acts = {
    "invite": _invite, "link": _make_link, "revoke": _revoke, "end": _end, "step_down": _step_down,
}  # fmt: skip


def _people_act(request: HttpRequest, found: Centre, forms: dict[str, Any]) -> Answered:
    act, what = request.POST.get("act", ""), request.POST.get("what", "")
    form: Any = None
    if act == "invite":
        form = forms["form"] = InviteForm(request.POST)
    elif act == "end":
        form = forms["end_form"] = ReasonForm(request.POST)
        forms["ending"] = what
    answer, problem, status = _act(request, found, "centre-people", PEOPLE_ACTS, form)
    if answer is not None and not centres.runs(found, user_of(request)):
        return redirect("my-centres"), problem, status  # they stepped down themselves
    return answer, problem, status


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def shared(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the centre shares, when it is open, and what is booked (GET); change it, cancel a booking (POST)."""
    found = centres.find_run_by(public_id, user_of(request))
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
    things = [(thing, _thing_form(thing, forms)) for thing in equipment.of(found)]
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


def _thing_form(thing: Equipment, forms: dict[str, Any]) -> EquipmentForm:
    """The form to change one thing: as it came back, or with what is known of it."""
    if forms["changing"] == thing.public_id:
        form: EquipmentForm = forms["change_form"]
        return form
    initial = {"name": thing.name, "kind": thing.kind, "number": thing.number}
    return EquipmentForm(initial=initial, auto_id=f"id_{thing.public_id}_%s")


def _add(asked: Asked) -> str:
    equipment.add(centre=asked.centre, actor=asked.user, **asked.form.cleaned_data)
    return _("Added. Members can book it in the opening hours.")


def _change(asked: Asked) -> str:
    thing = equipment.find(asked.what, asked.centre)
    equipment.change(equipment=thing, actor=asked.user, **asked.form.cleaned_data)
    return _("Saved.")


def _retire(asked: Asked) -> str:
    equipment.retire(equipment=equipment.find(asked.what, asked.centre), actor=asked.user)
    return _("It is shared no more.")


def _open_at(asked: Asked) -> str:
    equipment.open_at(centre=asked.centre, actor=asked.user, **asked.form.cleaned_data)
    return _("Saved.")


def _close_at(asked: Asked) -> str:
    if not (asked.what.isascii() and asked.what.isdigit() and len(asked.what) < 19):
        raise NotFound
    equipment.close_at(centre=asked.centre, actor=asked.user, hours_id=int(asked.what))
    return _("Removed. What is booked already stays.")


def _call_off(asked: Asked) -> str:
    row = bookings.find(asked.what)
    bookings.call_off(booking=row, actor=asked.user, reason=asked.form.cleaned_data["reason"])
    return _("Cancelled. The person has been told why.")


SHARED_ACTS: Acts = {
    "add": _add, "change": _change, "retire": _retire, "open": _open_at, "close": _close_at, "cancel": _call_off,
}  # fmt: skip


def _shared_act(request: HttpRequest, found: Centre, forms: dict[str, Any]) -> Answered:
    act, what = request.POST.get("act", ""), request.POST.get("what", "")
    form: Any = None
    if act == "add":
        form = forms["form"] = EquipmentForm(request.POST)
    elif act == "change":
        form = forms["change_form"] = EquipmentForm(request.POST, auto_id=f"id_{what}_%s")
        forms["changing"] = what
    elif act == "open":
        form = forms["hours_form"] = HoursForm(request.POST)
    elif act == "cancel":
        form = forms["cancel_form"] = ReasonForm(request.POST)
        forms["cancelling"] = what
    return _act(request, found, "centre-equipment", SHARED_ACTS, form)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def settings_(request: HttpRequest, public_id: str) -> HttpResponse:
    """What people read of the centre, and how it lends (GET); change it, close it (POST)."""
    user = user_of(request)
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
