"""Objections to a rating or to messages: a named moderator who has nothing to do with it decides with reasons, and
another one when who it weighs on complains (charter M2 to M4, M11; Regulation (EU) 2022/2065, articles 17 and 20)."""

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, Refusal
from marketplace.base.models import Membership, Organisation, User
from tasks.errors import ConflictOfInterest, IllegalMove, TooLate
from tasks.models import Objection, Rating, Side, Thread

from . import conflicts
from .ratings import said

MOST_TEXT = 5_000  # characters
Outcome = Objection.Outcome


def object_to(
    *,
    actor: User,
    side: str,
    reason: str,
    text: str = "",
    rating: Rating | None = None,
    thread: Thread | None = None,
) -> Objection:
    """Bring a rating that is shown, or a thread, before a moderator. `side` is which of the two `actor` stands for.

    Raises Invalid for a reason that is not in the list, IllegalMove where this side has done so already.
    """
    allowed = Objection.REASONS_OF_RATING if rating else Objection.REASONS_OF_THREAD
    if reason not in allowed:
        raise Invalid(fields={"reason": [_("Choose a reason from the list.")]})
    if rating is not None and rating.shown_in is None:
        raise IllegalMove(state=_("not shown"))
    if rating is not None and rating.worker_id == actor.pk:
        raise Forbidden(_("This is your own rating."))
    now = clock.now()
    try:
        with transaction.atomic():
            made = Objection.objects.create(
                rating=rating, thread=thread, side=side, reason=reason, text=said(text, MOST_TEXT, empty=True),
                made_by=actor, made_at=now, decide_by=now + dt.timedelta(days=settings.DECISION_DAYS),
            )  # fmt: skip
            audit.record(
                "tasks:objection:make", made.public_id, actor=actor, organisation_id=organisation(made).pk
            )
    except IntegrityError as error:
        if "objection_to_" not in str(error):
            raise
        raise IllegalMove(state=_("with a moderator, or decided")) from None
    return made


def organisation(found: Objection) -> Organisation:
    """The requester on one side of it."""
    if found.rating is not None:
        return found.rating.organisation
    assert found.thread is not None
    return found.thread.batch.organisation


def worker_id(found: Objection) -> int:
    """The person on the other side."""
    if found.rating is not None:
        return found.rating.worker_id
    assert found.thread is not None
    return found.thread.worker_id


def stands_for(found: Objection, user: User) -> str:
    """ "worker", "requester", or "reader" for somebody else who objected to a rating; "" for who has no part in it."""
    if user.pk == worker_id(found):
        return Side.WORKER
    theirs = found.thread_id is not None or found.side == Side.REQUESTER
    if theirs and Membership.objects.filter(organisation=organisation(found), user=user).exists():
        return Side.REQUESTER
    return "reader" if user.pk == found.made_by_id else ""


def brought(found: Objection, user: User) -> bool:
    """Whether it is this person's own objection, or that of the requester they belong to.

    A rating may be objected to by another worker who read it: what that one wrote is not the rater's to read, nor their
    complaint to use up.
    """
    if user.pk == found.made_by_id:
        return True
    return found.side == Side.REQUESTER and stands_for(found, user) == Side.REQUESTER


def may_complain(found: Objection, user: User) -> bool:
    """Whether the first decision went against this person, and they still may say that they do not agree."""
    until = complain_until(found)
    if until is None or found.complained_at is not None or clock.now() > until:
        return False
    who = stands_for(found, user)
    if found.outcome in Objection.MILD:  # it weighs on who objected
        return brought(found, user)
    if found.rating_id is not None:
        return who == Side.WORKER
    return who in (Side.WORKER, Side.REQUESTER) and who != found.side


def people(found: Objection) -> tuple[int | None, ...]:
    """The row numbers of those it is about: who may not decide it, and is told that it was looked at."""
    return worker_id(found), found.made_by_id, found.complained_by_id


def check_moderator(found: Objection, moderator: User) -> None:
    """Raises Forbidden for who does not moderate; ConflictOfInterest for who has a part in it, or decided it first."""
    if not moderator.is_moderator:
        raise Forbidden
    if moderator.pk == found.decided_by_id:
        raise ConflictOfInterest(_("You decided this before, so somebody else looks at the complaint."))
    conflicts.require_none(
        kind="obj", number=found.pk, moderator=moderator, people=people(found),
        organisation_id=organisation(found).pk,
    )  # fmt: skip


def hindrance(found: Objection, moderator: User) -> str:
    """Why this moderator may not decide it; '' when they may."""
    try:
        check_moderator(found, moderator)
    except Refusal as refusal:
        return refusal.message
    return ""


