"""What can go wrong between Stripe and us, by order of a test: for the next calls, or by a seeded chance."""

import random
from dataclasses import dataclass

from .store import Body, Store

# mode: what it does
MODES = {
    "timeout_before": "the connection drops before anything is done",
    "timeout_after": "everything is done, and the connection drops before the answer",
    "conflict": "409: another call with this key is under way",
    "rate_limit": "429 with Retry-After",
    "error_before": "500 before the call began: nothing is done, nothing is remembered",
    "error_saved": "500 without an effect, remembered under the key as Stripe does: the same key gets it again",
    "error_after": "500 although everything was done, remembered under the key",
    "garbled": "everything is done, and something between answers 502 with a page for people",
    "slow": "answers after `seconds`; the key is in use meanwhile",
}


@dataclass(frozen=True, slots=True)
class Fault:
    mode: str
    seconds: float


def add(
    store: Store,
    *,
    mode: str,
    path: str = "",
    method: str = "",
    times: int | None = None,
    skip: int = 0,
    probability: float | None = None,
    seed: int = 0,
    seconds: float = 0.5,
) -> int:
    """A fault for the calls whose template begins with `path` (all of them when it is empty).

    Either the next `times` calls after the first `skip`, or each with `probability`, drawn by `seed`. Raises
    ValueError.
    """
    if mode not in MODES:
        raise ValueError(f"no such fault: {mode}; there are {', '.join(MODES)}")
    if probability is None and times is None:
        times = 1
    return store.run(
        "INSERT INTO faults (method, path, mode, remaining, skip, probability, seed, seconds) VALUES (?,?,?,?,?,?,?,?)",
        method,
        path,
        mode,
        times,
        skip,
        probability,
        seed,
        seconds,
    )


def meet(store: Store, method: str, path: str) -> Fault | None:
    """The fault that this call meets, if any: the oldest one that fits and strikes."""
    for row in store.rows("SELECT * FROM faults ORDER BY seq"):
        if not path.startswith(row["path"]) or row["method"] not in {"", method} or row["remaining"] == 0:
            continue
        asked = row["asked"]
        store.run("UPDATE faults SET asked = asked + 1 WHERE seq = ?", row["seq"])
        if asked < row["skip"]:
            continue
        if row["probability"] is not None:
            chance = random.Random(f"{row['seed']}:{row['mode']}:{row['path']}:{asked}").random()
            if chance >= row["probability"]:
                continue
        left = None if row["remaining"] is None else row["remaining"] - 1
        store.run("UPDATE faults SET remaining = ?, met = met + 1 WHERE seq = ?", left, row["seq"])
        return Fault(row["mode"], row["seconds"])
    return None


def known(store: Store) -> list[Body]:
    return [dict(row) for row in store.rows("SELECT * FROM faults ORDER BY seq")]
