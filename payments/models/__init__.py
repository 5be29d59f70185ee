"""Tables of money. Only `payments.services` writes them, and only `services.ledger` writes entries."""

from .cap import Cap
from .deposit import DEPOSIT_MOVES, Deposit, DepositState
from .external_event import ExternalEvent
from .ledger import STORED_KINDS, Account, AccountKind, Entry, Transaction
from .payee import Payee
from .payout import PAYOUT_MOVES, Payout, PayoutState
from .simulated import SimulatedBehaviour, SimulatedObject

__all__ = [
    "DEPOSIT_MOVES",
    "PAYOUT_MOVES",
    "STORED_KINDS",
    "Account",
    "AccountKind",
    "Cap",
    "Deposit",
    "DepositState",
    "Entry",
    "ExternalEvent",
    "Payee",
    "Payout",
    "PayoutState",
    "SimulatedBehaviour",
    "SimulatedObject",
    "Transaction",
]
