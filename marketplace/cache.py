"""Cache backends that survive a dead or emptied Valkey: no page breaks and nobody is logged out.

After a failed call the server is left alone for two seconds, so that a page waits once at most. What
could not be deleted or overwritten meanwhile is remembered and deleted first when the server is back: a session
that ended during the outage must not come back from the cache.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

REST_SECONDS = 2.0
REMEMBERED = 10_000


class _State:
    """Shared by the threads of a process: Django makes one backend object for each thread."""

    lock = threading.Lock()
    resting_until = 0.0
    unsaid: dict[str, set[str]] = {}


class _OneClient(RedisCacheClient):
    """Django makes a new client for every call, with its table of two hundred commands: more work than the call."""

    @cached_property
    def _client_of_this_thread(self) -> Any:
        return super().get_client(write=True)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return self._client_of_this_thread  # there is one server, to read and to write


class Forgetful(RedisCache):
    """While Valkey is away nothing is found and nothing is kept. For what PostgreSQL holds anyway."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        params = {
            **params,
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1.0, **params.get("OPTIONS", {})},
        }
        super().__init__(server, params)
        self._class = _OneClient
        self._name = str(params.get("KEY_PREFIX", ""))

    def _try(self, call: Callable[[], Answer], instead: Callable[[], Answer], *writes: str) -> Answer:
        if time.monotonic() >= _State.resting_until:
            try:
                self._say_unsaid()
                return call()
            except (RedisError, OSError) as error:
                _State.resting_until = time.monotonic() + REST_SECONDS
                log.warning("cache_unreachable", extra={"error": type(error).__name__})
        with _State.lock:
            _State.unsaid.setdefault(self._name, set()).update(writes)
        return instead()

    def _say_unsaid(self) -> None:
        waiting = _State.unsaid.get(self._name)
        if not waiting:
            return
        with _State.lock:
            keys = sorted(waiting)
        if len(keys) > REMEMBERED:
            super().clear()
        else:
            self._cache.delete_many(keys)
        with _State.lock:
            waiting.difference_update(keys)

    def _written(self, key: Any, version: int | None) -> str:
        return self.make_and_validate_key(key, version=version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(
            lambda: RedisCache.add(self, key, value, timeout, version),
            lambda: self._add_instead(key, value, timeout, version),
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(
            lambda: RedisCache.get(self, key, default, version),
            lambda: self._get_instead(key, default, version),
        )

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._try(
            lambda: RedisCache.set(self, key, value, timeout, version),
            lambda: self._set_instead(key, value, timeout, version),
            self._written(key, version),
        )

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(lambda: RedisCache.touch(self, key, timeout, version), lambda: False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._try(
            lambda: RedisCache.delete(self, key, version),
            lambda: self._delete_instead(key, version),
            self._written(key, version),
        )

    def has_key(self, key: Any, version: int | None = None) -> bool:
        missing = object()
        return self.get(key, missing, version) is not missing

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._try(
            lambda: RedisCache.incr(self, key, delta, version),
            lambda: self._incr_instead(key, delta, version),
        )

    # The many-forms go one by one: nothing here is hot, and each key keeps its own fallback.
    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        missing = object()
        found = {key: self.get(key, missing, version) for key in keys}
        return {key: value for key, value in found.items() if value is not missing}

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        for key, value in data.items():
            self.set(key, value, timeout, version)
        return []

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        for key in keys:
            self.delete(key, version)

    def clear(self) -> None:
        self._try(lambda: RedisCache.clear(self), lambda: None)

    # What happens while Valkey is away.
    def _add_instead(self, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        return True

    def _get_instead(self, key: Any, default: Any, version: int | None) -> Any:
        return default

    def _set_instead(self, key: Any, value: Any, timeout: Any, version: int | None) -> None:
        return None

    def _delete_instead(self, key: Any, version: int | None) -> bool:
        return False

    def _incr_instead(self, key: Any, delta: int, version: int | None) -> int:
        raise ValueError(f"Key {key!r} not found")


class Patient(Forgetful):
    """While Valkey is away each process keeps its own copy, so that rate limits go on limiting."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("patient", {"TIMEOUT": 300, "OPTIONS": {"MAX_ENTRIES": 10_000}})

    def _add_instead(self, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        return self._own.add(key, value, timeout, version)

    def _get_instead(self, key: Any, default: Any, version: int | None) -> Any:
        return self._own.get(key, default, version)

    def _set_instead(self, key: Any, value: Any, timeout: Any, version: int | None) -> None:
        self._own.set(key, value, timeout, version)

    def _delete_instead(self, key: Any, version: int | None) -> bool:
        return self._own.delete(key, version)

    def _incr_instead(self, key: Any, delta: int, version: int | None) -> int:
        return int(self._own.incr(key, delta, version))
