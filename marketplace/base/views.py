"""What every view needs, whichever app it lives in: who may open a page, for whom, and page or fragment.

The decorators say who may open a page; which objects a person may see there is the business of each app's
`access.py`. None of them asks the database for more than the session and the person.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render as render_template
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from .errors import NotFound
from .models import Membership, Organisation, User

View = Callable[..., HttpResponseBase]
ORGANISATION = "organisation"  # session key: the number of the organisation a person works for at the moment


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment. A boosted link or a restored history entry needs the whole page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def render(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
    *,
    fragment: str | None = None,
) -> HttpResponse:
    """The page, or `fragment` (a template of its own, `templates/<app>/_name.html`) when htmx asks.

    To htmx a refused fragment is answered 422, the one error after which it replaces its target.
    """
    if fragment is None:
        return render_template(request, template, context, status=status)
    asked = is_htmx(request)
    if asked and 400 <= status < 500:
        status = 422
    response = render_template(request, fragment if asked else template, context, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep; `kind` is its media type, `name` is made of our own letters and figures."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the whole browser to `url`: a redirect, also when htmx asked for a fragment only."""
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def here(request: HttpRequest) -> str:
    """The address to come back to: that of the page, also when htmx asked for a fragment or a form was sent."""
    if request.method == "GET" and not is_htmx(request):
        return request.get_full_path()
    referer = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    root = f"{request.scheme}://{request.get_host()}"
    # Two slashes, or one of the other kind, would begin the name of another host.
    return "/" + referer.removeprefix(root).lstrip("/\\") if referer.startswith(root + "/") else "/"


def _go_and_return(request: HttpRequest, name: str) -> HttpResponse:
    return go(request, f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: here(request)})}")


def second_factor_done(request: HttpRequest) -> bool:
    """Whether this very session was opened, or confirmed, with a second factor. Reads the session only."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def signed_in(view: View) -> View:
    """Anybody with an account; a visitor is asked to log in and comes back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _go_and_return(request, "account_login")
        return view(request, *args, **kwargs)

    return guarded


def worker_page(view: View) -> View:
    """Only people with a worker profile; the others are asked for it first and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.works:  # type: ignore[union-attr]
            return _go_and_return(request, "worker-profile")
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def requester_page(view: View) -> View:
    """Only members of an organisation; the others are offered to found one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.posts:  # type: ignore[union-attr]
            return go(request, reverse("organisation-new"))
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def _staff(*flags: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # Visitors and everybody else get what a wrong address gets: the console does not show itself.
            if not any(getattr(request.user, flag, False) for flag in flags):
                raise Http404
            if not second_factor_done(request):
                return _go_and_return(request, "mfa_reauthenticate")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


moderator_page = _staff("is_moderator")
admin_page = _staff("is_admin")
staff_page = _staff("is_moderator", "is_admin")


def user_of(request: HttpRequest) -> User:
    """Who asks; the page's decorator has seen to it that there is somebody."""
    assert isinstance(request.user, User)
    return request.user


def current_membership(request: HttpRequest) -> Membership:
    """The person's membership in the organisation they work for now: the one chosen, else their first.

    One query, once for each request. Raises NotFound for somebody who belongs to none.
    """
    found: Membership | None = getattr(request, "_membership", None)
    if found is None:
        mine = list(
            Membership.objects.select_related("organisation")
            .filter(user_id=request.user.pk)
            .order_by("pk")[:100]
        )
        if not mine:
            raise NotFound
        chosen = request.session.get(ORGANISATION)
        found = next((each for each in mine if each.organisation_id == chosen), mine[0])
        request._membership = found  # type: ignore[attr-defined]
    return found


def current_organisation(request: HttpRequest) -> Organisation:
    """The organisation the person works for now. Raises NotFound for somebody who belongs to none."""
    return current_membership(request).organisation
