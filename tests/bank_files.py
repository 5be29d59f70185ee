"""Bank files made up in code, in the habits of several banks: statements, answers, and the operator's account."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

from payments.services import iban

OURS = iban.make("FR", "30004000010000012345613")
THEIRS = iban.make("DE", "370400440532013000")
SETTINGS: dict[str, Any] = {
    "BANK_IBAN": OURS,
    "BANK_BIC": "BNPAFRPPXXX",
    "BANK_NAME": "Banque d'Exemple",
    "BANK_HOLDER": "Coopérative Tessera",
    "BANK_HOLDER_STREET": "1 rue de la Paix",
    "BANK_HOLDER_POSTCODE": "75002",
    "BANK_HOLDER_TOWN": "Paris",
    "BANK_HOLDER_COUNTRY": "FR",
    "DEPOSIT_GATEWAYS": ["bank"],
    "PAYOUT_GATEWAYS": ["bank"],
}
ROOTS = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def eur(amount: Any) -> str:
    return f"{abs(Decimal(amount)):.2f}"


def side(amount: Any) -> str:
    return "CRDT" if Decimal(amount) > 0 else "DBIT"


def detail(
    *, amount: Any = None, e2e: str = "", msg: str = "", words: str = "", strd: str = "", name: str = "",
    account: str = "", reason: str = "", came_in: bool = True, old: bool = False, charges: Any = None,
) -> str:  # fmt: skip
    """One TxDtls. `old`: as versions up to 001.02 write names and amounts."""
    who = "Dbtr" if came_in else "Cdtr"
    refs = (f"<MsgId>{msg}</MsgId>" if msg else "") + (f"<EndToEndId>{e2e}</EndToEndId>" if e2e else "")
    xml = f"<Refs>{refs}</Refs>"
    if amount is not None:
        inner = f'<Amt Ccy="EUR">{eur(amount)}</Amt>'
        xml += f"<AmtDtls><TxAmt>{inner}</TxAmt></AmtDtls>" if old else inner
    if charges is not None:
        xml += f'<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">{eur(charges)}</TtlChrgsAndTaxAmt></Chrgs>'
    if name or account:
        named = f"<Nm>{name}</Nm>" if old else f"<Pty><Nm>{name}</Nm></Pty>"
        number = f"<{who}Acct><Id><IBAN>{account}</IBAN></Id></{who}Acct>" if account else ""
        xml += f"<RltdPties><{who}>{named}</{who}>{number}</RltdPties>"
    if words or strd:
        structured = f"<Strd><CdtrRefInf><Ref>{strd}</Ref></CdtrRefInf></Strd>" if strd else ""
        loose = "".join(f"<Ustrd>{part}</Ustrd>" for part in words.split("|") if part)
        xml += f"<RmtInf>{loose}{structured}</RmtInf>"
    if reason:
        xml += f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>"
    return f"<TxDtls>{xml}</TxDtls>"


def entry(
    amount: Any, *details: str, ref: str = "", day: dt.date | None = None, status: str = "BOOK", new: bool = True,
    code: str = "PMNT/RCDT/ESCT", batch: str = "", words: str = "", currency: str = "EUR",
) -> str:  # fmt: skip
    """One Ntry. `new`: the status in an element of its own, as from 001.08 on; `batch`: the number of our file."""
    domain, family, sub = code.split("/")
    said = f"<Sts><Cd>{status}</Cd></Sts>" if new else f"<Sts>{status}</Sts>"
    head = f"<Btch><MsgId>{batch}</MsgId></Btch>" if batch else ""
    inside = f"<NtryDtls>{head}{''.join(details)}</NtryDtls>" if head or details else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{eur(amount)}</Amt><CdtDbtInd>{side(amount)}</CdtDbtInd>{said}'
        f"<BookgDt><Dt>{day or dt.date(2026, 11, 23)}</Dt></BookgDt>"
        + (f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else "")
        + f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        + inside
        + (f"<AddtlNtryInf>{words}</AddtlNtryInf>" if words else "")
        + "</Ntry>"
    )


def statement(
    *entries: str, number: str = "1", opening: Any = "0.00", closing: Any = None, day: dt.date | None = None,
    account: str = OURS, kind: str = "053",
) -> str:  # fmt: skip
    """One Stmt (Rpt, Ntfctn); the closing balance is what the entries make of the opening one when it is left out."""
    _root, name = ROOTS[kind]
    day = day or dt.date(2026, 11, 23)
    if closing is None:
        moved = sum(
            (1 if "<CdtDbtInd>CRDT" in one.split("<Sts>")[0] else -1)
            * Decimal(one.split(">")[2].split("<")[0])
            for one in entries
            if ">BOOK<" in one
        )
        closing = Decimal(opening) + moved
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{eur(value)}</Amt>'
        f"<CdtDbtInd>{'DBIT' if Decimal(value) < 0 else 'CRDT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, value in (("OPBD", opening), ("CLBD", closing))
    )
    if kind != "053":
        balances = ""
    return (
        f"<{name}><Id>{number}</Id><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{''.join(entries)}</{name}>"
    )


def camt(
    *statements: str,
    version: str = "08",
    kind: str = "053",
    encoding: str = "UTF-8",
    bom: bool = False,
    prefix: str = "",
) -> io.BytesIO:
    """A whole file. `prefix`: the namespace carries a prefix, as some banks write it."""
    root, _name = ROOTS[kind]
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    body = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<Document xmlns="{space}"><{root}><GrpHdr><MsgId>M</MsgId>'
        f"<CreDtTm>2026-11-23T20:00:00</CreDtTm></GrpHdr>{''.join(statements)}</{root}></Document>"
    )
    if prefix:
        body = (
            body.replace("</", f"</{prefix}:")
            .replace("<", f"<{prefix}:")
            .replace(f"<{prefix}:/{prefix}:", f"</{prefix}:")
        )
        body = body.replace(f"<{prefix}:?xml", "<?xml").replace("xmlns=", f"xmlns:{prefix}=")
    content = body.encode(encoding)
    return io.BytesIO((b"\xef\xbb\xbf" if bom else b"") + content)


def pain002(
    message: str,
    *,
    group: str = "",
    batch: str = "",
    reason: str = "",
    single: dict[str, tuple[str, str]] | None = None,
) -> io.BytesIO:
    """An answer to a file: `single` is {end-to-end number: (status, reason)}."""

    def why(code: str) -> str:
        return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""

    ones = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{number}</OrgnlEndToEndId><TxSts>{status}</TxSts>{why(code)}</TxInfAndSts>"
        for number, (status, code) in (single or {}).items()
    )
    status = f"<GrpSts>{group}</GrpSts>{why(reason)}" if group else ""
    part = f"<PmtInfSts>{batch}</PmtInfSts>{why(reason)}" if batch else ""
    return io.BytesIO(
        (
            '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">'
            f"<CstmrPmtStsRpt><GrpHdr><MsgId>A</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>"
            f"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{status}</OrgnlGrpInfAndSts>"
            f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}-1</OrgnlPmtInfId>{part}{ones}</OrgnlPmtInfAndSts>"
            "</CstmrPmtStsRpt></Document>"
        ).encode()
    )
