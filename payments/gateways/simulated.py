"""A gateway that moves no money: for the demonstration and the tests.

It keeps its own books (`SimulatedObject`) and writes them as the outside world would: over a connection
of its own, at once, whatever becomes of the transaction that called. Each key, or every key of a kind, can
be told to behave in one of the ways below.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.urls import reverse

from marketplace.base import clock

from .base import (
    DepositStyle,
    Destination,
    GatewayRefused,
    GatewayUnreachable,
    Movement,
    News,
    Page,
    Payer,
    PayoutStyle,
    State,
    Status,
)

SETTLE = "settle"  # accepted, and done at once
FAIL = "fail"  # accepted, then refused by the bank
REFUSE = "refuse"  # refused on the spot, nothing done
TIMEOUT_AFTER = "timeout_after"  # done, but the answer to the first call is lost
TIMEOUT_BEFORE = "timeout_before"  # the first call is lost before anything is done
LATE = "late"  # accepted, and done three days later
RETURN = "return"  # done, and sent back a day later
BEHAVIOURS = (SETTLE, FAIL, REFUSE, TIMEOUT_AFTER, TIMEOUT_BEFORE, LATE, RETURN)

LATE_BY = dt.timedelta(days=3)
RETURNED_AFTER = dt.timedelta(days=1)
LATER_BY = dt.timedelta(minutes=2)  # the button "settle later" of the pay page
PAGE_LIVES = dt.timedelta(hours=24)

# behaviour: (state now, state later, after how long), of payouts and of refunds
_PAYOUTS: dict[str, tuple[State, State | str, dt.timedelta]] = {
    SETTLE: ("done", "", dt.timedelta()),
    FAIL: ("processing", "failed", dt.timedelta()),
    TIMEOUT_AFTER: ("done", "", dt.timedelta()),
    TIMEOUT_BEFORE: ("done", "", dt.timedelta()),
    LATE: ("processing", "done", LATE_BY),
    RETURN: ("done", "returned", RETURNED_AFTER),
}
# button of the pay page: (state now, state later, after how long, code)
_BUTTONS: dict[str, tuple[State, State | str, dt.timedelta, str]] = {
    "pay": ("done", "", dt.timedelta(), ""),
    "decline": ("failed", "", dt.timedelta(), "card_declined"),
    "later": ("processing", "done", LATER_BY, ""),
}


class Simulated:
    name = "simulated"
    payout_style: PayoutStyle = "call"
    deposit_style: DepositStyle = "page"

    def pays_out_to(self, country: str) -> bool:
        return True

    def movements(self, *, since: dt.datetime) -> Sequence[Movement]:
        """A payout or refund that came back moved twice: out, and in again."""
        with _outside() as cursor:
            _tick(cursor)
            cursor.execute(
                "SELECT kind, key, state, amount_micros, changed_at FROM payments_simulatedobject"
                " WHERE changed_at >= %s AND state IN ('done', 'returned') ORDER BY changed_at, id",
                [since],
            )
            rows = cursor.fetchall()
        found = []
        for kind, key, state, amount, at in rows:
            if kind == "deposit":
                found.append(Movement(f"deposit:{key}", "charge", amount, at, key))
                continue
            if kind == "refund":
                found.append(Movement(f"refund:{key}", "refund", -amount, at, key))
                if state == "returned":
                    found.append(Movement(f"refund:{key}:back", "refund_back", amount, at, key))
                continue
            found.append(Movement(f"payout:{key}", "transfer", -amount, at, key))
            if state == "returned":
                found.append(Movement(f"payout:{key}:back", "transfer_back", amount, at, key))
        return found

    def deposit_page(self, *, key: str, amount_micros: int, payer: Payer | None = None) -> Page:
        with _outside() as cursor:
            known = _read(cursor, "deposit", key)
            if known is None:
                lost = _meet(cursor, "deposit", key)
                _write(cursor, "deposit", key, amount_micros, ("open", "expired", PAGE_LIVES))
                if lost:
                    raise GatewayUnreachable
            elif known["amount_micros"] != amount_micros:
                raise GatewayRefused("key_used_before")
        return Page(external_ref=_external("deposit", key), url=reverse("simulated-pay", args=[key]))

    def deposit_status(self, *, key: str, external_ref: str = "", payer: Payer | None = None) -> Status:
        return self._status("deposit", key)

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status:
        if not destination.iban or not destination.holder:
            raise GatewayRefused("destination_missing")
        return self._send("payout", key, amount_micros)

    def payout_status(self, *, key: str) -> Status:
        return self._status("payout", key)

    def send_refund(self, *, key: str, amount_micros: int, charge_ref: str) -> Status:
        return self._send("refund", key, amount_micros)

    def refund_status(self, *, key: str, charge_ref: str, external_ref: str = "") -> Status:
        return self._status("refund", key)

    def news(self, *, since: dt.datetime) -> Sequence[News]:
        with _outside() as cursor:
            _tick(cursor)
            cursor.execute(
                "SELECT kind, key, state FROM payments_simulatedobject WHERE changed_at >= %s ORDER BY changed_at, id",
                [since],
            )
            return [News(f"{kind}:{key}:{state}", kind, key) for kind, key, state in cursor.fetchall()]

    def _send(self, kind: str, key: str, amount_micros: int) -> Status:
        with _outside() as cursor:
            known = _read(cursor, kind, key)
            if known is not None and known["amount_micros"] != amount_micros:
                raise GatewayRefused("key_used_before")
            if known is not None:
                cursor.execute(
                    "UPDATE payments_simulatedobject SET calls = calls + 1 WHERE id = %s", [known["id"]]
                )
            else:
                behaviour = _behaviour(cursor, kind, key)
                lost = _meet(cursor, kind, key)
                _write(cursor, kind, key, amount_micros, _PAYOUTS[behaviour])
                if lost:
                    raise GatewayUnreachable
        return self._status(kind, key)

    def _status(self, kind: str, key: str) -> Status:
        with _outside() as cursor:
            _tick(cursor)
            known = _read(cursor, kind, key)
        if known is None:
            return Status("unknown")
        return Status(known["state"], _external(kind, key), known["code"])


def press(key: str, button: str) -> bool:
    """What a person does on the pay page: "pay", "decline" or "later". False when the page is over."""
    state, later, after, code = _BUTTONS[button]
    with _outside() as cursor:
        _tick(cursor)
        cursor.execute(
            "UPDATE payments_simulatedobject SET state = %s, next_state = %s, next_at = %s, code = %s, changed_at = %s"
            " WHERE kind = 'deposit' AND key = %s AND state = 'open'",
            [state, later, clock.now() + after if later else None, code, clock.now(), key],
        )
        return bool(cursor.rowcount)


def behave(kind: str, behaviour: str, *, key: str = "") -> None:
    """From now on treat `key` (every key of the kind when it is left out) so; `kind` is deposit, payout or refund."""
    if behaviour not in BEHAVIOURS:
        raise ValueError(f"no such behaviour: {behaviour}")
    with _outside() as cursor:
        cursor.execute(
            "INSERT INTO payments_simulatedbehaviour (kind, key, behaviour) VALUES (%s, %s, %s)"
            " ON CONFLICT (kind, key) DO UPDATE SET behaviour = EXCLUDED.behaviour",
            [kind, key, behaviour],
        )


def calls(kind: str, key: str) -> int:
    """How often the gateway was asked to do this key, 0 when it never heard of it."""
    with _outside() as cursor:
        known = _read(cursor, kind, key)
    return known["calls"] if known else 0


@contextmanager
def _outside() -> Iterator[Any]:
    """A cursor on a connection of its own, in autocommit: what it writes stays, as in another company's books."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


