"""Asking for the details that the tax office must be told of (charter D1; Directive (EU) 2021/514, Annex V).

Section II, B(1) of the annex says what must be collected of a person: name, address, tax number with its country,
date of birth, and where there is no number the place of birth. Section IV, A(2) says how: after a first request and
two reminders, and not before 60 days, payment is withheld as long as it is missing. Here that is the rule
`tax_details_missing`: each payout is held until a shown date and let go at once when the details come; nothing is ever
forfeited.
"""

import datetime as dt

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from marketplace.base import audit, clock, clockwork, ids, notices
from marketplace.base.models import Notice
from payments.models import Payee, Payout, PayoutState, TaxDiligence
from payments.services import dac7, payout_rules, payouts

# What was told last, in order, and the columns that say when.
STEPS = ((0, "tax_details_asked"), (1, "tax_details_reminder"), (2, "tax_details_last_reminder"))
TOLD_AT = ("asked_at", "first_reminder_at", "second_reminder_at")


def missing(payee: Payee | None) -> list[str]:
    """The names of the details that are missing, in the order in which they are asked; empty when none is."""
    if payee is None:
        return ["legal_name", "address", "town", "tax_residence", "birth_date", "tin"]
    found = [name for name in ("legal_name", "address", "town", "tax_residence") if not getattr(payee, name)]
    if payee.birth_date is None:
        found.append("birth_date")
    if not payee.tin and not (payee.birth_place and payee.birth_country):
        found.append("tin")
    return found


def follow(user_id: int) -> None:
    """Write down whether a worker's details are complete now. The caller lets payouts follow the rules."""
    now = None if missing(Payee.objects.filter(user_id=user_id).first()) else clock.now()
    rows = TaxDiligence.objects.filter(user_id=user_id)
    rows.filter(complete_at__isnull=now is not None).update(complete_at=now)


def next_step(row: TaxDiligence) -> dt.datetime | None:
    """When payouts are held if nothing comes; None when everything is there, or it is too early to say."""
    if row.complete_at or not row.asked_at:
        return None
    last = row.second_reminder_at or row.first_reminder_at or row.asked_at
    to_come = 1 + (row.first_reminder_at is None) + (row.second_reminder_at is None)
    by_reminders = last + dt.timedelta(days=to_come * settings.TAX_REMINDER_DAYS)
    return max(by_reminders, row.asked_at + dt.timedelta(days=settings.TAX_HOLD_AFTER_DAYS))


def run() -> dict[str, int]:
    """Ask who earned and has not told yet, remind who was asked, and hold where the law says so.

    Figures {asked, reminded, held}. Each worker in a transaction of their own; run twice, nobody is told twice.
    """
    asked = clockwork.each(_first_asked(), lambda user_id: _tell(user_id, 0))
    reminded = clockwork.each(_due(1), lambda user_id: _tell(user_id, 1))
    reminded += clockwork.each(_due(2), lambda user_id: _tell(user_id, 2))
    return {"asked": asked, "reminded": reminded, "held": clockwork.each(_to_hold(), _hold)}


def tell_year() -> int:
    """In January, tell everybody who earned something in the year before where their yearly figures are; how many new.

    The tax office gets the same by 31 January, and so does the person (Annex V, section III, A(5) of the directive).
    """
    today = clock.today()
    if today.month != 1:
        return 0
    year = today.year - 1
    users = [row.user_id for row in dac7.figures(year)]
    told = set(
        Notice.objects.filter(kind="tax_year", key__startswith=f"tax_year:{year}:").values_list(
            "user_id", flat=True
        )
    )
    new = [user_id for user_id in users if user_id not in told]
    for user_id in new:
        with transaction.atomic():
            notices.tell(user_id, "tax_year", str(year), year=year)
    return len(new)


_EARNED = """
SELECT DISTINCT a.user_id FROM payments_account a
JOIN payments_entry e ON e.account_id = a.id
JOIN payments_transaction t ON t.id = e.transaction_id AND t.kind = ANY (%s)
WHERE a.kind = 'worker_payable' AND NOT EXISTS (
    SELECT FROM payments_taxdiligence d
    WHERE d.user_id = a.user_id AND (d.asked_at IS NOT NULL OR d.complete_at IS NOT NULL)
)
ORDER BY a.user_id
"""


def _first_asked() -> list[int]:
    """Everybody who earned something and was not looked at yet; who has told everything is written down as complete."""
    with connection.cursor() as cursor:
        cursor.execute(_EARNED, [list(dac7.CONSIDERATION)])
        new = [row[0] for row in cursor.fetchall()]
    payees = {payee.user_id: payee for payee in Payee.objects.filter(user_id__in=new)}
    complete = [user_id for user_id in new if not missing(payees.get(user_id))]
    TaxDiligence.objects.bulk_create(
        [TaxDiligence(user_id=user_id, complete_at=clock.now()) for user_id in complete],
        ignore_conflicts=True,
    )
    return [user_id for user_id in new if user_id not in set(complete)]


def _due(step: int) -> list[int]:
    """Who was told the step before long enough ago, and still has not given everything."""
    before, this = TOLD_AT[step - 1], TOLD_AT[step]
    since = clock.now() - dt.timedelta(days=settings.TAX_REMINDER_DAYS)
    rows = TaxDiligence.objects.filter(
        Q(**{f"{before}__lte": since, f"{this}__isnull": True}), complete_at__isnull=True
    )
    return list(rows.order_by("user_id").values_list("user_id", flat=True))


@transaction.atomic
def _tell(user_id: int, step: int) -> int:
    """Tell one worker a step, once; 1 when this call did."""
    kind, column = STEPS[step][1], TOLD_AT[step]
    TaxDiligence.objects.bulk_create([TaxDiligence(user_id=user_id)], ignore_conflicts=True)
    told = TaxDiligence.objects.filter(
        **{"user_id": user_id, f"{column}__isnull": True, "complete_at__isnull": True}
    )
    if not told.update(**{column: clock.now()}):
        return 0
    row = TaxDiligence.objects.get(user_id=user_id)
    ends = next_step(row)
    notices.tell(user_id, kind, kind, holds_from=ends.isoformat() if ends else "")
    audit.record(f"payments:tax:{kind}", ids.encode("usr", user_id), actor=None)
    return 1


def _to_hold() -> list[int]:
    """Workers under the rule with a payout that waits and was not yet held by it."""
    rows = Payout.objects.filter(state=PayoutState.PENDING, released_at__isnull=True, run__isnull=True)
    waiting = rows.order_by("user_id").values_list("user_id", flat=True).distinct()
    return sorted(payout_rules.tax_missing(waiting))


@transaction.atomic
def _hold(user_id: int) -> int:
    payouts.follow_rules(user_id)
    return 1
