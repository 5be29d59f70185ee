"""The invariants of leaving, for `selfcheck`: of somebody who is erased nothing is left, and nobody came back."""

from django.db import connection

from marketplace.base import ids
from marketplace.base.leavers import GONE
from tasks.services.checks import Check

from . import special

_LEFT = """
SELECT u.id FROM base_user u JOIN mydata_erasurerequest r ON r.user_id = u.id AND r.state = 'done'
WHERE u.is_active OR u.name <> '[erased]' OR u.email <> u.id || %s OR EXISTS (
    SELECT 1 FROM payments_payee p WHERE p.user_id = u.id
) OR EXISTS (SELECT 1 FROM account_emailaddress e WHERE e.user_id = u.id) OR EXISTS (
    SELECT 1 FROM workers_workerprofile w WHERE w.user_id = u.id
) OR EXISTS (SELECT 1 FROM base_notice n WHERE n.user_id = u.id) LIMIT 50
"""

_MARKED = """
SELECT DISTINCT m.user_id FROM payments_personmark m
WHERE m.keep_until IS NULL AND NOT EXISTS (SELECT 1 FROM payments_payee p WHERE p.user_id = m.user_id) LIMIT 50
"""


def run() -> list[Check]:
    """All of them, looked at now."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [f"@{GONE}"])
        left = [ids.encode("usr", number) for (number,) in cursor.fetchall()]
        cursor.execute(_MARKED)
        marked = [ids.encode("usr", number) for (number,) in cursor.fetchall()]
    returned = [user.public_id for user in special.brought_back()]
    return [
        Check("of_who_was_erased_nothing_is_left", left),
        Check("marks_of_details_that_are_gone_have_an_end", marked),
        Check("nobody_who_was_erased_came_back_with_a_backup", returned[:50]),
    ]
