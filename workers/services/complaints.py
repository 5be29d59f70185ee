"""Complaints about a decision against somebody: within six months, answered by another named person, by a date that
both sides see; a complaint that is upheld takes the decision back (charter M3 to M5, docs/adr/0065).

What can be complained about lives in several apps. Each registers a kind, which finds a decision by its public id and
takes it back.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Min, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, ids, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from workers.models import Complaint

MOST_TEXT = 5_000  # characters of what somebody writes


class TooLate(Refusal):
    """The time for a complaint has passed."""

    code = "too_late"
    detail = _("The six months for a complaint have passed. The courts stay open to you.")


class Complained(Refusal):
    """There is a complaint about this decision already."""

    code = "complained_already"
    detail = _("You complained about this decision before. Read on its page what becomes of it.")


class PartOfIt(Refusal):
    """Whoever decides is part of the case."""

    code = "part_of_the_case"
    detail = _("You are part of this case, or decided it first. Leave it to a colleague.")
    status = 403


@dataclass(frozen=True)
class Decision:
    """A decision against somebody as its statement of reasons shows it. `people`: row numbers of those who may
    complain; `apart`: they are strangers, and none reads what another says; `over_at`: since when it keeps nobody from
    anything (UTC); `link`: the page of what it is about."""

    about: str
    subject: str
    title: Any
    reason: str
    decided_by: User
    decided_at: dt.datetime
    people: frozenset[int]
    second_by: User | None = None
    ends_at: dt.datetime | None = None
    over_at: dt.datetime | None = None
    rests_on: Any = ""
    source: Any = ""
    link: str = ""
    apart: bool = False

    @property
    def until(self) -> dt.datetime:
        """Until when it is open to a complaint."""
        return self.decided_at + dt.timedelta(days=settings.APPEAL_DAYS)

    @property
    def complaint(self) -> Complaint | None:
        """What was said against it, if anything."""
        rows = Complaint.objects.filter(
            about=self.about, subject=self.subject, first_decided_at=self.decided_at
        )
        return rows.select_related("decided_by").first()


class Kind(Protocol):
    """What an app registers for decisions of one kind."""

    about: str

    def find(self, subject: str) -> Decision:
        """The decision in force, or the last one, about a public id. Raises NotFound."""

    def of(self, user: User) -> list[Decision]:
        """The decisions against a person, newest first."""

    def take_back(self, subject: str, moderator: User) -> None:
        """Undo it, and what it cost. In the caller's transaction."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let decisions of this kind be complained about."""
    assert kind.about in Complaint.About.values and kind.about not in _kinds, kind.about
    _kinds[kind.about] = kind


def find(about: str, subject: str) -> Decision:
    """A decision, for those who may look at any. Raises NotFound."""
    if about not in _kinds:
        raise NotFound
    return _kinds[about].find(subject)


def find_for(user: User, about: str, subject: str) -> Decision:
    """A decision against this very person. Raises NotFound."""
    found = find(about, subject)
    if user.pk not in found.people:
        raise NotFound
    return found


def against(user: User) -> list[Decision]:
    """What was decided against a person, newest first."""
    found = [decision for kind in _kinds.values() for decision in kind.of(user)]
    return sorted(found, key=lambda each: each.decided_at, reverse=True)


@transaction.atomic
def complain(*, about: str, subject: str, user: User, text: str) -> Complaint:
    """Say that a decision is wrong, once, within `settings.APPEAL_DAYS`. Who complains is told by when they are
    answered. Raises NotFound for somebody else's, TooLate, Complained, Invalid without words.
    """
    decision = find_for(user, about, subject)
    now = clock.now()
    if now > decision.until:
        raise TooLate
    try:
        with transaction.atomic():
            made = Complaint.objects.create(
                about=about, subject=subject, first_decided_by=decision.decided_by,
                first_decided_at=decision.decided_at, first_reason=decision.reason,
                made_by=user, text=_said(text), made_at=now,
                decide_by=now + dt.timedelta(days=settings.COMPLAINT_DAYS),
            )  # fmt: skip
    except IntegrityError as error:
        if "complaint_once_per_decision" not in str(error):
            raise
        raise Complained from None
    audit.record("workers:complaint:make", made.public_id, actor=user, about=about, decision=subject)
    notices.tell(user.pk, "complaint_received", made.public_id, complaint=made.public_id)
    return made


