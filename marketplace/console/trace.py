"""Every page of the console leaves a trace of who opened it: ids only, never words (charter M6, PWD7; docs/adr/0072).

`traced` wraps all addresses of the console, so that a new one can't be forgotten. A view that shows a person or a case
says so with `about`; those people find it on the page of their own data.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern

from marketplace.base import audit, ids
from marketplace.base.conflicts import ConflictOfInterest
from marketplace.base.errors import Refusal
from marketplace.base.models import User

PREFIX = "console:"
_ABOUT = "_console_about"


def about(request: HttpRequest, case: str, people: Iterable[int] = ()) -> None:
    """Note what this page shows: the public id of a case, and the row numbers of the people in it."""
    setattr(request, _ABOUT, (case, tuple(people)))


def traced(pattern: URLPattern) -> URLPattern:
    """The same address, whose view writes down who opened it, what was sent to it, and what it was about."""
    view: Any = pattern.callback
    name = (pattern.name or "").removeprefix("console-").replace("console", "home") or "home"
    pattern.callback = _written_down(view, name)
    return pattern


def _written_down(view: Callable[..., HttpResponseBase], name: str) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except ConflictOfInterest:
            _write(request, name, "refused", kwargs)
            raise
        except Refusal:
            _write(request, name, "act", kwargs)
            raise
        # A wrong address shows nothing; neither does being sent to log in again.
        if request.method == "GET" and response.status_code == 200:
            _write(request, name, "view", kwargs)
        elif request.method == "POST" and response.status_code != 404:
            _write(request, name, "act", kwargs)
        return response

    return noted


def _write(request: HttpRequest, name: str, action: str, kwargs: dict[str, Any]) -> None:
    user = request.user
    if not isinstance(user, User):
        return
    case, people = getattr(request, _ABOUT, ("", ()))
    subject = case or str(kwargs.get("public_id") or kwargs.get("name") or "")[:40]
    tag = f"{PREFIX}{name}:{action}"[:60]
    audit.record(tag, subject, actor=user)
    for person in people:
        known = ids.encode("usr", person)
        if known != subject and person != user.pk:
            audit.record(tag, known, actor=user, case=subject)


def all_traced(patterns: Iterable[URLPattern]) -> list[URLPattern]:
    return [traced(pattern) for pattern in patterns]
