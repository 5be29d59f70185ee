"""Who is calling: a bearer key, or the session of a browser with its CSRF token (DESIGN §8)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from marketplace.base import keys
from marketplace.base.models import ApiKey, User
from workers.services import restrictions

from . import throttles


class Call(Request):
    """A request that was let through: somebody is there, with a key or, in a browser, without."""

    user: User
    auth: ApiKey | None


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer tes_…`. A wrong key is refused, also where a session would have done."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = keys.lookup(secret.strip())
        if key is None:
            throttles.count_address(request)
            raise AuthenticationFailed(
                _("This key is unknown, revoked or expired. Make a new one on your page of keys.")
            )
        if key.user.is_suspended and restrictions.suspension(key.user_id) is not None:
            raise PermissionDenied(
                _("This account is closed, but for money, data and complaints. Log in to read why."),
                code="account_closed",
            )
        keys.touch(key)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class BrowserAuthentication(SessionAuthentication):
    """The session of somebody logged in with a browser; every POST needs the header X-CSRFToken."""

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise PermissionDenied(
                _("Send the value of the CSRF cookie in the header X-CSRFToken, or use a key."),
                code="csrf_failed",
            ) from None


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "tes_…"}


class BrowserScheme(OpenApiAuthenticationExtension):
    target_class = BrowserAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
