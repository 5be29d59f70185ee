"""How often one address may ask for what costs us a signature or a look-up, without being logged in."""

import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal

WINDOW = 60  # seconds


class TooOften(Refusal):
    """More calls in a minute than a person makes."""

    code = "throttled"
    detail = _("This was asked too often from your network. Wait a minute, then try again.")
    status = 429


def limit(request: HttpRequest, what: str, most: int) -> None:
    """One more call for `what` from this address. Raises TooOften above `most` a minute.

    Counted in fixed windows, in the cache. Wall time on purpose, as for the REST interface: a test that moves the clock
    of the house must not reset anybody's count.
    """
    window = int(time.time() // WINDOW)
    key = f"rate:{what}:{window}:{get_adapter().get_client_ip(request)}"
    try:
        count = cache.incr(key)
    except ValueError:
        count = 1 if cache.add(key, 1, WINDOW * 2) else cache.incr(key)
    if count > most:
        raise TooOften
