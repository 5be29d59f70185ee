"""Webhooks: each event goes to one of two endpoints, with its signature, in the ways that a test asks for."""

import json
import random
import threading
import urllib.error
import urllib.request
from typing import Any

from stripe import WebhookSignature

from .store import Body, Store

PLATFORM, CONNECT = "platform", "connect"
# The settings of `POST /control/hooks`, and what they are without it.
DEFAULTS: Body = {
    "platform_url": "",
    "connect_url": "",
    "platform_secret": "whsec_fake_platform",
    "connect_secret": "whsec_fake_connect",
    "hold": False,  # late: nothing goes out until told
    "twice": False,  # each is delivered two times
    "before_answer": False,  # delivered before the call that caused it is answered
}
TIMEOUT = 20  # seconds


def settings(store: Store) -> Body:
    return {**DEFAULTS, **(store.meta("hooks") or {})}


def configure(store: Store, **new: Any) -> Body:
    """Raises ValueError for a setting that there is not."""
    unknown = set(new) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"no such settings: {', '.join(sorted(unknown))}")
    both = {**settings(store), **new}
    store.set_meta("hooks", both)
    return both


def queue(store: Store, event_ids: list[str]) -> None:
    """Inside the transaction of what happened."""
    known = settings(store)
    for id in event_ids:
        found = store.any(id)
        endpoint = CONNECT if found and found[1] else PLATFORM
        if known[f"{endpoint}_url"]:
            for _ in range(2 if known["twice"] else 1):
                store.run(
                    "INSERT INTO deliveries (event, endpoint, state) VALUES (?, ?, 'waiting')", id, endpoint
                )


def signed(store: Store, event: Body, endpoint: str) -> tuple[str, str]:
    """The body and the signature of an event as they go over the line; by real time, which verification uses."""
    text = json.dumps(event, indent=2)
    return text, WebhookSignature.generate_signature_header(text, settings(store)[f"{endpoint}_secret"])


def send(store: Store, delivery: int) -> bool:
    """Deliver one, unless somebody else is at it. Never holds the lock while the other side works."""
    mine = store.run("UPDATE deliveries SET state = 'sending' WHERE seq = ? AND state != 'sending'", delivery)
    if not mine:
        return False
    row = store.rows("SELECT * FROM deliveries WHERE seq = ?", delivery)[0]
    found = store.any(row["event"])
    assert found is not None
    text, signature = signed(store, found[0], row["endpoint"])
    request = urllib.request.Request(
        settings(store)[f"{row['endpoint']}_url"],
        data=text.encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        status = 0
    state = "delivered" if 200 <= status < 300 else "failed"
    store.run(
        "UPDATE deliveries SET state = ?, attempts = attempts + 1, status = ? WHERE seq = ?",
        state,
        status,
        delivery,
    )
    return True


def flush(
    store: Store, *, shuffle: int | None = None, again: bool = False, types: list[str] | None = None
) -> int:
    """Deliver what waits and what failed, and wait for it; how many.

    `shuffle`: the seed of another order; `again`: also what was delivered before; `types`: only these.
    """
    states = "('waiting', 'failed', 'delivered')" if again else "('waiting', 'failed')"
    rows = store.rows(
        "SELECT d.seq FROM deliveries d JOIN objects o ON o.id = d.event"
        f" WHERE d.state IN {states} AND (? = '[]' OR json_extract(o.body, '$.type') IN"
        " (SELECT value FROM json_each(?))) ORDER BY d.seq",
        json.dumps(types or []),
        json.dumps(types or []),
    )
    chosen = [row["seq"] for row in rows]
    if shuffle is not None:
        random.Random(shuffle).shuffle(chosen)
    return sum(send(store, delivery) for delivery in chosen)


class Postman(threading.Thread):
    """Delivers what waits soon after it happened, in order, unless deliveries are held."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self.store, self.bell, self.working = store, threading.Event(), threading.Lock()
        # What a killed process was just delivering may or may not have come: it is delivered again, as Stripe would.
        store.run("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        self.bell.set()

    def run(self) -> None:
        while True:
            self.bell.wait()
            self.bell.clear()
            with self.working:
                self.round()

    def round(self) -> None:
        while not settings(self.store)["hold"]:
            waiting = self.store.rows(
                "SELECT seq FROM deliveries WHERE state = 'waiting' ORDER BY seq LIMIT 1"
            )
            if not waiting:
                return
            send(self.store, waiting[0]["seq"])


def known(store: Store) -> list[Body]:
    return [
        dict(row)
        for row in store.rows(
            "SELECT d.*, json_extract(o.body, '$.type') AS type FROM deliveries d JOIN objects o ON o.id = d.event"
            " ORDER BY d.seq"
        )
    ]
