"""A requester's program, which makes batches through the API: for tests of what comes after."""

import json
import urllib.error
import urllib.request
from typing import Any

from marketplace.base import ids
from tests.browser.world import World

LOADED = "SELECT count(*) > 0 AND bool_and(state = 'done') FROM tasks_import WHERE batch_id = %s"


def call(world: World, path: str, body: Any, *, kind: str = "application/json") -> tuple[int, dict[str, Any]]:
    """The status and the JSON of the answer; a GET without a body."""
    sent = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    key = world.people["requester"]["api_key"]
    asked = urllib.request.Request(
        world.url + "/api/v1" + path, data=sent, method="GET" if sent is None else "POST"
    )
    asked.add_header("Authorization", f"Bearer {key}")
    asked.add_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def open_batch(world: World, *, title: str, form: dict[str, Any], rows: str, instructions: str) -> str:
    """An open batch with the rows of this CSV; its id."""
    draft = {
        "title": title,
        "purpose": "To see whether it can be done.",
        "instructions": instructions,
        "form": form,
        "reward": "0.65",
        "estimated_seconds": 120,
        "overlap": 1,
    }
    status, made = call(world, "/batches/", draft)
    assert status == 201, made
    status, loading = call(world, f"/batches/{made['id']}/rows/", rows, kind="text/csv")
    assert status == 202, loading
    world.until(LOADED, ids.decode("bat", made["id"]))
    status, answer = call(world, f"/batches/{made['id']}/publish/", {})
    assert (status, answer["state"]) == (200, "published"), answer
    return str(made["id"])
