"""Qualifications in the console: those of the platform, grants by hand, and revocations that somebody contests."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base.models import User
from marketplace.base.views import moderator_page, render, staff_page
from marketplace.console import access, deciding, desk, lists
from marketplace.console.forms import AwardForm
from marketplace.console.queues import QUEUES
from tasks.page_forms.fields import tried
from tasks.page_forms.qualification import QualificationForm
from tasks.selectors import qualifications as selector
from tasks.services import qualifications
from workers.services import awards

QUEUE = QUEUES["qualifications"]


class GrantForm(forms.Form):
    """Whom to grant a qualification of the platform, and why."""

    use_required_attribute = False

    person = forms.CharField(
        label=gettext_lazy("To whom"), max_length=254,
        help_text=gettext_lazy("The person's id, usr_…, as on their page in the console."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("They read it."),
    )  # fmt: skip


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The platform's qualifications; a new one (POST)."""
    form, status = QualificationForm(request.POST or None), 200
    if request.method == "POST":
        actor = _staff(request)
        status = tried(form, lambda said: qualifications.create(organisation=None, actor=actor, **said))
        if status == 200:
            messages.success(request, _("Made. Every requester may ask for it."))
            return redirect("console-qualifications")
    context = {
        "rows": selector.of(None),
        "form": form,
    }
    return render(request, "console/qualifications.html", context, status)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, public_id: str) -> HttpResponse:
    """A qualification of the platform: who holds it; granting it (POST)."""
    found = access.platform_qualification(public_id)
    form, status = GrantForm(request.POST or None), 200
    if request.method == "POST":

        def granted(said: dict[str, Any]) -> None:
            person = access.person(said["person"].strip())
            qualifications.grant_by_platform(
                qualification=found, actor=_staff(request), person=person, reason=said["reason"]
            )

        status = tried(form, granted)
        if status == 200:
            messages.success(request, _("They have it now, and were told why."))
            return redirect("console-qualification", public_id)
    context = {
        "qualification": found,
        "holders": selector.holders(found).select_related("user")[:100],
        "form": form,
    }
    return render(request, "console/qualification.html", context, status)


@staff_page
@require_POST
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take an award of the platform back, with a reason."""
    award = access.platform_award(public_id)
    qualifications.revoke(award=award, actor=_staff(request), reason=request.POST.get("reason", ""))
    messages.success(request, _("Taken back. The person has been told why."))
    return redirect("console-qualification", award.qualification.public_id)


@moderator_page
@require_safe
def contests(request: HttpRequest) -> HttpResponse:
    """Revocations that their holders contest: what waits, or what was decided."""
    return render(request, "console/award_contests.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def contest(request: HttpRequest, public_id: str) -> HttpResponse:
    """A revocation that its holder contests: what both wrote, and the decision."""
    row = access.award_contest(public_id)
    name = row.award.qualification.name
    at = desk.open_case(request, QUEUE.item(row), reader=row.award.user.locale, batch=name)
    form, status = AwardForm(request.POST or None, initial=deciding.begun(request, at)), 200
    if request.method == "POST":
        refused = deciding.decide(
            request, at, form, lambda said: awards.decide(row=row, moderator=at.moderator, **said)
        )
        if refused is None:
            messages.success(request, _("Decided. The person has been told."))
            return redirect("console-award-contests")
        status = refused.status
    context: dict[str, Any] = {
        "row": row,
        "desk": at,
        "award": row.award,
        "attempt": row.award.attempts.first(),
        "form": form,
    }
    return render(request, "console/award_contest.html", context, status)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
