"""Asking again for the password, and for the second factor of who has one, before something that a thief would do
first. The pages are the log-in library's own; what counts here is when this very session last proved who it is."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from marketplace.base.models import User


def recently(request: HttpRequest) -> bool:
    """Whether this session logged in or confirmed itself within REAUTHENTICATION_SECONDS, with the strongest proof
    that the person has. By the library's own clock, which is the machine's."""
    user = request.user
    assert isinstance(user, User)
    needed = "mfa" if is_mfa_enabled(user) else "password"
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, user)
    return any(record.get("method") == needed and record.get("at", 0) > since for record in records)


def address(request: HttpRequest, *, back: str = "") -> str:
    """Where the person confirms who they are, to come back to this page, or to the path `back`."""
    user = request.user
    assert isinstance(user, User)
    page = "mfa_reauthenticate" if is_mfa_enabled(user) else "account_reauthenticate"
    return f"{reverse(page)}?{urlencode({REDIRECT_FIELD_NAME: back or request.get_full_path()})}"
