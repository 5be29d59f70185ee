"""The queue: a doorbell, never the record of what must be done (that is rows in PostgreSQL).

Jobs live in each app's `jobs.py`. `BEAT` is the clockwork: a short name, the task, and how often.
`manage.py job NAME` runs one of them by hand.
"""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

app = Celery("marketplace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")

# short name: (task, seconds between runs or a crontab in Europe/Paris)
BEAT: dict[str, tuple[str, float | crontab]] = {
    "relay": ("marketplace.delivery.jobs.relay", 2),
    "mail-waiting": ("clockwork.mail-waiting", 60),
    "validate": ("clockwork.validate", 5),
    "fit-models": ("clockwork.fit-models", 60),
    "figures": ("clockwork.figures", 5),
    "expire-leases": ("clockwork.expire-leases", 10),
    "finish-attempts": ("clockwork.finish-attempts", 30),
    "pass-on": ("clockwork.pass-on", 30),
    "complete-batches": ("clockwork.complete-batches", 30),
    "sweep-imports": ("clockwork.sweep-imports", 30),
    "media": ("clockwork.media", 5),
    "auto-approve": ("clockwork.auto-approve", 60),
    "measure-floor": ("clockwork.measure-floor", 60),
    "rotation": ("clockwork.rotation", 60),
    "show-ratings": ("clockwork.show-ratings", 3600),
    "pilots": ("clockwork.pilots", 15),
    "admission": ("clockwork.admission", 300),
    "weekly-guarantee": ("clockwork.weekly-guarantee", crontab(hour="4", minute="35")),
    "pay-interrupted": ("clockwork.pay-interrupted", 60),
    "escalate-contests": ("clockwork.escalate-contests", 60),
    "late-promises": ("clockwork.late-promises", 3600),
    "registers": ("clockwork.registers", 60),
    "settle-deposits": ("clockwork.settle-deposits", 30),
    "follow-news": ("clockwork.follow-news", 5),
    "refunds": ("clockwork.refunds", 60),
    "disputes": ("clockwork.disputes", 300),
    "top-ups": ("clockwork.top-ups", 60),
    "rest-disputed": ("clockwork.rest-disputed", 60),
    "accounts": ("clockwork.accounts", 600),
    "send-payouts": ("clockwork.send-payouts", 60),
    "reconcile": ("clockwork.reconcile", 300),
    "reconcile-books": ("clockwork.reconcile-books", 3600),
    "run-due-payouts": ("clockwork.run-due-payouts", 3600),
    "invoices": (
        "clockwork.invoices",
        crontab(hour="4", minute="5"),
    ),  # the month before: once, by the first run
    "vat-register": ("clockwork.vat-register", 60),
    "one-person": ("clockwork.one-person", 3600),
    "draft-runs": ("clockwork.draft-runs", crontab(hour="6", minute="10", day_of_week="1-5")),
    "bank": ("clockwork.bank", 60),
    "forget-payout-files": ("clockwork.forget-payout-files", 3600),
    "tax-details": ("clockwork.tax-details", 21_600),
    "transparency": ("clockwork.transparency", 3600),
    "signals": ("clockwork.signals", 300),
    "centres": ("clockwork.centres", 3600),
    "tidy": ("clockwork.tidy", 3600),
    "forget-sessions": ("clockwork.forget-sessions", 3600),
    "selfcheck": ("clockwork.selfcheck", crontab(hour="3", minute="17")),
    "forget-answers": ("clockwork.forget-answers", 3600),
    "erasures": ("clockwork.erasures", 3600),
    "retention": ("clockwork.retention", 3600),
}


def schedule() -> dict[str, dict[str, Any]]:
    """`BEAT` in Celery's words. A run that nobody fetched before the next one is due is dropped."""
    entries: dict[str, dict[str, Any]] = {}
    for name, (task, every) in BEAT.items():
        entries[name] = {"task": task, "schedule": every}
        if isinstance(every, int | float):
            entries[name]["options"] = {"expires": max(float(every), 5.0)}
    return entries


app.conf.beat_schedule = schedule()
