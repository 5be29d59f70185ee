"""What the bank answers to a file (pain.002): refusals, of single payments or of all, and its checks of names.

Refused payments never left, so what they were is due to the worker again at once. Nothing here says that money arrived:
that is for statements. Codes of name checks: EPC288-23 "Verification of Payee", as statuses RCVC (match), RVMC (close
match), RVNM (no match) and RVNA (can't be told).
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit, clock, errors, ids
from marketplace.base.models import User
from payments.models import Payee, Payout, PayoutRun, PayoutState, RefundState, RunState
from payments.services import bank_lines, refunds, run_books, run_files, run_items, runs, sending
from payments.services.bank_xml import BadBankFile, at, children, drop, events, local, text

_NAME_STATUS = {"RCVC": "match", "RVMC": "close", "RVNM": "no_match", "RVNA": "unknown"}
# As banks write it in tables.
_NAME_WORDS = {
    "match": "match", "matched": "match", "mtch": "match", "yes": "match", "ok": "match",
    "close": "close", "close match": "close", "close_match": "close", "cmtc": "close", "partial": "close",
    "no match": "no_match", "no_match": "no_match", "nmtc": "no_match", "no": "no_match", "mismatch": "no_match",
    "unknown": "unknown", "not possible": "unknown", "noap": "unknown", "not applicable": "unknown",
}  # fmt: skip
MOST_ROWS = 200_000


class NotAnAnswer(BadBankFile):
    detail = gettext_lazy(
        "This file answers no payout file of ours. Choose the pain.002 that the bank made for a file downloaded here."
    )


class NoNames(BadBankFile):
    detail = gettext_lazy(
        "No line of this table names one of the payouts. It needs a column with our reference (pay-…) and one with "
        "the result: match, close, no match or unknown."
    )


@dataclass
class Answer:
    """What a file said: payouts that were refused, names that were checked, and what needs a person's eyes."""

    refused: int = 0
    checked: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Status:
    """A status of one payment (with its number) or of all of a file."""

    status: str
    number: str = ""
    reason: str = ""


@dataclass(slots=True)
class _Told:
    """What one pain.002 tells, in its order; `runs` are the numbers of the files it answers."""

    message: str = ""
    statuses: list[_Status] = field(default_factory=list)


def read(upload: IO[bytes], *, actor: User) -> Answer:
    """Take in a pain.002: again changes nothing. Raises NotStaff, OwnMoney, BadBankFile and its kinds,
    NotAnAnswer."""
    runs.require_staff(actor)
    told = _read(upload)
    run = _run(told.message)
    runs.require_not_own(run, actor)
    answer = Answer()
    with transaction.atomic():
        locked = PayoutRun.objects.select_for_update().get(pk=run.pk)
        if any(each.status == "RJCT" and not each.number for each in told.statuses):
            _refuse_whole(locked, told, answer)
        _follow_each(locked, [each for each in told.statuses if each.number], answer)
        audit.record(
            "payments:run:answer", run.public_id, actor=actor, refused=answer.refused, checked=answer.checked
        )
    bank_lines.match_open()
    return answer


def _refuse_whole(run: PayoutRun, told: _Told, answer: Answer) -> None:
    code = next(
        (each.reason for each in told.statuses if each.status == "RJCT" and not each.number and each.reason),
        "",
    )
    if run.state != RunState.RELEASED:
        answer.notes.append(_("The bank refused this file, which is over already: nothing was changed."))
        return
    if run_books.has_left(run):
        answer.notes.append(
            _(
                "The bank says it refused the whole file, and a statement says it paid some of it. Ask the bank."
            )
        )
        return
    single = {each.number: each.reason for each in told.statuses if each.number and each.status == "RJCT"}
    for payout in run.lines.filter(state=PayoutState.SENT).order_by("pk"):
        if reason := single.get(payout.public_id):
            sending.fail(payout, code=reason)
            answer.refused += 1
    # Whatever was wrong with the file was not the workers' doing: they need to change nothing.
    answer.refused += runs.refuse_all(run, "file_refused")
    answer.notes.append(
        _("The bank refused the whole file (%(code)s). What it held waits for the next one.")
        % {"code": code or "-"}
    )


def _follow_each(run: PayoutRun, statuses: list[_Status], answer: Answer) -> None:
    numbers = {each.number: each for each in statuses}
    names: dict[str, str] = {}
    for payout in run.lines.select_related("user").order_by("pk"):
        told = numbers.get(payout.public_id)
        if told is None:
            continue
        if told.status in _NAME_STATUS:
            names[payout.public_id] = _NAME_STATUS[told.status]
        elif told.status == "RJCT" and payout.state == PayoutState.SENT:
            sending.fail(payout, code=told.reason or "MS03")
            answer.refused += 1
        elif told.status == "RJCT" and payout.state == PayoutState.PAID:
            answer.notes.append(
                _("Payout %(payout)s was booked and then refused: its money comes back by a statement.")
                % {"payout": payout.public_id}
            )
    for refund in run.refunds.filter(state=RefundState.STARTED).select_related("organisation"):
        told = numbers.get(refund.public_id)
        if told and told.status == "RJCT":
            refunds.fail(refund, code=told.reason or "MS03")
            answer.refused += 1
    answer.checked += note_names(run, names)


