"""What the export says of money: payouts, bonuses, grants, the cap, tax details asked for, accounts at providers."""

from collections.abc import Iterator
from typing import Any

from marketplace.base import money
from marketplace.base.models import User
from payments import selectors
from payments.models import Cap, ConnectedAccount, Entry, PersonMark, TaxDiligence
from payments.services import bonuses as gifts
from payments.services import help_fund, persons

Row = dict[str, Any]


def payouts(user: User) -> Iterator[Row]:
    for row in selectors.payouts(user).iterator():
        yield {
            "id": row.public_id, "amount": money.to_string(row.amount_micros), "state": row.state,
            "asked_at": row.created_at, "sent_at": row.sent_at, "paid_at": row.paid_at,
            "held_reason": row.held_reason, "held_until": row.held_until,
        }  # fmt: skip


def bonuses(user: User) -> Iterator[Row]:
    for row in gifts.of_worker(user).iterator():
        yield {
            "id": row.public_id, "amount": money.to_string(row.amount_micros), "by": row.organisation.name,
            "reason": row.reason, "for": row.reference, "given_at": row.created_at,
        }  # fmt: skip


def help_requests(user: User) -> Iterator[Row]:
    for row in help_fund.of_worker(user).iterator():
        granted = row.granted_micros
        yield {
            "id": row.public_id, "purpose": row.purpose, "asked": money.to_string(row.asked_micros),
            "your_words": row.words, "state": row.state, "granted": money.to_string(granted) if granted else None,
            "decision": row.decision, "decided_by": row.decided_by.name if row.decided_by else None,
            "asked_at": row.created_at, "ended_at": row.ended_at,
        }  # fmt: skip


def movements(user: User) -> Iterator[Row]:
    """Every movement on what is due to the person, as the books have it."""
    rows = Entry.objects.filter(account__user=user).select_related("transaction", "account").order_by("pk")
    for row in rows.iterator(chunk_size=500):
        yield {
            "at": row.transaction.created_at, "kind": row.transaction.kind, "for": row.transaction.reference,
            "account": row.account.kind, "amount": money.to_string(row.amount), "currency": row.currency,
        }  # fmt: skip


def caps(user: User) -> Iterator[Row]:
    """Each year with its cap, and what counts towards it."""
    for row in Cap.objects.filter(user=user).order_by("year").iterator():
        yield {
            "year": row.year, "cap": money.to_string(row.cap_micros),
            "reserved": money.to_string(row.reserved_micros), "earned": money.to_string(row.earned_micros),
            "extra": money.to_string(row.extra_micros),
        }  # fmt: skip


def one_person(user: User) -> Iterator[Row]:
    """Of each mark what it is made of and when; of another account with an equal one only what was decided. The marks
    themselves say nothing without our key, and other accounts are not told of."""
    for row in PersonMark.objects.filter(user=user).order_by("pk").iterator():
        yield {
            "what": "mark", "of": row.kind, "since": row.first_seen_at, "last_given": row.last_seen_at,
            "kept_until": row.keep_until,
        }  # fmt: skip
    for pair in persons.pairs(user):
        equal = {"tin": pair.by_tin, "account_and_name": pair.by_name, "account": pair.by_account}
        yield {
            "what": "another account", "id": pair.public_id, "of": [name for name, there in equal.items() if there],
            "since": pair.found_at, "kept_until": pair.keep_until, "one_person": pair.is_one,
            "objection": pair.objection if pair.objected_by_id == user.pk else "", "decided": pair.outcome,
            "reason": pair.reason, "decided_at": pair.decided_at,
            "decided_by": pair.decided_by.name if pair.decided_by else None,
        }  # fmt: skip


def tax_details(user: User) -> Iterator[Row]:
    """When we asked for tax details, and reminded."""
    rows = TaxDiligence.objects.filter(user=user)
    for row in rows.values("asked_at", "first_reminder_at", "second_reminder_at", "complete_at").iterator():
        yield dict(row)


def connected_account(user: User) -> Iterator[Row]:
    """The account at a payment provider, where one was opened."""
    for row in ConnectedAccount.objects.filter(user=user).iterator():
        yield {
            "provider": row.gateway, "account": row.account_ref, "country": row.country,
            "can_be_paid": row.transfers_active, "wants": row.requirements_due, "opened_at": row.created_at,
            "disabled_because": row.disabled_reason, "last_failure": row.last_bank_failure,
        }  # fmt: skip
