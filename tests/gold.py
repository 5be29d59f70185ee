"""Short ways to check questions: a batch with some, answers that are right or wrong, and their scores."""

from typing import Any

from tests import market

RIGHT, WRONG = "1", "0"  # of every check question made here


def question(row: int = 1, **changes: Any) -> Any:
    """A question whose right answer is RIGHT."""
    from tasks.services.gold_questions import Question

    values = {
        "answers": [{"same": RIGHT}],
        "explanation": f"Both name lamp {row}.",
        "data": {"name": f"check {row}"},
        **changes,
    }
    return Question(**values)


def batch_with_checks(
    organisation: Any,
    actor: Any,
    *,
    questions: int = 10,
    rate: float = 0.5,
    changes: Any = None,
    **values: Any,
) -> Any:
    """A published batch with `questions` check questions at `rate`; `changes` as of `question`."""
    from marketplace.base import clock
    from tasks.services import batches, gold_questions

    funds = values.pop("funds", 2000)
    if funds:
        market.fund(organisation, funds)
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    batch = market.draft(organisation, actor, **{"rows": 40, "reward_micros": 650_000, **values})
    batches.update_draft(batch=batch, actor=actor, gold_rate=rate)
    gold_questions.add(
        batch=batch,
        actor=actor,
        questions=[question(number, **(changes or {})) for number in range(1, questions + 1)],
    )
    return batches.publish(batch=batch, actor=actor)


def answer_checks(worker: Any, batch: Any, answers: str, *, tasks: Any = None) -> list[Any]:
    """Have `worker` answer check questions of the batch that they have not met, one for each letter of `answers`
    (RIGHT or WRONG), and score them; `tasks` are the questions to take, in their order."""
    from tasks.models import Assignment, Task
    from tasks.services import aggregation, claims, submissions

    if tasks is None:
        open_ = Task.objects.filter(batch=batch, is_gold=True, is_open=True).order_by("pk")
        tasks = list(open_.exclude(assignments__worker=worker)[: len(answers)])
    assert len(tasks) == len(answers), "not so many check questions are left for this worker"
    made = []
    for task, letter in zip(tasks, answers, strict=True):
        claim = claims.claim(worker=worker, batch=batch, task=task)
        row = Assignment.objects.select_related("batch", "task").get(pk=claim.assignment_id)
        submissions.submit(assignment=row, worker=worker, answer={"same": letter})
        made.append(row)
    aggregation.validate()
    for row in made:
        row.refresh_from_db()
    return made
