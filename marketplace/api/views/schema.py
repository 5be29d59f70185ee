"""The description of the interface, for programs and for people; and what an unknown address answers."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.base.errors import NotFound

from .base import View

TYPE = "application/vnd.oai.openapi+json"


@cache
def document() -> bytes:
    """The OpenAPI document: it depends on the code alone, so a process makes it once."""
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    bodies = [
        call["requestBody"]
        for calls in schema["paths"].values()
        for call in calls.values()
        if "requestBody" in call
    ]
    for body in bodies:
        body["required"] = True  # nothing here takes a body that may be left out
    return bytes(OpenApiJsonRenderer().render(schema, renderer_context={}))


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(), content_type=TYPE)


@require_safe
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html", {"csrf_cookie": settings.CSRF_COOKIE_NAME})


@extend_schema(exclude=True)
class Nothing(View):
    """Any other address under /api/v1/: JSON for whoever may call, like every other refusal."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound

    def check_permissions(self, request: Request) -> None:
        return None
