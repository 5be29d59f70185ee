"""Bonuses: what a requester adds for somebody who worked for them, with a reason and without a fee (charter P13).

A list is given in one transaction. Each line has a name of its own, (key, number), made by the caller from what it
says or from the one press of a button it came with: the same name again gives nothing twice. A bonus counts in the
year's cap as work does: a line that would pass it is refused, the others are given. Who worked for whom is the
caller's to know (`tasks.services.bonuses`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids, notices
from marketplace.base.errors import Refusal
from marketplace.base.models import Organisation, User
from payments.errors import InsufficientFunds
from payments.models import AccountKind, Bonus
from payments.services import cap, debts, ledger, limits

MOST = 1_000  # lines of a list


class PassesCap(Refusal):
    """The worker can't receive more this year."""

    code = "cap_reached"
    detail = _("This person can’t receive so much more this year. Give less, or wait for January.")


@dataclass(frozen=True, slots=True)
class Line:
    """One bonus that was asked for: its place in the list from 1 on, its name, whole cents in micros, `asg_…` or
    `bat_…`."""

    position: int
    key: str
    number: int
    worker_id: int
    reference: str
    amount_micros: int
    reason: str


@dataclass(slots=True)
class Given:
    """What became of a list: new bonuses, places that were given before, and places refused with their reason."""

    bonuses: list[Bonus] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    refused: dict[int, Refusal] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(bonus.amount_micros for bonus in self.bonuses)


@transaction.atomic
def give(*, organisation: Organisation, actor: User, lines: Sequence[Line]) -> Given:
    """Give a list of bonuses out of the organisation's funds, all that the cap allows, together.

    Raises InsufficientFunds with what is missing, what `debts.require_none` or `limits.require` raises; then nothing is
    given. Locks cap rows in order of workers, then the funds and what is due to the workers.
    """
    _one_at_a_time(organisation)
    debts.require_none(organisation)
    known, year = _known(organisation, lines), clock.year_of(clock.now())
    result = Given(known=[line.position for line in lines if (line.key, line.number) in known])
    wanted = [line for line in lines if (line.key, line.number) not in known]
    accepted = _within_cap(wanted, year, result)
    if not accepted:
        return result
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, (line.worker_id for line in accepted))
    needed = sum(line.amount_micros for line in accepted)
    available = ledger.lock([funds, *payable.values()])[funds.pk]
    if available < needed:
        raise InsufficientFunds(needed_micros=needed, available_micros=available)
    limits.require(organisation=organisation, actor=actor, amount_micros=needed)
    result.bonuses = _written(organisation, actor, accepted, year)
    ledger.post_set(
        "bonus",
        [
            (row.public_id, [(funds.pk, -row.amount_micros), (payable[row.worker_id], row.amount_micros)])
            for row in result.bonuses
        ],
        actor=actor,
        cap_years=[year] * len(result.bonuses),
    )
    cap.earn_set((row.worker_id, year, row.amount_micros) for row in result.bonuses)
    for row in result.bonuses:
        notices.tell(row.worker_id, "bonus", row.public_id, bonus=row.public_id, amount=row.amount_micros)
        _record(row, actor)
    return result


def of_worker(user: User) -> QuerySet[Bonus]:
    """What a worker was given, newest first."""
    return Bonus.objects.filter(worker=user).select_related("organisation").order_by("-pk")


def of_organisation(organisation: Organisation) -> QuerySet[Bonus]:
    """What an organisation gave, newest first."""
    return Bonus.objects.filter(organisation=organisation).select_related("given_by").order_by("-pk")


def _one_at_a_time(organisation: Organisation) -> None:
    """The same list twice at once: the second waits, and then finds its lines given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"bonus:{organisation.pk}"])


def _known(organisation: Organisation, lines: Sequence[Line]) -> set[tuple[str, int]]:
    """The names among these that were given already."""
    rows = Bonus.objects.filter(organisation=organisation, list_key__in={line.key for line in lines})
    return set(rows.values_list("list_key", "position"))


def _within_cap(lines: Sequence[Line], year: int, result: Given) -> list[Line]:
    """The lines whose amount the cap took, reserved; in order of workers, as cap rows are locked."""
    accepted = []
    cap.lock_persons({line.worker_id for line in lines})
    for line in sorted(lines, key=lambda line: (line.worker_id, line.position)):
        if cap.reserve(worker_id=line.worker_id, cap_year=year, amount_micros=line.amount_micros):
            accepted.append(line)
        else:
            result.refused[line.position] = PassesCap()
    return sorted(accepted, key=lambda line: line.position)


def _written(organisation: Organisation, actor: User, lines: Sequence[Line], year: int) -> list[Bonus]:
    return Bonus.objects.bulk_create(
        [
            Bonus(
                organisation=organisation, worker_id=line.worker_id, reference=line.reference,
                amount_micros=line.amount_micros, reason=line.reason, cap_year=year, given_by=actor,
                list_key=line.key, position=line.number, created_at=clock.now(),
            )
            for line in lines
        ]
    )  # fmt: skip


def _record(bonus: Bonus, actor: User) -> None:
    audit.record(
        "payments:bonus:give",
        bonus.public_id,
        actor=actor,
        organisation_id=bonus.organisation_id,
        amount=bonus.amount_micros,
        worker=ids.encode("usr", bonus.worker_id),
    )
