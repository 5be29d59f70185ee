"""A dead or emptied Valkey breaks no page, logs nobody out, and brings no ended session back."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches

from marketplace import cache as ours

DEAD = "redis://127.0.0.1:1/0"  # nothing listens on port 1


def make(kind: type[ours.Forgetful], address: str) -> ours.Forgetful:
    return kind(address, {"KEY_PREFIX": "session"})


@pytest.fixture(autouse=True)
def _awake() -> Iterator[None]:
    ours._State.resting_until = 0.0
    ours._State.unsaid.clear()
    yield
    ours._State.resting_until = 0.0
    ours._State.unsaid.clear()


@pytest.mark.parametrize("address", [settings.REDIS_URL, DEAD])
def test_every_operation_answers_whether_or_not_the_server_does(address: str) -> None:
    cache = make(ours.Forgetful, address)
    alive = address != DEAD
    cache.set("a", {"b": 1}, 30)
    assert cache.get("a", "nothing") == ({"b": 1} if alive else "nothing")
    assert cache.has_key("a") is alive
    assert cache.add("c", 1, 30)
    assert cache.get_many(["a", "c"]) == ({"a": {"b": 1}, "c": 1} if alive else {})
    assert cache.touch("a", 60) is alive
    assert cache.set_many({"d": 1}) == []
    cache.delete_many(["d"])
    assert cache.delete("a") is alive
    cache.clear()


def test_a_dead_server_is_asked_once_in_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = make(ours.Forgetful, DEAD)
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


def test_what_ended_during_an_outage_does_not_come_back() -> None:
    alive = make(ours.Forgetful, settings.REDIS_URL)
    alive.set("gone", "logged in", 60)
    alive.set("changed", "old", 60)
    dead = make(ours.Forgetful, DEAD)
    dead.delete("gone")
    dead.set("changed", "new", 60)
    ours._State.resting_until = 0.0  # the server is back
    assert alive.get("gone") is None
    assert alive.get("changed") is None


def test_limits_go_on_limiting_in_each_process() -> None:
    cache = make(ours.Patient, DEAD)
    assert cache.add("lock", 1, 30) is True
    assert cache.add("lock", 1, 30) is False
    cache.set("count", 1, 30)
    assert cache.incr("count") == 2
    assert cache.get("count") == 2
    assert cache.delete("count") is True
    with pytest.raises(ValueError, match="not found"):
        cache.incr("count")


@pytest.mark.django_db
def test_emptying_the_server_logs_nobody_out(client: Any, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("bob@example.org", "a long password"))
    key = client.session.session_key
    caches["sessions"].clear()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.session["_auth_user_id"]
