"""Private crowds: who is invited to a batch, by a list or by a link, and who said yes (docs/adr/0029).

Being in opens the door and nothing else: every rule of eligibility, the floor and the cap hold as for everybody.
Whether somebody is in is asked by `tasks_claim` itself, where it can't be overtaken.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit, clock, ids, notices, outbox
from marketplace.base.errors import Invalid, NotFound, Refusal
from marketplace.base.models import Membership, Organisation, User
from tasks.errors import BelowYourFloor, CountryNotAsked, IllegalMove, NotADraft, NotInvited, OwnOrganisation
from tasks.models import Assignment, Batch, BatchGuest, BatchLink

from . import eligibility

MOST_GUESTS = (
    1_000  # rows of one batch by address or by name: each address gets a mail, of which we know nothing
)
MOST_A_DAY = 500  # invitations that one organisation sends in a day
ENDS_JOINING = (OwnOrganisation, CountryNotAsked, BelowYourFloor)  # what won't pass by waiting


class TooManyGuests(Refusal):
    """More invitations than a batch may have, or an organisation may send in a day."""

    code = "too_many_guests"
    detail = gettext_lazy("At most %(most)s people can be invited to one batch by name. Use a link for more.")


class EnoughGuestsToday(TooManyGuests):
    detail = gettext_lazy(
        "Your organisation has invited %(most)s people in a day. Invite the next ones tomorrow."
    )


@dataclass(frozen=True)
class Crowd:
    """A private batch as its requester sees it: what they typed, who declined, the link, how many are in. Never who
    accepted."""

    # Id of the row, the address or wrk_… that was typed, whether they said no; none that was removed.
    named: list[tuple[str, str, bool]]
    by_link: list[tuple[str, str]]  # id of the row and wrk_… of the people who came by the link and are in
    joined: int
    link: BatchLink | None


# --- The list -----------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, batch: Batch, actor: User, people: str) -> int:
    """Invite addresses, or `wrk_…` of people who worked for the organisation, one to a line. Returns how many lines.

    It says and does the same for an address whether it has an account here or not; one that is there already
    changes nothing, and who declined is not asked again. The mails go out once the batch is open. Locks batch and
    organisation. Raises Invalid with `fields`, IllegalMove, TooManyGuests.
    """
    batch = changeable(batch, Batch.Audience.LIST)
    emails, workers = _read(batch, people)
    now = clock.now()
    rows = [BatchGuest(batch=batch, email=email, invited_by=actor, invited_at=now) for email in emails]
    rows += [
        BatchGuest(batch=batch, worker_id=number, invited_by=actor, invited_at=now) for number in workers
    ]
    _bound(batch, len(rows))
    BatchGuest.objects.bulk_create(rows, ignore_conflicts=True)
    named = Q(email__in=emails) | Q(worker__in=workers, email="")
    again = BatchGuest.objects.filter(named, batch=batch, removed_at__isnull=False)
    again.update(removed_at=None, accepted_at=None, invited_at=now)
    record("invite", batch, actor, count=len(rows))
    if batch.state in Batch.LIVE:
        call(batch)
    return len(rows)


def _read(batch: Batch, people: str) -> tuple[list[str], list[int]]:
    """Addresses in lower case, and numbers of workers. Raises Invalid naming each line that is neither."""
    emails: dict[str, None] = {}
    workers: dict[int, int] = {}  # number → line
    wrong: list[Any] = []
    for number, line in enumerate(people.replace(",", "\n").replace(";", "\n").splitlines(), start=1):
        word = line.strip()
        if word.startswith("wrk_"):
            try:
                workers.setdefault(ids.decode("wrk", word, batch.organisation_id), number)
            except NotFound:
                wrong.append(_not_known(number, word))
        elif word:
            try:
                _check_address(word)
                emails[word.lower()] = None
            except ValidationError:
                wrong.append(
                    _("Line %(line)s: “%(word)s” is neither an e-mail address nor a wrk_… of your results.")
                    % {"line": number, "word": word[:80]}
                )
    known = set(
        Assignment.objects.filter(
            worker__in=workers, batch__organisation=batch.organisation_id, state__in=Assignment.ANSWERED
        ).values_list("worker_id", flat=True)
    )
    for worker, number in workers.items():
        if worker not in known:
            wrong.append(_not_known(number, ids.worker_seen_by(worker, batch.organisation_id)))
    if wrong or not (emails or workers):
        raise Invalid(
            fields={"people": wrong or [_("Write at least one address, each on a line of its own.")]}
        )
    return list(emails), list(workers)


def _check_address(word: str) -> None:
    """Raises ValidationError for what is no address, or longer than any can be."""
    BatchGuest._meta.get_field("email").clean(word, None)


def _not_known(line: int, word: str) -> str:
    return _("Line %(line)s: nobody called %(word)s has worked for you. Copy it from your results.") % {
        "line": line,
        "word": word[:20],
    }


def _bound(batch: Batch, more: int) -> None:
    """Counted with the organisation locked: of two people who invite at once, the second sees what the first did."""
    Organisation.objects.select_for_update(no_key=True).get(pk=batch.organisation_id)
    if batch.guests.filter(link__isnull=True).count() + more > MOST_GUESTS:
        raise TooManyGuests(most=MOST_GUESTS)
    lately = BatchGuest.objects.filter(
        batch__organisation=batch.organisation_id,
        link__isnull=True,
        invited_at__gt=clock.now() - dt.timedelta(days=1),
    )
    if lately.count() + more > MOST_A_DAY:
        raise EnoughGuestsToday(most=MOST_A_DAY)


@transaction.atomic
def remove(*, batch: Batch, actor: User, guest: str) -> None:
    """Take an invitation back, or end somebody's access: no new claims; work in hand and its pay stay.

    Raises NotFound, IllegalMove.
    """
    batch = changeable(batch)
    row = (
        BatchGuest.objects.select_for_update(no_key=True)
        .filter(pk=ids.decode("gst", guest), batch=batch, removed_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound
    row.removed_at = clock.now()
    row.save(update_fields=["removed_at"])
    record("remove", batch, actor, guest=guest)
    if row.accepted_at and row.worker_id:
        key = f"{guest}:{row.removed_at.isoformat()}"
        notices.tell(row.worker_id, "batch_uninvited", key, batch=batch.public_id)


def call(batch: Batch) -> None:
    """Promise the invitations that were not sent yet; each is sent once. In the transaction of the news."""
    if batch.audience != Batch.Audience.LIST:
        return
    waiting = batch.guests.filter(
        told_at__isnull=True, removed_at__isnull=True, declined_at__isnull=True, link__isnull=True
    )
    for number in waiting.values_list("pk", flat=True):
        outbox.emit("guest.invite", str(number), guest_id=number)


@transaction.atomic
def reach(guest_id: int) -> BatchGuest | None:
    """Tell an invited person: a notice where the address has an account, else the row, for a mail to the address.

    None when there is nothing (more) to send.
    """
    found = BatchGuest.objects.filter(
        pk=guest_id, told_at__isnull=True, removed_at__isnull=True, batch__state__in=Batch.LIVE
    )
    if not found.update(told_at=clock.now()):
        return None
    row = BatchGuest.objects.select_related("batch__organisation", "invited_by").get(pk=guest_id)
    person = row.worker or User.objects.filter(email=row.email, is_active=True).first()
    if person is None:
        return row
    if declined(person, row.batch):
        return None
    notices.tell(person.pk, "batch_invitation", row.batch.public_id, batch=row.batch.public_id)
    return None


# --- The person ---------------------------------------------------------------------------------------------------


def is_in(user: User, batch: Batch) -> bool:
    """Whether the person said yes and was not removed."""
    return members(batch).filter(worker=user).exists()


def members(batch: Batch) -> QuerySet[BatchGuest]:
    """Who is in."""
    return BatchGuest.objects.filter(batch=batch, accepted_at__isnull=False, removed_at__isnull=True)


def declined(user: User, batch: Batch) -> bool:
    """Whether the person said no to an invitation to this batch: they are not asked again, by whatever name."""
    return BatchGuest.objects.filter(worker=user, batch=batch, declined_at__isnull=False).exists()


def knows(user: User, batch: Batch) -> bool:
    """Whether the person may know that a private batch is there: invited, worked in it, or of its organisation."""
    return (
        BatchGuest.objects.filter(invited(user), batch=batch).exists()
        or Assignment.objects.filter(batch=batch, worker=user).exists()
        or Membership.objects.filter(organisation=batch.organisation_id, user=user).exists()
    )


def invited(user: User) -> Q:
    """Rows of BatchGuest that speak to this person and still stand: not answered, or with a yes. After one no, none."""
    no = BatchGuest.objects.filter(batch=OuterRef("batch"), worker=user, declined_at__isnull=False)
    mine = Q(worker=user) | Q(email=user.email, worker__isnull=True) & ~Q(email="")
    return Q(removed_at__isnull=True) & mine & ~Q(Exists(no))


def waits_for(user: User, batch: Batch) -> bool:
    """Whether an invitation waits for the person's yes."""
    open_ = BatchGuest.objects.filter(invited(user), batch=batch, accepted_at__isnull=True)
    return open_.exists() and not is_in(user, batch)


