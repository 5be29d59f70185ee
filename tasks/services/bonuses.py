"""Bonuses as a requester writes them: a list of who, how much and why, read line by line, with nothing lost.

Who is `asg_…` (an answer of the batch) or `wrk_…` (somebody who answered in it). An answer that was refused is
nobody's to see (charter P9), so it is no answer here.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import ids, money
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.leavers import GONE
from marketplace.base.models import Membership, User
from payments.services import bonuses
from tasks.models import Assignment, Batch

REASON_CHARS = 400
COLUMNS = ("worker", "amount", "reason")


class Unreadable(Refusal):
    """The list as a whole can't be read."""

    code = "unreadable_list"
    detail = _("%(why)s")
    status = 400


@dataclass(slots=True)
class Row:
    """One line as it was typed, and what it means: `worker_id` and `amount_micros` where there is no problem."""

    position: int
    who: str
    amount: str
    reason: str
    worker_id: int = 0
    reference: str = ""
    amount_micros: int = 0
    problems: dict[str, str] = field(default_factory=dict)  # by column


@dataclass(slots=True)
class Listed:
    """A list that was read. With a `key` its lines are named by it and their place; without, each by what it says."""

    batch: Batch
    rows: list[Row]
    key: str = ""

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.problems]

    @property
    def bad(self) -> list[Row]:
        return [row for row in self.rows if row.problems]

    @property
    def total(self) -> int:
        return sum(row.amount_micros for row in self.good)

    def lines(self) -> list[bonuses.Line]:
        """What can be given. A line that says the same as one before it in its list is another bonus."""
        seen: dict[str, int] = {}
        found = []
        for row in self.good:
            key, number = self.key, row.position
            if not key:
                said = f"{row.worker_id}:{row.reference}:{row.amount_micros}:{row.reason}"
                key = f"{self.batch.public_id}:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
                number = seen[key] = seen.get(key, 0) + 1
            found.append(
                bonuses.Line(
                    row.position, key, number, row.worker_id, row.reference, row.amount_micros, row.reason
                )
            )
        return found


def read(*, batch: Batch, text: str) -> Listed:
    """A list as CSV: worker, amount, reason, with or without a head. Raises Unreadable for what is no such list."""
    lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text)))
    cells = [[cell.strip() for cell in line] for line in lines if any(cell.strip() for cell in line)]
    if not cells:
        raise Unreadable(why=_("The list is empty: write a line such as “wrk_…,1.50,Very careful notes”."))
    order = _columns(cells[0])
    if order is not None:
        cells = cells[1:]
    return take(batch=batch, rows=[_picked(line, order or list(range(3))) for line in cells])


def take(*, batch: Batch, rows: Iterable[tuple[str, str, str]], key: str = "") -> Listed:
    """A list as (worker, amount, reason) texts. Raises Unreadable for too many or none."""
    found = [
        Row(place, who, amount, " ".join(reason.split()))
        for place, (who, amount, reason) in enumerate(rows, start=1)
    ]
    if not found or len(found) > bonuses.MOST:
        raise Unreadable(
            why=_("Give at least one and at most %(most)s bonuses at once.") % {"most": bonuses.MOST}
        )
    for row in found:
        _read_amount(row)
        if not row.reason:
            row.problems["reason"] = str(_("Write why: the worker reads it."))
        elif len(row.reason) > REASON_CHARS:
            row.problems["reason"] = str(
                _("Keep the reason under %(most)s characters.") % {"most": REASON_CHARS}
            )
    _find_workers(batch, found)
    return Listed(batch, found, key)


def give(*, batch: Batch, actor: User, listed: Listed) -> bonuses.Given:
    """Give what can be read; lines with problems are left. Raises Forbidden without the right to spend, and as
    `payments.services.bonuses.give`."""
    membership = Membership.objects.filter(user=actor, organisation_id=batch.organisation_id).first()
    if membership is None or not membership.may("edit"):
        raise Forbidden
    return bonuses.give(organisation=batch.organisation, actor=actor, lines=listed.lines())


def _read_amount(row: Row) -> None:
    try:
        micros = money.parse_eur(row.amount)
    except Refusal as refusal:
        row.problems["amount"] = refusal.message
        return
    if not micros:
        row.problems["amount"] = str(_("Give at least one cent."))
    elif micros != money.whole_cents(micros):
        row.problems["amount"] = str(_("Give whole cents, such as 1.50."))
    else:
        row.amount_micros = micros


def _find_workers(batch: Batch, rows: list[Row]) -> None:
    """Whom each line means, of those who answered in this batch and are still here: nobody else could be paid."""
    answers = _numbers("asg", rows, None)
    people = _numbers("wrk", rows, batch.organisation_id)
    seen = Assignment.objects.filter(batch=batch, submitted_at__isnull=False).exclude(
        Q(state=Assignment.State.REJECTED) | Q(worker__email__endswith=f"@{GONE}")
    )
    by_answer = dict(seen.filter(pk__in=answers.values()).values_list("pk", "worker_id"))
    worked = set(seen.filter(worker_id__in=people.values()).values_list("worker_id", flat=True))
    for row in rows:
        if answers.get(row.position) in by_answer:
            row.worker_id, row.reference = by_answer[answers[row.position]], row.who
        elif people.get(row.position) in worked:
            row.worker_id, row.reference = people[row.position], batch.public_id
        else:
            row.problems["worker"] = str(_("Nobody of this batch: write a wrk_… or asg_… of its answers."))


def _numbers(prefix: str, rows: list[Row], salt: int | None) -> dict[int, int]:
    """Row numbers behind the ids of one kind, by place in the list."""
    found: dict[int, int] = {}
    for row in rows:
        if row.who.startswith(f"{prefix}_"):
            try:
                found[row.position] = (
                    ids.decode(prefix, row.who) if salt is None else ids.decode(prefix, row.who, salt)
                )
            except NotFound:
                continue
    return found


def _delimiter(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(",;\t", key=first.count)


def _columns(first: list[str]) -> list[int] | None:
    """The places of worker, amount and reason, when the first line names them; None when it is a line of its own."""
    names = [cell.casefold() for cell in first]
    if "worker" not in names and "amount" not in names:
        return None
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise Unreadable(why=_("The head lacks the column “%(name)s”.") % {"name": missing[0]})
    return [names.index(name) for name in COLUMNS]


def _picked(line: list[str], order: list[int]) -> tuple[str, str, str]:
    who, amount, reason = (line[place] if place < len(line) else "" for place in order)
    return who, amount, reason
