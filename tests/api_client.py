"""A program that calls the REST interface with a key: `Program(alice, "read", "write", organisation=atelier)`."""

import json
from typing import Any

from django.test import Client

from tests import market

ROOT = "/api/v1"
DRAFT = {
    "title": "Is it the same?",
    "purpose": "To clean a catalogue.",
    "instructions": "Look twice.",
    "form": market.FORM,
    "reward": "0.65",
    "estimated_seconds": 180,
    "overlap": 2,
}


class Program:
    """Sends JSON and reads JSON. `last` is the last response."""

    def __init__(self, user: Any, *scopes: str, organisation: Any = None) -> None:
        from marketplace.base import keys

        self.client = Client()
        self.key, self.secret = keys.create(
            user=user, organisation=organisation, name="a test", scopes=scopes, days=30
        )
        self.last: Any = None

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        self.last = self.client.get(ROOT + path, query, headers=self._headers())
        return self._read(status)

    def post(self, path: str, body: Any = None, status: int = 200, *, once: str = "") -> Any:
        """`once` is the Idempotency-Key."""
        self.last = self.client.post(
            ROOT + path, json.dumps(body) if body is not None else "", content_type="application/json",
            headers=self._headers(once),
        )  # fmt: skip
        return self._read(status)

    def send(self, path: str, body: bytes, content_type: str, status: int = 202, *, once: str = "") -> Any:
        """A body that is not JSON, or not quite."""
        self.last = self.client.post(
            ROOT + path, body, content_type=content_type, headers=self._headers(once)
        )
        return self._read(status)

    def _headers(self, once: str = "") -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.secret}"}
        return headers | ({"Idempotency-Key": once} if once else {})

    def _read(self, status: int) -> Any:
        text = b"".join(self.last.streaming_content) if self.last.streaming else self.last.content
        assert self.last.status_code == status, (self.last.status_code, text[:2000])
        if self.last.get("Content-Type") == "application/json" and text:
            return json.loads(text)
        return text.decode()