@transaction.atomic
def accept(*, batch: Batch, worker: User) -> None:
    """Say yes to an invitation by name; once more changes nothing. Locks the person and the row.

    Raises NotFound, and what ENDS_JOINING names.
    """
    one_at_a_time(worker)
    row = _waiting(batch, worker).first()
    if is_in(worker, batch):
        return
    if row is None:
        raise NotFound
    check_person(worker, batch)
    row.worker, row.accepted_at = worker, clock.now()
    row.save(update_fields=["worker", "accepted_at"])
    record("accept", batch, worker)


@transaction.atomic
def decline(*, batch: Batch, worker: User) -> None:
    """Say no to an invitation by name; once more changes nothing. It costs nothing (charter C7), and is final: the
    requester sees that it was declined, and the batch no longer shows. Locks the person and the rows.

    Raises NotFound without an invitation that waits.
    """
    one_at_a_time(worker)
    if declined(worker, batch):
        return
    rows = [] if is_in(worker, batch) else list(_waiting(batch, worker))
    if not rows:
        raise NotFound
    BatchGuest.objects.filter(pk__in=[row.pk for row in rows]).update(worker=worker, declined_at=clock.now())
    record("decline", batch, worker)


def _waiting(batch: Batch, worker: User) -> QuerySet[BatchGuest]:
    """The rows, locked, in which an invitation waits for this person."""
    rows = BatchGuest.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(invited(worker), batch=batch, accepted_at__isnull=True).order_by("pk")


