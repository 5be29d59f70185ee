"""One person as a moderator sees them: restrictions in force and past, and restricting or lifting."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import clock, countries
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import moderator_page, render
from marketplace.console import access
from marketplace.console.forms import FindForm, RestrictForm
from tasks.models import Dispute
from tasks.page_forms.fields import put_back
from workers.models import Restriction, WorkerProfile
from workers.services import restrictions


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Look for a person by e-mail address or id. By POST: addresses of pages are kept in histories and logs."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        found = _person(form.cleaned_data["q"].strip())
        if found:
            return redirect("console-person", found.public_id)
        form.add_error("q", _("Nobody here has this address or id."))
    return render(request, "console/find.html", {"form": form}, status=400 if form.is_bound else 200)


def _person(wanted: str) -> User | None:
    if "@" in wanted:
        return User.objects.filter(email=wanted.lower()).first()
    try:
        return access.person(wanted)
    except NotFound:
        return None


@moderator_page
@require_safe
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page of a person."""
    return _show(request, access.person(public_id), RestrictForm())


@moderator_page
@require_POST
def restrict(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keep the person from claiming."""
    found = access.person(public_id)
    form = RestrictForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, 400)
    try:
        restrictions.restrict(
            user=found,
            moderator=request.user,  # type: ignore[arg-type]
            reason=form.cleaned_data["reason"],
            ends_at=form.cleaned_data["until"],
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, found, form, refusal.status)
    messages.success(request, _("This person can't claim tasks now, and has been told why."))
    return redirect("console-person", public_id)


@moderator_page
@require_POST
def lift(request: HttpRequest, public_id: str) -> HttpResponse:
    """End the restriction in force."""
    found = access.person(public_id)
    row = restrictions.in_force(found.pk)
    if row is None:
        raise NotFound
    restrictions.lift(restriction=row, moderator=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Lifted. The person has been told."))
    return redirect("console-person", public_id)


def _show(request: HttpRequest, person: User, form: RestrictForm, status: int = 200) -> HttpResponse:
    decided = Dispute.objects.filter(assignment__worker=person, decided_at__isnull=False)
    profile = WorkerProfile.objects.filter(user=person).first()
    context = {
        "person": person,
        "profile": profile,
        "country": countries.name(profile.country) if profile else "",
        "organisations": list(person.memberships.select_related("organisation")),
        "in_force": restrictions.in_force(person.pk),
        "past": Restriction.objects.filter(user=person)
        .select_related("decided_by", "lifted_by")
        .order_by("-pk")[:50],
        "won": decided.filter(outcome=Dispute.Outcome.APPROVE).count(),
        "lost": decided.filter(outcome=Dispute.Outcome.REJECT).count(),
        "own": person.pk == request.user.pk,
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/person.html", context, status)
