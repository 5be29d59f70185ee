"""The French tax authority's file of book entries (fichier des écritures comptables, FEC) of a year's closed months.

Livre des procédures fiscales, article A47 A-1: 18 columns in this order, tabs between, UTF-8, dates as AAAAMMJJ, a
comma before decimals, entries numbered without a gap in the order of their validation; the file is called
<SIREN>FEC<last day of the financial year>.txt. Only closed months are in it: an entry counts as valid from the close.
The financial year is the calendar year. What is not kept here (lettering, foreign currency) stays empty.
"""

import datetime as dt
import re
from collections.abc import Iterator

from django.conf import settings
from django.utils import translation

from marketplace.base import clock, money
from payments.models import Period
from payments.services import journal
from payments.services.months import Month

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate",
    "Montantdevise", "Idevise",
)  # fmt: skip


def file_name(year: int) -> str:
    """The name that the law gives the file; nine zeros where SELLER_VAT_NUMBER is none of France."""
    # A French VAT number is FR, two signs, and the company's SIREN.
    found = re.fullmatch(r"FR..(\d{9})", settings.SELLER_VAT_NUMBER)
    return f"{found[1] if found else '000000000'}FEC{year}1231.txt"


def text(year: int) -> Iterator[str]:
    """The file of a year, in pieces; the heading alone when no month of it is closed."""
    yield "\t".join(COLUMNS) + "\r\n"
    number, last = 0, 0
    with translation.override("fr"):
        for period in Period.objects.filter(year=year).order_by("month"):
            valid = period.closed_at.astimezone(clock.BOOKS).date()
            for line in journal.lines(Month(period.year, period.month)):
                number, last = (number, last) if line.transaction == last else (number + 1, line.transaction)
                yield "\t".join(map(_clean, _cells(line, number, valid))) + "\r\n"


def _cells(line: journal.Line, number: int, valid: dt.date) -> list[str]:
    return [
        line.journal,
        journal.JOURNAL_NAMES[line.journal],
        str(number),
        _date(line.day),
        line.place.number,
        line.place.label,
        line.place.owner,
        line.place.owner,  # accounts are told apart by their ids: names are not kept in the books
        line.reference,
        _date(line.day),
        f"{line.kind} {line.reference}",
        _amount(line.debit),
        _amount(line.credit),
        "",
        "",
        _date(valid),
        "",
        "",
    ]


def _date(day: dt.date) -> str:
    return day.strftime("%Y%m%d")


def _amount(micros: int) -> str:
    return money.to_string(micros).replace(".", ",")


def _clean(cell: str) -> str:
    """A cell can't hold what separates cells and lines."""
    return re.sub(r"[\t\r\n|]", " ", cell)
