"""How long a person has worked without a real break, so that the page can suggest one (charter C5).

It lives in a cookie that only this person's browser keeps, and that ends by itself with a break: nothing about
it is stored here, and no figure depends on it (charter M6).
"""

import datetime as dt
import re
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from marketplace.base import clock

COOKIE = ("__Host-" if settings.PRODUCTION else "") + "stretch"
VALUE = re.compile(r"([0-9]{1,11})-([0-9]{1,11})")
BREAK = 15 * 60  # seconds without a page of the workbench that count as a break
STEP = 60  # the cookie is renewed at most this often, in seconds


@dataclass(frozen=True)
class Stretch:
    """Work without a break: since when, and when the cookie was last renewed (seconds of the epoch)."""

    began: int
    seen: int
    now: int

    @property
    def seconds(self) -> int:
        return self.now - self.began

    @property
    def until_pause(self) -> dt.timedelta:
        """How long until a pause is suggested, in whole minutes, begun ones included; zero once it is."""
        left = max(0, settings.PAUSE_SUGGESTED_MINUTES * 60 - self.seconds)
        return dt.timedelta(minutes=-(-left // 60))

    @property
    def long(self) -> bool:
        """Whether it is worth a word at all: from half of the time on."""
        return 2 * self.seconds >= settings.PAUSE_SUGGESTED_MINUTES * 60

    @property
    def pause_now(self) -> bool:
        return not self.until_pause


def of(request: HttpRequest) -> Stretch:
    """The stretch of work this request belongs to; it begins now when there is none, or after a break."""
    now = int(clock.now().timestamp())
    found = VALUE.fullmatch(request.COOKIES.get(COOKIE, ""))
    if found:
        known = Stretch(int(found[1]), int(found[2]), now)
        if known.began <= known.seen <= now and now - known.seen < BREAK:
            return known
    return Stretch(now, 0, now)


def keep(response: HttpResponse, stretch: Stretch) -> None:
    """Renew the cookie, unless that was done a moment ago."""
    if stretch.now - stretch.seen >= STEP:
        response.set_cookie(
            COOKIE,
            f"{stretch.began}-{stretch.now}",
            max_age=BREAK,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
