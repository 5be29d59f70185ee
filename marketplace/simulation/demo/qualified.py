"""Qualifications of the demonstration: a training and a test that people took, work that asks for it, a grant by hand
that was taken back and is contested, and one of the platform's own."""

from collections.abc import Callable

from marketplace.base.models import Organisation, User
from tasks.models import Assignment, Attempt, Batch, QualificationTest
from tasks.services import (
    batches,
    claims,
    gold_questions,
    qualification_attempts,
    qualifications,
    submissions,
)
from workers.models import Qualification
from workers.services import awards

from . import calendar, content
from .checks import why

SEED = 21  # other pairs of towns than those of the work
TITLE = "Towns with rare names: the same place?"


def make(
    atelier: Organisation,
    alice: User,
    crew: list[User],
    dana: User,
    days: calendar.Calendar,
    batch_of: Callable[..., Batch],
) -> None:
    """`crew` are three people who have worked for the organisation; `batch_of` makes a draft with its rows."""
    bob, bea, ben = crew
    given = qualifications.create(
        organisation=atelier, actor=alice, name="Knows place names", valid_days=365, by_hand=True,
        description="Tells whether two names in two languages mean the same town: spelling, old names, other scripts.",
    )  # fmt: skip
    pairs = content.places(60, SEED)
    training = _test(atelier, alice, given, "training", pairs[:8], questions=4, attempts=3)
    test = _test(atelier, alice, given, "test", pairs[8:32], questions=6, attempts=3)
    for each in (training, test):
        batches.publish(batch=each.batch, actor=alice)
    _test(atelier, alice, given, "test", pairs[32:40], questions=4, attempts=1)  # the next one, still a draft
    known = {row["name_a"] + row["name_b"]: same for row, same in pairs}
    _take(bea, test, known, days, wrong=1)
    _take(bob, test, known, days, wrong=4)
    _take(ben, training, known, days, wrong=1, until=2)
    _work_that_asks(atelier, alice, given, batch_of)
    awards.grant(qualification=given, actor=alice, workers=[ben.pk], reason="Two hundred careful answers.")
    lost = awards.held(ben.pk).get(qualification=given)
    days.pass_(3_000, 6_000)
    qualifications.revoke(award=lost, actor=alice, reason="Given to the wrong person; please take the test.")
    lost.refresh_from_db()
    days.pass_(3_000, 6_000)
    awards.contest(
        award=lost, user=ben, text="The two hundred answers are mine: look at my history in this batch."
    )
    qualifications.create(
        organisation=None, actor=dana, name="Careful with other people’s data", by_hand=True,
        description="Knows what of a person must not be written down, and what to do when it stands in a task.",
    )  # fmt: skip


def _test(
    atelier: Organisation,
    alice: User,
    given: Qualification,
    role: str,
    pairs: list[tuple[dict[str, str], str]],
    *,
    questions: int,
    attempts: int,
) -> QualificationTest:
    draft = batches.create_draft(
        organisation=atelier, actor=alice, title=f"Place names: {role}", purpose=given.description,
        instructions=content.PLACES_INSTRUCTIONS, form=content.PLACES_FORM, kind="compare_records",
        reward_micros=120_000, estimated_seconds=30, overlap=8, time_limit_seconds=600,
    )  # fmt: skip
    test = qualifications.make_test(
        qualification=given, batch=draft, actor=alice, role=role, questions=questions, pass_mark=0.75,
        attempts=attempts, retry_after_hours=24, time_limit_seconds=20 * 60 if role == "test" else None,
    )  # fmt: skip
    rows = [gold_questions.Question([{"same": same}], why(row, same), data=row) for row, same in pairs]
    gold_questions.add(batch=test.batch, actor=alice, questions=rows)
    test.batch.refresh_from_db()
    return test


def _take(
    worker: User,
    test: QualificationTest,
    known: dict[str, str],
    days: calendar.Calendar,
    *,
    wrong: int,
    until: int = 0,
) -> Attempt:
    """An attempt with so many wrong answers; broken off after `until` of them."""
    batch = Batch.objects.select_related("organisation").get(pk=test.pk)
    attempt = qualification_attempts.begin(worker=worker, batch=batch)
    for place in range(until or attempt.questions):
        claim = claims.claim(worker=worker, batch=batch)
        days.pass_(14, 31)
        held = Assignment.objects.select_related("batch__organisation", "task").get(pk=claim.assignment_id)
        right = known[held.task.data["name_a"] + held.task.data["name_b"]]
        said = right if place >= wrong else "no" if right == "yes" else "yes"
        submissions.submit(assignment=held, worker=worker, answer={"same": said})
        days.pass_(1, 9)
    attempt.refresh_from_db()
    return attempt


def _work_that_asks(
    atelier: Organisation, alice: User, given: Qualification, batch_of: Callable[..., Batch]
) -> None:
    rows = [row for row, _same in content.places(100, SEED)[60:]]
    draft = batch_of(
        atelier, alice, rows, title=TITLE, purpose="A gazetteer for parcels: names that have three languages.",
        instructions=content.PLACES_INSTRUCTIONS, form=content.PLACES_FORM, kind="compare_records",
        reward_micros=160_000, estimated_seconds=30, overlap=2, time_limit_seconds=600,
        conditions={"fact": "qualification", "value": given.public_id},
    )  # fmt: skip
    batches.publish(batch=draft, actor=alice)
