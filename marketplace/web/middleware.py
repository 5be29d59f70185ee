"""What happens around every page: a person's language and clock, the second factor, and refusals put into words.

Everything here reads the session and the person, which the page reads anyway: no query of its own, but for
moderators and administrators who have not yet confirmed their second factor.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.mfa.models import Authenticator
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from marketplace.base.duties import TermsUnanswered
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import go, here, is_htmx, second_factor_done

Next = Callable[[HttpRequest], HttpResponseBase]
API = "/api/"
# What somebody who still lacks the second factor may open: log-in and security pages, log-out, the language.
WITHOUT_SECOND_FACTOR = ("/accounts/", "/i18n/", "/demo/mail/")


class Zone:
    """Show times in the person's zone and sentences in their language; a visitor's come from the browser."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated:
            try:
                timezone.activate(ZoneInfo(user.time_zone))
            except (ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
            if user.locale != request.LANGUAGE_CODE:
                translation.activate(user.locale)
                request.LANGUAGE_CODE = translation.get_language() or "en"
        else:
            timezone.deactivate()  # the thread may still have the zone of the one before
        return self.get_response(request)


class SecondFactor:
    """Moderators and administrators prove a second factor before anything else (DESIGN §3).

    Without one they are sent to set it up; with one that this session has not seen, to confirm it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated or not user.needs_second_factor or second_factor_done(request):
            return self.get_response(request)
        if request.path_info.startswith(WITHOUT_SECOND_FACTOR):
            return self.get_response(request)
        if request.path_info.startswith(API):
            detail = _("Confirm your second factor in the browser first.")
            return JsonResponse({"code": "second_factor_needed", "detail": detail}, status=403)
        has_one = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()
        if has_one:
            return go(
                request, f"{reverse('mfa_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: here(request)})}"
            )
        return go(request, reverse("mfa_activate_totp"))


class Refusals:
    """A refusal that no view caught becomes a page that says why and what to do, with the refusal's status; one for an
    answer that is owed leads to its question."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        if isinstance(exception, TermsUnanswered):
            return go(request, reverse("terms-agree"))
        if isinstance(exception, NotFound) and not is_htmx(request):
            return page_not_found(request, exception)  # to the letter what a wrong address gets
        template = "web/_refusal.html" if is_htmx(request) else "web/refusal.html"
        return render(
            request, template, {"refusal": exception, "back": here(request)}, status=exception.status
        )
