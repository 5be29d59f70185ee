"""Check questions: tasks with known answers, mixed in at a rate and paid like any other (docs/adr/0042).

This file gives them their answers to be paid for; `gold_questions` makes them, `gold_scores` judges by them.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import audit, clock, formats, switches
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from payments.services import debts, holdings
from tasks.errors import DebtOutstanding, IllegalMove
from tasks.models import Batch, Chain, Gold, Task

from . import media, prices
from .uploads import needed_columns

MOST_ANSWERS = 32_000  # to one check question; a smallint holds it
LASTS = 200  # tasks that one person's check questions should last for, as the advice counts


class NoneWaiting(Refusal):
    """There is no check question whose price is not set aside yet."""

    code = "none_waiting"
    detail = _("No check question waits for its price.")


def lock(batch: Batch) -> None:
    """One at a time for each batch, until the transaction ends: whoever scores, decides or changes questions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"gold:{batch.public_id}"])


def active(batch: Batch) -> QuerySet[Gold]:
    """The questions that are asked, or will be: those that nobody set aside."""
    return Gold.objects.filter(batch=batch, aside="")


# --- answers to pay for ---------------------------------------------------------------------------------------


def allot(batch: Batch, units: int) -> None:
    """Open the check questions of a batch that is being published, `units` being all answers of its quote.

    Shared out evenly; who met a question does not meet it again, so many questions are better than few.
    """
    _look_alike(batch)
    questions = _questions(batch)
    ordinary = batch.tasks.filter(is_gold=False).count() * batch.most_answers
    Task.objects.filter(pk__in=[task.pk for task in questions]).update(overlap=0, open_slots=0)
    _share_out(questions, units - ordinary)


def open_more(batch: Batch, answers: int) -> None:
    """Add `answers` to the check questions of a live batch, whose price has just been set aside."""
    if answers:
        _share_out(_questions(batch), answers)


def _questions(batch: Batch) -> list[Task]:
    """Check questions that are asked; those of a live batch whose price is not set aside yet wait."""
    aside = Gold.objects.filter(batch=batch).exclude(aside="")
    found = Task.objects.filter(batch=batch, is_gold=True).exclude(pk__in=aside.values("pk"))
    if batch.state in Batch.LIVE:
        found = found.filter(funded=True)
    return list(found.order_by("pk"))


def _share_out(questions: Sequence[Task], answers: int) -> None:
    for place, task in enumerate(questions):
        share = answers // len(questions) + (place < answers % len(questions))
        slots = min(share, MOST_ANSWERS - task.overlap)
        if slots:
            Task.objects.filter(pk=task.pk).update(
                overlap=F("overlap") + slots, open_slots=F("open_slots") + slots, is_open=True, funded=True
            )


def model_row(batch: Batch) -> dict[str, Any] | None:
    """The cells of the first ordinary row: a check question has the same columns, or it could be told by them.

    Of a batch whose rows are still to come along a chain, the columns that these will have, with empty cells.
    """
    rows = Task.objects.filter(batch=batch, is_gold=False).order_by("row_number")
    first: dict[str, Any] | None = rows.values_list("data", flat=True).first()
    if first is None and Chain.objects.filter(target=batch, ended_at__isnull=True).exists():
        return dict.fromkeys(batch.columns, "")
    return first


