"""A released file that was never carried out (charter M2): one person says so, another one makes it count.

Everything in it is then due to the workers again and leaves in another file. If the bank carries it out after all,
they are paid twice: so nobody does this alone, and not once anything of the file is known to have left.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, errors
from marketplace.base.models import User
from payments.models import PayoutRun, RunState
from payments.services import run_books, runs

REASON_CHARS = 400
_NEEDS_REASON = _("Write why: it is kept with the file.")


def propose(*, run: PayoutRun, actor: User, reason: str) -> None:
    """Say that the bank took nothing of a released file; nothing happens until another person confirms it.

    For administrators. Raises Invalid without a reason, Forbidden, OwnMoney, Lost when something of it has left, or
    when somebody said so before.
    """
    if not actor.is_admin:
        raise errors.Forbidden(_("Only an administrator does this."))
    runs.require_not_own(run, actor)
    said = " ".join(reason.split())[:REASON_CHARS]
    if not said:
        raise errors.Invalid(fields={"reason": [_NEEDS_REASON]})
    with transaction.atomic():
        locked = _whole(run)
        if locked.given_up_by_id is not None:
            raise errors.Lost
        _write(locked, given_up_by=actor, given_up_at=clock.now(), given_up_reason=said)
        audit.record("payments:run:give_up_first", run.public_id, actor=actor)
    run.refresh_from_db()


def confirm(*, run: PayoutRun, actor: User) -> int:
    """The second person says so too: all of it is due again, at once. How many payouts.

    Raises NotStaff, OwnMoney, Forbidden for the first person, or Lost when nobody said so first, or when something of
    it has left since.
    """
    runs.require_staff(actor)
    runs.require_not_own(run, actor)
    with transaction.atomic():
        locked = _whole(run)
        if locked.given_up_by_id is None:
            raise errors.Lost
        if locked.given_up_by_id == actor.pk:
            raise errors.Forbidden(_("These are your words: somebody else must look."))
        refused = runs.refuse_all(locked, "file_refused")
        _write(locked, given_up_second_by=actor)
        audit.record("payments:run:give_up", run.public_id, actor=actor, payouts=refused)
    run.refresh_from_db()
    return refused


def take_back(*, run: PayoutRun, actor: User) -> None:
    """It may have left after all: what the first person said no longer stands. Raises NotStaff, Lost."""
    runs.require_staff(actor)
    with transaction.atomic():
        locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != RunState.RELEASED or locked.given_up_by_id is None:
            raise errors.Lost
        _write(locked, given_up_by=None, given_up_at=None, given_up_reason="")
        audit.record("payments:run:give_up_taken_back", run.public_id, actor=actor)
    run.refresh_from_db()


def _whole(run: PayoutRun) -> PayoutRun:
    """The locked row of a released file of which nothing is known to have left. Raises Lost for any other."""
    locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
    if locked.state != RunState.RELEASED or run_books.has_left(locked):
        raise errors.Lost
    return locked


def _write(run: PayoutRun, **columns: object) -> None:
    for name, value in columns.items():
        setattr(run, name, value)
    run.save(update_fields=list(columns))
