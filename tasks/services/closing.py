"""Ending a batch: first the slots close, then what nobody can claim any more is given back (DESIGN §5)."""

from django.db import transaction
from django.db.models import Case, Count, Exists, F, OuterRef, QuerySet, Value, When

from marketplace.base import audit, clock, clockwork, notices
from marketplace.base.models import User
from payments.services import holdings
from tasks.errors import IllegalMove
from tasks.models import Assignment, Batch, Chain, Import, Task

from . import floors, gold, prices
from .chains import end_into


def close(*, batch: Batch, actor: User) -> Batch:
    """Close a batch early: no new claims, what is in hand may be finished and is paid, the rest comes back now.

    Raises IllegalMove for a batch that is not live.
    """
    with transaction.atomic():
        _end(batch, Batch.State.CANCELLED, actor)
        waiting = [Import.State.NEEDS_FUNDS, Import.State.SCREENING]
        Import.objects.filter(batch=batch, state__in=waiting).update(
            state=Import.State.CANCELLED, finished_at=clock.now()
        )
        unseen = Task.objects.filter(batch=batch, funded=False)
        gold.forget(unseen)
        end_into(batch)
        unseen._raw_delete(Task.objects.db)  # nobody has seen them
    return settle(batch=batch)


def _end(batch: Batch, to: str, actor: User | None) -> None:
    now = clock.now()
    pilot = Case(When(pilot__in=Batch.PILOTED, then=Value(Batch.Pilot.STOPPED)), default=F("pilot"))
    if not Batch.objects.filter(pk=batch.pk, state__in=Batch.LIVE).update(
        state=to, paused_for="", closed_at=now, updated_at=now, pilot=pilot
    ):
        batch.refresh_from_db()
        raise IllegalMove(state=batch.get_state_display())
    audit.record(f"tasks:batch:{to}", batch.public_id, actor=actor, organisation_id=batch.organisation_id)


def settle(*, batch: Batch) -> Batch:
    """Close the slots of an ended batch and give back what no assignment, reserve or appeal still needs.

    It is measured first: the reserve is for those who worked under their floor, also when the batch ends before
    the clock came by. Safe to repeat: what is given back is counted from what is held.
    """
    floors.measure(batch_id=batch.pk)
    return _give_back(batch)


@transaction.atomic
def _give_back(batch: Batch) -> Batch:
    """The update waits for claims that took a slot before the batch ended, so the count after it sees them. Locks
    batch, tasks, account."""
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .get(pk=batch.pk)
    )
    assert batch.state in Batch.ENDED
    Task.objects.filter(batch=batch, is_open=True).update(is_open=False)
    Task.objects.filter(batch=batch, most__isnull=False).update(most=None)
    needed = still_needed(batch)
    held = holdings.held(batch.public_id)
    if held > needed:
        holdings.give_back(
            organisation=batch.organisation,
            batch_ref=batch.public_id,
            amount_micros=held - needed,
            reference=f"{batch.public_id}:settle:{clock.now().isoformat()}",
        )
    if not needed:
        # Once more: a task given back in this instant may have opened before its giver could see that the batch ended.
        Task.objects.filter(batch=batch, is_open=True).update(is_open=False)
        batch.settled_at = clock.now()
        batch.save(update_fields=["settled_at"])
    return batch


def still_needed(batch: Batch) -> int:
    """Micros that assignments of an ended batch may still need: undecided ones with fee, VAT and reserve, and
    refused ones of which `prices.refused_held` says so."""
    rates = prices.rates(batch)
    live = Assignment.objects.filter(batch=batch, state__in=[Assignment.State.CLAIMED, *Assignment.UNDECIDED])
    refused = prices.refused_held(batch)
    total = 0
    for reward, count in live.values_list("reward_micros").annotate(n=Count("pk")):
        total += count * (prices.unit_micros(batch, reward) + rates.reserve_of(reward))
    for reward, count in refused.values_list("reward_micros").annotate(n=Count("pk")):
        total += count * prices.unit_micros(batch, reward)
    return total


def complete_finished() -> int:
    """Complete the batches in which nothing is open and nothing undecided; settle all ended ones. Returns how many."""
    done = clockwork.each(list(_finished().values_list("pk", flat=True)), _complete)
    ended = Batch.objects.filter(state__in=Batch.ENDED, settled_at__isnull=True)
    clockwork.each(list(ended), lambda batch: bool(settle(batch=batch).settled_at))
    return done


def _finished() -> QuerySet[Batch]:
    """Live batches in which nothing is open but check questions, nothing may grow, nothing is undecided, no file is
    under way, no pilot holds rows back, and no other batch may still send rows."""
    busy = Assignment.objects.filter(
        batch=OuterRef("pk"), state__in=[Assignment.State.CLAIMED, *Assignment.UNDECIDED]
    )
    waiting = Import.objects.filter(
        batch=OuterRef("pk"),
        state__in=[
            Import.State.QUEUED, Import.State.RUNNING, Import.State.NEEDS_DECISION, Import.State.NEEDS_FUNDS,
            Import.State.SCREENING,
        ],
    )  # fmt: skip
    open_ = Task.objects.filter(batch=OuterRef("pk"), is_open=True, is_gold=False)
    growing = Task.objects.filter(batch=OuterRef("pk"), most__isnull=False)
    fed = Chain.objects.filter(target=OuterRef("pk"), ended_at__isnull=True)
    return Batch.objects.filter(
        ~Exists(open_), ~Exists(growing), ~Exists(busy), ~Exists(waiting), ~Exists(fed), state__in=Batch.LIVE
    ).exclude(pilot__in=Batch.PILOTED)


@transaction.atomic
def _complete(number: int) -> int:
    """Complete one batch, unless rows were added or somebody closed it since it was found; 1 when it was."""
    Batch.objects.select_for_update(no_key=True).get(pk=number)
    batch = _finished().filter(pk=number).first()
    if batch is None:
        return 0
    _end(batch, Batch.State.COMPLETED, None)
    notices.tell_member(
        batch.created_by_id, "batch_completed", batch.public_id, batch=batch.public_id,
        organisation_id=batch.organisation_id,
    )  # fmt: skip
    return 1
