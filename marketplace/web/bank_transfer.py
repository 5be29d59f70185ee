"""How an organisation pays in by bank transfer: our account, its own reference, and both as a code for a bank's app."""

from dataclasses import dataclass

import qrcode

from marketplace.base.models import Organisation
from payments.gateways import bank, sepa
from payments.services import creditor_reference, iban


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a person types into their bank's form, as it is read and as it is copied; `code` is the path of the QR code,
    `size` its side in modules."""

    holder: str
    bank: str
    iban: str
    iban_plain: str
    bic: str
    reference: str
    reference_plain: str
    code: str
    size: int


def card(organisation: Organisation) -> Transfer | None:
    """The transfer form of an organisation; None where no bank account is set up."""
    if not bank.is_set_up():
        return None
    ours, reference = bank.account(), creditor_reference.of(organisation)
    path, size = _code(ours, reference)
    return Transfer(
        holder=ours.holder,
        bank=ours.bank,
        iban=iban.grouped(ours.iban),
        iban_plain=ours.iban,
        bic=ours.bic,
        reference=creditor_reference.grouped(reference),
        reference_plain=reference,
        code=path,
        size=size,
    )


def _code(ours: bank.Account, reference: str) -> tuple[str, int]:
    """The EPC code of a transfer without an amount (EPC069-12: version 002, UTF-8, correction M), as an SVG path."""
    lines = [
        "BCD",
        "002",
        "1",
        "SCT",
        ours.bic,
        sepa.text(ours.holder, 70),
        ours.iban,
        "",
        "",
        reference,
        "",
        "",
    ]
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    drawn.add_data("\n".join(lines).rstrip("\n"))
    rows = drawn.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return "".join(squares), len(rows)