def note_names(run: PayoutRun, results: dict[str, str]) -> int:
    """Keep what the bank says of holder and account of each payout (public id: match, close, no_match, unknown).

    A decision about an earlier answer no longer counts. Must be inside `atomic()`.
    """
    now, kept = clock.now(), 0
    for payout in run.lines.filter(pk__in=_numbers(results)).order_by("pk"):
        kept += Payee.objects.filter(user_id=payout.user_id).update(
            name_check=results[payout.public_id], name_checked_at=now
        )
        Payout.objects.filter(user_id=payout.user_id, state=PayoutState.PENDING).update(name_passed_by=None)
    return kept


def read_names(upload: IO[bytes], *, run: PayoutRun, actor: User) -> Answer:
    """Take in the bank's table of checked names, or its pain.002. Raises as `read`, or NoNames."""
    runs.require_staff(actor)
    runs.require_not_own(run, actor)
    start = upload.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    upload.seek(0)
    if start.startswith(b"<"):
        return read(upload, actor=actor)
    found = dict(_named(upload))
    with transaction.atomic():
        checked = note_names(run, found)
        if not checked:
            raise NoNames
        audit.record("payments:run:names", run.public_id, actor=actor, checked=checked)
    return Answer(checked=checked)


def pass_name(*, run: PayoutRun, payout: Payout, actor: User) -> None:
    """Pay although the bank doubts the name: a person's decision, kept with their name.

    Raises NotStaff, Forbidden for one's own money, Lost when the payout is no longer in this draft.
    """
    runs.require_staff(actor)
    if payout.user_id == actor.pk:
        raise errors.Forbidden
    with transaction.atomic():
        rows = Payout.objects.filter(pk=payout.pk, run=run, run__state=RunState.DRAFT)
        if not rows.filter(state=PayoutState.PENDING).update(name_passed_by=actor):
            raise errors.Lost
        audit.record("payments:payout:name_passed", payout.public_id, actor=actor)


def names_table(run: PayoutRun, *, actor: User) -> bytes:
    """Names and accounts of a draft, for the bank to check; written down each time. Raises NotStaff, OwnMoney."""
    runs.require_staff(actor)
    runs.require_not_own(run, actor)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["reference", "name", "iban"])
    for one in run_items.transfers(run):
        if not one.reference.startswith("pay_"):
            continue
        writer.writerow([run_files.carried(one.reference), one.name.lstrip("=+-@ "), one.iban])
    audit.record("payments:run:names_table", run.public_id, actor=actor)
    return out.getvalue().encode()


def _named(upload: IO[bytes]) -> Iterator[tuple[str, str]]:
    """(public id, result) of each line: whichever cell holds our reference, and whichever says a result."""
    words = upload.read().decode("utf-8-sig", errors="replace")
    first = words.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    for place, row in enumerate(csv.reader(io.StringIO(words), delimiter=delimiter)):
        if place > MOST_ROWS:
            return
        reference = next((found for cell in row if (found := run_files.ours(cell)).startswith("pay_")), "")
        result = next((_NAME_WORDS[key] for cell in row if (key := _word(cell)) in _NAME_WORDS), "")
        if reference and result:
            yield reference, result


def _word(cell: str) -> str:
    return re.sub(r"\s+", " ", cell).strip().casefold()


def _numbers(results: dict[str, str]) -> list[int]:
    found = []
    for public_id in results:
        try:
            found.append(ids.decode("pay", public_id))
        except errors.NotFound:
            continue
    return found


def _run(message: str) -> PayoutRun:
    try:
        run = PayoutRun.objects.filter(pk=ids.decode("run", run_files.ours(message))).first()
    except errors.NotFound:
        run = None
    if run is None:
        raise NotAnAnswer
    return run


def _read(upload: IO[bytes]) -> _Told:
    told, found = _Told(), False
    for event, name, element, path in events(upload):
        found = found or name == "CstmrPmtStsRpt"
        if event == "start" or not found:
            continue
        parent = local(path[-1]) if path else ""
        if name == "OrgnlGrpInfAndSts":
            told.message = text(element, "OrgnlMsgId")
            told.statuses.append(_Status(text(element, "GrpSts"), reason=_reason(element)))
            drop(element, path)
        elif name == "TxInfAndSts" and parent == "OrgnlPmtInfAndSts":
            number = run_files.ours(text(element, "OrgnlEndToEndId"))
            if number:
                told.statuses.append(_Status(text(element, "TxSts"), number, _reason(element)))
            drop(element, path)
        elif name == "OrgnlPmtInfAndSts":
            told.statuses.append(_Status(text(element, "PmtInfSts"), reason=_reason(element)))
            drop(element, path)
    if not found:
        raise NotAnAnswer
    return told


def _reason(element: Element) -> str:
    """The first reason's code; the bank's own word where it has none of the standard's."""
    for one in children(element, "StsRsnInf"):
        found = text(at(one, "Rsn"), "Cd", "Prtry")
        if found:
            return found[:35]
    return ""
