"""The terms: the version that counts, every version at its own address, what changes, and a person's answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from marketplace.base.views import render, signed_in
from marketplace.web import terms
from marketplace.web.models import TermsVersion


@require_safe
def current(request: HttpRequest) -> HttpResponse:
    """What counts now."""
    row = terms.in_force()
    if row is None:
        raise NotFound
    return _show(request, row)


@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version, word for word as it was published."""
    return _show(request, terms.find(number))


def _show(request: HttpRequest, row: TermsVersion) -> HttpResponse:
    context: dict[str, Any] = {
        "version": row,
        "sections": terms.sections(row),
        "versions": terms.versions(),
        "current": terms.in_force(),
        "now": clock.now(),
    }
    if isinstance(request.user, User):
        context["mine"] = terms.last_answer(request.user, row)
    return render(request, "web/terms.html", context)


@require_safe
def changes(request: HttpRequest, number: int) -> HttpResponse:
    """What a version changes of the one before, line by line."""
    new = terms.find(number)
    if number == 1:
        raise NotFound
    old = terms.find(number - 1)
    context = {"old": old, "new": new, "lines": terms.difference(old, new), "now": clock.now()}
    if isinstance(request.user, User):
        context["mine"] = terms.last_answer(request.user, new)
    return render(request, "web/terms_changes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def agree(request: HttpRequest) -> HttpResponse:
    """Say yes or no to the newest version. Whoever says no reads what stays open, and can say yes any day."""
    user: User = request.user  # type: ignore[assignment]
    newest = next(iter(terms.versions()), None)
    if newest is None:
        raise NotFound
    if request.method == "POST":
        agrees = request.POST.get("agrees") == "1"
        number = request.POST.get("number", "")
        terms.answer(
            user=user,
            version=terms.find(int(number[:6])) if number.isdecimal() else newest,
            agrees=agrees,
        )
        if agrees:
            messages.success(request, _("Thank you. Your answer is kept with its date."))
            return redirect("start")
        return redirect("terms-agree")
    context = {
        "version": newest,
        "mine": terms.last_answer(user, newest),
        "counts": newest.in_force_at <= clock.now(),
        "sections": terms.sections(newest),
    }
    return render(request, "web/terms_agree.html", context)
