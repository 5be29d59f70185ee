"""Awards: what a person can show. By a test passed, or granted by a named person with a reason (docs/adr/0043).

An award ends by its date, because a newer one took its place, or because a named person took it back with a reason
that its holder reads and can contest for as long as any decision (charter M3, M4).
"""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, Refusal
from marketplace.base.models import User
from workers.models import Award, AwardContest, Qualification

MOST_REASON = 2_000  # characters


class NotByHand(Refusal):
    """The qualification is given by a test alone."""

    code = "not_by_hand"
    detail = _("This qualification is given by its test only. Allow grants by hand on its page first.")


class Retired(Refusal):
    """The qualification is not given any more."""

    code = "retired"
    detail = _("This qualification is not given any more. Those who have it keep it until it ends.")


class NotToContest(Refusal):
    """There is nothing that could be contested, or the time for it has passed."""

    code = "not_to_contest"
    detail = _(
        "This can't be contested: it was not taken back, you have said so before, or it is too long ago."
    )


def valid(now: dt.datetime) -> Q:
    """The condition on awards that hold at `now` (UTC)."""
    ends = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return ends & Q(revoked_at__isnull=True, superseded_at__isnull=True)


def held(user_id: int) -> QuerySet[Award]:
    """What a person holds now."""
    return Award.objects.filter(valid(clock.now()), user_id=user_id).select_related("qualification")


def give(*, qualification: Qualification, user_id: int, score: float) -> Award:
    """The award for a test passed with `score`, a share of right answers. It takes the place of an older one.

    In the caller's transaction.
    """
    return _make(qualification, user_id, score=score)


@transaction.atomic
def grant(*, qualification: Qualification, actor: User, workers: Iterable[int], reason: str) -> int:
    """Give a qualification by hand to each of `workers` (row numbers), with a reason that they read. Returns how many.

    The caller has seen to it that the actor may, and that these people are known to the organisation. Raises
    NotByHand, Retired, Invalid without a reason, Forbidden for oneself.
    """
    if qualification.retired_at is not None:
        raise Retired
    if not qualification.by_hand:
        raise NotByHand
    words = _reason(reason)
    numbers = sorted(set(workers))
    if actor.pk in numbers:
        raise Forbidden
    for number in numbers:
        row = _make(qualification, number, granted_by=actor, reason=words)
        notices.tell(number, "award_granted", row.public_id, award=row.public_id)
    audit.record(
        "workers:award:grant", qualification.public_id, actor=actor,
        organisation_id=qualification.organisation_id, count=len(numbers),
    )  # fmt: skip
    return len(numbers)


def _make(
    qualification: Qualification,
    user_id: int,
    *,
    score: float | None = None,
    granted_by: User | None = None,
    reason: str = "",
) -> Award:
    now = clock.now()
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id))  # two at once: one after the other
    old = Award.objects.filter(
        user_id=user_id, qualification=qualification, revoked_at__isnull=True, superseded_at__isnull=True
    )
    old.update(superseded_at=now)
    days = qualification.valid_days
    return Award.objects.create(
        qualification=qualification,
        user_id=user_id,
        score=score,
        granted_by=granted_by,
        reason=reason,
        granted_at=now,
        expires_at=now + dt.timedelta(days=days) if days else None,
    )


@transaction.atomic
def revoke(*, award: Award, actor: User, reason: str) -> None:
    """Take an award back. Its holder is told why at once, and how to contest it.

    The caller has seen to it that the actor may. Raises Invalid without a reason, Lost when it does not hold any more,
    Forbidden for oneself.
    """
    words = _reason(reason)
    if award.user_id == actor.pk:
        raise Forbidden
    now = clock.now()
    if not Award.objects.filter(valid(now), pk=award.pk).update(
        revoked_at=now, revoked_by=actor, revoked_because=words
    ):
        raise Lost
    AwardContest.objects.filter(award=award).delete()  # of an earlier time, decided and done
    audit.record(
        "workers:award:revoke", award.public_id, actor=actor,
        organisation_id=award.qualification.organisation_id,
    )  # fmt: skip
    notices.tell(
        award.user_id, "award_revoked", f"{award.public_id}:{now.isoformat()}", award=award.public_id
    )


def contestable(award: Award) -> bool:
    """Whether its holder can still ask a moderator to look at a revocation."""
    if award.revoked_at is None or hasattr(award, "contest"):
        return False
    return award.revoked_at > clock.now() - dt.timedelta(days=settings.APPEAL_DAYS)


@transaction.atomic
def contest(*, award: Award, user: User, text: str) -> AwardContest:
    """Ask a moderator to look at a revocation: once, for `settings.APPEAL_DAYS`.

    Raises NotToContest, Invalid without words.
    """
    if award.user_id != user.pk or not contestable(award):
        raise NotToContest
    words = text.strip()[:MOST_REASON]
    if not words:
        raise Invalid(fields={"text": [_("Say why it should be given back.")]})
    row, made = AwardContest.objects.get_or_create(
        award=award, defaults={"text": words, "opened_at": clock.now()}
    )
    if not made:
        raise NotToContest
    audit.record("workers:award:contest", award.public_id, actor=user)
    return row


@transaction.atomic
def decide(*, row: AwardContest, moderator: User, outcome: str, reason: str) -> None:
    """Decide about a revocation in writing. Given back, the award is as if it had never been taken (charter M5).

    Raises Forbidden for who is part of the case, Invalid without a reason, Lost when somebody was faster.
    """
    award = row.award
    check_moderator(row, moderator)
    words = _reason(reason)
    if outcome not in AwardContest.Outcome.values:
        raise Invalid(fields={"outcome": [_("Choose what becomes of it.")]})
    now = clock.now()
    with conflicts.refused():
        changed = AwardContest.objects.filter(pk=row.pk, outcome="").update(
            outcome=outcome, reason=words, decided_by=moderator, decided_at=now
        )
    if not changed:
        raise Lost
    if outcome == AwardContest.Outcome.RESTORED:
        _restore(award, now)
    audit.record(f"workers:award:{outcome}", award.public_id, actor=moderator)
    notices.tell(
        award.user_id, "award_decided", f"{award.public_id}:{now.isoformat()}", award=award.public_id
    )


def check_moderator(row: AwardContest, moderator: User) -> None:
    """Raises Forbidden for who does not moderate, ConflictOfInterest for who has a part in the case."""
    if not moderator.is_moderator:
        raise Forbidden
    award = row.award
    conflicts.require_none(
        kind="awd", number=award.pk, moderator=moderator, people=[award.user_id, award.revoked_by_id],
        organisation_id=award.qualification.organisation_id,
    )  # fmt: skip


def _restore(award: Award, now: dt.datetime) -> None:
    """As it was before, unless the person has earned a newer one since: then it was followed by that."""
    newer = Award.objects.filter(
        user=award.user_id, qualification=award.qualification_id, granted_at__gt=award.granted_at
    )
    Award.objects.filter(pk=award.pk).update(
        revoked_at=None,
        revoked_by=None,
        revoked_because="",
        superseded_at=now if newer.exists() else None,
    )


def _reason(text: str) -> str:
    words = text.strip()
    if not words:
        raise Invalid(fields={"reason": [_("Write the reason; the person will read it.")]})
    if len(words) > MOST_REASON:
        raise Invalid(fields={"reason": [_("Keep it under %(most)s characters.") % {"most": MOST_REASON}]})
    return words
