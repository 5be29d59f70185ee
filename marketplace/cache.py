"""A cache that survives a dead or emptied Valkey: no page breaks, and limits go on limiting.

After a failed call the server is left alone for two seconds, so that a page waits once at most. Each process
keeps its own copy meanwhile. Only for what may be forgotten: nothing here decides who somebody is.
"""

import logging
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


class _State:
    """Shared by the threads of a process: Django makes one backend object for each thread."""

    resting_until = 0.0


class _OneClient(RedisCacheClient):
    """Django makes a new client for every call, with its table of two hundred commands: more work than the call."""

    @cached_property
    def _client_of_this_thread(self) -> Any:
        return super().get_client(write=True)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return self._client_of_this_thread  # there is one server, to read and to write


class Patient(RedisCache):
    """Valkey while it answers, and the memory of this process while it does not."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0, **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = _OneClient
        self._own = LocMemCache("patient", {"TIMEOUT": 300, "OPTIONS": {"MAX_ENTRIES": 10_000}})

    def _try(self, call: Callable[[], Answer], instead: Callable[[], Answer]) -> Answer:
        if time.monotonic() >= _State.resting_until:
            try:
                return call()
            except (RedisError, OSError) as error:
                _State.resting_until = time.monotonic() + REST_SECONDS
                log.warning("cache_unreachable", extra={"error": type(error).__name__})
        return instead()

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(
            lambda: RedisCache.add(self, key, value, timeout, version),
            lambda: self._own.add(key, value, timeout, version),
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(
            lambda: RedisCache.get(self, key, default, version),
            lambda: self._own.get(key, default, version),
        )

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._try(
            lambda: RedisCache.set(self, key, value, timeout, version),
            lambda: self._own.set(key, value, timeout, version),
        )

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(
            lambda: RedisCache.touch(self, key, timeout, version),
            lambda: self._own.touch(key, timeout, version),
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._try(
            lambda: RedisCache.delete(self, key, version), lambda: self._own.delete(key, version)
        )

    def has_key(self, key: Any, version: int | None = None) -> bool:
        missing = object()
        return self.get(key, missing, version) is not missing

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError when there is no such key."""
        return self._try(
            lambda: RedisCache.incr(self, key, delta, version),
            lambda: int(self._own.incr(key, delta, version)),
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
        self._try(lambda: RedisCache.clear(self), self._own.clear)
