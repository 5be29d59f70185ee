"""The measured floor: when the work takes longer than was said, the difference is paid (DESIGN §4, charter P3)."""

from collections import defaultdict

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q

from marketplace.base import audit, clock, clockwork, notices
from payments.services import earnings, floor, holdings
from tasks.models import Assignment, Batch

from . import prices

SET = 1000  # answers topped up in one transaction
PAID = (Assignment.State.SUBMITTED, Assignment.State.APPROVED)


def measure_all() -> dict[str, int]:
    """Measure every batch with new submissions since it was last measured. Returns figures for the job's log."""
    figures = {"batches": 0, "topups": 0, "micros": 0}
    open_ = Batch.objects.exclude(state__in=[Batch.State.DRAFT, Batch.State.SCREENING])

    def one(number: int) -> int:
        count, micros = measure(batch_id=number)
        figures["topups"] += count
        figures["micros"] += micros
        return 1

    numbers = list(open_.filter(settled_at__isnull=True).values_list("pk", flat=True))
    figures["batches"] = clockwork.each(numbers, one)
    return figures


def measure(*, batch_id: int) -> tuple[int, int]:
    """Take the median of the counted seconds of a batch and top up what fell under the floor, in sets of SET.

    Returns (how many were topped up, micros).
    """
    total, paid = 0, 0
    while True:
        count, micros = _measure_set(batch_id)
        total, paid = total + count, paid + micros
        if count < SET:
            return total, paid


@transaction.atomic
def _measure_set(batch_id: int) -> tuple[int, int]:
    """Measure, and top up at most SET answers.

    Nothing happens before `settings.FLOOR_MEASURE_SUBMISSIONS` submissions by `settings.FLOOR_MEASURE_WORKERS`
    workers. Counted seconds are the worked ones, at most three times the batch's median, so the median of the
    raw seconds is the same. Returns (how many were topped up, micros). Locks batch, assignments, caps, accounts.
    """
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .get(pk=batch_id)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT worker_id), percentile_cont(0.5) WITHIN GROUP (ORDER BY worked_seconds)"
            " FROM tasks_assignment WHERE batch_id = %s AND worked_seconds IS NOT NULL",
            [batch.pk],
        )
        submissions, workers, middle = cursor.fetchone()
    if submissions < settings.FLOOR_MEASURE_SUBMISSIONS or workers < settings.FLOOR_MEASURE_WORKERS:
        return 0, 0
    median = round(middle)
    if median != batch.measured_seconds:
        _note(batch, median)
    batch.measured_seconds, batch.measured_at = median, clock.now()
    batch.save(update_fields=["measured_seconds", "measured_at"])
    return _top_up(batch)


def _note(batch: Batch, median: int) -> None:
    """Write down and tell when the new figure closes the batch to a country that it reached before."""
    before = set(floor.reach(batch.reward_micros, batch.seconds, batch.countries))
    after = set(floor.reach(batch.reward_micros, max(median, batch.estimated_seconds), batch.countries))
    lost = sorted(before - after)
    audit.record(
        "tasks:batch:measure", batch.public_id, actor=None, organisation_id=batch.organisation_id,
        seconds=median, countries_lost=lost,
    )  # fmt: skip
    if lost and batch.state in Batch.LIVE:
        notices.tell(
            batch.created_by_id,
            "reach_lost",
            f"{batch.public_id}:{median}",
            batch=batch.public_id,
            countries=lost,
        )


