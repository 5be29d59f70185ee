"""The gateway of a simulated year: the simulated one, with fees, disputed payments and calls that go wrong."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from marketplace.base import clock, ids
from payments import gateways
from payments.gateways import (
    Destination,
    Dispute,
    GatewayUnreachable,
    Movement,
    Page,
    Payer,
    Simulated,
    Status,
    simulated,
)
from payments.models import Deposit

# What becomes of a payout or refund whose call goes wrong: half of them are lost before or after they are done.
COURSES = (simulated.FAIL, simulated.REFUSE, simulated.LATE, simulated.RETURN)
FEE_SHARE, FEE_FIXED = 14, 250_000  # thousandths of a payment, and micros: what cards cost


class World(Simulated):
    """Counts calls and faults by kind. What happened there is in its own books; disputes are kept here."""

    def __init__(self, luck: random.Random, share: float) -> None:
        self.luck, self.share = luck, share
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.disputes: dict[str, tuple[Dispute, list[Movement]]] = {}

    # --- calls that may go wrong ---------------------------------------------------------------------------

    def deposit_page(self, *, key: str, amount_micros: int, payer: Payer | None = None) -> Page:
        return self._call(
            "deposit_page",
            lambda: super(World, self).deposit_page(key=key, amount_micros=amount_micros, payer=payer),
        )

    def deposit_status(self, *, key: str, external_ref: str = "", payer: Payer | None = None) -> Status:
        status = self._call("deposit_status", lambda: super(World, self).deposit_status(key=key))
        if status.state != "done":
            return status
        amount = Deposit.objects.values_list("amount_micros", flat=True).get(pk=ids.decode("dep", key))
        return Status(
            "done", status.external_ref, method="card", charge_ref=f"ch_{key}", fee_micros=fee_of(amount)
        )

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status:
        self._take_course("payout", key)
        return self._call(
            "send_payout",
            lambda: super(World, self).send_payout(
                key=key, amount_micros=amount_micros, destination=destination
            ),
        )

    def payout_status(self, *, key: str) -> Status:
        return self._call("payout_status", lambda: super(World, self).payout_status(key=key))

    def send_refund(self, *, key: str, amount_micros: int, charge_ref: str) -> Status:
        self._take_course("refund", key)
        return self._call(
            "send_refund",
            lambda: super(World, self).send_refund(
                key=key, amount_micros=amount_micros, charge_ref=charge_ref
            ),
        )

    def refund_status(self, *, key: str, charge_ref: str, external_ref: str = "") -> Status:
        return self._call(
            "refund_status", lambda: super(World, self).refund_status(key=key, charge_ref=charge_ref)
        )

    def movements(self, *, since: dt.datetime) -> Sequence[Movement]:
        found: list[Movement] = []
        for each in self._call("movements", lambda: super(World, self).movements(since=since)):
            found.append(each)
            if each.kind == "charge":
                fee = fee_of(each.amount_micros)
                found.append(Movement(f"{each.external_id}:fee", "fee", -fee, each.happened_at, each.key))
        for _dispute, moved in self.disputes.values():
            found += [each for each in moved if each.happened_at >= since]
        return sorted(found, key=lambda each: each.happened_at)

    def _call(self, name: str, act: Callable[[], Any]) -> Any:
        """Make a call, and lose it before or its answer after it, as luck has it."""
        self.calls[name] += 1
        if self.luck.random() >= self.share:
            return act()
        if self.luck.random() < 0.5:
            self.faults[f"{name}: lost before"] += 1
            raise GatewayUnreachable
        act()
        self.faults[f"{name}: answer lost"] += 1
        raise GatewayUnreachable

    def _take_course(self, kind: str, key: str) -> None:
        """Let some of those that are new be refused, fail, take days or come back."""
        if simulated.calls(kind, key) == 0 and self.luck.random() < self.share:
            course = self.luck.choice(COURSES)
            simulated.behave(kind, course, key=key)
            self.faults[f"{kind}: {course}"] += 1

    # --- disputed payments ---------------------------------------------------------------------------------

    def open_dispute(self, deposit: Deposit) -> Dispute:
        """A bank disputes a payment: the gateway takes it back at once, with a fee."""
        ref, now = f"dp_{deposit.public_id}", clock.now()
        moved = [
            Movement(ref, "dispute", -deposit.amount_micros, now, ref),
            Movement(f"{ref}:fee", "dispute_fee", -15_000_000, now, ref),
        ]
        return self._say(deposit, ref, "open", now, moved)

    def decide_dispute(self, deposit: Deposit, *, won: bool) -> Dispute:
        """The bank decides: the money comes back, or it does not."""
        ref = f"dp_{deposit.public_id}"
        before, moved = self.disputes[ref]
        if won:
            moved = [
                *moved,
                Movement(f"{ref}:back", "dispute_back", deposit.amount_micros, clock.now(), ref),
            ]
        return self._say(deposit, ref, "won" if won else "lost", before.opened_at, moved)

    def _say(
        self, deposit: Deposit, ref: str, state: Any, opened_at: dt.datetime, moved: list[Movement]
    ) -> Dispute:
        said = Dispute(
            ref, f"ch_{deposit.public_id}", deposit.public_id, deposit.amount_micros, state, "fraudulent",
            opened_at, opened_at + dt.timedelta(days=20), tuple(moved),
        )  # fmt: skip
        self.disputes[ref] = (said, moved)
        return said


def fee_of(amount_micros: int) -> int:
    """What the gateway takes of a payment, in whole cents."""
    return (amount_micros * FEE_SHARE // 1000 + FEE_FIXED) // 10_000 * 10_000


@contextmanager
def standing_in(world: World) -> Iterator[None]:
    """The market calls `world` where it would call the simulated gateway."""
    before = gateways._GATEWAYS["simulated"]
    gateways._GATEWAYS["simulated"] = world
    try:
        yield
    finally:
        gateways._GATEWAYS["simulated"] = before
