"""Questions that machines ask: is the process alive, can it serve, how is it doing."""

import hmac
import logging
import os
from collections.abc import Callable, Iterable

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

log = logging.getLogger(__name__)

REQUESTS = Counter("tessera_requests_total", "Requests answered", ["view", "method", "status"])
SECONDS = Histogram(
    "tessera_request_seconds",
    "Seconds from request to response",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def observe(view: str, method: str, status: int, seconds: float) -> None:
    """Note one answered request; `view` is the name of its address."""
    REQUESTS.labels(view, method if method in METHODS else "other", str(status)).inc()
    SECONDS.labels(view).observe(seconds)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and migrations are as this code needs them, else 503 and which is not."""
    checks = {"database": _database, "migrations": _migrations, "broker": _broker}
    answers = {name: _passes(name, check) for name, check in checks.items()}
    return JsonResponse(
        {"ready": all(answers.values()), **answers}, status=200 if all(answers.values()) else 503
    )


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for this machine itself or for who holds METRICS_TOKEN."""
    if not _may_read(request):
        return HttpResponseNotFound("not found", content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(_Backlog())
    registry.register(_Books())
    registry.register(_Payouts())
    text = generate_latest(registry)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        several = CollectorRegistry()
        MultiProcessCollector(several)
        text += generate_latest(several)
    else:
        text += generate_latest()
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if settings.METRICS_TOKEN:
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy on this machine everybody seems to come from here.
    proxied = (
        settings.TRUSTED_PROXY_COUNT or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    )
    return not proxied and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # whatever it is, the answer is "not ready"
        log.warning("not_ready", extra={"part": name, "error": type(error).__name__})
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


_migrated = False


def _migrations() -> bool:
    """Whether every migration of this code is applied; a yes holds while the process lives."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _broker() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        return bool(client.ping())
    finally:
        client.close()


class _Payouts(Collector):
    """Payouts that may leave and can't: for a worker's account, or for money at the gateway that pays them."""

    def collect(self) -> Iterable[Metric]:
        from payments.services import parts

        waiting = parts.waiting()
        count = GaugeMetricFamily(
            "tessera_payouts_waiting", "Payouts that wait, by what they wait for", labels=["what"]
        )
        euros = GaugeMetricFamily(
            "tessera_payouts_waiting_euros", "What is in payouts that wait", labels=["what"]
        )
        for what in ("account", "funds"):
            number, micros = waiting.get(what, (0, 0))
            count.add_metric([what], float(number))
            euros.add_metric([what], micros / 1_000_000)
        yield count
        yield euros


class _Backlog(Collector):
    """The outbox: how many events wait, how long the oldest is overdue, how many were given up."""

    def collect(self) -> Iterable[Metric]:
        from marketplace.base.clock import now

        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT count(*) FILTER (WHERE dead_at IS NULL AND due_at <= %(now)s),
                       coalesce(extract(epoch FROM %(now)s - min(due_at) FILTER (
                           WHERE dead_at IS NULL AND due_at <= %(now)s)), 0),
                       count(*) FILTER (WHERE dead_at IS NOT NULL)
                FROM base_outboxevent WHERE done_at IS NULL
                """,
                {"now": now()},
            )
            waiting, oldest, dead = cursor.fetchone()
        yield GaugeMetricFamily(
            "tessera_outbox_waiting", "Outbox events that are due and not done", float(waiting)
        )
        yield GaugeMetricFamily(
            "tessera_outbox_oldest_seconds", "How long the oldest due event has waited", float(oldest)
        )
        yield GaugeMetricFamily(
            "tessera_outbox_dead", "Outbox events given up after many attempts", float(dead)
        )


class _Books(Collector):
    """Differences between the books and the gateways: how many are open, and how old the oldest is."""

    def collect(self) -> Iterable[Metric]:
        from marketplace.base.clock import now

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), coalesce(extract(epoch FROM %s - min(found_at)), 0)"
                " FROM payments_difference WHERE ended_at IS NULL",
                [now()],
            )
            count, oldest = cursor.fetchone()
        yield GaugeMetricFamily(
            "tessera_differences_open", "Differences between the books and the gateways", float(count)
        )
        yield GaugeMetricFamily(
            "tessera_differences_oldest_seconds",
            "How long the oldest open difference is known",
            float(oldest),
        )
