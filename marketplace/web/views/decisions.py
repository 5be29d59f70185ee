"""Decisions about oneself: each with its statement of reasons, its clock, and a complaint (charter M3 to M5). Open to
everybody who can log in, also when the account is closed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import render, signed_in
from marketplace.web.complaint_forms import ComplaintForm
from tasks.models import Assignment, BatchPause
from tasks.page_forms.fields import put_back
from tasks.selectors.story import DONE, NEXT, NOW, Event
from workers.models import Award, Complaint
from workers.services import complaints
from workers.services.complaints import Decision


@require_safe
@signed_in
def index(request: HttpRequest) -> HttpResponse:
    """All that a person decided about somebody, newest first, and where the other kinds are contested."""
    user: User = request.user  # type: ignore[assignment]
    made = {
        (row.about, row.subject, row.first_decided_at): row
        for row in Complaint.objects.filter(made_by=user)[:200]
    }
    rows = [
        (each, made.get((each.about, each.subject, each.decided_at))) for each in complaints.against(user)
    ]
    elsewhere = _elsewhere(user)
    nothing = not rows and not any(number for _what, number, _address in elsewhere)
    context = {"rows": rows, "elsewhere": elsewhere, "nothing": nothing, "now": clock.now()}
    return render(request, "web/decisions.html", context)


def _elsewhere(user: User) -> list[tuple[str, int, str]]:
    """Decisions that are contested on pages of their own: what, how many, where."""
    refused = Assignment.objects.filter(worker=user, state=Assignment.State.REJECTED).count()
    taken = Award.objects.filter(user=user, revoked_at__isnull=False).count()
    paused = BatchPause.objects.filter(worker=user).count()
    return [
        (_("Answers that were refused"), refused, f"{reverse('history')}?state=refused"),
        (_("Qualifications that were taken back"), taken, reverse("qualifications")),
        (_("Pauses after check questions, by a rule"), paused, reverse("my-checks")),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, about: str, subject: str) -> HttpResponse:
    """The statement of reasons with its clock (GET), and a complaint (POST)."""
    user: User = request.user  # type: ignore[assignment]
    decision = complaints.find_for(user, about, subject)
    if request.method != "POST":
        return _show(request, decision, ComplaintForm())
    form = ComplaintForm(request.POST)
    if not form.is_valid():
        return _show(request, decision, form, 400)
    try:
        complaints.complain(about=about, subject=subject, user=user, text=form.cleaned_data["text"])
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, decision, form, refusal.status)
    messages.success(request, _("Your complaint has arrived. You read here what becomes of it."))
    return redirect("decision", about, subject)


def _show(request: HttpRequest, decision: Decision, form: ComplaintForm, status: int = 200) -> HttpResponse:
    now, complaint = clock.now(), decision.complaint
    theirs = complaint is None or complaint.made_by_id == request.user.pk
    context: dict[str, Any] = {
        "decision": decision,
        "complaint": complaint if theirs or not decision.apart else None,
        "events": _events(decision, complaint, theirs),
        "form": form if complaint is None and now <= decision.until else None,
        "late": bool(complaint and not complaint.outcome and complaint.decide_by < now),
    }
    return render(request, "web/decision.html", context, status)


def _events(decision: Decision, complaint: Complaint | None, theirs: bool) -> list[Event]:
    """What happened, what goes on, and by when; `theirs`: whoever looks made the complaint."""
    events = [Event(_("Decided"), decision.decided_at, _("by %s") % decision.decided_by.short_name)]
    if complaint:
        words = _("You complained") if theirs else _("Another person in it complained")
        events.append(Event(words, complaint.made_at))
    if complaint and complaint.outcome:
        assert complaint.decided_by is not None
        text = _("by %s") % complaint.decided_by.short_name
        events.append(Event(complaint.get_outcome_display(), complaint.decided_at, text))
    elif complaint:
        answers = _("Another person answers you") if theirs else _("Somebody else decides again")
        events.append(Event(answers, complaint.decide_by, state=NEXT))
    if decision.over_at:
        events.append(Event(_("It keeps you from nothing any more"), decision.over_at, state=DONE))
    elif decision.ends_at:
        events.append(Event(_("It ends by itself"), decision.ends_at, state=NEXT))
    else:
        events.append(Event(_("It is in force until a person ends it"), state=NOW))
    if complaint is None:
        words = _("Then the courts are still open to you.")
        events.append(Event(_("You can complain"), decision.until, words, NEXT))
    return sorted(events, key=lambda each: ((DONE, NOW, NEXT).index(each.state), each.at or decision.until))
