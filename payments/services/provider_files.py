"""What the provider of mobile money or bank payments answers: a table of reference, status and reason."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit, formats
from marketplace.base.models import User
from payments.bank_errors import ProviderShort
from payments.gateways import provider
from payments.models import AccountKind, Payout, PayoutRun, PayoutState, RunState
from payments.services import ledger, run_books, run_files, runs, sending
from payments.services.bank_answers import Answer
from payments.services.bank_xml import BadBankFile, TooLarge


class BadTable(BadBankFile):
    detail = gettext_lazy(
        "This table has no columns %(wanted)s. Send the provider's answer as it is, as a text file (CSV)."
    )


class NothingOfOurs(BadBankFile):
    detail = gettext_lazy(
        "No line of this table names a payout of this file. Is it the answer to another one?"
    )


@dataclass
class ProviderAnswer(Answer):
    """And how many were paid."""

    paid: int = 0


def read(upload: IO[bytes], *, run: PayoutRun, actor: User) -> ProviderAnswer:
    """Follow the provider's answer to a released file: again changes nothing; what it does not name stays on its way.

    Raises NotStaff, OwnMoney, TooLarge, BadTable, NothingOfOurs, or ProviderShort when it paid more than lies there by
    our books.
    """
    runs.require_staff(actor)
    runs.require_not_own(run, actor)
    told = dict(_rows(upload))
    answer = ProviderAnswer()
    with transaction.atomic():
        locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
        rows = {payout.public_id: payout for payout in locked.lines.select_related("user").order_by("pk")}
        told = {reference: what for reference, what in told.items() if reference in rows}
        if not told or locked.state == RunState.DRAFT:
            raise NothingOfOurs
        paid = provider.file_format().paid
        _pay([rows[ref] for ref, (status, _why) in told.items() if status in paid], answer)
        for reference, (status, why) in told.items():
            if status not in paid:
                _refuse(rows[reference], status, why[:60] or "MS03", answer)
        audit.record(
            "payments:run:answer", run.public_id, actor=actor, paid=answer.paid, refused=answer.refused
        )
    run_books.finish(run)
    return answer


def _pay(payouts: list[Payout], answer: ProviderAnswer) -> None:
    waiting = [payout for payout in payouts if payout.state == PayoutState.SENT]
    paid = sum(payout.amount_micros for payout in waiting)
    there = -ledger.balance(ledger.account(AccountKind.GATEWAY_CLEARING, gateway=provider.NAME))
    if paid > there:
        raise ProviderShort(paid=formats.eur(paid), there=formats.eur(there))
    for payout in waiting:
        sending.settle(payout)
    answer.paid = len(waiting)


def _refuse(payout: Payout, status: str, code: str, answer: ProviderAnswer) -> None:
    if status not in provider.file_format().failed:
        answer.notes.append(
            _("“%(status)s” of %(payout)s is no status that PROVIDER_PAID or PROVIDER_FAILED names.")
            % {"status": status[:40], "payout": payout.public_id}
        )
    elif payout.state == PayoutState.SENT:
        sending.fail(payout, code=code)
        answer.refused += 1
    elif payout.state == PayoutState.PAID:
        sending.take_back(payout, code=code)
        answer.refused += 1


def _rows(upload: IO[bytes]) -> Iterator[tuple[str, tuple[str, str]]]:
    """(our public id, (status in small letters, reason)) of each line that names one of ours."""
    content = upload.read(settings.BANK_FILE_MAX_BYTES + 1)
    if len(content) > settings.BANK_FILE_MAX_BYTES:
        raise TooLarge(megabytes=max(settings.BANK_FILE_MAX_BYTES // 1_000_000, 1))
    style = provider.file_format()
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = content.decode("cp1252", errors="replace")
    table = csv.reader(io.StringIO(words), delimiter=style.delimiter)
    header = [cell.strip().casefold() for cell in next(table, [])]
    wanted = [name.casefold() for name in style.answer]
    if any(name not in header for name in wanted[:2]):
        raise BadTable(wanted=", ".join(style.answer))
    places = [header.index(name) if name in header else -1 for name in wanted]
    for row in table:
        reference, status, reason = (row[place].strip() if 0 <= place < len(row) else "" for place in places)
        if found := run_files.ours(reference):
            yield found, (status.casefold(), reason)
