"""Contest → redo or reply → a moderator's decision → one appeal to another moderator (DESIGN §5, §6.7).

Every step tells both sides what happens next and by when.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids, money, notices, opinions
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import User
from payments.services import cap, earnings
from tasks.errors import AnotherModerator, IllegalMove, TooLate
from tasks.forms import Form, compile_form
from tasks.models import Assignment, Batch, Contest, Dispute

from . import aggregation, answer_files, conflicts, floors, prices, reviews, tries, written


def redo(*, assignment: Assignment, worker: User, answer: Mapping[str, Any]) -> None:
    """Answer a contest with a better answer; the requester then approves it or hands it to a moderator.

    Raises BadAnswer, TooManyTries, IllegalMove, NotFound.
    """
    contest = _contest(assignment, worker)
    form = compile_form(assignment.batch.form)
    # Outside the transaction, so that wrong codes stay counted.
    clean = tries.clean(assignment=assignment, form=form, answer=answer)
    with transaction.atomic():
        _redo(contest, assignment, worker, form, clean)


def _redo(contest: Contest, assignment: Assignment, worker: User, form: Form, clean: dict[str, Any]) -> None:
    answer_files.name_in_answer(assignment=assignment, form=form, answer=clean)
    now = clock.now()
    reviews.move(
        assignment,
        Assignment.State.CONTESTED,
        Assignment.State.SUBMITTED,
        answer=clean,
        first_answer=assignment.first_answer if assignment.first_answer is not None else assignment.answer,
        validated_at=None,
        review_due_at=now + dt.timedelta(days=settings.AUTO_APPROVE_DAYS),
    )
    Contest.objects.filter(pk=contest.pk).update(redone_at=now)
    _audit("redo", assignment, worker)
    _tell(assignment, "redone", assignment.public_id, assignment=assignment.public_id)


@transaction.atomic
def reply(*, assignment: Assignment, worker: User, text: str) -> None:
    """Stand by the answer: the case goes to a moderator with these words. Raises Invalid, IllegalMove, NotFound."""
    contest = _contest(assignment, worker)
    if not text.strip():
        raise Invalid(fields={"text": [_("Say in a sentence or two why your answer is right.")]})
    reviews.move(assignment, Assignment.State.CONTESTED, Assignment.State.DISPUTED)
    Contest.objects.filter(pk=contest.pk).update(reply=text.strip(), replied_at=clock.now())
    open_dispute(assignment)
    _audit("reply", assignment, worker)


def escalate_overdue() -> int:
    """Contests that nobody answered in time go to a moderator: silence decides nothing. Returns how many."""
    due = Contest.objects.select_related("assignment__batch").filter(
        reply_due_at__lte=clock.now(),
        replied_at__isnull=True,
        redone_at__isnull=True,
        withdrawn_at__isnull=True,
        assignment__state=Assignment.State.CONTESTED,
    )
    count = 0
    for contest in due[:1000]:
        try:
            with transaction.atomic():
                reviews.move(contest.assignment, Assignment.State.CONTESTED, Assignment.State.DISPUTED)
                open_dispute(contest.assignment)
        except IllegalMove:
            continue  # answered in this instant
        count += 1
    return count


def open_dispute(assignment: Assignment) -> Dispute:
    """Queue a case for moderators and tell both sides. In the transaction of the move to disputed."""
    now = clock.now()
    row = Dispute.objects.create(
        assignment=assignment, opened_at=now, decide_by=now + dt.timedelta(days=settings.DECISION_DAYS)
    )
    ref = assignment.public_id
    notices.tell(assignment.worker_id, "disputed", ref, assignment=ref)
    _tell(assignment, "disputed_requester", ref, assignment=ref)
    return row


def _check_decision(outcome: str, reason: str) -> None:
    """Raises Invalid for an unknown outcome, or a reason that says nothing."""
    fields: dict[str, list[Any]] = {}
    if outcome not in Dispute.Outcome.values:
        fields["outcome"] = [_("Choose whether the worker is paid.")]
    if not reason.strip():
        fields["reason"] = [_("Write the reason; both sides will read it.")]
    elif written.says_nothing(reason):
        sentence = _(
            "Both sides read this and one may appeal. Say what you saw and which instruction decides: at least"
            " %(least)s characters."
        )
        fields["reason"] = [sentence % {"least": written.LEAST}]
    if fields:
        raise Invalid(fields=fields)


@transaction.atomic
def decide(*, dispute: Dispute, moderator: User, outcome: str, reason: str) -> Dispute:
    """Decide a dispute or an appeal with a written reason; money and record follow.

    Raises Forbidden (no moderator), ConflictOfInterest, AnotherModerator, Lost (decided before), Invalid, and
    SecondNeeded where nobody has agreed to refuse so much.
    """
    dispute = _locked(dispute)
    check_moderator(dispute, moderator)
    if dispute.decided_at is not None:
        raise Lost
    _check_decision(outcome, reason)
    _write_decision(dispute, moderator, outcome, reason)
    if outcome == Dispute.Outcome.APPROVE:
        _pay(dispute, moderator)
    elif not dispute.is_appeal:
        _reject(dispute.assignment, moderator)
    aggregation.count_anew(dispute.assignment)
    _tell_decision(dispute, moderator, outcome)
    dispute.refresh_from_db()
    return dispute


def _locked(dispute: Dispute) -> Dispute:
    return (
        Dispute.objects.select_for_update(no_key=True, of=("self",))
        .select_related("assignment__batch__organisation", "assignment__contest", "assignment__task")
        .get(pk=dispute.pk)
    )


def _write_decision(dispute: Dispute, moderator: User, outcome: str, reason: str) -> None:
    """Who decided what and why, with who agreed where it takes two. Raises SecondNeeded, ConflictOfInterest."""
    heavy = is_heavy(dispute, outcome)
    second = None
    if heavy:
        second = opinions.agreed(
            kind="dis", number=dispute.pk, moderator=moderator, act=opinions.REFUSE, people=_people(dispute),
            organisation_id=dispute.assignment.batch.organisation_id, barred=decided_before(dispute),
            function=conflicts.WORK,
        )  # fmt: skip
    with conflicts.refused():
        Dispute.objects.filter(pk=dispute.pk, decided_at__isnull=True).update(
            decided_at=clock.now(), decided_by=moderator, outcome=outcome, reason=reason.strip(),
            needs_second=heavy, second_by=second,
        )  # fmt: skip


def _tell_decision(dispute: Dispute, moderator: User, outcome: str) -> None:
    """Tell both sides, and leave a line of who decided."""
    assignment, ref = dispute.assignment, dispute.public_id
    batch = assignment.batch
    audit.record(
        f"tasks:dispute:{outcome}", ref, actor=moderator, organisation_id=batch.organisation_id,
        assignment=assignment.public_id, appeal=dispute.is_appeal,
    )  # fmt: skip
    kind = "appeal_decided" if dispute.is_appeal else "decided"
    notices.tell(assignment.worker_id, kind, ref, assignment=assignment.public_id, outcome=outcome)
    _tell(assignment, f"{kind}_requester", ref, batch=batch.public_id, dispute=ref, outcome=outcome)


def is_heavy(dispute: Dispute, outcome: str) -> bool:
    """Whether this outcome takes two people: to refuse more than `settings.SECOND_LOOK_EUR` in one case."""
    much = dispute.assignment.reward_micros > money.from_decimal(settings.SECOND_LOOK_EUR)
    return outcome == Dispute.Outcome.REJECT and much


def check_moderator(dispute: Dispute, moderator: User) -> None:
    """Raises Forbidden, ConflictOfInterest or AnotherModerator when this person may not decide this case."""
    check_moderator_sees(dispute, moderator)
    if moderator.pk in decided_before(dispute):
        raise AnotherModerator


def decided_before(dispute: Dispute) -> set[int]:
    """Row numbers of who decided what an appeal is against, or agreed to it: neither has a say in the appeal (M4)."""
    if not dispute.is_appeal:
        return set()
    before = [each for each in dispute.assignment.disputes.all() if not each.is_appeal]
    pairs = [(each.decided_by_id, each.second_by_id) for each in before]
    return {person for pair in pairs for person in pair if person is not None}


def _people(dispute: Dispute) -> list[int]:
    return [dispute.assignment.worker_id, dispute.assignment.contest.opened_by_id]


@transaction.atomic
def look(*, dispute: Dispute, moderator: User) -> Dispute:
    """Write down that a moderator read a case through another door than the console's pages, which do so themselves:
    a line for the case, and one for each person in it. Raises Forbidden, ConflictOfInterest."""
    check_moderator_sees(dispute, moderator)
    row, ref = dispute.assignment, dispute.public_id
    audit.record("console:dispute:view", ref, actor=moderator)
    for person in sorted({row.worker_id, row.contest.opened_by_id} - {moderator.pk}):
        audit.record("console:dispute:view", ids.encode("usr", person), actor=moderator, case=ref)
    return dispute


def check_moderator_sees(dispute: Dispute, moderator: User) -> None:
    """Raises Forbidden for who does not moderate, ConflictOfInterest for who has a part in the case."""
    assignment = dispute.assignment
    if not moderator.is_moderator:
        raise Forbidden
    conflicts.require_none(
        kind="dis", number=dispute.pk, moderator=moderator,
        people=_people(dispute), organisation_id=assignment.batch.organisation_id,
    )  # fmt: skip


def _pay(dispute: Dispute, moderator: User) -> None:
    assignment = dispute.assignment
    if not dispute.is_appeal:
        if not reviews.pay(assignment.batch, [assignment.pk], moderator, sources=[Assignment.State.DISPUTED]):
            raise Lost
        return
    # The reward of a refused answer stays set aside for a while; after that the platform pays (DESIGN §5). Whether
    # it is there is looked at too, under the lock of the batch: it is never taken from what others are waiting for.
    held_until = (assignment.reviewed_at or clock.now()) + dt.timedelta(days=settings.REJECTED_HOLD_DAYS)
    Batch.objects.select_for_update(no_key=True).get(pk=assignment.batch_id)
    reviews.move(
        assignment,
        Assignment.State.REJECTED,
        Assignment.State.APPROVED,
        reviewed_at=clock.now(),
        reviewed_by=moderator,
    )
    free = floors.uncommitted(assignment.batch)
    rates = prices.rates(assignment.batch)
    fee = rates.fee_of(assignment.reward_micros)
    earnings.pay_late(
        organisation=assignment.batch.organisation,
        batch_ref=assignment.batch.public_id,
        reference=assignment.public_id,
        worker_id=assignment.worker_id,
        reward_micros=assignment.reward_micros,
        cap_year=assignment.cap_year,
        still_held=dispute.opened_at < held_until
        and free >= prices.unit_micros(assignment.batch, assignment.reward_micros),
        still_reserved=False,  # given back with the refusal
        actor=moderator,
        fee_micros=fee,
        vat_micros=rates.vat_of(fee),
        help_rate=rates.help_fund,
    )


def _reject(assignment: Assignment, moderator: User) -> None:
    reviews.move(
        assignment,
        Assignment.State.DISPUTED,
        Assignment.State.REJECTED,
        reviewed_at=clock.now(),
        reviewed_by=moderator,
    )
    cap.release(
        worker_id=assignment.worker_id, cap_year=assignment.cap_year, amount_micros=assignment.reward_micros
    )


@transaction.atomic
def appeal(*, assignment: Assignment, worker: User, text: str) -> Dispute:
    """Ask for another moderator, once, within `settings.APPEAL_DAYS` of the refusal (charter M4).

    Raises Invalid, TooLate, IllegalMove, NotFound. A deactivated or restricted person may appeal too.
    """
    if assignment.worker_id != worker.pk:
        raise NotFound
    if not text.strip():
        raise Invalid(fields={"text": [_("Say in a sentence or two what the decision got wrong.")]})
    assignment = (
        Assignment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch")
        .get(pk=assignment.pk)
    )
    if (
        assignment.state != Assignment.State.REJECTED
        or Dispute.objects.filter(assignment=assignment, is_appeal=True).exists()
    ):
        raise IllegalMove(state=assignment.get_state_display())
    now = clock.now()
    assert assignment.reviewed_at is not None
    if now > assignment.reviewed_at + dt.timedelta(days=settings.APPEAL_DAYS):
        raise TooLate
    row = Dispute.objects.create(
        assignment=assignment,
        is_appeal=True,
        statement=text.strip(),
        opened_at=now,
        decide_by=now + dt.timedelta(days=settings.DECISION_DAYS),
    )
    _audit("appeal", assignment, worker)
    ref = assignment.public_id
    notices.tell(worker.pk, "appealed", ref, assignment=ref)
    _tell(assignment, "appealed_requester", ref, assignment=ref)
    return row


def _contest(assignment: Assignment, worker: User) -> Contest:
    if assignment.worker_id != worker.pk:
        raise NotFound
    contest = Contest.objects.filter(assignment=assignment).first()
    if contest is None or assignment.state != Assignment.State.CONTESTED:
        raise IllegalMove(state=assignment.get_state_display())
    return contest


def _tell(assignment: Assignment, kind: str, key: str, /, **data: Any) -> None:
    """Tell who objected, or who answers for the organisation now that they have left it."""
    organisation = assignment.batch.organisation_id
    notices.tell_member(assignment.contest.opened_by_id, kind, key, organisation_id=organisation, **data)


def _audit(action: str, assignment: Assignment, actor: User) -> None:
    audit.record(
        f"tasks:assignment:{action}",
        assignment.public_id,
        actor=actor,
        organisation_id=assignment.batch.organisation_id,
    )
