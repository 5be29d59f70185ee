"""CAMT.053 statements (and CAMT.052 reports, CAMT.054 notices) as plain rows; ISO 20022, versions 001.02 to 001.13.

What is read here is what the bank says, not yet what it means: that is `bank_lines`. A file is taken whole or not at
all: a line that can't be read refuses it.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO
from xml.etree.ElementTree import Element

from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, money
from payments.services.bank_xml import BadBankFile, at, children, currency, drop, events, local, text

# The element of one statement: (what it is called, whether it has balances that must add up)
_ROOTS = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}
STATEMENT = "Stmt"
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_NOTHING = {"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE"}
MOST_ENTRIES = 200_000
# A movement may carry the charges that were taken from it.
_REVERSAL_FAMILIES = {"RRTN", "RPCR", "RRCT", "RJCT"}


class NotCamt(BadBankFile):
    detail = _(
        "This is no account statement that we can read. In the bank's portal choose the format CAMT.053 "
        "(XML), then send the file as it is."
    )


class BadLine(BadBankFile):
    detail = _(
        "Line %(line)s of statement %(statement)s has no amount or day that can be read. Nothing was taken; ask the "
        "bank for the file again."
    )


@dataclass(slots=True)
class Detail:
    """One payment inside an entry (TxDtls)."""

    amount: int | None = None  # micros, without a sign
    end_to_end_id: str = ""
    message_id: str = ""
    payment_id: str = ""
    reference: str = ""  # the bank's own
    structured: tuple[str, ...] = ()
    remittance: str = ""
    name: str = ""
    iban: str = ""
    reason: str = ""  # why it came back
    charges: int = 0


@dataclass(slots=True)
class Entry:
    """One movement on the account (Ntry): micros with their sign."""

    amount: int
    currency: str
    booked: bool
    booked_on: dt.date
    reference: str = ""
    message_id: str = ""
    payment_id: str = ""
    code: str = ""  # Domn/Fmly/SubFmly, or the bank's own
    words: str = ""
    charges: int = 0
    details: list[Detail] = field(default_factory=list)

    @property
    def is_return(self) -> bool:
        """Whether the bank says that a payment comes back."""
        return self.code.rpartition("/")[2] in _REVERSAL_FAMILIES or any(one.reason for one in self.details)


@dataclass(slots=True)
class Statement:
    """One account over some days. Balances in micros; None where the bank gives none."""

    kind: str  # Stmt, Rpt or Ntfctn
    statement_id: str = ""
    account: str = ""
    currency: str = ""
    created_on: dt.date | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    opening: int | None = None
    closing: int | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is known by once for ever: numbers start anew each year at some banks."""
        day = self.last_day or self.created_on
        return f"{self.statement_id or '-'} {day or ''}".strip()[:60]

    @property
    def missing(self) -> int:
        """What lies between the balances and the booked entries, in micros; 0 when it adds up or can't be known."""
        if self.opening is None or self.closing is None:
            return 0
        return self.closing - self.opening - sum(entry.amount for entry in self.entries if entry.booked)


def read(upload: IO[bytes]) -> Iterator[Statement]:
    """The statements of a file, one after the other. Raises BadBankFile and its kinds."""
    now: Statement | None = None
    found = False
    for event, name, element, path in events(upload):
        parent = local(path[-1]) if path else ""
        if event == "start" and _ROOTS.get(parent) == name:
            now, found = Statement(kind=name), True
        elif event == "end" and now is not None:
            if name == "Ntry" and parent == now.kind:
                _add(now, element)
                drop(element, path)
            elif name == "Bal" and parent == now.kind:
                _balance(now, element)
            elif name == now.kind and _ROOTS.get(parent) == name:
                _head(now, element)
                yield now
                now = None
                drop(element, path)
    if not found:
        raise NotCamt


