"""The health check of a kept connection: free while all is well, and never fooled by a server that went away."""

import time

import pytest
from django.contrib.auth import get_user
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL


@pytest.mark.django_db
def test_an_idle_connection_in_order_is_not_asked(monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(PostgreSQL, "is_usable", lambda _: pytest.fail("a round trip"))
    assert connection.is_usable()


@pytest.mark.django_db
def test_after_an_error_the_server_is_asked(monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connections["default"], "errors_occurred", True)
    monkeypatch.setattr(PostgreSQL, "is_usable", lambda _: False)
    assert not connection.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_noticed_and_the_next_request_gets_a_new_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ended,) = cursor.fetchone()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    finally:
        other.close()
    until = time.monotonic() + 5
    while connection.is_usable() and time.monotonic() < until:
        time.sleep(0.01)
    connection.health_check_enabled, connection.health_check_done = (
        True,
        False,
    )  # as at the start of a request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (ended,)


def test_the_person_of_a_session_is_who_logged_in_until_the_account_is_closed(bob, client_of, rf):
    request = rf.get("/")
    request.session = client_of(bob).session
    found = get_user(request)
    assert found == bob and not found.get_deferred_fields() and found.date_joined == bob.date_joined
    bob.is_active = False
    bob.save()
    assert not get_user(request).is_authenticated
