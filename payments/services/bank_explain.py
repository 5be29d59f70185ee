"""What a person says a bank's line is (DESIGN §4): a named one, with a reason; two for a large line.

Whoever's own money it is decides nothing about it. What a person may say is held to the same amounts as what is
recognised: money that was never paid can't come back, and a file is booked for what it was.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, errors, ids, money
from marketplace.base.models import Membership, Organisation, User
from payments.bank_errors import OwnMoney, SamePerson
from payments.gateways import sepa
from payments.models import (
    AccountKind,
    BankLine,
    Payout,
    PayoutRun,
    RunState,
)
from payments.services import bank_lines, creditor_reference, ledger, run_books, run_files, runs
from payments.services.bank_lines import GATEWAY_BANK, PROVIDER, Taking

Taken = BankLine.Taken
BACK = Taken.BACK
CHARGES_MOST = 50 * money.MICROS  # what a bank may have kept of a payment that comes back
# What a person may say, in the order it is offered; whether it needs to name something.
COMES_IN: dict[str, Any] = {
    Taken.DEPOSIT: _("A deposit of an organisation: write its reference (RF…) or id (org_…)"),
    Taken.RETURN: _("A payout that came back: write its id (pay_…)"),
    Taken.GATEWAY: _("Money from the payment provider: write stripe or provider"),
    Taken.OWN: _("Our own money that we put in"),
    Taken.LOSS: _("Money that had been counted as lost"),
    BACK: _("Nobody can place it: send it back where it came from, in the next file"),
}
GOES_OUT: dict[str, Any] = {
    Taken.RUN: _("A payout file: write its id (run_…)"),
    Taken.FEE: _("A fee of the bank"),
    Taken.GATEWAY: _("Money for the provider that pays out by table: write provider"),
    Taken.VAT: _("VAT handed over to the tax office"),
    Taken.OWN: _("Our own money that we took out"),
    Taken.LOSS: _("Money lost"),
}
_NOT_FOUND = _("There is nothing with this id. Copy it from its page.")
_NEEDS_REASON = _("Write how you know: it is kept with the line.")


def is_large(line: BankLine) -> bool:
    """Whether two people look at it."""
    return abs(line.amount_micros) >= money.from_decimal(settings.BANK_SECOND_LOOK_EUR)


def choices(line: BankLine) -> dict[str, Any]:
    """What this line can be said to be."""
    return COMES_IN if line.amount_micros > 0 else GOES_OUT


def explain(*, line: BankLine, actor: User, taken_as: str, reference: str, explanation: str) -> bool:
    """Say what a line is; True when that counts now, False when a second person must look at it first.

    Raises NotStaff, OwnMoney, Invalid (fields taken_as, reference, explanation), Lost for a line that is explained.
    """
    runs.require_staff(actor)
    if taken_as not in choices(line):
        raise errors.Invalid(fields={"taken_as": [_("Choose what it is.")]})
    if not explanation.strip():
        raise errors.Invalid(fields={"explanation": [_NEEDS_REASON]})
    with transaction.atomic():
        locked = _open(line)
        what = read(locked, taken_as, reference)
        _require_not_own(what, actor)
        if is_large(locked):
            _propose(locked, what, actor, explanation)
        else:
            _decide(locked, what, actor, explanation)
    line.refresh_from_db()
    if not is_large(line):
        bank_lines.match_open()
    return not is_large(line)


def said(line: BankLine) -> str:
    """What the first person said of a large line, in a word to hold a confirmation against."""
    return f"{line.proposed_by_id}:{line.proposed_as}:{line.proposed_ref}" if line.proposed_by_id else ""


def confirm(*, line: BankLine, actor: User, explanation: str, seen: str) -> None:
    """The second look at a large line: what the first person said counts now. `seen` is what was `said` when the second
    one looked. Raises as `explain`, SamePerson, or Lost when it was said anew since."""
    runs.require_staff(actor)
    with transaction.atomic():
        locked = _open(line)
        if locked.proposed_by_id is None or seen != said(locked):
            raise errors.Lost
        if locked.proposed_by_id == actor.pk:
            raise SamePerson
        what = read(locked, locked.proposed_as, locked.proposed_ref)
        _require_not_own(what, actor)
        _decide(locked, what, actor, explanation.strip() or locked.explanation)
    line.refresh_from_db()
    bank_lines.match_open()


def reject(*, line: BankLine, actor: User) -> None:
    """Take back what the first person said of a large line: it waits to be explained again. Raises NotStaff, Lost."""
    runs.require_staff(actor)
    with transaction.atomic():
        locked = _open(line)
        if locked.proposed_by_id is None:
            raise errors.Lost
        locked.proposed_as, locked.proposed_ref, locked.proposed_by, locked.explanation = "", "", None, ""
        locked.save(update_fields=["proposed_as", "proposed_ref", "proposed_by", "explanation"])
        audit.record("payments:bank_line:reject", line.public_id, actor=actor)
    line.refresh_from_db()


def read(line: BankLine, taken_as: str, reference: str) -> Taking:
    """What was said, held against our rows. Raises Invalid with the field that is wrong."""
    written = reference.strip()
    look: dict[str, Callable[[BankLine, str], str]] = {
        Taken.DEPOSIT: _organisation,
        Taken.RETURN: _payout,
        Taken.RUN: _run,
        Taken.GATEWAY: _gateway,
        Taken.VAT: _vat,
        Taken.LOSS: _loss,
        BACK: _account,
    }
    return Taking(taken_as, look[taken_as](line, written) if taken_as in look else "")


def _open(line: BankLine) -> BankLine:
    locked = BankLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if locked.taken_as != Taken.SUSPENSE or locked.goes_back:
        raise errors.Lost
    return locked


def _propose(line: BankLine, what: Taking, actor: User, explanation: str) -> None:
    line.proposed_as, line.proposed_ref, line.proposed_by = what.taken_as, what.reference, actor
    line.explanation = explanation.strip()[:400]
    line.save(update_fields=["proposed_as", "proposed_ref", "proposed_by", "explanation"])
    audit.record(
        "payments:bank_line:propose",
        line.public_id,
        actor=actor,
        taken_as=what.taken_as,
        object=what.reference,
    )


def _decide(line: BankLine, what: Taking, actor: User, explanation: str) -> None:
    if what.taken_as != BACK:
        bank_lines.take(line, what, actor=actor, explanation=explanation.strip()[:400])
        return
    # It stays in suspense until the bank says that it left; its account is kept as long.
    line.goes_back, line.explained_by = True, actor
    line.explanation, line.explained_at = explanation.strip()[:400], clock.now()
    line.save(update_fields=["goes_back", "explained_by", "explanation", "explained_at"])
    audit.record("payments:bank_line:send_back", line.public_id, actor=actor, amount=line.amount_micros)


def _require_not_own(what: Taking, actor: User) -> None:
    """Raises OwnMoney for a deposit of one's own organisation, or a payout of one's own."""
    if what.taken_as == Taken.DEPOSIT:
        number = ids.decode("org", what.reference)
        if Membership.objects.filter(organisation_id=number, user=actor).exists():
            raise OwnMoney
    if what.taken_as == Taken.RETURN and Payout.objects.filter(
        pk=ids.decode("pay", what.reference), user=actor
    ):
        raise OwnMoney
    if what.taken_as == Taken.RUN:
        runs.require_not_own(PayoutRun.objects.get(pk=ids.decode("run", what.reference)), actor)


def _wrong(sentence: Any, field: str = "reference") -> errors.Invalid:
    return errors.Invalid(fields={field: [sentence]})


def _organisation(line: BankLine, written: str) -> str:
    number = creditor_reference.number(written)
    if number is None:
        try:
            number = ids.decode("org", written.lower())
        except errors.NotFound:
            raise _wrong(_NOT_FOUND) from None
    found = Organisation.objects.filter(pk=number).first()
    if found is None:
        raise _wrong(_NOT_FOUND)
    return found.public_id


def _payout(line: BankLine, written: str) -> str:
    public_id = run_files.ours(written)
    found = Payout.objects.filter(pk=_number("pay", public_id), run__isnull=False).first()
    if found is None or found.gateway != "bank":
        raise _wrong(_NOT_FOUND)
    if not bank_lines.may_come_back(found):
        raise _wrong(_("This payout has not left the bank by our books, or has come back already."))
    if BankLine.objects.filter(object_ref=public_id, taken_as=Taken.RETURN).exists():
        raise _wrong(_("This payout has come back already, by another line."))
    if line.amount_micros > found.amount_micros:
        raise _wrong(_("More came in than this payout was."))
    if found.amount_micros - line.amount_micros > CHARGES_MOST:
        raise _wrong(_("Too little came in: no bank keeps so much of a payment that comes back."))
    return public_id


def _run(line: BankLine, written: str) -> str:
    public_id = run_files.ours(written)
    found = bank_lines.locked_run(_number("run", public_id))
    if found is None or found.gateway != "bank" or found.state != RunState.RELEASED:
        raise _wrong(_("There is no released file with this id that waits for the bank."))
    if not bank_lines.fits_run(line, found):
        raise _wrong(_("The amount is not the sum of this file."))
    return public_id


def _gateway(line: BankLine, written: str) -> str:
    if written.casefold() == "provider":
        return PROVIDER
    if written.casefold() == "stripe" and line.amount_micros > 0:
        on_its_way = -ledger.balance(ledger.account(AccountKind.GATEWAY_CLEARING, gateway=GATEWAY_BANK))
        if on_its_way < line.amount_micros:
            raise _wrong(
                _(
                    "Stripe has not told us of a transfer to the bank of this much. Wait until it does, usually a day."
                )
            )
        return GATEWAY_BANK
    raise _wrong(_("Write stripe or provider."))


def _vat(line: BankLine, written: str) -> str:
    if -line.amount_micros > ledger.balance(ledger.account(AccountKind.VAT_DUE)):
        raise _wrong(_("This is more VAT than our books say is due."), "taken_as")
    return ""


def _loss(line: BankLine, written: str) -> str:
    lost = -ledger.balance(ledger.account(AccountKind.LOSSES))
    if line.amount_micros > lost:
        raise _wrong(_("This is more than was counted as lost."), "taken_as")
    return ""


def _account(line: BankLine, written: str) -> str:
    if line.counterparty_iban[:2] not in sepa.IBAN_COUNTRIES:
        raise _wrong(
            _("The statement does not say from which account it came. Ask the bank to send it back."),
            "taken_as",
        )
    return ""


def _number(prefix: str, public_id: str) -> int:
    try:
        return ids.decode(prefix, public_id)
    except errors.NotFound:
        return -1


def run_of(line: BankLine) -> PayoutRun | None:
    """The released file whose open sum is this line's, if one alone is: offered to a person, never taken by itself."""
    if line.amount_micros >= 0:
        return None
    released = PayoutRun.objects.filter(gateway="bank", state=RunState.RELEASED)
    fitting = [run for run in released if run_books.open_sum(run) == -line.amount_micros]
    return fitting[0] if len(fitting) == 1 else None
