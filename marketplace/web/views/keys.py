"""API keys of a person for the organisation: made, shown once, revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.base import keys
from marketplace.base.errors import Refusal
from marketplace.base.models import Membership
from marketplace.base.views import current_membership, render, requester_page, signed_in
from marketplace.web.requester_forms import KeyForm
from tasks.page_forms.fields import put_back


@requester_page
def index(request: HttpRequest) -> HttpResponse:
    """The person's keys, for an owner everybody's; a new one is shown in the answer to the form and never again."""
    membership = current_membership(request)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, membership, form, status=400 if form.is_bound else 200)
    try:
        _key, secret = keys.create(
            user=membership.user, organisation=membership.organisation, **form.cleaned_data
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _page(request, membership, form, status=refusal.status)
    return _page(request, membership, KeyForm(), secret=secret)


def _page(
    request: HttpRequest, membership: Membership, form: KeyForm, *, secret: str = "", status: int = 200
) -> HttpResponse:
    shown = keys.in_organisation(membership.organisation)
    if not membership.may("team"):
        shown = shown.filter(user=membership.user)
    context = {
        "organisation": membership.organisation,
        "keys": shown,
        "form": form,
        "secret": secret,
        "may_team": membership.may("team"),
    }
    return render(request, "web/requester/keys.html", context, status)


@signed_in
@require_POST
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """End a key at once."""
    key = keys.find(user=request.user, public_id=public_id)  # type: ignore[arg-type]
    keys.revoke(key=key, actor=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The key no longer works."))
    return redirect("keys")
