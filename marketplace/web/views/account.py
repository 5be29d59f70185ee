"""A person's own page, and the language of the site."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as django_set_language

from marketplace.base import people
from marketplace.base.errors import Refusal
from marketplace.base.views import render, second_factor_done, signed_in
from marketplace.web.account_forms import PersonForm
from tasks.page_forms.fields import put_back


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Name, language and time zone; and the way to address, password and second factor."""
    user: Any = request.user
    known = {"name": user.name, "locale": user.locale, "time_zone": user.time_zone}
    form = PersonForm(request.POST or None, initial=known)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                people.update(user=user, **form.cleaned_data)
            except Refusal as refusal:
                put_back(form, refusal)
            else:
                with translation.override(user.locale):
                    messages.success(request, _("Saved."))
                return redirect("me")
    context = {"form": form, "second_factor": second_factor_done(request)}
    return render(request, "web/me.html", context, status)


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """The buttons at the foot of every page: kept in a cookie, and with the person who is logged in."""
    if request.user.is_authenticated:
        people.choose_language(user=request.user, locale=request.POST.get("language", ""))  # type: ignore[arg-type]
    return django_set_language(request)
