"""Answers that people were promised by a date and did not get by then: each is written down once, the administrators
are told, and the count is public (charter M3; Directive (EU) 2024/2831, article 11)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from marketplace.base import clock, ids, notices
from marketplace.base.models import User
from payments.services import help_fund, persons
from tasks.models import BatchPause, Dispute, Objection, Report, ReportComplaint
from tasks.selectors import moderation
from workers.models import AwardContest, Complaint, LatePromise
from workers.services import centres

from . import screening

JOB = "late-promises"


@dataclass(frozen=True)
class Promise:
    """What waits for a person, and by when an answer was promised (UTC)."""

    kind: str
    subject: str
    due_at: dt.datetime


def waiting() -> Iterator[Promise]:
    """Everything that people wait for an answer to."""
    for dispute in Dispute.objects.filter(decided_at__isnull=True):
        kind = "appeal" if dispute.is_appeal else "dispute"
        yield Promise(kind, ids.encode("asg", dispute.assignment_id), dispute.decide_by)
    for report in Report.objects.filter(outcome=""):
        yield Promise("report", report.public_id, report.decide_by)
    for said in ReportComplaint.objects.filter(outcome=""):
        yield Promise("report_complaint", said.public_id, said.decide_by)
    for complaint in Complaint.objects.filter(outcome=""):
        yield Promise("complaint", complaint.public_id, complaint.decide_by)
    promised = dt.timedelta(days=settings.DECISION_DAYS)
    for contest in AwardContest.objects.filter(outcome=""):
        yield Promise("award", ids.encode("awd", contest.pk), contest.opened_at + promised)
    for pause in BatchPause.objects.filter(review_asked_at__isnull=False, reviewed_at__isnull=True):
        assert pause.review_asked_at is not None
        yield Promise("pause", pause.public_id, pause.review_asked_at + promised)
    for row in moderation.screening_queue():
        yield Promise("screening", row.batch.public_id, row.due)
    for source in moderation.waiting_rows():
        yield Promise("rows", source.public_id, screening.rows_due(source))
    for grant in help_fund.waiting():
        yield Promise("grant", grant.public_id, grant.created_at + promised)
    for centre in centres.to_check():
        yield Promise("centre", centre.public_id, centre.asked_at + promised)
    for pair in persons.objected():
        assert pair.objected_at is not None
        yield Promise("person", pair.public_id, pair.objected_at + promised)
    for objection in Objection.objects.filter(outcome=""):
        yield Promise("objection", objection.public_id, objection.decide_by)
    for objection in Objection.objects.filter(complaint_by__isnull=False, last_outcome=""):
        assert objection.complaint_by is not None
        yield Promise("objection_complaint", objection.public_id, objection.complaint_by)


def escalate() -> dict[str, int]:
    """Write down what is late and was not before, tell the administrators, and note which late ones have been answered.

    Running it twice changes nothing: a promise is late once.
    """
    now = clock.now()
    late = {(each.kind, each.subject, each.due_at) for each in waiting() if each.due_at <= now}
    with transaction.atomic():
        open_ = LatePromise.objects.select_for_update().filter(answered_at__isnull=True)
        known = {(row.kind, row.subject, row.due_at): row.pk for row in open_}
        answered = [number for key, number in known.items() if key not in late]
        LatePromise.objects.filter(pk__in=answered).update(answered_at=now)
        new = [
            LatePromise(kind=kind, subject=subject, due_at=due, found_at=now)
            for kind, subject, due in sorted(late - set(known))
        ]
        # One that waits again, since its answer was taken back, is the same promise, open once more.
        LatePromise.objects.bulk_create(
            new,
            update_conflicts=True,
            update_fields=["answered_at"],
            unique_fields=["kind", "subject", "due_at"],
        )
        if new:
            for admin in User.objects.filter(is_admin=True, is_active=True):
                kinds = sorted({row.kind for row in new})
                notices.tell(admin.pk, "promises_late", now.isoformat(), count=len(new), kinds=kinds)
    return {"late": len(new), "answered": len(answered)} if new or answered else {}
