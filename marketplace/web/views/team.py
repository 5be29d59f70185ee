"""The team: who belongs to the organisation, with which role, who is invited; and answering an invitation."""

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import ids, teams
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.models import Membership, Role
from marketplace.base.views import ORGANISATION, current_membership, render, requester_page
from marketplace.web.requester_forms import InviteForm, RoleForm
from tasks.page_forms.fields import put_back


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Members, roles, open invitations."""
    return _page(request, current_membership(request), InviteForm())


def _page(
    request: HttpRequest, membership: Membership, form: InviteForm, status: int = 200, problem: str = ""
) -> HttpResponse:
    organisation = membership.organisation
    mine = Membership.objects.select_related("organisation").filter(user_id=request.user.pk).order_by("pk")
    context = {
        "organisation": organisation,
        "membership": membership,
        "may_team": membership.may("team"),
        "members": organisation.memberships.select_related("user").order_by("pk"),
        "invitations": teams.open_invitations(organisation),
        "others": [each.organisation for each in mine if each.pk != membership.pk],
        "roles": Role.choices,
        "form": form,
        "problem": problem,
    }
    return render(request, "web/requester/team.html", context, status)


def _owner(request: HttpRequest) -> Membership:
    membership = current_membership(request)
    if not membership.may("team"):
        raise Forbidden
    return membership


@requester_page
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Send an invitation."""
    membership, form, status = _owner(request), InviteForm(request.POST), 400
    if form.is_valid():
        try:
            teams.invite(organisation=membership.organisation, actor=membership.user, **form.cleaned_data)
        except Refusal as refusal:
            put_back(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % form.cleaned_data)
            return redirect("team")
    return _page(request, membership, form, status)


@requester_page
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Take an invitation back."""
    membership = _owner(request)
    number = request.POST.get("invitation", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound
    teams.revoke(organisation=membership.organisation, actor=membership.user, invitation_id=int(number))
    messages.success(request, _("The invitation no longer works."))
    return redirect("team")


@requester_page
@require_POST
def role(request: HttpRequest) -> HttpResponse:
    """Give a member another role."""
    membership, form = _owner(request), RoleForm(request.POST)
    if not form.is_valid():
        raise NotFound
    try:
        teams.change_role(
            organisation=membership.organisation,
            actor=membership.user,
            user_id=ids.decode("usr", form.cleaned_data["user"]),
            role=form.cleaned_data["role"],
        )
    except teams.LastOwner as refusal:
        return _page(request, membership, InviteForm(), refusal.status, refusal.message)
    messages.success(request, _("The role is changed."))
    return redirect("team")


@requester_page
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """End a membership: an owner any, everybody their own."""
    membership = current_membership(request)
    number = ids.decode("usr", request.POST.get("user", ""))
    leaves = number == membership.user_id
    if not leaves:
        membership = _owner(request)
    try:
        teams.remove(organisation=membership.organisation, actor=membership.user, user_id=number)
    except teams.LastOwner as refusal:
        return _page(request, membership, InviteForm(), refusal.status, refusal.message)
    if leaves:
        request.session.pop(ORGANISATION, None)
        messages.success(
            request, _("You no longer belong to %(name)s.") % {"name": membership.organisation.name}
        )
        return redirect("start")
    messages.success(request, _("Removed. Their keys for this organisation no longer work."))
    return redirect("team")


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody invited looks at the offer and takes it, after logging in or signing up with that address."""
    context: dict[str, object] = {}
    try:
        found = teams.invitation(token)
    except teams.InvitationOver as refusal:
        return render(request, "web/requester/invitation.html", {"problem": refusal.message}, refusal.status)
    here = urlencode({REDIRECT_FIELD_NAME: request.path})
    context = {
        "invitation": found,
        "log_in": f"{reverse('account_login')}?{here}",
        "sign_up": f"{reverse('account_signup')}?{here}",
    }
    if request.user.is_authenticated and request.user.email != found.email:
        context["problem"] = teams.OtherAddress(email=found.email).message
    if request.method != "POST" or not request.user.is_authenticated:
        return render(request, "web/requester/invitation.html", context)
    try:
        membership = teams.accept(token=token, user=request.user)
    except Refusal as refusal:
        context["problem"] = refusal.message
        return render(request, "web/requester/invitation.html", context, refusal.status)
    request.session[ORGANISATION] = membership.organisation_id
    messages.success(request, _("Welcome to %(name)s.") % {"name": found.organisation.name})
    return redirect("batches")
