"""Content that may distress: what a requester says, what a worker chooses, and leaving a task."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.base import formats
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import go, render, signed_in, worker_page
from tasks import access
from tasks.models import Batch
from tasks.page_forms.fields import put_back
from tasks.services import batches, leaving
from tasks.services import distress as service
from workers.services import distress as choices

from .drafting import draft

NOTHING = "nothing"


class SaysForm(forms.Form):
    """What a batch may show: labels, or nothing of the kind."""

    labels = forms.MultipleChoiceField(
        label=gettext_lazy("What may it show?"),
        help_text=gettext_lazy(
            "People read this before they take a task, and only those who chose it are offered the batch."
        ),
        choices=[*Batch.Distress.choices, (NOTHING, gettext_lazy("nothing that distresses"))],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what it may show, or that it shows nothing of it.")},
    )

    def clean_labels(self) -> list[str]:
        """Labels; empty for “nothing”, which does not go with any."""
        found: list[str] = self.cleaned_data["labels"]
        if NOTHING in found and len(found) > 1:
            raise forms.ValidationError(_("“Nothing” does not go with the others. Choose one or the other."))
        return [] if NOTHING in found else found


class ChoosesForm(forms.Form):
    """Which labels a person wants to be offered."""

    labels = forms.MultipleChoiceField(
        label=gettext_lazy("Offer me work that may show"),
        choices=Batch.Distress.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def says(request: HttpRequest, public_id: str) -> HttpResponse:
    """The requester says what a draft may show."""
    found = draft(request, public_id)
    said = found.distress if found.distress is None else found.distress or [NOTHING]
    form = SaysForm(request.POST) if request.method == "POST" else SaysForm(initial={"labels": said})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                batches.update_draft(batch=found, actor=request.user, distress=form.cleaned_data["labels"])
                return redirect("batch-review", found.public_id)
            except Refusal as refusal:
                put_back(form, refusal)
                status = refusal.status
    context = {"batch": found, "form": form}
    return render(request, "tasks/requester/distress.html", context, status)


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
def chooses(request: HttpRequest) -> HttpResponse:
    """A worker says which of it to be offered; nothing until then, and it can be taken back at any time."""
    user = request.user
    assert isinstance(user, User)
    if request.method == "POST":
        form = ChoosesForm(request.POST)
        if form.is_valid():
            choices.choose(user=user, labels=service.clean(form.cleaned_data["labels"]))
            messages.success(request, _("Kept. You can change it here at any time."))
            return redirect("worker-distress")
    else:
        form = ChoosesForm(initial={"labels": sorted(service.chosen(user.pk))})
    context = {"form": form, "paid_leaves": settings.DISTRESS_LEAVES_PAID}
    return render(request, "tasks/worker/distress.html", context, 400 if form.is_bound else 200)


@require_POST
@worker_page
def leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Leave a task of a labelled batch: no reason is asked, and the time is paid."""
    user: Any = request.user
    assignment = access.own_assignment(user, public_id)
    paid = leaving.leave(assignment=assignment, worker=user)
    if paid:
        words = _("You left the task. %(amount)s for your time is yours. Take a breath before you go on.")
        messages.success(request, words % {"amount": formats.eur(paid)})
    else:
        messages.success(request, _("You left the task. Take a breath before you go on."))
    return go(request, reverse("board"))
