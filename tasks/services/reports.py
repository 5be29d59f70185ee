"""Reports: taken in, decided by a named moderator who is not involved, answered with reasons, open to a complaint that
another moderator decides (charter W7, M2 to M4; Regulation (EU) 2022/2065, articles 16, 17 and 20)."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Organisation, User
from tasks.errors import ConflictOfInterest, IllegalMove, TooLate
from tasks.models import Assignment, Batch, Report, ReportComplaint

from . import conflicts, stopping

MOST_TEXT = 5_000  # characters of what somebody writes
# A report by which its batch must still change: as first decided, or after a complaint.
ASKS = Q(outcome=Report.Outcome.CHANGE) | Q(complaints__outcome=Report.Outcome.CHANGE)
ASKED = ASKS & Q(reopened_at__isnull=True)
Side, Outcome = ReportComplaint.Side, Report.Outcome


def file(
    *,
    reason: str,
    text: str,
    reporter: User | None,
    batch: Batch | None = None,
    organisation: Organisation | None = None,
    page: str = "",
) -> tuple[Report, str]:
    """Take a report in. Returns it, and the secret that its reporter's link holds; only its hash is kept.

    `reporter` is None for somebody without an account. Raises Invalid.
    """
    if reason not in Report.Reason.values:
        raise Invalid(fields={"reason": [_("Choose what is wrong.")]})
    now, key = clock.now(), secrets.token_urlsafe(24)
    with transaction.atomic():
        made = Report.objects.create(
            batch=batch, organisation=organisation or (batch.organisation if batch else None), page=page[:200],
            reporter=reporter, secret=hashed(key), reason=reason, text=_said(text), received_at=now,
            decide_by=now + dt.timedelta(days=settings.REPORT_DAYS),
        )  # fmt: skip
        audit.record(
            "tasks:report:file", made.public_id, actor=reporter,
            organisation_id=made.organisation_id, batch=batch.public_id if batch else "",
        )  # fmt: skip
        if reporter:
            notices.tell(reporter.pk, "report_received", made.public_id, report=made.public_id)
    return made, key


def hashed(key: str) -> str:
    """What is kept of the secret of a link."""
    return hashlib.sha256(key.encode()).hexdigest()


def take(*, report: Report, moderator: User) -> None:
    """Say that somebody looks at it. Taking it from a colleague is allowed: it holds nothing. Raises Forbidden,
    ConflictOfInterest, Lost."""
    check_moderator(report, moderator)
    if not Report.objects.filter(pk=report.pk, outcome="").update(taken_by=moderator, taken_at=clock.now()):
        raise Lost
    audit.record(
        "tasks:report:take", report.public_id, actor=moderator, organisation_id=report.organisation_id
    )


def check_moderator(report: Report, moderator: User) -> None:
    """Raises Forbidden for who does not moderate, ConflictOfInterest for who reported it, belongs to the organisation,
    or worked on the batch."""
    if not moderator.is_moderator:
        raise Forbidden
    conflicts.require_none(
        kind="rep", number=report.pk, moderator=moderator, people=[report.reporter_id],
        organisation_id=report.organisation_id,
    )  # fmt: skip
    if report.batch and Assignment.objects.filter(batch=report.batch, worker=moderator).exists():
        raise ConflictOfInterest


@transaction.atomic
def decide(*, report: Report, moderator: User, outcome: str, statement: str) -> Report:
    """Decide a report in writing, and act on it. Both sides are told. Raises Forbidden, ConflictOfInterest, Invalid,
    Lost. Locks the report, then the batch."""
    check_moderator(report, moderator)
    _check_outcome(report, outcome, list(Outcome))
    changed = Report.objects.filter(pk=report.pk, outcome="").update(
        outcome=outcome, statement=_said(statement), decided_by=moderator, decided_at=clock.now()
    )
    if not changed:
        raise Lost
    report.refresh_from_db()
    _act(report, outcome, moderator)
    audit.record(
        f"tasks:report:{outcome}", report.public_id, actor=moderator, organisation_id=report.organisation_id
    )
    _tell_reporter(report, "report_decided", report.public_id)
    _tell_requester(report, "reported_decided", report.public_id)
    return report


def _act(report: Report, outcome: str, moderator: User) -> None:
    """Make the batch what the decision says. A batch that has ended meanwhile is left as it is."""
    if report.batch is None:
        return
    if outcome == Outcome.STOPPED:
        stopping.stop(batch=report.batch, moderator=moderator)
    elif outcome == Outcome.CHANGE:
        stopping.rest(batch=report.batch, moderator=moderator)
    elif not _asked_elsewhere(report):
        stopping.open_again(batch=report.batch, moderator=moderator)


def _asked_elsewhere(report: Report) -> bool:
    """Whether another report still waits for a change of the same batch."""
    return Report.objects.filter(ASKED, batch=report.batch).exclude(pk=report.pk).exists()


def asks_for_change(report: Report) -> bool:
    """Whether the batch of this report rests until it was changed and looked at."""
    return Report.objects.filter(ASKED, pk=report.pk).exists()


def _check_outcome(report: Report, outcome: str, known: list[str]) -> None:
    if outcome not in known or (report.batch_id is None and outcome in (Outcome.CHANGE, Outcome.STOPPED)):
        raise Invalid(fields={"outcome": [_("Choose one of these.")]})


def _tell_reporter(report: Report, kind: str, key: str) -> None:
    """The reporter, if they have an account, gets the statement of reasons."""
    if report.reporter_id:
        notices.tell(report.reporter_id, kind, key, report=report.public_id)


def _tell_requester(report: Report, kind: str, key: str) -> None:
    """And so does the requester, if the report was about a batch."""
    if report.batch is not None:
        notices.tell_member(
            report.batch.created_by_id, kind, key, report=report.public_id,
            organisation_id=report.batch.organisation_id,
        )  # fmt: skip


# --- after "change" -------------------------------------------------------------------------------------------


@transaction.atomic
def change_words(
    *, report: Report, actor: User, instructions: str, distress: Sequence[str] | None = None
) -> Report:
    """The requester writes the instructions anew, and the labels of distress (None: as they were), and hands the batch
    back to a moderator. Raises IllegalMove, Invalid.

    Those who have a task of it in hand read the new ones at once. Nothing opens by this.
    """
    assert report.batch is not None
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=report.batch.pk)
    if not asks_for_change(report) or batch.paused_for != Batch.PausedFor.REPORT:
        raise IllegalMove(state=batch.get_state_display())
    if not instructions.strip() or len(instructions) > settings.INSTRUCTIONS_MAX_CHARS:
        raise Invalid(fields={"instructions": [_("Write instructions, so that nobody has to guess.")]})
    if set(distress or ()) - set(Batch.Distress.values):
        raise Invalid(fields={"distress": [_("Choose one of these.")]})
    Batch.objects.filter(pk=batch.pk).update(
        instructions=instructions,
        distress=batch.distress if distress is None else list(distress),
        updated_at=clock.now(),
    )
    Report.objects.filter(pk=report.pk).update(changed_at=clock.now())
    audit.record("tasks:report:change", report.public_id, actor=actor, organisation_id=batch.organisation_id)
    report.refresh_from_db()
    return report


@transaction.atomic
def reopen(*, report: Report, moderator: User) -> Report:
    """A moderator opens the batch again, since it was changed. Raises Forbidden, ConflictOfInterest, Lost."""
    check_moderator(report, moderator)
    asked = asks_for_change(report)
    changed = asked and Report.objects.filter(pk=report.pk, reopened_at__isnull=True).update(
        reopened_by=moderator, reopened_at=clock.now()
    )
    if not changed or report.batch is None:
        raise Lost
    if not _asked_elsewhere(report):
        stopping.open_again(batch=report.batch, moderator=moderator)
    audit.record(
        "tasks:report:reopen", report.public_id, actor=moderator, organisation_id=report.organisation_id
    )
    _tell_reporter(report, "report_reopened", report.public_id)
    _tell_requester(report, "reported_reopened", report.public_id)
    report.refresh_from_db()
    return report


# --- complaints -----------------------------------------------------------------------------------------------


def complain_until(report: Report) -> dt.datetime:
    """Until when a decided report is open to a complaint: six months."""
    assert report.decided_at is not None
    return report.decided_at + dt.timedelta(days=settings.APPEAL_DAYS)


@transaction.atomic
def complain(*, report: Report, side: str, made_by: User | None, text: str) -> ReportComplaint:
    """Complain about a decision, once for each side. Raises IllegalMove, TooLate, Invalid."""
    if not report.outcome or report.decided_by is None:
        raise IllegalMove(state=_("not decided yet"))
    now = clock.now()
    if now > complain_until(report):
        raise TooLate
    try:
        with transaction.atomic():
            made = ReportComplaint.objects.create(
                report=report, side=side, made_by=made_by, text=_said(text), made_at=now,
                decide_by=now + dt.timedelta(days=settings.DECISION_DAYS), first_decided_by=report.decided_by,
            )  # fmt: skip
    except IntegrityError as error:
        if "report_complaint_once_per_side" not in str(error):
            raise
        raise IllegalMove(state=_("complained about already")) from None
    audit.record(
        "tasks:report:complain", made.public_id, actor=made_by, organisation_id=report.organisation_id
    )
    return made


@transaction.atomic
def decide_complaint(
    *, complaint: ReportComplaint, moderator: User, outcome: str, statement: str
) -> ReportComplaint:
    """Another moderator lets a decision stand, or takes another one. Raises Forbidden, ConflictOfInterest, Invalid,
    Lost. A batch that was stopped stays closed: its requester may post it again."""
    report = complaint.report
    check_moderator(report, moderator)
    if moderator.pk == complaint.first_decided_by_id:
        raise ConflictOfInterest
    _check_outcome(report, outcome, list(ReportComplaint.Outcome))
    changed = ReportComplaint.objects.filter(pk=complaint.pk, outcome="").update(
        outcome=outcome, statement=_said(statement), decided_by=moderator, decided_at=clock.now()
    )
    if not changed:
        raise Lost
    complaint.refresh_from_db()
    if outcome != ReportComplaint.Outcome.STANDS:
        _begin_anew(report, outcome, moderator)
        _act(report, outcome, moderator)
    audit.record(
        f"tasks:report:complaint_{outcome}", complaint.public_id, actor=moderator,
        organisation_id=report.organisation_id,
    )  # fmt: skip
    _tell_reporter(report, "report_complained", complaint.public_id)
    _tell_requester(report, "reported_complained", complaint.public_id)
    return complaint


def _begin_anew(report: Report, outcome: str, moderator: User) -> None:
    """What a complaint decided otherwise ends the wait for a change, or begins a new one."""
    rows = Report.objects.filter(pk=report.pk)
    if outcome == Outcome.CHANGE:
        rows.update(changed_at=None, reopened_by=None, reopened_at=None)
    elif asks_for_change(report):
        rows.update(reopened_by=moderator, reopened_at=clock.now())
    report.refresh_from_db()


def _said(text: str) -> str:
    """What somebody wrote, without the space around it. Raises Invalid for nothing, or too much."""
    said = text.strip()
    if not said or "\x00" in said:
        raise Invalid(fields={"text": [_("Write it in a sentence or two.")]})
    if len(said) > MOST_TEXT:
        raise Invalid(fields={"text": [_("Keep it under %(most)s characters.") % {"most": MOST_TEXT}]})
    return said