def dressed(batch: Batch, model: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The cells of a question with the columns of ordinary rows (`model`).

    What the form does not show and the question has not got, such as a number of the requester's own, is that of some
    ordinary row: an empty cell would tell a program that reads whole rows which ones are checked.
    """
    shown = set(needed_columns(batch))
    others = Task.objects.filter(batch=batch, is_gold=False)
    chance = random.randint(-(2**31), 2**31 - 1)  # noqa: S311
    like = (
        (others.filter(key__gte=chance).order_by("key").first() or others.order_by("key").first())
        if model
        else None
    )
    hidden = like.data if like is not None else {}
    return {
        column: given.get(column) or ("" if column in shown else str(hidden.get(column, "")))
        for column in model
    }


def _look_alike(batch: Batch) -> None:
    """Give questions that came by themselves the columns of the ordinary rows, which may have been loaded later."""
    model = model_row(batch)
    own = Task.objects.filter(batch=batch, is_gold=True, gold__from_row=False)
    changed = []
    for task in own if model is not None else ():
        cells = dressed(batch, model or {}, task.data)
        if cells != task.data:
            task.data = cells
            changed.append(task)
    Task.objects.bulk_update(changed, ["data"], batch_size=500)


# --- on a live batch ------------------------------------------------------------------------------------------


def waiting(batch: Batch) -> QuerySet[Task]:
    """Check questions of a live batch whose price is not set aside yet: nobody is asked them."""
    return Task.objects.filter(batch=batch, is_gold=True, funded=False, gold__aside="").order_by("pk")


def waiting_answers(batch: Batch) -> int:
    """How many answers the waiting questions would get: each as many as if all had been there from now on."""
    count = waiting(batch).count()
    if not count:
        return 0
    there = active(batch).filter(task__is_gold=True, task__funded=True).count()
    ordinary = Task.objects.filter(batch=batch, is_gold=False, funded=True)
    left = ordinary.aggregate(n=Sum(F("open_slots") + prices.AT_MOST - F("overlap")))["n"] or 0
    due = math.ceil(left * batch.gold_rate / (1 - batch.gold_rate))
    return count * max(1, math.ceil(due / (count + there)))


@transaction.atomic
def fund(*, batch: Batch, actor: User) -> int:
    """Set the price of the waiting questions aside and open them. Returns how many answers they may get.

    Raises IllegalMove, NoneWaiting, DebtOutstanding, BelowFloor, MediaNotReady, InsufficientFunds, SwitchedOff: they
    are published as rows are. Locks the batch row, then the organisation's account.
    """
    switches.require("publish")
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .get(pk=batch.pk)
    )
    if batch.state not in Batch.LIVE:
        raise IllegalMove(state=batch.get_state_display())
    answers = waiting_answers(batch)
    if not answers:
        raise NoneWaiting
    debts.require_none(batch.organisation)
    if debt := debts.owed(batch.organisation):
        raise DebtOutstanding(amount=formats.eur(debt))
    prices.check_floor(batch)
    media.require_ready(batch)
    holdings.set_aside(
        organisation=batch.organisation,
        batch_ref=batch.public_id,
        amount_micros=prices.quote(batch, answers).total,
        reference=f"{batch.public_id}:gold:{clock.now().isoformat()}",
        actor=actor,
    )
    _share_out(list(waiting(batch)), answers)
    audit.record(
        "tasks:gold:fund", batch.public_id, actor=actor, organisation_id=batch.organisation_id,
        answers=answers,
    )  # fmt: skip
    return answers


def forget(tasks: QuerySet[Task]) -> None:
    """Forget what is known of tasks that are about to be deleted in this transaction; nobody has met them."""
    Gold.objects.filter(task__in=tasks.values("pk"))._raw_delete(Gold.objects.db)


# --- is it ready, is it enough ----------------------------------------------------------------------------------


def lacking(batch: Batch) -> list[Any]:
    """What keeps a draft from being published, in sentences; none when rate and questions fit together."""
    if batch.role != Batch.Role.WORK:
        return []
    questions = active(batch).filter(task__is_gold=True).count()
    if batch.gold_rate and not questions:
        return [
            _(
                "You want check questions, and there is none yet. Make some, or set their share to 0 on the price "
                "page."
            )
        ]
    if questions and not batch.gold_rate:
        return [
            ngettext(
                "You made %(n)s check question, and none would be asked: their share is 0. Set it on the price page.",
                "You made %(n)s check questions, and none would be asked: their share is 0. Set it on the price page.",
                questions,
            )
            % {"n": questions}
        ]
    return []


def advice(batch: Batch) -> str:
    """Whether the questions are enough for the rate and the rows, in a sentence; empty when they are."""
    questions = active(batch).filter(task__is_gold=True).count()
    if not questions or not batch.gold_rate:
        return ""
    if questions < settings.GOLD_LEAST:
        return _(
            "With fewer than %(least)s check questions nothing can be told about anybody: nobody meets the same one "
            "twice. Make at least %(least)s."
        ) % {"least": settings.GOLD_LEAST}
    rows = batch.tasks.filter(is_gold=False).count()
    every = (1 - batch.gold_rate) / batch.gold_rate  # ordinary tasks beside one question
    lasts, wanted = math.floor(questions * every), min(rows, LASTS)
    if lasts >= wanted:
        return ""
    return _(
        "A person has met all %(questions)s check questions after about %(lasts)s tasks; from then on nothing checks "
        "their answers. About %(enough)s questions would last for %(wanted)s tasks."
    ) % {
        "questions": questions,
        "lasts": lasts,
        "enough": math.ceil(wanted / every),
        "wanted": wanted,
    }
