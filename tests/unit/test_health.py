"""What machines ask."""

from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import connection

from marketplace import health

ANYBODY = {"REMOTE_ADDR": "203.0.113.9"}


def test_the_process_says_that_it_lives_whatever_the_host_name(client: Any) -> None:
    response = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_means_database_migrations_and_broker(client: Any) -> None:
    response = client.get("/readyz")
    assert response.json() == {"ready": True, "database": True, "migrations": True, "broker": True}
    assert response.status_code == 200


@pytest.mark.django_db
def test_not_ready_without_a_broker(client: Any, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": True, "migrations": True, "broker": False}


@pytest.mark.django_db
def test_not_ready_before_the_last_migration(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tasks'")
    assert client.get("/readyz").json()["migrations"] is False


@pytest.mark.django_db
def test_figures_for_this_machine_name_views_and_the_backlog(client: Any) -> None:
    client.get("/terms/")
    text = client.get("/metrics").content.decode()
    assert 'tessera_requests_total{method="GET",status="200",view="terms"}' in text
    assert "tessera_outbox_waiting 0.0" in text
    assert "tessera_differences_open 0.0" in text and "tessera_differences_oldest_seconds 0.0" in text
    assert "tessera_outbox_oldest_seconds 0.0" in text


@pytest.mark.django_db
def test_figures_are_hidden_from_everybody_else(client: Any, settings: Any) -> None:
    assert client.get("/metrics", **ANYBODY).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}, **ANYBODY).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-token"}, **ANYBODY).status_code == 200


def test_the_tests_have_a_broker() -> None:
    assert redis.Redis.from_url(configured.REDIS_URL).ping()
