"""The invariants of people with several accounts (docs/adr/0073): what each names as broken, for `checks.run`."""

from django.db import connection

from marketplace.base import ids
from payments.services.persons_found import GROUPS

_GROUPED = f"""
SELECT coalesce(w.user_id, x.user_id) FROM ({GROUPS}) w
FULL JOIN payments_personaccount x ON x.user_id = w.user_id
WHERE w.holder_id IS DISTINCT FROM x.holder_id ORDER BY 1 LIMIT 50
"""  # noqa: S608 - a constant of this module


def found() -> dict[str, list[str]]:
    """By name of the invariant, the public ids of what breaks it."""
    return {
        "accounts_count_together_as_the_pairs_say": _people(_GROUPED),
    }


def _people(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [ids.encode("usr", number) for (number,) in cursor.fetchall()]
