"""Confirming VAT numbers: the register is asked by the clockwork, and a named person may decide with a proof."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, clockwork, notices
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import User
from payments import vies
from payments.models import BillingProfile, VatCheck
from payments.services import billing

# Minutes after the question until the next try; from the last one on, every six hours.
_WAITS = (0, 1, 5, 15, 60, 180, 360)
_EVERY = 360
# A confirmation is asked for again after this: numbers are withdrawn, and each month's supply counts on its own.
CHECK_AGAIN = dt.timedelta(days=90)


def run(*, limit: int = 50) -> dict[str, int]:
    """Ask about the numbers that are due, at most `limit`; figures {asked, answered, again}."""
    if not vies.is_there():
        return {}
    again = _ask_again()
    due = [check for check in waiting() if _is_due(check)][:limit]
    answered = clockwork.each(due, _ask)
    return {"asked": len(due), "answered": answered, "again": again}


def waiting() -> QuerySet[VatCheck]:
    """Questions without an answer, oldest first."""
    found = VatCheck.objects.filter(answer=VatCheck.Answer.WAITING)
    return found.select_related("organisation").order_by("asked_at", "pk")


@transaction.atomic
def decide(*, check: VatCheck, actor: User, is_valid: bool, proof: str) -> None:
    """A named person answers instead of the register, and says what they looked at.

    Raises Forbidden but for admins, Invalid without a proof, Lost when it was answered meanwhile.
    """
    if not actor.is_admin:
        raise Forbidden
    said = " ".join(proof.split())
    if not said or len(said) > 400:
        raise Invalid(fields={"proof": [_("Say in a sentence of up to 400 characters what you looked at.")]})
    if not _answer(check, is_valid=is_valid, consultation="", actor=actor, proof=said):
        raise Lost
    audit.record(
        "payments:vat_number:decide", check.organisation.public_id, actor=actor,
        organisation_id=check.organisation_id, valid=is_valid,
    )  # fmt: skip


def _is_due(check: VatCheck) -> bool:
    tries = check.tries
    minutes = _WAITS[tries] if tries < len(_WAITS) else _WAITS[-1] + (tries - len(_WAITS) + 1) * _EVERY
    return clock.now() >= check.asked_at + dt.timedelta(minutes=minutes)


def _ask(check: VatCheck) -> int:
    """Put one question; 1 when it was answered. No answer only counts the try."""
    try:
        told = vies.ask(check.vat_number)
    except vies.RegisterAway:
        VatCheck.objects.filter(pk=check.pk).update(tries=min(check.tries + 1, 30_000))
        return 0
    with transaction.atomic():
        return int(_answer(check, is_valid=told.is_valid, consultation=told.consultation))


def _answer(
    check: VatCheck, *, is_valid: bool, consultation: str, actor: User | None = None, proof: str = ""
) -> bool:
    """Write the answer down once, and what follows for the billing details. Inside a transaction."""
    now = clock.now()
    answer = VatCheck.Answer.VALID if is_valid else VatCheck.Answer.INVALID
    # The profile first, as `billing.save` locks it, then the question.
    profiles = BillingProfile.objects.filter(
        organisation_id=check.organisation_id, vat_number=check.vat_number
    )
    profiles.select_for_update(no_key=True).first()
    rows = VatCheck.objects.filter(pk=check.pk, answer=VatCheck.Answer.WAITING)
    if not rows.update(
        answer=answer,
        consultation=consultation,
        decided_by=actor,
        proof=proof,
        answered_at=now,
        tries=check.tries + 1,
    ):
        return False
    if profiles.update(vat_checked_at=now if is_valid else None):
        for user in billing.readers(check.organisation):
            notices.tell(
                user.pk,
                "vat_number_valid" if is_valid else "vat_number_invalid",
                f"{check.organisation.public_id}:{check.pk}",
                organisation=check.organisation.public_id,
            )
    return True


def _ask_again() -> int:
    """Put the question anew for numbers whose last answer is old; the old one stands until the new one is there."""
    old = BillingProfile.objects.filter(vat_checked_at__lt=clock.now() - CHECK_AGAIN)
    asked = VatCheck.objects.filter(answer=VatCheck.Answer.WAITING).values("organisation_id")
    return sum(1 for profile in old.exclude(organisation_id__in=asked)[:500] if billing.ask(profile))
