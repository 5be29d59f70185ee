"""Who may do a batch: the requester chooses, invites and removes; invited people look and say yes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.base import formats, money
from marketplace.base.errors import Refusal
from marketplace.base.views import render, signed_in, user_of, worker_page
from payments.services import floor
from tasks import access
from tasks.models import Batch
from tasks.page_forms.audience import AudienceForm, LinkForm, PeopleForm
from tasks.page_forms.fields import put_back
from tasks.selectors import board, requester
from tasks.services import audiences, batches, crowd_links

from . import advice
from .board import show_batch
from .drafting import steps

Forms = dict[str, Any]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: HttpRequest, public_id: str) -> HttpResponse:
    """Open to all, to a list, or by link; `do` says what was pressed."""
    right = "read" if request.method in {"GET", "HEAD"} else "edit"
    found = access.batch(request.user, public_id, right)
    if request.method != "POST":
        return _page(request, found)
    acts = {"choose": _choose, "invite": _invite, "link": _link, "remove": _remove, "unlink": _unlink}
    act = acts.get(request.POST.get("do", ""), _choose)
    return act(request, found)


def _page(
    request: HttpRequest, found: Batch, forms: Forms | None = None, status: int = 200, problem: str = ""
) -> HttpResponse:
    crowd = audiences.crowd(found)
    is_draft = found.state == Batch.State.DRAFT
    context = {
        "batch": found,
        "is_draft": is_draft,
        "steps": steps(found, "price") if is_draft else [],
        "may": requester.rights(request.user, found.organisation_id),
        "crowd": crowd,
        "link_url": crowd_links.url_of(crowd.link) if crowd.link else "",
        "can_change": found.state not in Batch.ENDED,
        "problem": problem,
        "choose_form": AudienceForm(initial={"audience": found.audience}),
        "people_form": PeopleForm(),
        "link_form": LinkForm(),
        **(forms or {}),
    }
    return render(request, "tasks/requester/audience.html", context, status)


def _back(found: Batch) -> HttpResponse:
    return redirect("batch-audience", found.public_id)


def _choose(request: HttpRequest, found: Batch) -> HttpResponse:
    form = AudienceForm(request.POST)
    if not form.is_valid():
        return _page(request, found, {"choose_form": form}, 400)
    batches.update_draft(batch=found, actor=request.user, audience=form.cleaned_data["audience"])
    messages.success(request, _("Kept: who may do it."))
    return _back(found)


def _invite(request: HttpRequest, found: Batch) -> HttpResponse:
    form = PeopleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, {"people_form": form}, 400)
    try:
        count = audiences.invite(batch=found, actor=request.user, people=form.cleaned_data["people"])
    except Refusal as refusal:
        put_back(form, refusal)
        return _page(request, found, {"people_form": form}, refusal.status)
    if found.state in Batch.LIVE:
        words = ngettext("%(n)s invitation is on its way.", "%(n)s invitations are on their way.", count)
    else:
        words = ngettext(
            "%(n)s person is on your list. The invitation goes out when the batch opens.",
            "%(n)s people are on your list. The invitations go out when the batch opens.",
            count,
        )
    messages.success(request, words % {"n": formats.number(count)})
    return _back(found)


def _link(request: HttpRequest, found: Batch) -> HttpResponse:
    form, status = LinkForm(request.POST), 400
    if form.is_valid():
        try:
            crowd_links.make_link(batch=found, actor=request.user, **form.cleaned_data)
        except Refusal as refusal:
            put_back(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("This is the link. Give it to the people you want."))
            return _back(found)
    return _page(request, found, {"link_form": form}, status)


def _remove(request: HttpRequest, found: Batch) -> HttpResponse:
    audiences.remove(batch=found, actor=request.user, guest=request.POST.get("guest", ""))
    messages.success(request, _("Taken off. What is in hand may be finished and is paid."))
    return _back(found)


def _unlink(request: HttpRequest, found: Batch) -> HttpResponse:
    crowd_links.revoke_link(batch=found, actor=request.user)
    messages.success(request, _("The link no longer works. Who joined by it stays in."))
    return _back(found)


# --- Invited people -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks, why, for how much and how long; then yes or not now. The secret is in the address."""
    try:
        found = crowd_links.linked(token).batch
    except (crowd_links.LinkOver, crowd_links.NotOpenYet) as refusal:
        return render(request, "tasks/worker/join.html", {"problem": refusal.message}, refusal.status)
    refused, status = None, 200
    if request.method == "POST" and request.user.is_authenticated:
        if not request.user.works:
            return redirect(_onward("worker-profile", request))
        try:
            crowd_links.join(token=token, worker=request.user)
        except Refusal as refusal:
            refused, status = refusal, refusal.status
        else:
            return _welcome(request, found)
    elif request.method == "POST":
        return redirect(_onward("account_login", request))
    return render(request, "tasks/worker/join.html", _offer(request, found, refused), status)


def _offer(request: HttpRequest, found: Batch, refused: Refusal | None) -> dict[str, Any]:
    """What the page of a link shows before anybody says yes."""
    user = request.user
    if refused is None and user.is_authenticated and user.works:
        try:
            audiences.check_person(user_of(request), found)
        except Refusal as refusal:
            refused = refusal
    seconds = board.seconds(found)
    return {
        "batch": found,
        "seconds": seconds,
        "measured": found.measured_seconds is not None,
        "hourly_micros": money.whole_cents(floor.hourly(found.reward_micros, seconds)),
        "refused": advice.about(refused) if refused else None,
        "is_in": user.is_authenticated and audiences.is_in(user_of(request), found),
        "log_in": _onward("account_login", request),
        "sign_up": _onward("account_signup", request),
        "profile": _onward("worker-profile", request),
    }


def _onward(name: str, request: HttpRequest) -> str:
    return f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: request.path})}"


@require_POST
@worker_page
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say yes to an invitation by name."""
    found = access.open_batch(user_of(request), public_id)
    try:
        audiences.accept(batch=found, worker=user_of(request))
    except audiences.ENDS_JOINING as refusal:
        return show_batch(request, found, refusal)
    return _welcome(request, found)


@require_POST
@worker_page
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say no to an invitation by name: the batch no longer shows, and nothing else follows."""
    found = access.open_batch(user_of(request), public_id)
    audiences.decline(batch=found, worker=user_of(request))
    messages.success(request, _("You said no, and that is fine. You won't be asked for this batch again."))
    return redirect("board")


def _welcome(request: HttpRequest, found: Batch) -> HttpResponse:
    messages.success(request, _("You are in. Start whenever you like; you can stop after each task."))
    return redirect("work-batch", found.public_id)
