"""Work centres that ask to open, and those that are; training paths for everybody."""

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import moderator_page, render, user_of
from marketplace.console import deciding, desk, lists
from marketplace.console.desk import Desk
from marketplace.console.queues import QUEUES
from tasks.page_forms import training as path_forms
from tasks.page_forms.fields import put_back
from workers.models import Centre, TrainingPath
from workers.services import centre_members, centres, training

QUEUE = QUEUES["centres"]


class DecisionForm(forms.Form):
    """Whether a centre opens, and why."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided?"),
        choices=[("open", gettext_lazy("It may open")), ("refuse", gettext_lazy("It can’t open as it is"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    words = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy(
            "Who asked reads this, word for word: what you looked at, and what you found."
        ),
        max_length=centres.MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )


class CloseForm(forms.Form):
    """Why an open centre closes."""

    words = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("All members and those who run it read this, word for word."),
        max_length=centres.MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Centres that wait to be checked, the first promised on top; or all others, the newest first."""
    return render(request, "console/centres.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One centre (GET); let it open, refuse it, close it (POST)."""
    found = centres.find(public_id)
    at = desk.open_case(request, QUEUE.item(found), reader=found.asked_by.locale)
    kind = DecisionForm if found.state == Centre.State.ASKED else CloseForm
    if request.method != "POST":
        return _show(request, at, found, kind(initial=deciding.begun(request, at)))
    form = kind(request.POST)
    refused = deciding.decide(
        request, at, form, lambda said: _decide(found, at.moderator, said), reason="words"
    )
    if refused:
        return _show(request, at, found, form, refused.status)
    messages.success(request, _("Decided. They have been told, with your words."))
    return redirect("console-centres")


def _decide(found: Centre, user: User, said: Mapping[str, object]) -> None:
    words = str(said["words"])
    if found.state == Centre.State.ASKED:
        centres.decide(centre=found, moderator=user, opens=said["outcome"] == "open", words=words)
    else:
        centres.close(centre=found, actor=user, words=words)


def _show(request: HttpRequest, at: Desk, found: Centre, form: forms.Form, status: int = 200) -> HttpResponse:
    context = {
        "centre": found,
        "desk": at,
        "coordinators": centres.coordinators(found),
        "members": centre_members.members(found).count(),
        "form": form,
        "asked": found.state == Centre.State.ASKED,
        "open": found.state == Centre.State.OPEN,
    }
    return render(request, "console/centre.html", context, status)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def paths(request: HttpRequest) -> HttpResponse:
    """Training paths for everybody, and a new one (GET, POST)."""
    return _edit(request, None)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def path(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change a path for everybody, or show it no more."""
    found = training.find(public_id)
    if found.centre_id is not None:
        raise NotFound
    return _edit(request, found)


def _edit(request: HttpRequest, found: TrainingPath | None) -> HttpResponse:
    form, status = path_forms.of(found), 200
    if request.method == "POST":
        form, status = path_forms.of(found, request.POST), 400
        try:
            if found is not None and request.POST.get("act") == "retire":
                training.retire(path=found, actor=user_of(request))
                messages.success(request, _("It is shown no more. What people hold stays."))
                return redirect("console-paths")
            if form.is_valid():
                form.save(actor=user_of(request), centre=None, path=found)
                messages.success(request, _("Saved."))
                return redirect("console-paths")
        except Refusal as refusal:
            put_back(form, refusal, steps="step_1")
            status = refusal.status
    context = {"paths": training.of(None), "path": found, "form": form}
    return render(request, "console/paths.html", context, status)
