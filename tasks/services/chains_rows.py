"""The job of a chain: settled results of its source become rows of its target, once each, and open when paid for.

Everything is found from rows: a run that dies leaves nothing half, and the next one goes on (docs/adr/0047).
"""

import datetime as dt
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Max, Sum

from marketplace.base import audit, clock, clockwork, notices, switches
from marketplace.base.errors import Refusal
from marketplace.base.models import Notice, User
from payments.errors import InsufficientFunds
from payments.services import holdings, limits
from tasks.consensus import Consensus
from tasks.forms import Form, compile_form
from tasks.models import Assignment, Batch, Chain, ChainLink, Gold, Task

from . import batches, chains, chains_media, exports, exports_rows, gold, media, prices

SET = 500  # rows in one transaction
MOST_SETS = 20  # of one chain in one run; the next run goes on
REST = 20  # a chain rests for so many times as long as it took to look

# A task is settled when nothing of it is open or may open, and each answer is decided; one without an approved answer
# has no result. Of a batch that has ended, what is open stays unanswered.
DUE = """
    SELECT t.id FROM tasks_task t
    WHERE t.batch_id = %(source)s AND t.funded AND NOT t.is_gold AND t.most IS NULL
      AND (t.open_slots = 0 OR %(ended)s)
      AND NOT EXISTS (SELECT 1 FROM tasks_chainlink l WHERE l.chain_id = %(chain)s AND l.source_task_id = t.id)
      AND EXISTS (SELECT 1 FROM tasks_assignment a WHERE a.task_id = t.id AND a.state = 'approved')
      AND NOT EXISTS (SELECT 1 FROM tasks_assignment a WHERE a.task_id = t.id
                      AND a.state IN ('claimed', 'submitted', 'contested', 'disputed'))
    ORDER BY t.row_number LIMIT %(most)s
"""


@dataclass(frozen=True)
class Made:
    """What a settled task becomes: the cells of its row, or None where it does not go on."""

    task: int
    lineage: list[int]
    cells: dict[str, str] | None


@dataclass(frozen=True)
class Price:
    """What some of the waiting rows cost: the rows, the answers to check questions that go with them, micros."""

    rows: int
    checks: int
    micros: int


def pass_on_all() -> int:
    """Send what is due along every chain, and open what can be paid for. Returns how many rows were made."""
    live = Chain.objects.filter(ended_at__isnull=True).order_by("pk").values_list("pk", flat=True)
    return clockwork.each(list(live), pass_on)


def pass_on(number: int) -> int:
    """One chain, alone: send, open, end when nothing more can come. Returns how many rows were made."""
    resting = f"chain-rests:{number}"
    if cache.get(resting):
        return 0
    with clockwork.alone(f"chain:{number}") as ours:
        if not ours:
            return 0
        started, sent = time.monotonic(), 0
        for _each in range(MOST_SETS):
            looked, rows = send(number)
            sent += rows
            if looked < SET:
                break
        open_paid(number)
        _end_when_over(number)
        took = time.monotonic() - started
        if took > 0.5 and looked < SET:  # lost with the cache, this rest is only a look too many
            cache.set(resting, True, timeout=min(600, took * REST))
        return sent


# --- sending ----------------------------------------------------------------------------------------------------


def send(number: int) -> tuple[int, int]:
    """One set of settled tasks. Returns how many were looked at, and how many became rows.

    Files are copied before the transaction, and become media of the target together with the rows that name them.
    """
    chain = _live(number)
    if chain is None or not _takes_rows(chain.target):
        return 0, 0
    due = _due(chain)
    if not due:
        return 0, 0
    made = _made(chain, due)
    carried = chains_media.copied(chain, [each.cells for each in made if each.cells is not None])
    return len(due), _store(number, made, carried)


def _live(number: int) -> Chain | None:
    rows = Chain.objects.select_related("source", "target__organisation")
    return rows.filter(pk=number, ended_at__isnull=True).first()


def _takes_rows(target: Batch) -> bool:
    """A batch that a moderator looks at keeps the rows it was handed in with."""
    return target.state == Batch.State.DRAFT or target.state in Batch.LIVE


