"""An account that counts together with another one: what that rests on, what it means, and saying that it is wrong."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from marketplace.base import clock
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import render, worker_page
from payments.models import PersonPair
from payments.services import cap, persons
from tasks.page_forms.fields import put_back


class ObjectionForm(forms.Form):
    """Why two accounts are not one person's."""

    text = forms.CharField(
        label=gettext_lazy("What should a moderator know?"),
        help_text=gettext_lazy(
            "Why this is two people and not one. If you share a bank account or a number with somebody, say so."
        ),
        max_length=persons.MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write it in a sentence or two.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def one_person(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is said of two accounts (GET); an objection (POST)."""
    user: User = request.user  # type: ignore[assignment]
    found = persons.find_for(user, public_id)
    if request.method != "POST":
        return _show(request, found, ObjectionForm())
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, 400)
    try:
        persons.object_to(pair=found, user=user, text=form.cleaned_data["text"])
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, found, form, refusal.status)
    messages.success(request, _("It has arrived. A person reads it, and you read here what is decided."))
    return redirect("one-person", public_id)


def _show(request: HttpRequest, found: PersonPair, form: ObjectionForm, status: int = 200) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    other = found.second if found.first_id == user.pk else found.first
    context: dict[str, Any] = {
        "pair": found,
        "is_one": found.is_one,
        "rests_until": found.held_until if found.held_until and found.held_until > clock.now() else None,
        "here": other.is_active,  # or what is left of somebody who left
        "cap": cap.standing(user),
        "form": form if not found.outcome and found.objected_at is None else None,
        "mine": found.objected_by_id == user.pk,
        "days": settings.DECISION_DAYS,
    }
    return render(request, "web/worker/one_person.html", context, status)