def _head(statement: Statement, element: Element) -> None:
    statement.statement_id = text(element, "Id")
    statement.account = re.sub(r"\s", "", text(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id")).upper()
    statement.currency = text(element, "Acct/Ccy")
    statement.created_on = _day(text(element, "CreDtTm"))
    first, last = _day(text(element, "FrToDt/FrDtTm")), _day(text(element, "FrToDt/ToDtTm"))
    days = [entry.booked_on for entry in statement.entries if entry.booked]
    statement.first_day = first or statement.first_day or (min(days) if days else None)
    statement.last_day = last or statement.last_day or (max(days) if days else None)


def _balance(statement: Statement, element: Element) -> None:
    kind = text(element, "Tp/CdOrPrtry/Cd")
    amount = _amount(at(element, "Amt"), text(element, "CdtDbtInd"))
    day = _day(text(element, "Dt/Dt", "Dt/DtTm"))
    if kind in _OPENING and statement.opening is None:
        statement.opening = amount
        # PRCD names the day it was closed on, the day before this statement's first.
        statement.first_day = day if kind == "OPBD" else statement.first_day
    elif kind in _CLOSING:
        statement.closing, statement.last_day = amount, day


def _add(statement: Statement, element: Element) -> None:
    place = len(statement.entries) + 1
    if place > MOST_ENTRIES:
        raise BadBankFile(_("This statement has too many lines. Ask the bank for shorter periods."))
    amount = _amount(at(element, "Amt"), text(element, "CdtDbtInd"))
    day = _day(text(element, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    status = text(element, "Sts/Cd", "Sts")
    if amount is None or day is None:
        if status not in {"BOOK", ""}:
            return  # announced, and not settled in its amount or day
        raise BadLine(line=place, statement=text(element, "NtryRef") or "-")
    entry = Entry(
        amount=amount,
        currency=currency(at(element, "Amt")),
        booked=status in {"BOOK", ""},
        booked_on=day,
        reference=_known(text(element, "AcctSvcrRef")),
        message_id=text(element, "NtryDtls/Btch/MsgId"),
        payment_id=text(element, "NtryDtls/Btch/PmtInfId"),
        code=_code(element),
        words=text(element, "AddtlNtryInf"),
        charges=_charges(element),
    )
    entry.details = [
        _detail(one, amount > 0)
        for group in children(element, "NtryDtls")
        for one in children(group, "TxDtls")
    ]
    statement.entries.append(entry)


def _detail(element: Element, came_in: bool) -> Detail:
    """The other side is who paid when money came in, and who was paid when it left."""
    side = "Dbtr" if came_in else "Cdtr"
    remittance = children(at(element, "RmtInf"), "Strd")
    structured = (text(one, "CdtrRefInf/Ref") for one in remittance)
    loose = [" ".join((one.text or "").split()) for one in children(at(element, "RmtInf"), "Ustrd")]
    amount = at(element, "Amt")
    if amount is None:
        amount = at(element, "AmtDtls/TxAmt/Amt")
    return Detail(
        amount=abs(_amount(amount, "CRDT") or 0) or None,
        end_to_end_id=_known(text(element, "Refs/EndToEndId")),
        message_id=text(element, "Refs/MsgId"),
        payment_id=text(element, "Refs/PmtInfId"),
        reference=_known(text(element, "Refs/AcctSvcrRef", "Refs/TxId")),
        structured=tuple(filter(None, structured)),
        remittance=" ".join(filter(None, [*loose, text(element, "AddtlTxInf")]))[:420],
        name=text(element, f"RltdPties/{side}/Pty/Nm", f"RltdPties/{side}/Nm")[:140],
        iban=re.sub(r"\s", "", text(element, f"RltdPties/{side}Acct/Id/IBAN"))[:34],
        reason=text(element, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")[:35],
        charges=_charges(element),
    )


def _code(element: Element) -> str:
    domain = text(element, "BkTxCd/Domn/Cd")
    if domain:
        family = at(element, "BkTxCd/Domn/Fmly")
        return "/".join((domain, text(family, "Cd"), text(family, "SubFmlyCd")))
    return text(element, "BkTxCd/Prtry/Cd")[:35]


def _charges(element: Element) -> int:
    """What the bank kept back of a movement, in micros."""
    charges = at(element, "Chrgs")
    total = _amount(at(charges, "TtlChrgsAndTaxAmt"), "CRDT")
    if total is not None:
        return abs(total)
    found = [_amount(at(one, "Amt"), "CRDT") or 0 for one in children(charges, "Rcrd")]
    return abs(sum(found))


def _known(reference: str) -> str:
    """A reference, but for the words by which banks say that there is none."""
    return "" if reference.upper() in _NOTHING else reference


def _amount(element: Element | None, direction: str) -> int | None:
    """Micros with their sign, None for what is no amount of at most six decimals."""
    if element is None or direction not in {"CRDT", "DBIT"}:
        return None
    written = (element.text or "").strip()
    if not re.fullmatch(r"[0-9]{1,15}([.][0-9]{1,6})?", written):
        return None
    micros = int(Decimal(written) * money.MICROS)
    if micros > money.MOST:
        return None
    return micros if direction == "CRDT" else -micros


def _day(written: str) -> dt.date | None:
    """The day of a date or moment as the bank writes it; a moment with a zone is told by the books' clock."""
    try:
        if "T" not in written:
            return dt.date.fromisoformat(written[:10]) if written else None
        moment = dt.datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.date() if moment.tzinfo is None else moment.astimezone(clock.BOOKS).date()
