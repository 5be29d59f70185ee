"""The demonstration's batches, each brought to its state through the services."""

import contextlib
import io
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import translation

from marketplace.base import teams
from marketplace.base.models import Organisation, User
from marketplace.simulation import people
from payments.gateways import simulated
from payments.services import deposits, payouts, sending
from tasks import kinds
from tasks.errors import ChecksMissed
from tasks.models import Assignment, Batch, Task
from tasks.services import (
    aggregation,
    batches,
    claims,
    closing,
    disputes,
    imports,
    loading,
    reviews,
    screening,
    submissions,
)  # fmt: skip

from . import calendar, centre, checks, content, decided, qualified, voice


def organisation(owner: User, name: str, description: str, funds_eur: int) -> Organisation:
    """An organisation with a settled deposit."""
    made = teams.create(actor=owner, name=name, country="FR", description=description)
    deposit = deposits.start(organisation=made, amount_micros=funds_eur * 1_000_000, actor=owner)
    simulated.press(deposit.public_id, "pay")
    deposits.refresh(deposit)
    return made


def batch(owner: Organisation, actor: User, rows: Sequence[dict[str, str]], **values: Any) -> Batch:
    """A draft with its rows loaded, as the pages make it."""
    made = batches.create_draft(organisation=owner, actor=actor, **values)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    source = imports.start(
        batch=made, actor=actor, upload=io.BytesIO(lines.encode()), filename="rows.jsonl", bad_rows="stop"
    )
    loading.run(source.pk)
    made.refresh_from_db()
    return made


def fill(personas: dict[str, User]) -> Organisation:
    """Everything a visitor of the demonstration sees, worked on over the last three weeks."""
    alice, dana = personas["requester"], personas["moderator"]
    crew = [personas["worker"], personas["worker_2"], personas["worker_3"]]
    with calendar.past() as days:
        days.go_to(days_ago=24)
        atelier = organisation(
            alice, "Atelier Nord", "Furniture made to last, and a gazetteer for its parcels.", 2_000
        )
        house = centre.found(dana, crew, days)
        receipts = _receipts(atelier, alice)
        batches.publish(batch=receipts, actor=alice)
        days.pass_(3_000, 9_000)
        screening.pass_(batch=receipts, moderator=dana, note="Clear instructions, a fair price.")
        _finish_receipts(receipts, alice, crew, dana, days)
        days.go_to(days_ago=9)
        for worker in crew[:2]:
            payouts.request(user=worker, actor=worker)
        sending.send_pending()
        days.pass_(80_000, 90_000)
        sending.reconcile()
        days.go_to(days_ago=2)
        places = _places(atelier, alice)
        checks.make(places, alice)
        batches.publish(batch=places, actor=alice)
        _work_on_places(places, alice, crew, days)
        checks.work(places, crew[1], days)
        voice.make(places, alice, crew, days)
        qualified.make(atelier, alice, crew, dana, days, batch)
        centre.fill(house, crew, dana)
        decided.make(personas["moderator_2"], days)
        days.go_to(days_ago=0.1)
        batches.publish(batch=_messages(atelier, alice), actor=alice)
        for sample in content.SAMPLES:
            _sample(atelier, alice, crew[2], sample, days)
        _draft(atelier, alice)
        _other_organisation(people.person("farah@example.org", name="Farah"))
        aggregation.validate()
    for worker in crew[1:]:
        # Whoever missed check questions may still rest: that depends on the hour at which this is made.
        with contextlib.suppress(ChecksMissed):
            claims.claim(worker=worker, batch=places)
    for one in Batch.objects.exclude(state=Batch.State.DRAFT):
        aggregation.refresh(one)
    centre.count()
    return atelier


def _receipts(atelier: Organisation, alice: User) -> Batch:
    return batch(
        atelier, alice, [{"line": line} for line, _, _ in content.RECEIPTS],
        title="Read a line of a receipt", purpose="A budget app that reads receipts for people who can’t.",
        instructions=content.RECEIPTS_INSTRUCTIONS, form=content.RECEIPTS_FORM, kind="own",
        reward_micros=300_000, estimated_seconds=45, overlap=2, time_limit_seconds=900,
    )  # fmt: skip


def _finish_receipts(
    receipts: Batch, alice: User, crew: list[User], dana: User, days: calendar.Calendar
) -> None:
    """History: done, approved, one refusal by a moderator, paid."""
    receipts.refresh_from_db()
    truth = {line: {"item": item, "total": total} for line, item, total in content.RECEIPTS}
    done: list[Assignment] = []
    for worker in crew[:2]:
        done += [_do(worker, receipts, lambda data: truth[data["line"]], days, 30, 58) for _ in truth]
    days.go_to(days_ago=22)
    wrong = done[3]
    disputed = reviews.contest(
        assignment=wrong,
        actor=alice,
        reason="incomplete",
        evidence="The weight is on the line and missing here.",
    )
    wrong.refresh_from_db()
    disputes.reply(assignment=wrong, worker=wrong.worker, text="I wrote the item as I would tell a friend.")
    days.go_to(days_ago=20)
    case = disputed.assignment.disputes.get()
    disputes.decide(
        dispute=case, moderator=dana, outcome="reject",
        reason="The instructions ask for the weight, and the line shows it. The price was right.",
    )  # fmt: skip
    reviews.approve(batch=receipts, assignments=[row.pk for row in done], actor=alice)
    closing.complete_finished()


