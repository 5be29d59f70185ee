"""What every gateway can do for us. Calls are made outside transactions, with a key made from our own row."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

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
    kind: str  # deposit or payout
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

    def pays_out_to(self, country: str) -> bool:
        """Whether a worker who lives in `country` (ISO 3166-1 alpha-2) can be paid this way. Asks nobody."""
        ...

    def movements(self, *, since: dt.datetime) -> Iterable[Movement]:
        """Every movement of our money since then, oldest first; for reconciliation."""
        ...

    def deposit_page(self, *, key: str, amount_micros: int) -> Page: ...

    def deposit_status(self, *, key: str) -> Status: ...

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status: ...

    def payout_status(self, *, key: str) -> Status: ...

    def news(self, *, since: dt.datetime) -> Sequence[News]: ...
