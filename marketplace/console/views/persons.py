"""Two accounts with the same payout details: one person's, or two people's? A named person decides, with reasons."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists, persons
from marketplace.console.desk import Desk
from marketplace.console.queues import QUEUES
from payments.models import PersonPair
from payments.services import persons as service

QUEUE = QUEUES["persons"]


class PairForm(forms.Form):
    """Whether two accounts are one person's."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided?"),
        choices=[
            ("two", gettext_lazy("They are two people: each has a limit of their own, and payouts leave")),
            ("one", gettext_lazy("They are one person: both accounts count towards one limit of the year")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy(
            "Both read this, word for word: say what you saw, and nothing of the other person."
        ),
        max_length=service.MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits, or what was decided."""
    return render(request, "console/persons.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """Two accounts side by side (GET); decide (POST)."""
    found = persons.find(public_id)
    reader = found.second if found.second.is_active else found.first
    at = desk.open_case(request, QUEUE.item(found), reader=reader.locale)
    if request.method != "POST":
        return _show(request, at, found, PairForm(initial=deciding.begun(request, at)))
    form = PairForm(request.POST)
    refused = deciding.decide(
        request, at, form,
        lambda said: service.decide(
            pair=found, moderator=at.moderator, outcome=said["outcome"], reason=said["reason"]
        ),
    )  # fmt: skip
    if refused:
        return _show(request, at, persons.find(public_id), form, refused.status)
    messages.success(request, _("Decided. They have been told, with your words."))
    return redirect("console-persons")


def _show(
    request: HttpRequest, at: Desk, found: PersonPair, form: PairForm, status: int = 200
) -> HttpResponse:
    context = {
        "pair": found,
        "desk": at,
        "form": form,
        "what": persons.what(found),
        "sides": [persons.side(found, found.first), persons.side(found, found.second)],
        "waits": service.waits(found),
        "rests_until": found.held_until if found.held_until and found.held_until > clock.now() else None,
    }
    return render(request, "console/person_pair.html", context, status)
