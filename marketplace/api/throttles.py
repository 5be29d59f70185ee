"""Rate limits: so many calls a minute for each key or person, and for each address of callers without one.

Fixed windows of a minute, counted in the cache in two round trips. While Valkey is away each process counts
for itself (`marketplace.cache.Patient`).
"""

import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW = 60  # seconds


def count_caller(request: Request) -> None:
    """One more call by this key, or by this person's browser. Raises Throttled above API_RATE_PER_KEY."""
    if not request.user.is_authenticated:
        count_address(request)
        return
    who = f"key:{request.auth.pk}" if request.auth else f"person:{request.user.pk}"
    _count(who, settings.API_RATE_PER_KEY)


def count_address(request: Request) -> None:
    """One more call from this address without a valid key or session. Raises Throttled above API_RATE_PER_ADDRESS."""
    _count(f"address:{BaseThrottle().get_ident(request)}", settings.API_RATE_PER_ADDRESS)


def _count(who: str, most: int) -> None:
    # Wall time on purpose: a test that moves the clock of the house must not reset anybody's count.
    now = time.time()
    window = int(now // WINDOW)
    key = f"api-rate:{window}:{who}"
    try:
        count = cache.incr(key)
    except ValueError:
        count = 1 if cache.add(key, 1, WINDOW * 2) else cache.incr(key)
    if count > most:
        raise Throttled(wait=(window + 1) * WINDOW - now)
