"""One person, one account, one yearly cap (charter C1, W6; docs/adr/0073).

Payout details leave marks (`person_marks`). An equal tax number, or an equal account with the same name, makes two
accounts one person's: their caps are one from then on. An equal account alone may be a couple's: payouts of the later
account rest for SAME_ACCOUNT_HOLD_DAYS, or until a moderator has decided. Nobody is restricted by any of this (M2), and
what is found by the rule alone is open to an objection, which a person decides.
"""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, ids, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from payments.models import Payee, PersonAccount, PersonMark, PersonPair
from payments.models.person import PARTED
from payments.services import payouts, person_marks, persons_found

Outcome = PersonPair.Outcome
MOST_TEXT = 5_000  # characters of what somebody writes
# A person has to decide these: nobody has yet, or more was found equal since somebody did.
UNDECIDED = Q(outcome="") | Q(decided_at__lt=F("changed_at"))


class ObjectedAlready(Refusal):
    """Somebody said before that this is wrong."""

    code = "objected_already"
    detail = _(
        "You told us already that this is wrong. A person reads it, and you read here what becomes of it."
    )


def lock() -> None:
    """Let one transaction at a time change who is one person, until it ends. Before people's rows and the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('payments_person'))")


def follow(payee: Payee) -> set[int]:
    """Write the marks of payout details as they are now, and find who else has them. In the transaction of `lock`.

    Returns the numbers of other accounts whose payouts the rules may now say something else about.
    """
    now = clock.now()
    marks = person_marks.of(
        legal_name=payee.legal_name, tax_residence=payee.tax_residence, tin=payee.tin, iban=payee.iban,
        mobile_number=payee.mobile_number,
    )  # fmt: skip
    rows = PersonMark.objects.filter(user=payee.user_id)
    former = [row.pk for row in rows if (row.kind, bytes(row.digest)) not in marks and row.keep_until is None]
    rows.filter(pk__in=former).update(keep_until=end_of_year(now))
    PersonMark.objects.bulk_create(
        [
            PersonMark(user_id=payee.user_id, kind=kind, digest=digest, first_seen_at=now, last_seen_at=now)
            for kind, digest in sorted(marks)
        ],
        update_conflicts=True,
        unique_fields=["user", "kind", "digest"],
        update_fields=["last_seen_at", "keep_until"],
    )
    return _take_in(persons_found.of(payee.user_id, now), now)


def find_all() -> int:
    """Find whom `follow` could not: details that were there before it was, or came back with a backup. How many pairs
    are new or stronger. For the clock; twice is once."""
    with transaction.atomic():
        lock()
        now = clock.now()
        found = persons_found.of(None, now)
        before = PersonPair.objects.filter(changed_at=now).count()
        touched = _take_in(found, now)
        _follow_payouts(touched)
        return PersonPair.objects.filter(changed_at=now).count() - before


def _take_in(found: Iterable[persons_found.Found], now: dt.datetime) -> set[int]:
    touched: set[int] = set()
    for each in found:
        # Locked: what somebody says of it in this instant comes before or after, and is not written over.
        rows = PersonPair.objects.select_for_update(no_key=True)
        row = rows.filter(first=each.first, second=each.second).first()
        row = row or PersonPair(
            first_id=each.first, second_id=each.second, found_at=now, keep_until=each.keep_until
        )
        one_before, before = row.is_one, (row.by_tin, row.by_name, row.by_account)
        row.by_tin, row.by_name = row.by_tin or each.by_tin, row.by_name or each.by_name
        row.by_account = row.by_account or each.by_account
        if before == (row.by_tin, row.by_name, row.by_account):
            continue
        row.changed_at, row.held_until = now, _hold_end(row, now)
        row.save()
        audit.record(
            "payments:person:found", row.public_id, actor=None, tin=row.by_tin, name=row.by_name,
            account=row.by_account,
        )  # fmt: skip
        if row.is_one and not one_before:
            _tell(row, "same_person_found")
        touched |= {row.first_id, row.second_id}
    if touched:
        persons_found.regroup()
    return touched


def _hold_end(row: PersonPair, now: dt.datetime) -> dt.datetime | None:
    if row.is_strong or row.outcome:
        return None
    return row.held_until or now + dt.timedelta(days=settings.SAME_ACCOUNT_HOLD_DAYS)


def _tell(row: PersonPair, kind: str, **data: str) -> None:
    """Tell both of them who are still here. Neither notice names the other account."""
    for number in _living(row):
        notices.tell(
            number, kind, f"{row.public_id}:{clock.now().timestamp():.0f}", person=row.public_id, **data
        )


def _living(row: PersonPair) -> list[int]:
    rows = User.objects.filter(pk__in=[row.first_id, row.second_id], is_active=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _follow_payouts(numbers: Iterable[int]) -> None:
    for number in sorted(numbers):
        payouts.follow_rules(number)


# --- what is decided ------------------------------------------------------------------------------------------------


def pairs(user: User) -> QuerySet[PersonPair]:
    """What is said of an account and others, the newest first."""
    rows = PersonPair.objects.filter(Q(first=user) | Q(second=user))
    return rows.select_related("first", "second", "decided_by").order_by("-pk")


def others(user: User) -> list[User]:
    """The other accounts of the same person, the first one first."""
    mine = PersonAccount.objects.filter(user=user).values("holder")
    rows = PersonAccount.objects.filter(holder__in=mine).exclude(user=user).select_related("user")
    return [row.user for row in rows.order_by("user_id")]


def find(public_id: str) -> PersonPair:
    """A pair by its public id. Raises NotFound."""
    rows = PersonPair.objects.select_related("first", "second", "decided_by")
    found = rows.filter(pk=ids.decode("prs", public_id)).first()
    if found is None:
        raise NotFound
    return found


def find_for(user: User, public_id: str) -> PersonPair:
    """A pair that this person is in. Raises NotFound."""
    found = find(public_id)
    if user.pk not in (found.first_id, found.second_id):
        raise NotFound
    return found


def objected() -> QuerySet[PersonPair]:
    """What somebody said is wrong and nobody has decided, the oldest first."""
    return PersonPair.objects.filter(outcome="", objected_at__isnull=False).order_by("objected_at", "pk")


def waits(row: PersonPair) -> bool:
    """Whether a person may decide it now."""
    return not row.outcome or (row.decided_at is not None and row.decided_at < row.changed_at)


@transaction.atomic
def object_to(*, pair: PersonPair, user: User, text: str) -> None:
    """Say that two accounts are not one person's, once, while nobody has decided it; a moderator then does.

    Raises NotFound for somebody else, Invalid without words, ObjectedAlready, Lost when it is decided.
    """
    if user.pk not in (pair.first_id, pair.second_id):
        raise NotFound
    said = _said(text, "text")
    rows = PersonPair.objects.filter(pk=pair.pk, outcome="")
    changed = rows.filter(objected_at__isnull=True).update(
        objection=said, objected_by=user, objected_at=clock.now()
    )
    if not changed:
        raise ObjectedAlready if rows.exists() else Lost
    audit.record("payments:person:object", pair.public_id, actor=user)


@transaction.atomic
def decide(*, pair: PersonPair, moderator: User, outcome: str, reason: str) -> PersonPair:
    """A named person decides whether two accounts are one person's. Those of them who are here are told why.

    Raises Forbidden, ConflictOfInterest, Invalid without a reason or outcome, Lost when it is decided.
    """
    lock()
    _check(pair, moderator)
    if outcome not in Outcome.values:
        raise Invalid(fields={"outcome": [_("Choose one of the two.")]})
    said = _said(reason, "reason")
    with conflicts.refused():
        changed = PersonPair.objects.filter(UNDECIDED, pk=pair.pk).update(
            outcome=outcome, reason=said, decided_by=moderator, decided_at=clock.now(), held_until=None
        )
    if not changed:
        raise Lost
    _decided(pair, moderator)
    return pair


@transaction.atomic
def part(*, pair: PersonPair, moderator: User) -> None:
    """Take back that two accounts are one person's, after a complaint that was right. In the caller's transaction.

    Raises Forbidden and ConflictOfInterest.
    """
    lock()
    _check(pair, moderator)
    with conflicts.refused():
        changed = PersonPair.objects.filter(pk=pair.pk, outcome=Outcome.ONE).update(
            outcome=Outcome.TWO, decided_by=moderator, decided_at=clock.now(), reason=PARTED
        )
    if changed:
        _decided(pair, moderator)


def _check(pair: PersonPair, moderator: User) -> None:
    if not moderator.is_moderator:
        raise Forbidden
    people = [pair.first_id, pair.second_id]
    conflicts.require_none(kind="prs", number=pair.pk, moderator=moderator, people=people)


def _decided(pair: PersonPair, moderator: User) -> None:
    pair.refresh_from_db()
    audit.record(f"payments:person:{pair.outcome}", pair.public_id, actor=moderator)
    _tell(pair, "same_person_decided", outcome=pair.outcome)
    persons_found.regroup()
    _follow_payouts([pair.first_id, pair.second_id])


def _said(text: str, field: str) -> str:
    said = text.strip()
    if not said or "\x00" in said:
        raise Invalid(fields={field: [_("Write it in a sentence or two.")]})
    if len(said) > MOST_TEXT:
        raise Invalid(fields={field: [_("Keep it under %(most)s characters.") % {"most": MOST_TEXT}]})
    return said


# --- how long it is kept --------------------------------------------------------------------------------------------


def end_of_year(moment: dt.datetime) -> dt.datetime:
    """When the year of `moment` ends in Europe/Paris, as UTC."""
    return clock.year_start(clock.year_of(moment) + 1)


def leave(user: User, *, was_restricted: bool) -> None:
    """Somebody is erased: their marks, and what is said of them and others, stay to the end of this year, since until
    then the cap counts; after a restriction for APPEAL_DAYS at least, in which it is open to a complaint (M4)."""
    lock()
    now = clock.now()
    until = end_of_year(now)
    if was_restricted:
        until = max(until, now + dt.timedelta(days=settings.APPEAL_DAYS))
    PersonMark.objects.filter(user=user).update(keep_until=until)
    for row in PersonPair.objects.filter(Q(first=user) | Q(second=user)):
        PersonPair.objects.filter(pk=row.pk).update(keep_until=max(until, row.keep_until or until))


def forget() -> int:
    """Delete the marks whose time is over, and what was said of people who are erased; how many rows."""
    with transaction.atomic():
        lock()
        now = clock.now()
        gone = PersonPair.objects.filter(keep_until__lte=now).delete()[0]
        if gone:
            persons_found.regroup()
        return gone + PersonMark.objects.filter(keep_until__lte=now).delete()[0]