def one_at_a_time(worker: User) -> None:
    """Lock the person: a yes to one invitation, a no to another and a link followed meanwhile come in turn."""
    User.objects.select_for_update(no_key=True).get(pk=worker.pk)


def check_person(worker: User, batch: Batch) -> None:
    """Raises the rule that would keep this person out however long they waited; joining would be for nothing."""
    who = eligibility.standing(worker)
    if batch.organisation_id in who.organisations:
        raise OwnOrganisation
    refusal = eligibility.refusal(who, batch)
    if isinstance(refusal, ENDS_JOINING):
        raise refusal


def refusal(user: User, batch: Batch) -> Refusal | None:
    """NotInvited where the audience keeps the person out; for pages, since a claim asks by itself."""
    return NotInvited() if batch.is_private and not is_in(user, batch) else None


def crowd(batch: Batch) -> Crowd:
    """What the requester's pages show of a private batch."""
    rows = BatchGuest.objects.filter(batch=batch, removed_at__isnull=True).order_by("-pk")[: 2 * MOST_GUESTS]
    named: list[tuple[str, str, bool]] = []
    by_link: list[tuple[str, str]] = []
    for row in rows:
        place = ids.encode("gst", row.pk)
        word = row.email or ids.worker_seen_by(row.worker_id or 0, batch.organisation_id)
        if row.link_id:
            by_link.append((place, word))
        else:
            named.append((place, word, row.declined_at is not None))
    link = BatchLink.objects.filter(batch=batch, revoked_at__isnull=True).first()
    return Crowd(named, by_link, members(batch).count(), link)


def check_ready(batch: Batch) -> list[str]:
    """What a private batch lacks before it can open, as sentences."""
    if batch.audience == Batch.Audience.LIST and not batch.guests.filter(removed_at__isnull=True).exists():
        return [_("Name at least one person who may do it, or open it to everybody.")]
    link = BatchLink.objects.filter(batch=batch, revoked_at__isnull=True)
    if batch.audience == Batch.Audience.LINK and not link.exists():
        return [_("Make the link by which people join, or open it to everybody.")]
    return []


def changeable(batch: Batch, audience: str = "") -> Batch:
    """The batch, locked, while its crowd can still change. Raises IllegalMove, NotADraft (not such an audience)."""
    found = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .get(pk=batch.pk)
    )
    if found.state in Batch.ENDED:
        raise IllegalMove(state=found.get_state_display())
    if audience and found.audience != audience:
        raise NotADraft
    return found


def record(action: str, batch: Batch, actor: User, **data: Any) -> None:
    audit.record(
        f"tasks:crowd:{action}", batch.public_id, actor=actor, organisation_id=batch.organisation_id, **data
    )
