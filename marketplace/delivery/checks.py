"""The invariants of mails, for `selfcheck`."""

import datetime as dt

from marketplace.base import clock, ids
from marketplace.base.models import Notice
from tasks.services.checks import MOST, Check

LATE = dt.timedelta(hours=2)


def run() -> list[Check]:
    """No mail that may wait still waits two hours after its time: the clock gathers them once a minute."""
    late = (
        Notice.objects.filter(mail_due_at__lt=clock.now() - LATE).order_by("pk").values_list("pk", flat=True)
    )
    return [Check("no_mail_waits_past_its_time", [ids.encode("ntc", number) for number in late[:MOST]])]
