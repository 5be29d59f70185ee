"""A dead or emptied Valkey breaks no page and lifts no limit; sessions do not depend on it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from marketplace import cache as ours
from marketplace.web import jobs

DEAD = "redis://127.0.0.1:1/0"  # nothing listens on port 1


def make(address: str) -> ours.Patient:
    return ours.Patient(address, {"KEY_PREFIX": "test-cache"})


@pytest.fixture(autouse=True)
def _awake() -> Iterator[None]:
    ours._State.resting_until = 0.0
    yield
    ours._State.resting_until = 0.0


@pytest.mark.parametrize("address", [settings.REDIS_URL, DEAD], ids=["alive", "dead"])
def test_every_operation_answers_whether_or_not_the_server_does(address: str) -> None:
    cache = make(address)
    cache.clear()
    cache.set("a", {"b": 1}, 30)
    assert cache.get("a", "nothing") == {"b": 1}
    assert cache.has_key("a")
    assert cache.add("c", 1, 30)
    assert cache.get_many(["a", "c", "x"]) == {"a": {"b": 1}, "c": 1}
    assert cache.touch("a", 60)
    assert cache.set_many({"d": 1}) == []
    cache.delete_many(["d"])
    assert cache.get("d") is None
    assert cache.delete("a")
    cache.clear()
    assert not cache.has_key("c")


def test_a_dead_server_is_asked_once_in_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = make(DEAD)
    asked: list[int] = []
    real = ours.RedisCache.get

    def counting(self: Any, *args: Any) -> Any:
        asked.append(1)
        return real(self, *args)

    monkeypatch.setattr(ours.RedisCache, "get", counting)
    began = time.monotonic()
    for _ in range(50):
        assert cache.get("x") is None
    assert len(asked) == 1
    assert time.monotonic() - began < 1


def test_limits_go_on_limiting_in_each_process() -> None:
    cache = make(DEAD)
    cache.clear()
    assert cache.add("lock", 1, 30) is True
    assert cache.add("lock", 1, 30) is False
    cache.set("count", 1, 30)
    assert cache.incr("count") == 2
    assert cache.get("count") == 2
    assert cache.delete("count") is True
    with pytest.raises(ValueError, match="not found"):
        cache.incr("count")


@pytest.mark.django_db
def test_a_session_lives_and_ends_without_the_cache(
    client: Any, django_user_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours._State.resting_until = time.monotonic() + 3600  # as after a failed call
    client.force_login(django_user_model.objects.create_user("bob@example.org", "a long password"))
    old = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.session["_auth_user_id"]
    client.logout()
    client.cookies[settings.SESSION_COOKIE_NAME] = old
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_session_that_has_run_out_is_empty(client: Any, django_user_model: Any) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    client.force_login(django_user_model.objects.create_user("bob@example.org", "a long password"))
    Session.objects.update(expire_date=timezone.now())
    assert client.get("/work/history/").status_code == 302
    jobs.forget_sessions()
    assert not Session.objects.exists()
