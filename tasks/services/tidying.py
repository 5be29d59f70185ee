"""What is no longer of use to anybody is deleted: drafts of answered tasks, files that were loaded."""

import datetime as dt
from pathlib import Path

from django.conf import settings

from marketplace.base import clock
from tasks.models import Assignment, Draft, Import

from . import media_uploads, media_work


def forget_drafts() -> int:
    """Delete drafts whose answer was submitted, and those untouched for 30 days. Returns how many."""
    answered = Draft.objects.exclude(
        assignment__state__in=[Assignment.State.CLAIMED, Assignment.State.EXPIRED, Assignment.State.CONTESTED]
    )
    old = Draft.objects.filter(updated_at__lt=clock.now() - dt.timedelta(days=30))
    return answered.delete()[0] + old.delete()[0]


def forget_uploads() -> dict[str, int]:
    """Remove uploaded files a day after they were loaded, refused or given up; their rows are in the database.

    Files that were sent beside rows go when nobody goes on sending them, and a month after the end of their batch.
    """
    ended = Import.objects.filter(
        state__in=[Import.State.DONE, Import.State.FAILED, Import.State.CANCELLED],
        finished_at__lt=clock.now() - dt.timedelta(days=1),
    ).exclude(path="")
    count = 0
    for row in ended[:1000]:
        (Path(settings.MEDIA_ROOT) / row.path).unlink(missing_ok=True)
        Import.objects.filter(pk=row.pk).update(path="")
        count += 1
    return {"uploads": count, "sent_files": media_uploads.forget(), "scraps": media_work.forget_scraps()}
