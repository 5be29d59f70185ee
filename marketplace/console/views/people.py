"""One person as a moderator sees them: restrictions in force and past, and restricting or lifting."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import clock, countries
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from marketplace.base.views import moderator_page, render
from marketplace.console import access, deciding, desk, trace
from marketplace.console.deciding import Refused
from marketplace.console.desk import Desk
from marketplace.console.forms import FindForm, RestrictForm
from marketplace.console.queues import PEOPLE
from payments.services import persons
from tasks.models import Dispute
from workers.models import WorkerProfile
from workers.services import restrictions


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Look for a person by e-mail address or id. By POST: addresses of pages are kept in histories and logs."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        found = _person(form.cleaned_data["q"].strip())
        if found:
            trace.about(request, found.public_id)
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
    found = access.person(public_id)
    at = desk.open_case(request, PEOPLE.item(found), reader=found.locale)
    return _show(request, at, found, RestrictForm(initial=deciding.begun(request, at)))


@moderator_page
@require_POST
def restrict(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keep the person from claiming."""
    found = access.person(public_id)
    at = desk.open_case(request, PEOPLE.item(found), reader=found.locale)
    form = RestrictForm(request.POST)
    refused = deciding.decide(
        request, at, form,
        lambda said: restrictions.restrict(
            user=found, moderator=at.moderator, reason=said["reason"], ends_at=said["until"], scope=said["scope"],
            ground=said["ground"], source=said["source"],
        ),
    )  # fmt: skip
    if refused:
        return _show(request, at, found, form, refused)
    messages.success(request, _("Done. The person has been told why, and how to complain."))
    return redirect("console-person", public_id)


@moderator_page
@require_POST
def lift(request: HttpRequest, public_id: str) -> HttpResponse:
    """End the restriction in force."""
    found = access.person(public_id)
    at = desk.open_case(request, PEOPLE.item(found))
    row = restrictions.in_force(found.pk)
    if row is None:
        raise NotFound
    desk.require_free(at.item, at.moderator)
    restrictions.lift(restriction=row, moderator=at.moderator)
    messages.success(request, _("Lifted. The person has been told."))
    return redirect("console-person", public_id)


def _show(
    request: HttpRequest, at: Desk, person: User, form: RestrictForm, refused: Refused | None = None
) -> HttpResponse:
    decided = Dispute.objects.filter(assignment__worker=person, decided_at__isnull=False)
    profile = WorkerProfile.objects.filter(user=person).first()
    context = {
        "person": person,
        "profile": profile,
        "country": countries.name(profile.country) if profile else "",
        "organisations": list(person.memberships.select_related("organisation")),
        "in_force": restrictions.in_force(person.pk),
        "past": restrictions.history(person),
        "pairs": list(persons.pairs(person)),
        "won": decided.filter(outcome=Dispute.Outcome.APPROVE).count(),
        "lost": decided.filter(outcome=Dispute.Outcome.REJECT).count(),
        "desk": at,
        "needs_second": _act(form) if refused and refused.needs_second else "",
        "needs_words": form["reason"].value() or "",
        "needs_until": _until(form),
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/person.html", context, refused.status if refused else 200)


def _act(form: RestrictForm) -> str:
    """What a second person is asked to agree to."""
    return restrictions.act_of(form.cleaned_data["scope"])


def _until(form: RestrictForm) -> str:
    """The end that a second person is asked to agree to, as the form was sent; '' for none."""
    until = form.cleaned_data.get("until") if form.is_bound and form.is_valid() else None
    return until.isoformat() if until else ""
