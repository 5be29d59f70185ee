"""Tables of money. Only `payments.services` writes them, and only `services.ledger` writes entries."""

from .bank import RUN_MOVES, BankLine, BankStatement, PayoutRun, RunState
from .billing import AutoTopUp, BatchTerms, BillingProfile, Invoice, SpendingLimit, VatCheck, VatTreatment
from .books import Difference, ExternalObject, Period, PeriodBalance
from .cap import Cap
from .deposit import DEPOSIT_MOVES, Deposit, DepositState
from .external_event import ExternalEvent, GatewayPoll
from .grants import Bonus, HelpGrant, TaxDiligence
from .ledger import STORED_KINDS, Account, AccountKind, Entry, Transaction
from .payee import Payee
from .payout import PAYOUT_MOVES, Payout, PayoutState
from .person import PersonAccount, PersonMark, PersonPair
from .provider import (
    CHARGEBACK_MOVES,
    PART_MOVES,
    REFUND_MOVES,
    Chargeback,
    ChargebackState,
    ConnectedAccount,
    GatewayCustomer,
    PartState,
    PayoutPart,
    Refund,
    RefundState,
)
from .simulated import SimulatedBehaviour, SimulatedObject

__all__ = [
    "CHARGEBACK_MOVES",
    "DEPOSIT_MOVES",
    "PART_MOVES",
    "PAYOUT_MOVES",
    "REFUND_MOVES",
    "RUN_MOVES",
    "STORED_KINDS",
    "Account",
    "AccountKind",
    "AutoTopUp",
    "BankLine",
    "BankStatement",
    "BatchTerms",
    "BillingProfile",
    "Bonus",
    "Cap",
    "Chargeback",
    "ChargebackState",
    "ConnectedAccount",
    "Deposit",
    "DepositState",
    "Difference",
    "Entry",
    "ExternalEvent",
    "ExternalObject",
    "GatewayCustomer",
    "GatewayPoll",
    "HelpGrant",
    "Invoice",
    "PartState",
    "Payee",
    "Payout",
    "PayoutPart",
    "PayoutRun",
    "PayoutState",
    "Period",
    "PeriodBalance",
    "PersonAccount",
    "PersonMark",
    "PersonPair",
    "Refund",
    "RefundState",
    "RunState",
    "SimulatedBehaviour",
    "SimulatedObject",
    "SpendingLimit",
    "TaxDiligence",
    "Transaction",
    "VatCheck",
    "VatTreatment",
]