@transaction.atomic
def decide(*, objection: Objection, moderator: User, outcome: str, statement: str) -> Objection:
    """Decide in writing, and act on it; both sides are told. Raises Forbidden, ConflictOfInterest, Invalid, Lost."""
    check_moderator(objection, moderator)
    _check_outcome(objection, outcome)
    changed = Objection.objects.filter(pk=objection.pk, outcome="").update(
        outcome=outcome, statement=_reasons(statement), decided_by=moderator, decided_at=clock.now()
    )
    if not changed:
        raise Lost
    return _carry_out(objection, outcome, moderator, "decided")


@transaction.atomic
def decide_complaint(*, objection: Objection, moderator: User, outcome: str, statement: str) -> Objection:
    """Another moderator decides once more, for good. Raises Forbidden, ConflictOfInterest, Invalid, Lost."""
    check_moderator(objection, moderator)
    _check_outcome(objection, outcome)
    changed = Objection.objects.filter(
        pk=objection.pk, last_outcome="", complained_at__isnull=False
    ).update(
        last_outcome=outcome, last_statement=_reasons(statement), last_decided_by=moderator,
        last_decided_at=clock.now(),
    )  # fmt: skip
    if not changed:
        raise Lost
    return _carry_out(objection, outcome, moderator, "complained")


def complain_until(found: Objection) -> dt.datetime | None:
    """Until when a decision is open to a complaint: six months."""
    return found.decided_at + dt.timedelta(days=settings.APPEAL_DAYS) if found.decided_at else None


@transaction.atomic
def complain(*, objection: Objection, actor: User, text: str) -> None:
    """Who the decision weighs on does not agree. Once. Raises Forbidden, TooLate, Invalid, Lost."""
    until = complain_until(objection)
    if until is not None and clock.now() > until:
        raise TooLate
    if not may_complain(objection, actor):
        raise Forbidden
    now = clock.now()
    changed = Objection.objects.filter(pk=objection.pk, complained_at__isnull=True).update(
        complaint=said(text, MOST_TEXT), complained_by=actor, complained_at=now,
        complaint_by=now + dt.timedelta(days=settings.DECISION_DAYS),
    )  # fmt: skip
    if not changed:
        raise Lost
    audit.record(
        "tasks:objection:complain",
        objection.public_id,
        actor=actor,
        organisation_id=organisation(objection).pk,
    )


def look(*, objection: Objection, moderator: User) -> None:
    """Write down that a moderator reads the messages of a case: nobody does without a trace."""
    audit.record(
        "tasks:thread:look", objection.public_id, actor=moderator, organisation_id=organisation(objection).pk
    )


def _reasons(statement: str) -> str:
    try:
        return said(statement, MOST_TEXT)
    except Invalid as refusal:
        raise Invalid(fields={"reason": refusal.fields["text"]}) from None


def _check_outcome(found: Objection, outcome: str) -> None:
    if outcome not in (Objection.OF_RATING if found.rating_id else Objection.OF_THREAD):
        raise Invalid(fields={"outcome": [_("Choose one of these.")]})


def _carry_out(objection: Objection, outcome: str, moderator: User, what: str) -> Objection:
    objection.refresh_from_db()
    if objection.rating is not None:
        Rating.objects.filter(pk=objection.rating.pk).update(hidden=_hidden(objection.rating))
    elif objection.thread is not None:
        Thread.objects.filter(pk=objection.thread.pk).update(silenced=_silenced(objection.thread))
    audit.record(
        f"tasks:objection:{outcome}", objection.public_id, actor=moderator,
        organisation_id=organisation(objection).pk,
    )  # fmt: skip
    _tell(objection, "objection_decided" if what == "decided" else "objection_complained")
    return objection


def _hidden(rating: Rating) -> str:
    """What is hidden of a rating by all decisions in force: each side may have objected once."""
    found = {each.stands for each in rating.objections.all()}
    if Outcome.HIDDEN in found:
        return Rating.Hidden.ALL
    return Rating.Hidden.WORDS if Outcome.WORDS in found else Rating.Hidden.NO


def _silenced(thread: Thread) -> str:
    """The side that may not write, by the latest decision in force about who that is."""
    rows = [each for each in thread.objections.order_by("pk") if each.stands == Outcome.SILENCED]
    if not rows:
        return ""
    return Side.REQUESTER if rows[-1].side == Side.WORKER else Side.WORKER


def _tell(found: Objection, kind: str) -> None:
    """Both sides read the reasons: the worker, and for the requester who objected, answered or posted."""
    key = found.public_id
    notices.tell(worker_id(found), kind, f"{key}:worker", objection=key)
    if found.side == Side.REQUESTER:
        member = found.made_by_id
    elif found.thread is not None:
        member = found.thread.batch.created_by_id
    else:
        return  # a reader objected to a rating: the requester has no part in it
    notices.tell_member(
        member, kind, f"{key}:requester", organisation_id=organisation(found).pk, objection=key
    )