def _due(chain: Chain, most: int = SET) -> list[int]:
    values = {
        "chain": chain.pk,
        "source": chain.source_id,
        "ended": chain.source.state in Batch.ENDED,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(DUE, values)
        return [number for (number,) in cursor.fetchall()]


def _made(chain: Chain, due: list[int]) -> list[Made]:
    """The rows that these tasks become, by the same path as the results of the source are exported."""
    source, target = chain.source, chain.target
    header, record = exports.results_layout(source)
    reading, shows = exports_rows.Reading(source), _checks(compile_form(target.form))
    columns = list(dict.fromkeys([*target.columns, *chain.mapping]))
    lineages = dict(Task.objects.filter(pk__in=due).values_list("pk", "lineage"))
    made = []
    for row in sorted(exports_rows.named(source, due), key=lambda each: each.number):
        found = dict(zip(header, (_text(cell.plain) for cell in record(row)), strict=True))
        cells = {name: found.get(chain.mapping.get(name, ""), "") for name in columns}
        goes = _goes(chain, reading.of(row), found) and not any(check(cells) for check in shows)
        lineage = sorted({*(lineages[row.id] or []), row.id})
        made.append(Made(row.id, lineage, cells if goes else None))
    return made


def _text(plain: Any) -> str:
    return "" if plain is None else str(plain)


def _checks(form: Form) -> list[Callable[[dict[str, str]], Any]]:
    """What the form refuses about a row; such a row can't be worked on, so it does not go on."""

    def asked(column: str, check: Callable[[str], str | None]) -> Callable[[dict[str, str]], Any]:
        return lambda cells: check(cells.get(column, ""))

    return [asked(column, check) for part in form.show for column, check in part.checks()]


def _goes(chain: Chain, found: dict[str, Consensus], cells: dict[str, str]) -> bool:
    """Whether the rule of the chain lets a result go on."""
    if chain.when == Chain.When.UNSURE:
        return min((one.confidence for one in found.values()), default=0.0) < (chain.below or 0)
    if chain.when == Chain.When.VALUE:
        one = found.get(chain.field)
        if one is None:
            return False
        if isinstance(one.value, list):
            return chain.value in map(str, one.value)
        return chain.value in {str(one.value).strip(), cells.get(chain.field, "").strip()}
    return True


@transaction.atomic
def _store(number: int, made: list[Made], carried: list[chains_media.Carried]) -> int:
    """Write rows, links and media together. Locks the row of the target, then the chain. Returns how many rows."""
    target = _locked_target(number)
    chain = Chain.objects.select_for_update(of=("self",)).filter(pk=number, ended_at__isnull=True).first()
    if chain is None or not _takes_rows(target):
        return 0
    tasks = [each.task for each in made]
    there = set(
        ChainLink.objects.filter(chain=chain, source_task__in=tasks).values_list("source_task", flat=True)
    )
    made = [each for each in made if each.task not in there]
    rows = _insert(target, [each for each in made if each.cells is not None])
    now = clock.now()
    ChainLink.objects.bulk_create(
        ChainLink(chain=chain, source_task_id=each.task, target_task_id=rows.get(each.task), at=now)
        for each in made
    )
    lacking = [name for name in chain.mapping if name not in target.columns]
    if lacking:
        Batch.objects.filter(pk=target.pk).update(columns=[*target.columns, *lacking])
    chains_media.store(target, carried)
    if rows:
        media.promise(target)
    return len(rows)


def _locked_target(number: int) -> Batch:
    target = Chain.objects.values_list("target", flat=True).get(pk=number)
    rows = Batch.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation")
    return rows.get(pk=target)


def _insert(target: Batch, made: list[Made]) -> dict[int, int]:
    """Rows that nobody sees yet: {task of the source: task of the target}."""
    after = Task.objects.filter(batch=target).aggregate(n=Max("row_number"))["n"] or 0
    rows = Task.objects.bulk_create(
        Task(
            batch=target, row_number=after + place, key=random.randint(-(2**31), 2**31 - 1),  # noqa: S311 - an order
            overlap=target.overlap, open_slots=target.overlap, is_open=False, funded=False, data=each.cells,
            lineage=each.lineage,
        )
        for place, each in enumerate(made, start=1)
    )  # fmt: skip
    return {each.task: row.pk for each, row in zip(made, rows, strict=True)}


# --- opening ----------------------------------------------------------------------------------------------------


def open_paid(number: int) -> int:
    """Open as many of the waiting rows as the funds allow, and tell the requester about the rest. Returns how many."""
    opened, refusal = 0, None
    try:
        while rows := fund(number, None):
            opened += rows
    except Refusal as refused:
        refusal = refused
    if refusal is not None:
        _tell(number, refusal)
    return opened


@transaction.atomic
def fund(number: int, actor: User | None) -> int:
    """Set the price of a set of waiting rows aside and open them: as many as the funds allow. Returns how many.

    Raises InsufficientFunds, LimitReached or BatchLimitReached when they allow not one, DebtOutstanding, BelowFloor,
    SwitchedOff. Rows whose files are not ready wait for these. Locks the row of the target, then the organisation's
    account.
    """
    target = _locked_target(number)
    if target.state not in Batch.LIVE:
        return 0
    waiting = chains_media.ready(target, number, SET)
    if not waiting:
        return 0
    switches.require("publish")
    batches.check_debt(target.organisation)
    prices.check_floor(target)
    chain = Chain.objects.select_related("created_by").get(pk=number)
    payer = actor or chain.created_by  # what comes by itself counts in the limit of who set the chain up
    price = _affordable(target, len(waiting), payer)
    if not price.rows:
        _refuse(target, payer)
    chosen = waiting[: price.rows]
    holdings.set_aside(
        organisation=target.organisation,
        batch_ref=target.public_id,
        amount_micros=price.micros,
        reference=f"{target.public_id}:chain:{chosen[0]}",  # a row that was paid for once stays so
        actor=payer,
    )
    batches.open_rows(Task.objects.filter(pk__in=chosen), target)
    gold.open_more(target, price.checks)
    audit.record(
        "tasks:chain:fund", chain.public_id, actor=actor, organisation_id=target.organisation_id,
        rows=len(chosen), batch=target.public_id,
    )  # fmt: skip
    return len(chosen)


def waiting_price(chain: Chain) -> Price:
    """What all rows of a chain that wait cost, with the answers to check questions that go with them."""
    return _price(chain.target, chains.waiting_rows(chain).count(), _check_state(chain.target))


def _refuse(target: Batch, actor: User) -> NoReturn:
    """Say what even one row lacks: room in a spending limit, or funds. Raises the refusal."""
    needed, organisation = _price(target, 1, _check_state(target)).micros, target.organisation
    limits.require(organisation=organisation, actor=actor, amount_micros=needed, batch_ref=target.public_id)
    raise InsufficientFunds(needed_micros=needed, available_micros=holdings.available(organisation))


def _affordable(target: Batch, most: int, actor: User) -> Price:
    """The most rows, up to `most`, that the free funds pay for and spending limits allow."""
    free, state = holdings.available(target.organisation), _check_state(target)
    room = limits.room(organisation=target.organisation, actor=actor, batch_ref=target.public_id)
    free = free if room is None else min(free, room)
    low, high = 0, most
    while low < high:  # the price grows with the rows
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _price(target, middle, state).micros <= free else (low, middle - 1)
    return _price(target, low, state)


def _check_state(target: Batch) -> tuple[int, int]:
    """Ordinary answers and answers to check questions that are paid for already, at most; (0, 0) without questions."""
    asked = Gold.objects.filter(batch=target, aside="", task__is_gold=True, task__funded=True)
    if not target.gold_rate or not asked.exists():
        return 0, 0
    rows = Task.objects.filter(batch=target, funded=True)
    ordinary, checked = (
        rows.filter(is_gold=is_gold).aggregate(n=Sum(prices.AT_MOST))["n"] or 0 for is_gold in (False, True)
    )
    return ordinary, checked


def _price(target: Batch, rows: int, state: tuple[int, int]) -> Price:
    """Check questions follow the share that the batch asks for over all its rows, or small sets would have too many."""
    answers, (ordinary, checked) = rows * target.most_answers, state
    checks = 0
    if checked and rows:
        due = math.ceil((ordinary + answers) * target.gold_rate / (1 - target.gold_rate))
        checks = max(0, due - checked)
    return Price(rows, checks, prices.quote(target, answers + checks).total)


def _tell(number: int, refusal: Refusal) -> None:
    """One notice for each wait: at most once a day, and not again about the same oldest row."""
    if refusal.code == "switched_off":  # nothing that the requester could do
        return
    chain = _live(number)
    if chain is None or not (price := waiting_price(chain)).rows:
        return
    batch = chain.target
    oldest = chains.waiting_rows(chain).order_by("row_number").values_list("pk", flat=True)[0]
    since = clock.now() - dt.timedelta(days=1)
    if Notice.objects.filter(
        key__startswith=f"chain_rows_wait:{chain.public_id}:", created_at__gt=since
    ).exists():
        return
    with transaction.atomic():
        notices.tell_member(
            batch.created_by_id, "chain_rows_wait", f"{chain.public_id}:{oldest}",
            organisation_id=batch.organisation_id,
            batch=batch.public_id, chain=chain.public_id, rows=price.rows, amount=price.micros, why=refusal.code,
        )  # fmt: skip


# --- the end ----------------------------------------------------------------------------------------------------


@transaction.atomic
def _end_when_over(number: int) -> None:
    """End a chain whose source has ended with everything decided and sent, and whose rows are all paid for."""
    target = _locked_target(number)
    chain = _live(number)
    if chain is None:
        return
    source = chain.source
    open_states = [Assignment.State.CLAIMED, *Assignment.UNDECIDED]
    over = (
        source.state in Batch.ENDED
        and not Assignment.objects.filter(batch=source, state__in=open_states).exists()
        and _takes_rows(target)
        and not _due(chain, 1)
        and (target.state == Batch.State.DRAFT or not chains.waiting_rows(chain).exists())
    )
    if over or target.state in Batch.ENDED:
        Chain.objects.filter(pk=number).update(ended_at=clock.now())