def _read(cursor: Any, kind: str, key: str) -> dict[str, Any] | None:
    cursor.execute(
        "SELECT id, amount_micros, state, code, calls FROM payments_simulatedobject WHERE kind = %s AND key = %s",
        [kind, key],
    )
    row = cursor.fetchone()
    return dict(zip(("id", "amount_micros", "state", "code", "calls"), row, strict=True)) if row else None


def _write(
    cursor: Any, kind: str, key: str, amount_micros: int, course: tuple[str, str, dt.timedelta]
) -> None:
    state, later, after = course
    now = clock.now()
    cursor.execute(
        "INSERT INTO payments_simulatedobject (kind, key, amount_micros, state, next_state, next_at, changed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (kind, key) DO UPDATE SET calls = payments_simulatedobject.calls + 1",
        [kind, key, amount_micros, state, later, now + after if later else None, now],
    )


def _tick(cursor: Any) -> None:
    """Let what was due by now happen."""
    cursor.execute(
        "UPDATE payments_simulatedobject SET state = next_state, next_state = '', next_at = NULL, changed_at = next_at,"
        " code = CASE WHEN next_state IN ('failed', 'returned') THEN 'account_closed' ELSE code END"
        " WHERE next_at <= %s",
        [clock.now()],
    )


def _behaviour(cursor: Any, kind: str, key: str) -> str:
    cursor.execute(
        "SELECT behaviour FROM payments_simulatedbehaviour WHERE kind = %s AND key IN (%s, '')"
        " ORDER BY key DESC LIMIT 1",
        [kind, key],
    )
    row = cursor.fetchone()
    return row[0] if row else SETTLE


def _meet(cursor: Any, kind: str, key: str) -> bool:
    """Play the behaviour of a first call: refuse it, lose it, or True when its answer is to be lost."""
    behaviour = _behaviour(cursor, kind, key)
    if behaviour == REFUSE:
        raise GatewayRefused("refused")
    if behaviour == TIMEOUT_BEFORE:
        # Only the first call is lost: the next one with the same key gets through.
        cursor.execute(
            "INSERT INTO payments_simulatedbehaviour (kind, key, behaviour) VALUES (%s, %s, %s)"
            " ON CONFLICT (kind, key) DO UPDATE SET behaviour = EXCLUDED.behaviour",
            [kind, key, SETTLE],
        )
        raise GatewayUnreachable
    return behaviour == TIMEOUT_AFTER


def _external(kind: str, key: str) -> str:
    return f"sim_{kind}_{key}"
