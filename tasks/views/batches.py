"""The list of batches, and how one is copied or thrown away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import paging
from marketplace.base.views import current_membership, render, requester_page, signed_in
from tasks import access
from tasks.selectors import requester
from tasks.services import batches
from tasks.services import messages as talk

PER_PAGE = 24


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The batches of the organisation as cards, newest first."""
    membership = current_membership(request)
    group = request.GET.get("show", "all")
    counts = requester.group_counts(membership.organisation)
    rows = requester.batches(membership.organisation, group).select_related("organisation")
    page = paging.page(rows, cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    names = {"all": _("All"), "live": _("Live"), "drafts": _("Drafts"), "ended": _("Ended")}
    context = {
        "organisation": membership.organisation,
        "may_edit": membership.may("edit"),
        "cards": requester.cards(page.rows),
        "nothing_yet": not counts["all"],
        "unread_messages": talk.unread_threads_for(membership.organisation_id),
        "tabs": [
            {"label": names[name], "url": f"?show={name}", "current": group == name, "count": count}
            for name, count in counts.items()
        ],
        **paging.links(request, page),
    }
    return render(request, "tasks/requester/batches.html", context)


@signed_in
@require_POST
def duplicate(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new draft like this batch, without its rows."""
    batch = access.batch(request.user, public_id, "edit")
    copy = batches.duplicate(batch=batch, actor=request.user)
    messages.success(
        request, _("This is a copy. Its words, form and price are the same; its data is yours to add.")
    )
    return redirect("batch-what", copy.public_id)


@signed_in
@require_POST
def discard(request: HttpRequest, public_id: str) -> HttpResponse:
    """Throw a draft away."""
    batch = access.batch(request.user, public_id, "edit")
    batches.discard(batch=batch, actor=request.user)
    messages.success(request, _("The draft is gone."))
    return redirect("batches")
