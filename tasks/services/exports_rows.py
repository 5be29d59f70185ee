"""What every export reads: the tasks of a batch with the answers that were approved, from a server-side cursor.

Only approved answers leave (charter P9): rejected and undecided ones change neither a value nor a count. A million
rows cost no more memory than a thousand, and all of one file comes from one picture of the data.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from marketplace.base import ids
from marketplace.base.errors import Refusal
from tasks.consensus import Consensus
from tasks.forms import compile_form
from tasks.models import Batch

from . import fits

AT_ONCE = 500  # rows read from the cursor at a time, and put into one chunk

# Check questions are no rows to know something about: their answers were known. `answers` lists what was said to them.
RESULTS = """
    SELECT t.data, coalesce(a.answers, '[]'::jsonb) AS answers, t.id, t.row_number,
        coalesce(a.workers, '{}'::bigint[]) AS workers
    FROM tasks_task t
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(x.answer ORDER BY x.submitted_at, x.id) AS answers,
               array_agg(x.worker_id ORDER BY x.submitted_at, x.id) AS workers
        FROM tasks_assignment x WHERE x.task_id = t.id AND x.state = 'approved'
    ) a ON true
    WHERE t.batch_id = %s AND t.funded AND NOT t.is_gold
    ORDER BY t.row_number
"""
ANSWERS = """
    SELECT t.data, x.answer, x.id, x.worker_id, x.submitted_at, x.reward_micros, t.id, t.is_gold
    FROM tasks_task t JOIN tasks_assignment x ON x.task_id = t.id AND x.state = 'approved'
    WHERE t.batch_id = %s
    ORDER BY t.row_number, x.submitted_at, x.id
"""
COUNT_ROWS = "SELECT count(*) FROM tasks_task WHERE batch_id = %s AND funded AND NOT is_gold"
COUNT_ANSWERS = "SELECT count(*) FROM tasks_assignment WHERE batch_id = %s AND state = 'approved'"


class NothingOfTheSort(Refusal):
    """The form asks nothing that this format could hold; each format says what it needs."""

    code = "nothing_of_the_sort"


@dataclass(frozen=True)
class TaskRow:
    """A task with its approved answers, in the order in which they were sent."""

    id: int
    number: int
    data: dict[str, Any]
    answers: list[dict[str, Any]]
    workers: list[int]  # row numbers of who gave each; they never leave

    @property
    def public_id(self) -> str:
        return ids.encode("tsk", self.id)


def rows(query: str, batch_id: int) -> Iterator[Sequence[Any]]:
    """Rows of a server-side cursor, whose first two columns are JSON: one picture, however long the reader takes."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, [batch_id])
        while found := cursor.fetchmany(AT_ONCE):
            for data, answer, *rest in found:
                yield [json.loads(data), json.loads(answer), *rest]


def tasks(batch: Batch, most: int | None = None) -> Iterator[TaskRow]:
    """The tasks that are paid for, by row, check questions left out; the first `most` of them where it is given."""
    query = RESULTS if most is None else f"{RESULTS} LIMIT {int(most)}"
    for data, answers, number, row_number, workers in rows(query, batch.pk):
        yield TaskRow(number, row_number, data, answers, workers)


def named(batch: Batch, numbers: Sequence[int]) -> list[TaskRow]:
    """These tasks of the batch (row numbers of the table), as `tasks` reads them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({RESULTS}) r WHERE r.id = ANY (%s)", [batch.pk, list(numbers)])  # noqa: S608
        found = cursor.fetchall()
    return [
        TaskRow(number, row_number, json.loads(data), json.loads(answers), workers)
        for data, answers, number, row_number, workers in found
    ]


def count(query: str, batch_id: int) -> int:
    """The number that COUNT_ROWS or COUNT_ANSWERS asks for."""
    with connection.cursor() as cursor:
        cursor.execute(query, [batch_id])
        return int(cursor.fetchone()[0])


class Reading:
    """A batch's form with what its last fit knows of each worker (docs/adr/0041): makes results of approved answers.

    The same rule as the results on the pages, over fewer answers: those that nobody has decided yet are not in it.
    """

    def __init__(self, batch: Batch) -> None:
        self.form = compile_form(batch.form)
        self._judges = fits.judges_of(batch)

    def agreed(self, answers: Sequence[dict[str, Any]], workers: Sequence[int]) -> dict[str, Consensus]:
        """For each field what these answers to one task say together, and how sure that is."""
        return self.form.consensus(answers, workers, self._judges)

    def of(self, row: TaskRow) -> dict[str, Consensus]:
        """For each field what a task says; empty for one without an approved answer."""
        return self.agreed(row.answers, row.workers) if row.answers else {}
