"""Founding an organisation, what people read of it, and which of several one works for now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.base import ids, teams
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.models import Membership
from marketplace.base.views import ORGANISATION, current_membership, render, requester_page, signed_in
from marketplace.web.requester_forms import OrganisationForm
from tasks.page_forms.fields import put_back


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Found an organisation and become its owner."""
    form = OrganisationForm(request.POST or None)
    if request.method != "POST":
        return render(request, "web/requester/organisation_new.html", {"form": form})
    status = 400
    if form.is_valid():
        try:
            organisation = teams.create(actor=request.user, **form.cleaned_data)
        except Refusal as refusal:
            put_back(form, refusal)
            status = refusal.status
        else:
            request.session[ORGANISATION] = organisation.pk
            messages.success(
                request, _("%(name)s is ready. Post a first batch.") % {"name": organisation.name}
            )
            return redirect("batches")
    return render(request, "web/requester/organisation_new.html", {"form": form}, status)


@requester_page
def settings_(request: HttpRequest) -> HttpResponse:
    """What people read of the organisation; owners change it."""
    membership = current_membership(request)
    organisation = membership.organisation
    names = ("name", "description", "website", "country")
    form = OrganisationForm(initial={name: getattr(organisation, name) for name in names})
    status = 200
    if request.method == "POST":
        if not membership.may("team"):
            raise Forbidden
        form, status = OrganisationForm(request.POST), 400
        if form.is_valid():
            try:
                teams.update(organisation=organisation, actor=membership.user, **form.cleaned_data)
            except Refusal as refusal:
                put_back(form, refusal)
                status = refusal.status
            else:
                messages.success(request, _("Stored."))
                return redirect("organisation-settings")
    context = {
        "form": form,
        "membership": membership,
        "organisation": organisation,
        "may_team": membership.may("team"),
    }
    return render(request, "web/requester/organisation.html", context, status)


@signed_in
@require_POST
def switch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Work for another organisation of one's own from now on."""
    number = ids.decode("org", public_id)
    if not Membership.objects.filter(user_id=request.user.pk, organisation_id=number).exists():
        raise NotFound
    request.session[ORGANISATION] = number
    return redirect("batches")
