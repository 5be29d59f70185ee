"""How often one address, or one person who is logged in, may ask for what costs us a signature or a look-up."""

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

    Who is logged in is counted for themselves, since the people of a work centre share an address.
    Counted in fixed windows, in the cache. Wall time on purpose, as for the REST interface: a test that moves the clock
    of the house must not reset anybody's count.
    """
    window = int(time.time() // WINDOW)
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    who = f"person:{user.pk}" if known else get_adapter().get_client_ip(request)
    key = f"rate:{what}:{window}:{who}"
    try:
        count = cache.incr(key)
    except ValueError:
        count = 1 if cache.add(key, 1, WINDOW * 2) else cache.incr(key)
    if count > most:
        raise TooOften
