"""Ratings of requesters by those they paid (charter M11; ILO 9, 11): pay, clarity, fairness, and words.

A rating is written once for each organisation and half year, can be changed and taken back until it is shown, and is
shown with at least RATING_LEAST others, on the first of a month, so that nobody can tell by the date whose it is. From
then on nobody changes or deletes it; only the decision of a person about an objection hides it (`objections`).

Nothing that offers work reads any of this (charter M8): tests/integration/test_ranking.py.
"""

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Organisation, User
from tasks.errors import IllegalMove
from tasks.models import Assignment, Rating

RATEABLE_DAYS = 183  # after the last paid answer: what is rated is not long ago


def half_year(moment: dt.datetime) -> int:
    """The half year of `moment` by the clock of the books: 20262 is July to December 2026."""
    local = moment.astimezone(clock.BOOKS)
    return local.year * 10 + (1 if local.month <= 6 else 2)


def paid_answers(worker: User) -> QuerySet[Assignment]:
    """The answers of a worker, paid within the last half year, that entitle them to rate who asked."""
    since = clock.now() - dt.timedelta(days=RATEABLE_DAYS)
    return Assignment.objects.filter(
        worker=worker, state=Assignment.State.APPROVED, reviewed_at__gte=since
    ).order_by("-pk")


def entitles(worker: User, organisation: Organisation) -> Assignment | None:
    """The answer by which `worker` may rate `organisation`; None where they may not."""
    return paid_answers(worker).filter(batch__organisation=organisation).first()


def own(worker: User, organisation: Organisation) -> Rating | None:
    """What the worker wrote about the organisation in this half year."""
    return Rating.objects.filter(
        worker=worker, organisation=organisation, half_year=half_year(clock.now())
    ).first()


@transaction.atomic
def rate(
    *, worker: User, organisation: Organisation, pay: int, clarity: int, fairness: int, words: str = ""
) -> Rating:
    """Write a rating, or change the one of this half year while it is not shown.

    Marks are 1 to 5. Raises Forbidden for who was not paid by the organisation, Invalid, and IllegalMove once shown.
    """
    answer = entitles(worker, organisation)
    if answer is None:
        raise Forbidden(_("Only people who were paid by this requester in the last half year can rate it."))
    given = {"pay": pay, "clarity": clarity, "fairness": fairness}
    wrong = {
        name: [_("Choose a mark from 1 to 5.")] for name, mark in given.items() if mark not in range(1, 6)
    }
    if wrong:
        raise Invalid(fields=wrong)
    now = clock.now()
    given_all = {**given, "words": said(words, Rating.MOST_WORDS, empty=True), "changed_at": now}
    key = {"worker": worker, "organisation": organisation, "half_year": half_year(now)}
    if Rating.objects.filter(**key, shown_in__isnull=True).update(**given_all):
        return Rating.objects.get(**key)
    try:
        with transaction.atomic():
            return Rating.objects.create(assignment=answer, written_at=now, **key, **given_all)
    except IntegrityError as error:
        if "rating_once_in_half_a_year" not in str(error):
            raise
        raise IllegalMove(state=_("shown already")) from None


def take_back(*, rating: Rating, worker: User) -> None:
    """The author thinks better of it, while it is not shown. Raises Lost."""
    rows = Rating.objects.filter(pk=rating.pk, worker=worker, shown_in__isnull=True)
    if not rows.delete()[0]:
        raise Lost


def said(text: str, most: int, *, empty: bool = False) -> str:
    """What somebody wrote, without the space around it. Raises Invalid for too much, or for nothing unless `empty`."""
    words = text.strip()
    if "\x00" in words or (not words and not empty):
        raise Invalid(fields={"text": [_("Write it in a sentence or two.")]})
    if len(words) > most:
        raise Invalid(fields={"text": [_("Keep it under %(most)s characters.") % {"most": most}]})
    return words


# --- shown in sets ----------------------------------------------------------------------------------------------


def show_due() -> int:
    """Show what waits, by organisation, where ratings of RATING_LEAST people or more do. Returns how many were shown.

    Only what was written RATING_EDIT_DAYS before the first of this month is counted, and all of a set bears that
    first as its date: neither the day nor the order tells who wrote which.
    """
    month = clock.today().replace(day=1)
    start = dt.datetime.combine(month, dt.time(), tzinfo=clock.BOOKS)
    waiting = Rating.objects.filter(
        shown_in__isnull=True, written_at__lte=start - dt.timedelta(days=settings.RATING_EDIT_DAYS)
    )
    full = (
        waiting.values("organisation")
        .annotate(people=Count("worker", distinct=True))
        .filter(people__gte=settings.RATING_LEAST)
        .values_list("organisation", flat=True)
    )
    shown = 0
    for number in list(full.order_by("organisation")):
        with transaction.atomic():
            # Counted again under a lock: one that was taken back since would leave fewer who stand for each other.
            held = waiting.filter(organisation=number).order_by("pk").select_for_update(no_key=True)
            people = dict(held.values_list("pk", "worker"))
            if len(set(people.values())) >= settings.RATING_LEAST:
                shown += Rating.objects.filter(pk__in=people).update(shown_in=month)
    return shown


# --- the requester's answer ---------------------------------------------------------------------------------------


@transaction.atomic
def answer(*, rating: Rating, actor: User, text: str) -> Rating:
    """The requester's one public answer to a rating that is shown. The author is told. Raises Invalid, IllegalMove.

    `actor` is a member who may answer for the organisation: the view has seen to it.
    """
    words = said(text, Rating.MOST_WORDS)
    changed = Rating.objects.filter(
        pk=rating.pk, shown_in__isnull=False, answer="", hidden=Rating.Hidden.NO
    ).update(answer=words, answered_by=actor, answered_at=clock.now())
    if not changed:
        raise IllegalMove(state=_("answered already, or not shown"))
    audit.record("tasks:rating:answer", rating.public_id, actor=actor, organisation_id=rating.organisation_id)
    notices.tell(rating.worker_id, "rating_answered", rating.public_id, rating=rating.public_id)
    rating.refresh_from_db()
    return rating
