"""Asking to be erased: asked, waiting for what is open, some days to think again, carried out (charter D3).

The clock takes each request a step further. What is due is paid out first; the last mail leaves before the address is
gone. Until that day the person can take the request back, and works on as before.
"""

import datetime as dt
import logging
from contextlib import suppress

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, clockwork, notices
from marketplace.base.errors import Lost, Refusal
from marketplace.base.models import User
from payments.models import Payee
from payments.services import payouts, persons
from tasks.models import AnswerFile

from . import erasure, farewell, left, special, vault, waiting
from .models import ErasureRequest

log = logging.getLogger(__name__)
State = ErasureRequest.State
NO_KEY = "archive"  # waits for the operator: there is no key to seal to


class AlreadyAsked(Refusal):
    """There is an open request."""

    code = "already_asked"
    detail = _("You have asked for this already: the page says how far it is.")


def of(user: User) -> ErasureRequest | None:
    """The person's open request."""
    return ErasureRequest.objects.filter(user=user, state__in=ErasureRequest.OPEN).first()


def ask(*, user: User, leaves_rest: bool) -> ErasureRequest:
    """Ask for erasure; the person has just proved who they are. Raises AlreadyAsked. Not inside a transaction."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if of(user):
            raise AlreadyAsked
        row = ErasureRequest.objects.create(
            user=user, leaves_rest=leaves_rest, asked_at=clock.now(), waits_for=["new"]
        )
        audit.record("mydata:erasure:ask", user.public_id, actor=user)
        notices.tell(user.pk, "erasure_asked", str(row.pk))
    follow(row)
    row.refresh_from_db()
    return row


@transaction.atomic
def withdraw(*, user: User) -> None:
    """Take the request back: everything stays. Raises Lost when there is none, or its last mail has left."""
    rows = ErasureRequest.objects.filter(user=user, state__in=ErasureRequest.OPEN, goodbye_at__isnull=True)
    number = rows.values_list("pk", flat=True).first()
    if not rows.update(state=State.WITHDRAWN, ended_at=clock.now()):
        raise Lost
    audit.record("mydata:erasure:withdraw", user.public_id, actor=user)
    notices.tell(user.pk, "erasure_withdrawn", str(number))


def follow_all() -> dict[str, int]:
    """One step for each open request, and again for whoever came back with an old backup; figures {erased, again,
    written_down, left_to_fund}."""
    open_ = ErasureRequest.objects.filter(state__in=ErasureRequest.OPEN).select_related("user").order_by("pk")
    erased = clockwork.each(open_, lambda row: int(follow(row)))
    figures = {"erased": erased, "again": again(), "written_down": special.write_down()}
    return figures | {"left_to_fund": left.settle()}


def again() -> int:
    """Erase once more whom a restored backup brought back; how many. They asked, waited and were told long ago."""
    return clockwork.each(special.brought_back(), _erase_again)


def _erase_again(user: User) -> int:
    erasure.erase(user)
    log.warning("erased_again", extra={"user": user.pk})
    return 1


def follow(row: ErasureRequest) -> bool:
    """Take a request as far as it can go now; whether it was carried out."""
    _pay_out(row)
    open_ = _open(row)
    if open_:
        _wait(row, open_)
        return False
    if row.state == State.WAITING:
        _cool(row)
    if row.cooling_until is None or row.cooling_until > clock.now():
        return False
    return _carry_out(row)


def _open(row: ErasureRequest) -> list[str]:
    """The codes of what it waits for now."""
    found = [each.code for each in waiting.reasons(row.user, leaves_rest=row.leaves_rest)]
    if not found and vault.is_needed(row.user) and not settings.ARCHIVE_KEY:
        return [NO_KEY]
    return found


def _pay_out(row: ErasureRequest) -> None:
    """What is due leaves first, however little: a refusal is a reason to wait, which the page then says."""
    if Payee.objects.filter(user=row.user).exists() and waiting.due(row.user) >= waiting.CENT:
        with suppress(Refusal):
            payouts.request(user=row.user, actor=None, least=waiting.CENT)


def _wait(row: ErasureRequest, codes: list[str]) -> None:
    """Wait, or wait again: what came up meanwhile, even while the last mail left, begins the days to think anew."""
    rows = ErasureRequest.objects.filter(pk=row.pk, state__in=ErasureRequest.OPEN)
    rows.update(state=State.WAITING, waits_for=codes, cooling_until=None, goodbye_at=None)


@transaction.atomic
def _cool(row: ErasureRequest) -> None:
    """Begin the days to think; who has photos or recordings of the person is told until when they are there."""
    until = clock.now() + dt.timedelta(days=settings.ERASURE_COOLING_DAYS)
    moved = ErasureRequest.objects.filter(pk=row.pk, state=State.WAITING)
    if not moved.update(state=State.COOLING, waits_for=[], cooling_until=until):
        raise Lost
    row.refresh_from_db()
    notices.tell(row.user_id, "erasure_cooling", f"{row.pk}:{until.timestamp():.0f}", until=until.isoformat())
    _tell_requesters(row, until)


def _tell_requesters(row: ErasureRequest, until: dt.datetime) -> None:
    files = AnswerFile.objects.filter(assignment__worker_id=row.user_id, named_at__isnull=False)
    for batch in {file.assignment.batch for file in files.select_related("assignment__batch")}:
        notices.tell_member(
            batch.created_by_id,
            "erasure_files",
            f"{row.pk}:{batch.public_id}",
            organisation_id=batch.organisation_id,
            batch=batch.public_id,
            until=until.isoformat(),
        )


def _carry_out(row: ErasureRequest) -> bool:
    """The last mail, then the erasure. The mail is marked first, so that it leaves once."""
    rows = ErasureRequest.objects.filter(pk=row.pk, state=State.COOLING, goodbye_at__isnull=True)
    if rows.update(goodbye_at=clock.now()):
        try:
            farewell.letter(row.user).send()
        except Exception:
            ErasureRequest.objects.filter(pk=row.pk).update(goodbye_at=None)
            raise
    with transaction.atomic():
        persons.lock()  # before the person's row, as `erasure.erase`
        # Nothing that points to the person is written from here on; what was while the mail left is seen.
        User.objects.select_for_update().get(pk=row.user_id)
        open_ = _open(row)
        if open_:
            _wait(row, open_)
            return False
        erasure.erase(row.user)
    return True
