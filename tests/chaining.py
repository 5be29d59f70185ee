"""Short ways to batches whose results go on to others, through the services."""

from payments.services import holdings
from tasks.models import Assignment, Task
from tasks.services import aggregation, batches, chains, chains_rows, claims, closing, reviews, submissions
from tests import market

EUR = market.EUR
WRITE = {
    "show": [{"as": "text", "column": "name", "label": "Line"}],
    "fields": [{"name": "text", "widget": "text", "label": "What does it say?", "required": True}],
}
VERIFY = {
    "show": [
        {"as": "text", "column": "name", "label": "Line"},
        {"as": "previous", "column": "text", "label": "Written"},
    ],
    "fields": [
        {
            "name": "right",
            "widget": "choice",
            "label": "Is it right?",
            "required": True,
            "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
        }
    ],
}
CORRECT = {
    "show": [{"as": "text", "column": "name"}, {"as": "previous", "column": "text"}],
    "fields": [{"name": "better", "widget": "text", "label": "What should it say?", "required": True}],
}
PAY = {"reward_micros": EUR, "estimated_seconds": 60}
SAME = {"name": "name", "text": "text"}


def join(source, target, alice, mapping=SAME, **rule):
    return chains.make(source=source, target=target, actor=alice, mapping=mapping, **rule)


def publish(batch, alice):
    batch.refresh_from_db()
    batches.publish(batch=batch, actor=alice)
    batch.refresh_from_db()
    return batch


def give(worker, batch, task=None, **answer):
    claim = claims.claim(worker=worker, batch=batch, task=task)
    row = Assignment.objects.select_related("batch__organisation", "task").get(pk=claim.assignment_id)
    submissions.submit(assignment=row, worker=worker, answer=answer)
    row.refresh_from_db()
    return row


def approve(alice, *rows):
    reviews.approve(batch=rows[0].batch, assignments=[row.pk for row in rows], actor=alice)


def done(worker, alice, batch, **answer):
    row = give(worker, batch, **answer)
    approve(alice, row)
    return row


def tick():
    """The clockwork once."""
    aggregation.validate()
    sent = chains_rows.pass_on_all()
    closing.complete_finished()
    market.assert_sound()
    return sent


def rows_of(batch):
    return list(Task.objects.filter(batch=batch).order_by("row_number"))


def drain(organisation, leave):
    """Have the organisation's funds hold `leave` micros and no more."""
    free = holdings.available(organisation)
    holdings.set_aside(
        organisation=organisation,
        batch_ref="bat_elsewhere",
        amount_micros=free - leave,
        reference="drain",
        actor=None,
    )


def tick_without_books():
    """As `tick`, for a market from which a test took money aside by hand."""
    aggregation.validate()
    sent = chains_rows.pass_on_all()
    closing.complete_finished()
    return sent
