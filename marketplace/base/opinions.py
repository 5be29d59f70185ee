"""Second opinions: a moderator asks another before deciding, and heavy acts need one that agrees (docs/adr/0072).

What was asked and answered is kept and shown to later readers of the case; the parties read that two people looked.
"""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from . import audit, clock, conflicts, ids, notices
from .errors import Forbidden, Invalid, Lost, Refusal
from .models import SecondOpinion, User

MOST_TEXT = 5_000  # characters of a question or an answer
HOLDS_DAYS = 30  # an agreement is about the case as it was: older ones are asked for anew
# Acts that two people stand for: to agree to one is not to agree to another.
RESTRICT, CLOSE, REFUSE = "restrict", "close", "refuse"
ACTS = frozenset({RESTRICT, CLOSE, REFUSE})


class SecondNeeded(Refusal):
    """A heavy act, and nobody else has agreed to it."""

    code = "second_needed"
    detail = _(
        "This weighs so much that a second moderator must agree first. Ask below; your words are kept meanwhile."
    )


@transaction.atomic
def ask(
    *,
    kind: str,
    number: int,
    moderator: User,
    question: str,
    of: User | None = None,
    act: str = "",
    act_until: dt.datetime | None = None,
) -> SecondOpinion:
    """Ask another moderator, or (`of` None) whoever comes first, what they think of a case.

    `act` names a heavy act to agree to, `act_until` its end (UTC; None: without end). Raises Forbidden, Invalid.
    """
    if not moderator.is_moderator:
        raise Forbidden
    fields = {}
    if of is not None and (not of.is_moderator or of.pk == moderator.pk or not of.is_active):
        fields["of"] = [_("Choose another moderator from the list.")]
    if not question.strip() or len(question) > MOST_TEXT or "\x00" in question:
        fields["question"] = [_("Say in a sentence or two what you are not sure about.")]
    if fields:
        raise Invalid(fields=fields)
    row = SecondOpinion.objects.create(
        kind=kind, number=number, asked_by=moderator, asked_of=of, question=question.strip(), act=act,
        act_until=act_until, asked_at=clock.now(),
    )  # fmt: skip
    case = ids.encode(kind, number)
    audit.record("console:opinion:ask", case, actor=moderator, opinion=row.public_id, act=act)
    if of is not None:
        notices.tell(of.pk, "opinion_asked", row.public_id, case=case)
    return row


@transaction.atomic
def answer(*, opinion: SecondOpinion, moderator: User, words: str, agrees: bool | None) -> SecondOpinion:
    """Say what one thinks, in words, and, where an act was named, whether one agrees to it.

    The caller has seen to it that this moderator has no part in the case; whoever asked never answers. Raises
    Forbidden, Invalid, Lost (answered before).
    """
    asked = opinion.asked_of_id is None or opinion.asked_of_id == moderator.pk
    if not moderator.is_moderator or opinion.asked_by_id == moderator.pk or not asked:
        raise Forbidden
    fields = {}
    if not words.strip() or len(words) > MOST_TEXT or "\x00" in words:
        fields["answer"] = [_("Say what you would do, and why.")]
    if agrees is None and opinion.act:
        fields["agrees"] = [_("Choose whether you agree.")]
    if fields:
        raise Invalid(fields=fields)
    if not SecondOpinion.objects.filter(pk=opinion.pk, answered_at__isnull=True).update(
        answered_by=moderator, answered_at=clock.now(), answer=words.strip(), agrees=agrees
    ):
        raise Lost
    case = ids.encode(opinion.kind, opinion.number)
    audit.record("console:opinion:answer", case, actor=moderator, opinion=opinion.public_id, agrees=agrees)
    notices.tell(opinion.asked_by_id, "opinion_answered", opinion.public_id, case=case)
    opinion.refresh_from_db()
    return opinion


def waiting(moderator: User) -> QuerySet[SecondOpinion]:
    """Unanswered questions that this moderator may answer, the oldest first."""
    rows = SecondOpinion.objects.filter(answered_at__isnull=True).exclude(asked_by=moderator)
    mine = Q(asked_of__isnull=True) | Q(asked_of=moderator)
    return rows.filter(mine).select_related("asked_by").order_by("asked_at", "pk")


def of_case(kind: str, number: int) -> QuerySet[SecondOpinion]:
    """Every question about a case, the oldest first."""
    rows = SecondOpinion.objects.filter(kind=kind, number=number)
    return rows.select_related("asked_by", "asked_of", "answered_by").order_by("pk")


def agreed(
    *,
    kind: str,
    number: int,
    moderator: User,
    act: str,
    until: dt.datetime | None = None,
    after: dt.datetime | None = None,
    people: Iterable[int | None] = (),
    organisation_id: int | None = None,
    barred: Iterable[int] = (),
    function: str = conflicts.BASE,
) -> User:
    """Who agreed to a heavy act that `moderator` asked about: by the latest answer, not older than HOLDS_DAYS.

    What they agreed to must reach as far as `until` (None: without end); `after` is when the act was last done. Whoever
    has a part in the case by now (`people`, `organisation_id` and `function` as for `conflicts.found`), or is one of
    `barred`, is no second person. Raises SecondNeeded.
    """
    rows = SecondOpinion.objects.filter(
        kind=kind, number=number, asked_by=moderator, act=act,
        answered_at__gt=max(filter(None, [after, clock.now() - dt.timedelta(days=HOLDS_DAYS)])),
    )  # fmt: skip
    last = rows.select_related("answered_by").order_by("-answered_at").first()
    if last is None or not last.agrees or last.answered_by is None:
        raise SecondNeeded
    if last.act_until is not None and (until is None or until > last.act_until):
        raise SecondNeeded
    # Without their lock: two people who agree to each other's cases at once would wait for each other.
    part = conflicts.found(
        kind=kind, number=number, moderator=last.answered_by, people=people, organisation_id=organisation_id,
        function=function,
    )  # fmt: skip
    if part or last.answered_by_id in set(barred):
        raise SecondNeeded
    return last.answered_by


def is_long(starts_at: dt.datetime, ends_at: dt.datetime | None) -> bool:
    """Whether a restriction from `starts_at` to `ends_at` (UTC; None: without end) takes two people."""
    return ends_at is None or ends_at > starts_at + dt.timedelta(days=settings.SECOND_LOOK_DAYS)
