"""Where gateways bring their news: checked, written down once, answered at once. A job asks what became of it.

Nothing in the news is believed but its number and what it is about.
"""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from marketplace.base.errors import NotFound
from payments.services import events

log = logging.getLogger(__name__)
MOST_BYTES = 512_000  # an event of Stripe's holds one object: a few kilobytes


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """News of our own account."""
    return _take(request, settings.STRIPE_WEBHOOK_SECRET)


@csrf_exempt
@require_POST
def stripe_connect(request: HttpRequest) -> HttpResponse:
    """News of workers' accounts: another address at Stripe's, with a secret of its own."""
    return _take(request, settings.STRIPE_CONNECT_WEBHOOK_SECRET)


def _take(request: HttpRequest, secret: str) -> HttpResponse:
    if not settings.STRIPE_SECRET_KEY or not secret:
        raise NotFound
    from payments.gateways import stripe_events  # Stripe's package is loaded only where there is a key

    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        news = stripe_events.read(request.body, request.headers.get("Stripe-Signature", ""), secret)
    except stripe_events.NotFromStripe:
        log.warning("webhook_refused")
        return HttpResponse(status=400)
    events.receive(
        gateway="stripe",
        external_id=news.external_id,
        kind=news.kind or "other",
        object_ref=news.key,
        handled=not news.kind,
    )
    return HttpResponse(status=200)
