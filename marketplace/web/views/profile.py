"""The profile of somebody who works: where they live decides their floor, languages and age what they may take."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base import countries
from marketplace.base.errors import Invalid
from marketplace.base.models import User
from marketplace.base.views import render, signed_in
from workers.models import WorkerProfile
from workers.services import admission, onboarding

REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
# Shown first: what most people here read. The others unfold.
COMMON = ("en", "fr", "de", "es", "it", "pt", "ar", "pl")


MISSING = {
    "country": gettext_lazy("Choose a country from the list."),
    "languages": gettext_lazy("Choose at least one language."),
    "birth_date": gettext_lazy("Write your date of birth, such as 1990-05-31."),
    "time_zone": gettext_lazy("Choose a time zone from the list."),
}


@cache
def zones() -> list[tuple[str, str]]:
    """The time zones that are named after a place, as one chooses them."""
    places = sorted(zone for zone in available_timezones() if zone.startswith(REGIONS))
    return [(zone, zone.replace("_", " ").replace("/", ", ")) for zone in places] + [("UTC", "UTC")]


class ProfileForm(forms.Form):
    """What `onboarding.save_profile` asks for; the rules are its own."""

    country = forms.ChoiceField(
        label=gettext_lazy("Country you live and work in"),
        help_text=gettext_lazy("It decides the least you may be offered an hour."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages you read and write well"), widget=forms.CheckboxSelectMultiple
    )
    birth_date = forms.DateField(
        label=gettext_lazy("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("You must be an adult to work here. Requesters never see it."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Every date and deadline is shown in it.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in MISSING.items():
            self.fields[name].error_messages["required"] = words
        choose = [("", _("Choose…"))]
        self.fields["country"].choices = choose + countries.choices()  # type: ignore[attr-defined]
        self.fields["languages"].choices = countries.language_choices()  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = choose + zones()  # type: ignore[attr-defined]

    def chosen(self) -> set[str]:
        """The languages ticked so far."""
        return {str(code) for code in self["languages"].value() or ()}

    def common(self) -> list[tuple[str, str, bool]]:
        """(code, name, ticked) of the languages shown at once: common ones, the page's own, and what is ticked."""
        first = {*COMMON, get_language() or "en", *self.chosen()}
        return [(code, name, code in self.chosen()) for code, name in self._languages() if code in first]

    def others(self) -> list[tuple[str, str, bool]]:
        known = {code for code, _name, _ticked in self.common()}
        return [(code, name, False) for code, name in self._languages() if code not in known]

    def _languages(self) -> list[tuple[str, str]]:
        return [(str(code), str(name)) for code, name in self.fields["languages"].choices]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """Create or change the profile; `next` says where the person was going."""
    user = request.user
    assert isinstance(user, User)
    known = WorkerProfile.objects.filter(user=user).first()
    if request.method == "POST":
        form = ProfileForm(request.POST)
        if form.is_valid() and _saved(form, user):
            messages.success(request, _greeting(user, known))
            return HttpResponseRedirect(_onward(request))
    else:
        form = ProfileForm(initial=_initial(user, known))
    context = {
        "form": form,
        "known": known,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "age": settings.WORKER_MINIMUM_AGE,
    }
    return render(request, "web/worker/profile.html", context, status=400 if form.is_bound else 200)


def _greeting(user: User, known: WorkerProfile | None) -> str:
    if known:
        return _("Your profile is saved.")
    if admission.place(user):
        return _("Welcome. There is little work just now, so you have a place in line.")
    return _("Welcome: you can work now.")


def _saved(form: ProfileForm, user: User) -> bool:
    try:
        onboarding.save_profile(user=user, **form.cleaned_data)
    except Invalid as invalid:
        for name, errors in invalid.fields.items():
            form.add_error(name if name in form.fields else None, errors)
        return False
    return True


def _initial(user: User, known: WorkerProfile | None) -> dict[str, Any]:
    if known is None:
        return {"languages": [get_language() or "en"], "time_zone": user.time_zone}
    return {
        "country": known.country,
        "languages": known.languages,
        "birth_date": known.birth_date,
        "time_zone": user.time_zone,
    }


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("board")