def _top_up(batch: Batch) -> tuple[int, int]:
    """Pay every submission that is under its worker's floor the difference, at once."""
    groups = (
        Assignment.objects.filter(batch=batch, state__in=PAID)
        .values("country", "reward_micros", "topped_up_micros")
        .annotate(n=Count("pk"))
    )
    short: dict[tuple[str, int, int], int] = {}
    for group in groups:
        key = (group["country"], group["reward_micros"], group["topped_up_micros"])
        owed = floor.price_needed(batch.seconds, key[0]) - key[1] - key[2]
        if owed > 0:
            short[key] = owed
    if not short:
        return 0, 0
    under = Q()
    for country, reward, before in short:
        under |= Q(country=country, reward_micros=reward, topped_up_micros=before)
    rows = (
        Assignment.objects.filter(under, batch=batch, state__in=PAID)
        .order_by("pk")
        .select_for_update(no_key=True)[:SET]
    )
    due = [(row, short.get((row.country, row.reward_micros, row.topped_up_micros), 0)) for row in rows]
    due = [(row, owed) for row, owed in due if owed]
    earnings.top_up_set(_funded(batch, due))
    for row, owed in due:
        notices.tell(
            row.worker_id,
            "topped_up",
            f"{row.public_id}:{row.topups + 1}",
            batch=batch.public_id,
            micros=owed,
        )
    _write(due)
    return len(due), sum(owed for _, owed in due)


def _funded(batch: Batch, due: list[tuple[Assignment, int]]) -> list[earnings.Extra]:
    """Each top-up with where it comes from: what the batch holds uncommitted, then an advance of the platform."""
    ours = earnings.holding(batch.public_id)
    advance = earnings.shortfall_of(batch.organisation)
    available = uncommitted(batch)
    items = []
    for row, owed in due:
        held = min(owed, available)
        available -= held
        parts = [(source, micros) for source, micros in ((ours, held), (advance, owed - held)) if micros]
        items.append(
            earnings.Extra(f"{row.public_id}:topup:{row.topups + 1}", row.worker_id, row.cap_year, parts)
        )
    return items


def _write(due: list[tuple[Assignment, int]]) -> None:
    by_amount: dict[int, list[int]] = defaultdict(list)
    for row, owed in due:
        by_amount[owed].append(row.pk)
    for owed, numbers in by_amount.items():
        Assignment.objects.filter(pk__in=numbers).update(
            topped_up_micros=F("topped_up_micros") + owed, topups=F("topups") + 1
        )


# One statement, hence one picture. A task in hand may come back at the price that was raised meanwhile.
_COMMITTED = """
SELECT reward, sum(n)::bigint FROM (
    SELECT %(reward)s::bigint AS reward, open_slots AS n FROM tasks_task
    WHERE batch_id = %(batch)s AND (is_open OR %(shut)s AND funded AND NOT is_gold) AND %(live)s
    UNION ALL
    SELECT %(reward)s::bigint, most - overlap FROM tasks_task
    WHERE batch_id = %(batch)s AND most IS NOT NULL AND %(live)s
    UNION ALL
    SELECT CASE WHEN state = 'claimed' AND %(live)s THEN greatest(reward_micros, %(reward)s) ELSE reward_micros END, 1
    FROM tasks_assignment
    WHERE batch_id = %(batch)s AND state IN ('claimed', 'submitted', 'contested', 'disputed')
) AS c GROUP BY reward
"""


def uncommitted(batch: Batch) -> int:
    """Micros of a batch's holding that no slot, open or to come, and no undecided assignment needs for reward, fee and
    VAT: the floor reserve, and rewards that nobody can earn any more."""
    values = {
        "batch": batch.pk,
        "reward": batch.reward_micros,
        "live": batch.state not in Batch.ENDED,
        "shut": batch.pilot in Batch.PILOTED,  # rows that a pilot holds back are paid for as well
    }
    with connection.cursor() as cursor:
        cursor.execute(_COMMITTED, values)
        needed = sum(count * prices.unit_micros(batch, reward) for reward, count in cursor.fetchall())
    # After the others: an answer refused in between is counted twice rather than not at all.
    for reward in prices.refused_held(batch).values_list("reward_micros", flat=True):
        needed += prices.unit_micros(batch, reward)
    return max(0, holdings.held(batch.public_id) - needed)
