"""Where the fake keeps everything: one SQLite file, so that it outlives the process. One call at a time."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]

# What lists are filtered by; each has an index.
FILTERS = (
    "transfer_group",
    "payment_intent",
    "source",
    "charge",
    "customer",
    "destination",
    "transfer",
    "status",
    "type",
)

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, account TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, hidden TEXT NOT NULL DEFAULT '{}', net INTEGER, available_on INTEGER
);
CREATE INDEX IF NOT EXISTS by_kind ON objects (kind, account, seq);
CREATE INDEX IF NOT EXISTS by_balance ON objects (account, available_on, net) WHERE kind = 'balance_transaction';
CREATE INDEX IF NOT EXISTS by_payout ON objects (json_extract(hidden, '$.payout')) WHERE kind = 'balance_transaction';
CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT, key TEXT, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
    created INTEGER NOT NULL, PRIMARY KEY (account, key)
);
CREATE INDEX IF NOT EXISTS by_age ON idempotency (created);
CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, path TEXT, key TEXT, account TEXT, calls INTEGER DEFAULT 0,
    effects INTEGER DEFAULT 0, replays INTEGER DEFAULT 0, lost INTEGER DEFAULT 0, UNIQUE (method, path, key, account)
);
CREATE TABLE IF NOT EXISTS faults (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, path TEXT, mode TEXT, remaining INTEGER, skip INTEGER,
    probability REAL, seed INTEGER, asked INTEGER DEFAULT 0, met INTEGER DEFAULT 0, seconds REAL
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT, endpoint TEXT, state TEXT, attempts INTEGER DEFAULT 0,
    status INTEGER
);
CREATE INDEX IF NOT EXISTS by_state ON deliveries (state, seq);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS links (token TEXT PRIMARY KEY, account TEXT, used INTEGER DEFAULT 0, body TEXT);
""" + "".join(
    f"CREATE INDEX IF NOT EXISTS by_{name} ON objects (kind, json_extract(body, '$.{name}'), seq);\n"
    for name in FILTERS
)
_EMPTIED = ("objects", "idempotency", "calls", "faults", "deliveries", "meta", "links")


class Store:
    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self._known: dict[str, Any] = {}  # what `meta` read; this process alone writes
        self.link = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.link.row_factory = sqlite3.Row
        # A killed process loses nothing that was committed; a machine without power is no case here.
        self.link.execute("PRAGMA journal_mode = WAL")
        self.link.execute("PRAGMA synchronous = OFF")
        self.link.executescript(_TABLES)
        if self.meta("salt") is None:
            self.set_meta("salt", secrets.token_hex(4))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and alone. Inside another one it is a savepoint."""
        with self.lock:
            inner = self.link.in_transaction
            self.link.execute("SAVEPOINT part" if inner else "BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.link.execute("ROLLBACK TO part" if inner else "ROLLBACK")
                self._known.clear()
                if inner:
                    self.link.execute("RELEASE part")
                raise
            self.link.execute("RELEASE part" if inner else "COMMIT")

    def reset(self) -> None:
        with self.transaction():
            for table in _EMPTIED:
                self.link.execute(f"DELETE FROM {table}")
            self._known.clear()
            self.set_meta("salt", secrets.token_hex(4))

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            return self.link.execute(query, values).fetchall()

    def run(self, query: str, *values: Any) -> int:
        """The number of the row that was added, or of rows that were changed."""
        with self.lock:
            cursor = self.link.execute(query, values)
            return (cursor.lastrowid or 0) if query.startswith("INSERT") else cursor.rowcount

    # --- Settings and the clock ------------------------------------------------------------------------

    def meta(self, name: str) -> Any:
        with self.lock:
            if name not in self._known:
                found = self.rows("SELECT value FROM meta WHERE name = ?", name)
                self._known[name] = json.loads(found[0]["value"]) if found else None
            return self._known[name]

    def set_meta(self, name: str, value: Any) -> None:
        with self.lock:
            self.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, json.dumps(value))
            self._known[name] = value

    def now(self) -> int:
        """Seconds since 1970 by the fake's clock: shifted by itself, or by the file that Tessera's clock reads."""
        followed = self.meta("followed")
        if followed:
            try:
                return int(time.time() + float(Path(followed).read_text() or 0))
            except FileNotFoundError:
                return int(time.time())
        return int(time.time() + (self.meta("shift") or 0))

    # --- Objects ---------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        with self.lock:
            number = (self.meta("number") or 0) + 1
            self.set_meta("number", number)
            return f"{prefix}_{self.meta('salt')}{number:010d}"

    def add(self, body: Body, *, account: str = "", hidden: Body | None = None) -> Body:
        is_line = body["object"] == "balance_transaction"
        self.run(
            "INSERT INTO objects (id, kind, account, created, body, hidden, net, available_on)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            body["id"],
            body["object"],
            account,
            body["created"],
            json.dumps(body),
            json.dumps(hidden or {}),
            body["net"] if is_line else None,
            body["available_on"] if is_line else None,
        )
        return body

    def save(self, body: Body, **hidden: Any) -> Body:
        """Write an object as it is now; `hidden` is added to what Stripe does not show of it."""
        self.run(
            "UPDATE objects SET body = ?, hidden = json_patch(hidden, ?) WHERE id = ?",
            json.dumps(body),
            json.dumps(hidden),
            body["id"],
        )
        return body

    def get(self, kind: str, id: str, account: str = "") -> Body | None:
        found = self.rows(
            "SELECT body FROM objects WHERE id = ? AND kind = ? AND account = ?", id, kind, account
        )
        return json.loads(found[0]["body"]) if found else None

    def any(self, id: str) -> tuple[Body, str] | None:
        """An object of whatever kind, and whose it is."""
        found = self.rows("SELECT body, account FROM objects WHERE id = ?", id)
        return (json.loads(found[0]["body"]), found[0]["account"]) if found else None

    def hidden(self, id: str) -> Body:
        found = self.rows("SELECT hidden FROM objects WHERE id = ?", id)
        known: Body = json.loads(found[0]["hidden"]) if found else {}
        return known

    def find(
        self,
        kind: str,
        account: str = "",
        *,
        where: Body | None = None,
        extra: Sequence[tuple[str, Any]] = (),
        limit: int = -1,
        oldest_first: bool = False,
    ) -> list[Body]:
        """Newest first. `where`: fields and their values, those of FILTERS by index; `extra`: SQL and its value."""
        query, values = "SELECT body FROM objects WHERE kind = ? AND account = ?", [kind, account]
        for name, value in (where or {}).items():
            query += f" AND json_extract(body, '$.{name}') = ?"
            values.append(value)
        for condition, value in extra:
            query += f" AND {condition}"
            values.append(value)
        query += f" ORDER BY seq {'ASC' if oldest_first else 'DESC'} LIMIT {int(limit)}"
        return [json.loads(row["body"]) for row in self.rows(query, *values)]

    def sums(self, account: str, now: int) -> tuple[int, int]:
        """What is available and what is pending, in cents, added up over all balance transactions."""
        row = self.rows(
            "SELECT coalesce(sum(net) FILTER (WHERE available_on <= ?), 0) AS available,"
            " coalesce(sum(net) FILTER (WHERE available_on > ?), 0) AS pending"
            " FROM objects INDEXED BY by_balance WHERE kind = 'balance_transaction' AND account = ?",
            now,
            now,
            account,
        )[0]
        return row["available"], row["pending"]
