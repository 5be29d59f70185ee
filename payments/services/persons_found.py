"""Which marks two accounts have in common, and the groups that follow from what is said of pairs."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

# A pair counts as one person's: decided so, or strong and not decided (`PersonPair.is_one`).
IS_ONE = "(p.outcome = 'one' OR (p.outcome = '' AND (p.by_tin OR p.by_name)))"
_FIND = """
SELECT least(a.user_id, b.user_id), greatest(a.user_id, b.user_id),
       bool_or(a.kind = 'tin'), bool_or(a.kind = 'account_and_name'), bool_or(a.kind = 'account'),
       max(b.keep_until) FILTER (WHERE NOT v.is_active)
FROM payments_personmark a
JOIN payments_personmark b ON b.digest = a.digest AND b.kind = a.kind AND b.user_id <> a.user_id
JOIN base_user u ON u.id = a.user_id AND u.is_active
JOIN base_user v ON v.id = b.user_id
WHERE (%(user)s::bigint IS NULL OR a.user_id = %(user)s)
  AND coalesce(a.keep_until > %(now)s, true) AND coalesce(b.keep_until > %(now)s, true)
GROUP BY 1, 2 ORDER BY 1, 2
"""
# {user, holder} of every account that counts together with others.
GROUPS = f"""
WITH RECURSIVE tie AS (
    SELECT p.first_id AS a, p.second_id AS b FROM payments_personpair p WHERE {IS_ONE}
    UNION SELECT p.second_id, p.first_id FROM payments_personpair p WHERE {IS_ONE}
), reach AS (
    SELECT a, b FROM tie UNION SELECT r.a, t.b FROM reach r JOIN tie t ON t.a = r.b
)
SELECT a AS user_id, min(b) AS holder_id FROM reach GROUP BY a
"""  # noqa: S608 - a constant of this module
_LEAVE = f"""
DELETE FROM payments_personaccount x WHERE NOT EXISTS (
    SELECT FROM ({GROUPS}) w WHERE w.user_id = x.user_id AND w.holder_id = x.holder_id
)
"""  # noqa: S608
_JOIN = f"""
INSERT INTO payments_personaccount (user_id, holder_id) SELECT w.user_id, w.holder_id FROM ({GROUPS}) w
ORDER BY w.user_id ON CONFLICT (user_id) DO NOTHING
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Found:
    """Two accounts, the one that came first as `first`; what is equal; until when, where one of them is erased."""

    first: int
    second: int
    by_tin: bool
    by_name: bool
    by_account: bool
    keep_until: dt.datetime | None


def of(user_id: int | None, now: dt.datetime) -> list[Found]:
    """The pairs in which somebody who is here has a mark of another; those of one person, or all (None)."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"user": user_id, "now": now})
        return [Found(*row) for row in cursor.fetchall()]


def regroup() -> None:
    """Write who counts together as the pairs say now. In the transaction of `persons.lock`."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE)
        cursor.execute(_JOIN)
