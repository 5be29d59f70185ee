"""The invariants of people with several accounts (docs/adr/0073): what each names as broken, for `checks.run`."""

from django.db import connection

from marketplace.base import ids
from payments.services.persons_found import GROUPS

_GROUPED = f"""
SELECT coalesce(w.user_id, x.user_id) FROM ({GROUPS}) w
FULL JOIN payments_personaccount x ON x.user_id = w.user_id
WHERE w.holder_id IS DISTINCT FROM x.holder_id ORDER BY 1 LIMIT 50
"""  # noqa: S608 - a constant of this module
_MARKED = """
SELECT p.user_id FROM payments_payee p
WHERE (p.iban <> '' OR p.mobile_number <> '')
  AND NOT EXISTS (SELECT FROM payments_personmark m WHERE m.user_id = p.user_id AND m.keep_until IS NULL)
UNION
SELECT m.user_id FROM payments_personmark m JOIN base_user u ON u.id = m.user_id
WHERE m.keep_until IS NULL AND NOT EXISTS (SELECT FROM payments_payee p WHERE p.user_id = m.user_id)
ORDER BY 1 LIMIT 50
"""


def found() -> dict[str, list[str]]:
    """By name of the invariant, the public ids of what breaks it."""
    return {
        "accounts_count_together_as_the_pairs_say": _people(_GROUPED),
        "payout_details_in_use_are_marked_and_others_have_an_end": _people(_MARKED),
    }


def _people(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [ids.encode("usr", number) for (number,) in cursor.fetchall()]