def _places(atelier: Organisation, alice: User) -> Batch:
    return batch(
        atelier, alice, [row for row, _truth in content.places(checks.FIRST)],
        title="Is it the same place?", purpose="A gazetteer for parcels: two registers become one.",
        instructions=content.PLACES_INSTRUCTIONS, form=content.PLACES_FORM, kind="compare_records",
        reward_micros=120_000, estimated_seconds=30, overlap=3, time_limit_seconds=600,
    )  # fmt: skip


def _work_on_places(places: Batch, alice: User, crew: list[User], days: calendar.Calendar) -> None:
    """In full swing: answers of three people, some approved, one contested, one with a moderator, some in hand."""
    places.refresh_from_db()
    rng = random.Random(11)
    pairs = content.places(checks.FIRST + checks.KNOWN)
    truth = {(row["name_a"], row["name_b"]): same for row, same in pairs}

    def honest(data: dict[str, str]) -> dict[str, str]:
        return {"same": truth[data["name_a"], data["name_b"]] if rng.random() < 0.88 else "unsure"}

    done = [_do(worker, places, honest, days, 17, 41) for _ in range(70) for worker in crew]
    days.go_to(days_ago=1)
    contested, disputed = done.pop(120), done.pop(149)
    reviews.approve(batch=places, assignments=[row.pk for row in done[:150]], actor=alice)
    reviews.contest(
        assignment=contested, actor=alice, reason="wrong_answer",
        evidence="Both names are in the register of the same province, under the same number.",
    )  # fmt: skip
    reviews.contest(
        assignment=disputed, actor=alice, reason="instructions_not_followed",
        evidence="The first rule says that a town has many names. These two are one town.",
    )  # fmt: skip
    disputed.refresh_from_db()
    disputes.reply(
        assignment=disputed, worker=disputed.worker,
        text="I looked at the sound of both names and found no link; the countries differ in the rows.",
    )  # fmt: skip


def _messages(atelier: Organisation, alice: User) -> Batch:
    return batch(
        atelier, alice, [{"message": line} for line in content.MESSAGES],
        title="Que demande ce client ?", purpose="Répondre plus vite : trier les messages d’un magasin de meubles.",
        instructions=content.MESSAGES_INSTRUCTIONS, form=content.MESSAGES_FORM, kind="classify_text",
        reward_micros=110_000, estimated_seconds=30, overlap=3, time_limit_seconds=600,
    )  # fmt: skip


def _sample(
    atelier: Organisation, alice: User, worker: User, sample: dict[str, Any], days: calendar.Calendar
) -> None:
    """An open batch of a ready kind with the kind's own rows, whose pictures and sounds come with us: nothing has to be
    fetched. Where the sample has answers, `worker` gave them for the first row, for a look at the review."""
    with translation.override(sample["language"]):
        kind = kinds.get(sample["kind"])
        made = batch(
            atelier, alice, [dict(row) for row in kind.example_rows()],
            title=sample["title"], purpose=sample["purpose"], instructions=kind.words(), form=kind.form(),
            kind=kind.key, reward_micros=sample["cents"] * 10_000, estimated_seconds=kind.seconds, overlap=3,
            time_limit_seconds=1_800,
        )  # fmt: skip
        batches.publish(batch=made, actor=alice)
    if answers := sample.get("answers"):
        made.refresh_from_db()
        first = Task.objects.filter(batch=made).order_by("row_number").first()
        _do(worker, made, lambda _data: answers, days, kind.seconds * 0.7, kind.seconds * 1.2, task=first)


def _draft(atelier: Organisation, alice: User) -> None:
    batches.create_draft(
        organisation=atelier, actor=alice, title="Translate a product name",
        purpose="The catalogue in French and English.", form=content.RECEIPTS_FORM, kind="own",
    )  # fmt: skip


def _other_organisation(owner: User) -> None:
    """A newcomer whose first batch waits for a moderator."""
    leafwatch = organisation(owner, "Leafwatch", "A field guide that farmers write together.", 150)
    made = batch(
        leafwatch, owner, [{"note": line} for line in content.LEAVES],
        title="What ails this plant?", purpose="A field guide for farmers without a phone line to an expert.",
        instructions=content.LEAVES_INSTRUCTIONS, form=content.LEAVES_FORM, kind="classify_text",
        reward_micros=90_000, estimated_seconds=25, overlap=3, time_limit_seconds=600,
    )  # fmt: skip
    batches.publish(batch=made, actor=owner)


def _do(
    worker: User,
    batch: Batch,
    say: Callable[[dict[str, str]], dict[str, Any]],
    days: calendar.Calendar,
    fastest: float,
    slowest: float,
    task: Task | None = None,
) -> Assignment:
    """One task (or this one) done by `worker` in `fastest` to `slowest` seconds."""
    claim = claims.claim(worker=worker, batch=batch, task=task)
    days.pass_(fastest, slowest)
    held = Assignment.objects.select_related("batch__organisation", "task", "worker").get(
        pk=claim.assignment_id
    )
    submissions.submit(assignment=held, worker=worker, answer=say(claim.data))
    days.pass_(1, 9)
    held.refresh_from_db()
    return held
