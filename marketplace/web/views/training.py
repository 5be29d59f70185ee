"""Training paths: how far one is and what comes next, for those who learn; writing them, for those who run a centre."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import render, signed_in, user_of, worker_page
from marketplace.web.views.centres_run import tabs
from tasks.page_forms import training as path_forms
from tasks.page_forms.fields import put_back
from tasks.selectors import qualifications
from workers.models import Award, TrainingPath, TrainingStep
from workers.services import centres, certificates, training


@dataclass(frozen=True)
class Step:
    """A step as its page shows it: what is held, or how one gets it."""

    step: TrainingStep
    award: Award | None
    offers: list[qualifications.Offer]
    is_next: bool


@require_safe
@worker_page
def index(request: HttpRequest) -> HttpResponse:
    """Every path that is open to me, and how far I am."""
    user = user_of(request)
    paths = training.open_to(user)
    return render(request, "web/centres/paths.html", {"paths": training.progress([user.pk], paths)[user.pk]})


@require_safe
@worker_page
def path(request: HttpRequest, public_id: str) -> HttpResponse:
    """One path, step by step."""
    user = user_of(request)
    found = training.find_open_to(public_id, user)
    progress = training.progress([user.pk], [found])[user.pk][0]
    missing = [step.qualification.public_id for step, award in progress.steps if award is None]
    offers: dict[int, list[qualifications.Offer]] = {}
    for test in qualifications.openers(missing) if missing else []:
        offers.setdefault(test.qualification_id, []).append(qualifications.offer(user, test))
    steps = [
        Step(step, award, offers.get(step.qualification_id, []), step == progress.next_step)
        for step, award in progress.steps
    ]
    context = {
        "path": found,
        "progress": progress,
        "steps": steps,
        "certificate": certificates.certified(progress.last) if progress.last else None,
    }
    return render(request, "web/centres/path.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def written(request: HttpRequest, public_id: str) -> HttpResponse:
    """The paths of a centre, and a new one (GET, POST)."""
    return _edit(request, public_id, None)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def change(request: HttpRequest, public_id: str, path_id: str) -> HttpResponse:
    """Change a path of a centre, or show it no more."""
    found = training.find(path_id)
    return _edit(request, public_id, found)


def _edit(request: HttpRequest, public_id: str, found: TrainingPath | None) -> HttpResponse:
    user = user_of(request)
    centre = centres.find_run_by(public_id, user)
    if found is not None and found.centre_id != centre.pk:
        raise NotFound
    form, status = path_forms.of(found), 200
    if request.method == "POST":
        form, status = path_forms.of(found, request.POST), 400
        try:
            said = _saved(request, form, found, centre)
        except Refusal as refusal:
            put_back(form, refusal, steps="step_1")
            status = refusal.status
        else:
            if said:
                messages.success(request, said)
                return redirect("centre-paths", public_id)
    context: dict[str, Any] = {
        "centre": centre,
        "tabs": tabs(centre, "centre-paths"),
        "paths": training.of(centre),
        "path": found,
        "form": form,
    }
    return render(request, "web/centres/write_paths.html", context, status)


def _saved(request: HttpRequest, form: path_forms.PathForm, found: TrainingPath | None, centre: Any) -> str:
    """What was done, in words; nothing when the form can't be used. Raises Refusal."""
    if found is not None and request.POST.get("act") == "retire":
        training.retire(path=found, actor=user_of(request))
        return _("It is shown no more. What people hold stays.")
    if not form.is_valid():
        return ""
    form.save(actor=user_of(request), centre=centre, path=found)
    return _("Saved.")
