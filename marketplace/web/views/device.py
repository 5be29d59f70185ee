"""What makes the site installable on a phone: its manifest, its service worker, and the page for a lost line."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from marketplace.base.views import render

# Kept on the device when the service worker is installed: what the page for a lost line is drawn with.
KEPT = ("css/tokens.css", "css/base.css", "css/components.css", "css/pages.css", "img/favicon.svg")


@cache
def _paper() -> str:
    """The colour of the page in the light theme, from the one file that knows colours."""
    text = (Path(settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text()
    return re.search(r"--paper:\s*(#[0-9a-f]{6})", text)[1]  # type: ignore[index]


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest, in the language of the person."""
    icons = [
        {"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {
            "src": static("img/icon-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "any maskable",
        },
    ]
    said = {
        "id": "/",
        "name": "Tessera",
        "short_name": "Tessera",
        "description": _("Small tasks, fairly paid."),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _paper(),
        "theme_color": _paper(),
        "icons": icons,
        "shortcuts": [{"name": _("Work"), "url": reverse("board")}],
    }
    return JsonResponse(said, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root so that it reaches every page."""
    kept = [reverse("offline"), *(static(path) for path in KEPT)]
    response = render(request, "web/service-worker.js", {"kept": kept, "static": settings.STATIC_URL})
    response["Content-Type"] = "text/javascript; charset=utf-8"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What the service worker shows when a page can't be had. It says nothing of the person: it is kept for anybody."""
    return render(request, "web/offline.html", {"anybody": True})
