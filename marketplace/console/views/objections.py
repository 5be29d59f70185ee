"""Objections to ratings of requesters and reports of messages: what waits, and one case. Messages are read here only
because one of the two who wrote them reported them, and every look is written down (charter M6)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists
from marketplace.console.desk import Desk
from marketplace.console.queues import QUEUES
from tasks import access_voice
from tasks.models import Objection
from tasks.selectors import messages as talk
from tasks.services import objections

QUEUE = QUEUES["objections"]


class ObjectionDecisionForm(forms.Form):
    """One of a few outcomes, with the reasons that both sides read."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of these.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy(
            "Both sides read this, word for word: what was found, where, and which rule it touches."
        ),
        max_length=objections.MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )

    def __init__(self, data: Any = None, *, thread: bool, **options: Any) -> None:
        super().__init__(data, **options)
        outcomes = Objection.OF_THREAD if thread else Objection.OF_RATING
        field: Any = self.fields["outcome"]
        field.choices = [(each.value, each.label) for each in outcomes]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the one promised first on top; or the decided ones, the latest on top."""
    return render(request, "console/objections.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One case (GET), and its decision or the one about the complaint (POST)."""
    found = access_voice.objection(public_id)
    at = desk.open_case(request, QUEUE.item(found))
    thread = found.thread_id is not None
    if request.method != "POST":
        form = ObjectionDecisionForm(thread=thread, initial=deciding.begun(request, at))
        return _show(request, at, found, form)
    form = ObjectionDecisionForm(request.POST, thread=thread)
    decide = objections.decide_complaint if found.outcome else objections.decide
    refused = deciding.decide(
        request, at, form,
        lambda said: decide(
            objection=found, moderator=at.moderator, outcome=said["outcome"], statement=said["reason"]
        ),
    )  # fmt: skip
    if refused:
        return _show(request, at, access_voice.objection(public_id), form, refused.status)
    messages.success(request, _("Decided. Both sides have been told, with your words."))
    return redirect("console-objections")


def _show(
    request: HttpRequest, at: Desk, found: Objection, form: ObjectionDecisionForm, status: int = 200
) -> HttpResponse:
    lines: list[talk.Line] = []
    if found.thread is not None:
        objections.look(objection=found, moderator=at.moderator)
        lines = talk.lines(found.thread, "")
    context = {
        "found": found,
        "organisation": objections.organisation(found),
        "desk": at,
        "lines": lines,
        "again": found.outcome != "",
        "form": form if found.waits else None,
        "hindrance": objections.hindrance(found, at.moderator) if found.waits else "",
    }
    return render(request, "console/objection.html", context, status)