def check_moderator(complaint: Complaint, moderator: User) -> None:
    """Raises Forbidden for who does not moderate, PartOfIt for who decided first, agreed to it, complains, or is
    concerned."""
    if not moderator.is_moderator:
        raise Forbidden
    if moderator.pk in (complaint.first_decided_by_id, complaint.made_by_id):
        raise PartOfIt
    try:
        decision = find(complaint.about, complaint.subject)
    except NotFound:  # it was taken back meanwhile
        return
    second = decision.second_by
    if moderator.pk in decision.people or (second is not None and second.pk == moderator.pk):
        raise PartOfIt
    conflicts.require_none(
        kind="cmp", number=complaint.pk, moderator=moderator, people=[complaint.made_by_id, *decision.people]
    )


@transaction.atomic
def decide(*, complaint: Complaint, moderator: User, outcome: str, statement: str) -> Complaint:
    """Another moderator takes the decision back, or lets it stand, in writing. Who complained is told at once.

    Raises Forbidden, PartOfIt, Invalid, Lost when somebody was faster.
    """
    check_moderator(complaint, moderator)
    if outcome not in Complaint.Outcome.values:
        raise Invalid(fields={"outcome": [_("Choose one of the two.")]})
    with conflicts.refused():
        changed = Complaint.objects.filter(pk=complaint.pk, outcome="").update(
            outcome=outcome, statement=_said(statement), decided_by=moderator, decided_at=clock.now()
        )
    if not changed:
        raise Lost
    complaint.refresh_from_db()
    if outcome == Complaint.Outcome.UPHELD and _counts(complaint):
        _kinds[complaint.about].take_back(complaint.subject, moderator)
    audit.record(
        f"workers:complaint:{outcome}", complaint.public_id, actor=moderator,
        about=complaint.about, decision=complaint.subject,
    )  # fmt: skip
    notices.tell(
        complaint.made_by_id, "complaint_decided", complaint.public_id, complaint=complaint.public_id
    )
    return complaint


def _counts(complaint: Complaint) -> bool:
    """Whether the decision complained about is the last one of its subject: a later one has its own complaint. A hold
    that was prolonged meanwhile is still the same money held."""
    try:
        last = find(complaint.about, complaint.subject)
        return complaint.about == Complaint.About.HOLD or last.decided_at == complaint.first_decided_at
    except NotFound:  # it was taken back meanwhile
        return False


def waiting() -> QuerySet[Complaint]:
    """Those that wait for an answer, the one promised first on top: so the late ones come before all others."""
    rows = Complaint.objects.filter(outcome="").select_related("made_by", "first_decided_by")
    return rows.order_by("decide_by", "pk")


def decided() -> QuerySet[Complaint]:
    """Those that were answered, for pages by cursor."""
    return Complaint.objects.exclude(outcome="").select_related("made_by", "first_decided_by", "decided_by")


def queue() -> tuple[int, dt.datetime | None, dt.datetime | None]:
    """How many wait, since when the oldest one, and by when the first was promised."""
    rows = Complaint.objects.filter(outcome="")
    found = rows.aggregate(oldest=Min("made_at"), due=Min("decide_by"))
    return rows.count(), found["oldest"], found["due"]


def get(public_id: str) -> Complaint:
    """A complaint by its id. Raises NotFound."""
    rows = Complaint.objects.select_related("made_by", "first_decided_by", "decided_by")
    found = rows.filter(pk=ids.decode("cmp", public_id)).first()
    if found is None:
        raise NotFound
    return found


def _said(text: str) -> str:
    said = text.strip()
    if not said or "\x00" in said:
        raise Invalid(fields={"text": [_("Write it in a sentence or two.")]})
    if len(said) > MOST_TEXT:
        raise Invalid(fields={"text": [_("Keep it under %(most)s characters.") % {"most": MOST_TEXT}]})
    return said
