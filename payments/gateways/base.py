"""What every gateway can do for us. Calls are made outside transactions, with a key made from our own row."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

# What a gateway knows about one of our keys. `unknown`: it has never heard of it.
State = Literal["unknown", "open", "processing", "done", "failed", "returned", "expired"]


class GatewayUnreachable(Exception):
    """No answer, or none that can be understood: the thing may or may not have been done. Never a failure."""


class GatewayRefused(Exception):
    """A clear no: nothing was done, nor will it be. `code` is a word for our books, never a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# How payouts leave: one call for each; one call for each part of it that a deposit funds; or many in a file that
# people hand over.
PayoutStyle = Literal["call", "parts", "file"]
# How deposits come: a person pays on a page of the gateway's; or sends a bank transfer with a reference that is always
# the same, and nothing is started here.
DepositStyle = Literal["page", "reference"]
# What moved our money at a gateway.
MovementKind = Literal[
    "charge", "fee", "transfer", "transfer_back", "refund", "refund_back", "dispute", "dispute_back",
    "dispute_fee", "gateway_payout", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Status:
    """The gateway's present answer about a key. Of a paid deposit also what it was paid with, what funds transfers
    and refunds (`charge_ref`), and what the gateway took for it (micros)."""

    state: State
    external_ref: str = ""
    code: str = ""
    method: str = ""
    charge_ref: str = ""
    fee_micros: int = 0
    # Whether the gateway has said yet what it takes: it may do so a little after the payment.
    fee_known: bool = True
    paid_micros: int | None = None  # of a paid deposit: what came in
    url: str = ""  # of a deposit that can still be paid: where
    # Of a refund: whether the gateway took the money for it, and whether it put it back since.
    taken: bool = False
    put_back: bool = False


@dataclass(frozen=True, slots=True)
class Payer:
    """The organisation that pays: the gateway's name for it, and whether what it pays with may be kept for later."""

    customer_ref: str
    keep_method: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Where a person pays a deposit."""

    external_ref: str
    url: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a payout goes. Personal data: passed on to the gateway, never logged."""

    holder: str
    iban: str
    country: str


@dataclass(frozen=True, slots=True)
class News:
    """Something changed about one of our keys; what it is now is fetched, never believed from the news."""

    external_id: str
    kind: str  # deposit, payout, refund, dispute …; empty: known, and of no matter to us
    key: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of our money at a gateway, as it reports it (micros, plus came in). `key` is ours, if it has it."""

    external_id: str
    kind: MovementKind
    amount_micros: int
    happened_at: dt.datetime
    key: str = ""


class Gateway(Protocol):
    """All methods may raise GatewayUnreachable; those that start something may raise GatewayRefused.

    The same key again does nothing new and answers what is so; with another amount it is refused.
    """

    name: str
    payout_style: PayoutStyle
    deposit_style: DepositStyle

    def pays_out_to(self, country: str) -> bool:
        """Whether a worker who lives in `country` (ISO 3166-1 alpha-2) can be paid this way. Asks nobody."""
        ...

    def movements(self, *, since: dt.datetime) -> Iterable[Movement]:
        """Every movement of our money since then, oldest first; for reconciliation."""
        ...

    def deposit_page(self, *, key: str, amount_micros: int, payer: Payer | None = None) -> Page: ...

    def deposit_status(self, *, key: str, external_ref: str = "", payer: Payer | None = None) -> Status:
        """`external_ref`: the gateway's name for it, where we know it; else it is looked for by key."""
        ...

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status: ...

    def payout_status(self, *, key: str) -> Status: ...

    def news(self, *, since: dt.datetime) -> Sequence[News]: ...


@runtime_checkable
class Refunds(Protocol):
    """A gateway that sends money of a deposit back when it is called; the refunds of others wait for a file."""

    def send_refund(self, *, key: str, amount_micros: int, charge_ref: str) -> Status: ...

    def refund_status(self, *, key: str, charge_ref: str, external_ref: str = "") -> Status: ...


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payment that a bank disputes, as the gateway says now (micros)."""

    external_ref: str
    charge_ref: str
    deposit_key: str
    amount_micros: int
    state: Literal["open", "won", "lost"]
    reason: str
    opened_at: dt.datetime
    evidence_due: dt.datetime | None
    movements: tuple[Movement, ...]  # dispute, dispute_back, dispute_fee: oldest first


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """What an organisation may be charged with later: the gateway's name, and words to know it by."""

    ref: str
    label: str


@runtime_checkable
class Charges(Protocol):
    """A gateway that keeps ways to pay, charges them later by itself, and tells of disputes."""

    def new_customer(self, *, key: str) -> str:
        """The gateway's name for an organisation, made once for a key."""
        ...

    def saved_method(self, *, external_ref: str) -> SavedMethod | None:
        """What a deposit was paid with whose payer let it be kept; None while it is not paid, or can't be kept."""
        ...

    def charge(self, *, key: str, amount_micros: int, payer: Payer, method_ref: str) -> Status: ...

    def dispute(self, *, external_ref: str) -> Dispute: ...


@dataclass(frozen=True, slots=True)
class Account:
    """A worker's account at the gateway as it is now. The codes are the gateway's; `below_zero_micros`: how far its
    balance is under nothing; `bank_failure`: why its last payout to the worker's bank failed, "" when it did not."""

    country: str
    transfers_active: bool
    payouts_enabled: bool
    disabled_reason: str = ""
    requirements_due: tuple[str, ...] = ()
    requirements_deadline: dt.datetime | None = None
    under_review: bool = False
    below_zero_micros: int = 0
    bank_failure: str = ""
    bank_failure_ref: str = ""


@runtime_checkable
class Transfers(Protocol):
    """A gateway whose `payout_style` is parts: it pays workers' accounts with it out of the charges of deposits."""

    def open_account(self, *, key: str, country: str) -> str:
        """The gateway's name of the account made for `key`; it can't be paid before its owner has answered there."""
        ...

    def account_page(self, *, account_ref: str, return_url: str, again_url: str) -> str:
        """Where its owner answers what the gateway asks; good once, and for minutes. Coming back proves nothing."""
        ...

    def account_status(self, *, account_ref: str) -> Account:
        """Raises GatewayRefused `account_invalid` for one that is closed to us."""
        ...

    def send_part(
        self, *, key: str, group: str, amount_micros: int, account_ref: str, charge_ref: str
    ) -> Status:
        """Move a part of the charge to the account. Refusals: SOURCE_SHORT, ACCOUNT_NOT_READY, or another code."""
        ...

    def part_status(self, *, key: str, group: str) -> Status:
        """done, returned (taken back whole), or unknown."""
        ...


# Why a part is refused, in our words, where the next step depends on it.
SOURCE_SHORT = "source_short"  # the charge does not hold it (any more): another one may
ACCOUNT_NOT_READY = "account_not_ready"  # the worker's account can't take it
