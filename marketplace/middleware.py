"""Middleware of the whole site; kept few and cheap, since every claim passes through them."""

import time
from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from . import health

Next = Callable[[HttpRequest], HttpResponseBase]

DRAIN_SECONDS = 20.0
DRAIN_BYTES = 1 << 20


class Probes:
    """Answer the machines' questions before host names, cookies and redirects are looked at."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.views = {"/healthz": health.healthz, "/readyz": health.readyz, "/metrics": health.metrics}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = self.views.get(request.path_info)
        return view(request) if view else self.get_response(request)


class Measure:
    """Count requests and their seconds by the name of the address, never by the address itself."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else None) or "none"
        health.observe(view, request.method or "", response.status_code, time.perf_counter() - began)
        return response


class BodyLimit:
    """Refuse a body larger than the largest file we take, before Django writes it to disk."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.most = settings.IMPORT_MAX_BYTES + 1_000_000  # the form around the file

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length <= self.most:
            return self.get_response(request)
        self._drain(request, length)
        sentence = _(
            "This file is larger than %(megabytes)d MB. Split it and send the parts one after the other."
        )
        text = sentence % {"megabytes": settings.IMPORT_MAX_BYTES // 1_000_000}
        if request.path_info.startswith("/api/"):  # programs read every refusal as JSON
            response: HttpResponse = JsonResponse({"code": "too_large", "detail": text}, status=413)
        else:
            response = HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        response["Connection"] = "close"
        return response

    def _drain(self, request: HttpRequest, length: int) -> None:
        """Read and forget for a while: a browser shows our answer only after it has sent its file."""
        end = time.monotonic() + DRAIN_SECONDS
        while length > 0 and time.monotonic() < end:
            piece = request.read(min(length, DRAIN_BYTES))
            if not piece:
                break
            length -= len(piece)


class ContentPolicy(CSPMiddleware):
    """The content security policy. django-csp composes it for every answer; without a nonce it is always the same."""

    def __init__(self, get_response: Next) -> None:
        super().__init__(get_response)
        self._plain = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        asked = getattr(request, "_csp_nonce", None) is not None
        changed = HEADER in response or any(name.startswith("_csp") for name in vars(response))
        if asked or changed:
            return super().process_response(request, response)
        response[HEADER] = self._plain
        # A nonce asked for from now on would not be in the header.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response


class NoStore:
    """A page that depends on who asks is kept by no cache and not by the browser's history."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        personal = "cookie" in response.get("Vary", "").lower() or "HTTP_AUTHORIZATION" in request.META
        if personal and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response
