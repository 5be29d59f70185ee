"""The files that payouts leave in: pain.001.001.09 for a bank, a table for a provider. Made of plain rows, no database.

The same transfers and the same moment give the same bytes, so that a file can be held against its hash.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sepaxml
from django.utils.translation import gettext_lazy as _
from sepaxml import SepaTransfer

from marketplace.base import clock, money
from marketplace.base.errors import Refusal
from payments.gateways import bank, provider, sepa

SCHEMA = "pain.001.001.09"
_OURS = re.compile(r"(pay|ref|bln|run)[-_ ]?([0-9a-z]{13})(?:-[0-9]+)?", re.IGNORECASE)


class NotValid(Refusal):
    """A file that its own scheme refuses: a fault of ours, and never sent."""

    code = "file_not_valid"
    detail = _(
        "The file does not pass the bank's own scheme, so it can't be released: %(why)s. Take the payout it names out "
        "of the file by holding it, and tell whoever looks after this site."
    )


@dataclass(frozen=True, slots=True)
class Transfer:
    """One line of a file. Personal data: for the file, never for a log."""

    reference: str  # our public id
    amount: int  # micros of whole cents
    name: str
    iban: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = ""
    mobile: str = ""
    operator: str = ""


def carried(public_id: str) -> str:
    """Our id as a bank carries it: its letters don't include the underscore."""
    return public_id.replace("_", "-")


def ours(written: str) -> str:
    """Our public id behind what a bank or provider hands back; empty when it is none of ours."""
    found = _OURS.fullmatch(written.strip())
    return f"{found.group(1)}_{found.group(2)}".lower() if found else ""


class _File(SepaTransfer):  # type: ignore[misc]
    """The library's file with our own numbers and our own clock in the place of chance and the machine's time."""

    def __init__(self, config: dict[str, Any], *, message_id: str, made_at: dt.datetime) -> None:
        self._message_id, self._made_at = message_id, made_at
        super().__init__(config, SCHEMA, clean=False)

    def _create_header(self) -> None:
        self.msg_id = self._message_id
        super()._create_header()
        written = self._made_at.astimezone(clock.BOOKS).strftime("%Y-%m-%dT%H:%M:%S")
        self._xml.find("CstmrCdtTrfInitn/GrpHdr/CreDtTm").text = written

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for place, node in enumerate(self._xml.iter("PmtInfId"), start=1):
            node.text = f"{self._message_id}-{place}"


def pain001(
    transfers: Sequence[Transfer], *, message_id: str, execute_on: dt.date, made_at: dt.datetime
) -> bytes:
    """One batch of SEPA credit transfers, valid by its XSD. Raises NotValid."""
    ours = bank.account()
    address = {
        "street_name": sepa.text(ours.street, 70),
        "postcode": sepa.text(ours.postcode, 16),
        "town": sepa.text(ours.town, 35),
        "country": ours.country,
    }
    holder = sepa.text(ours.holder, 70)
    file = _File(
        {
            "name": holder,
            "IBAN": ours.iban,
            "BIC": ours.bic,
            "batch": True,
            "currency": money.CURRENCY,
            "address": address,
        },
        message_id=carried(message_id),
        made_at=made_at,
    )
    for one in transfers:
        file.add_payment(_payment(one, execute_on, holder))
    content = bytes(file.export(validate=False))
    _validate(content)
    return content


def _payment(one: Transfer, execute_on: dt.date, holder: str) -> dict[str, Any]:
    assert one.amount > 0 and one.amount % money.CENT == 0
    return {
        "name": sepa.text(one.name, 70),
        "IBAN": one.iban,
        "amount": one.amount // money.CENT,
        "execution_date": execute_on,
        "description": f"{holder} {carried(one.reference)}",
        "endtoend_id": carried(one.reference),
        "address": {
            "street_name": sepa.text(one.street, 70),
            "postcode": sepa.text(one.postcode, 16),
            "town": sepa.text(one.town, 35),
            "country": one.country,
        }
        if one.town
        else {},
    }


@lru_cache(maxsize=1)
def _schema() -> Any:
    import xmlschema  # takes half a second: only a process that makes files pays for it

    folder = Path(sepaxml.__file__).parent / "schemas"
    return xmlschema.XMLSchema(str(folder / f"{SCHEMA}.xsd"))


def _validate(content: bytes) -> None:
    import xmlschema

    try:
        # Lazily: a file of ten thousand payouts is read in pieces.
        _schema().validate(xmlschema.XMLResource(io.BytesIO(content), lazy=True))
    except xmlschema.XMLSchemaValidationError as error:
        raise NotValid(why=f"{error.path or ''} {error.reason or ''}".strip()[:200]) from None


def table(transfers: Sequence[Transfer], *, execute_on: dt.date) -> bytes:
    """The provider's table, with its own columns, names and ways of writing."""
    style = provider.file_format()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=style.delimiter, lineterminator="\r\n")
    writer.writerow(style.headers)
    writer.writerows([_cell(one, name, style, execute_on) for name in style.columns] for one in transfers)
    return out.getvalue().encode()


def _cell(one: Transfer, column: str, style: provider.Format, execute_on: dt.date) -> str:
    if column == "amount":
        cents = one.amount // money.CENT
        written = str(cents) if style.amounts == "cents" else f"{cents // 100}.{cents % 100:02d}"
        return written.replace(".", ",") if style.amounts == "comma" else written
    if column == "msisdn":
        digits = one.mobile.removeprefix("+")
        return {"plus": f"+{digits}", "zeros": f"00{digits}"}.get(style.numbers, digits) if digits else ""
    plain = {
        "reference": carried(one.reference),
        "iban": one.iban,
        "currency": money.CURRENCY,
        "country": one.country,
        "date": execute_on.isoformat(),
    }
    if column in plain:
        return plain[column]
    words = {
        "name": one.name,
        "operator": one.operator,
        "town": one.town,
        "address": one.street,
        "description": f"{bank.account().holder or 'Tessera'} {carried(one.reference)}",
    }
    # The letters of SEPA hold no sign by which a spreadsheet takes words for a formula, but for these two.
    return sepa.text(words[column], 70).lstrip("+- ")
