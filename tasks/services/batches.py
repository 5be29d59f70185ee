"""Drafting, publishing, pausing and pricing a batch (DESIGN §5, §6.2)."""

import copy
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, duties, formats, outbox, switches
from marketplace.base.errors import Invalid, Lost
from marketplace.base.models import Organisation, User
from payments.services import billing, debts, holdings
from tasks.errors import (
    BatchAskedToChange,
    DebtOutstanding,
    IllegalMove,
    ImportRunning,
    NotADraft,
    NothingToPublish,
    NotReady,
)
from tasks.forms import BadForm, compile_form
from tasks.models import Batch, Import, Task

from . import audiences, conditions, gold, imports, media, pilot, prices, qualifications, raising, screening
from . import distress as labels
from .chains import feeds as fed_by_chain
from .chains import forget as forget_chains
from .chains import lacking as lacking_of_chain

EDITABLE = frozenset(
    {
        "title", "purpose", "instructions", "kind", "form", "reward_micros", "estimated_seconds", "overlap",
        "countries", "time_limit_seconds", "audience", "overlap_most", "confidence", "gold_rate", "gold_pass",
        "conditions", "distress",
    }
)  # fmt: skip


@transaction.atomic
def create_draft(*, organisation: Organisation, actor: User, **values: Any) -> Batch:
    """A new draft with the given values of EDITABLE; what is missing is filled in later.

    Raises Invalid with `fields` for values that can't stand, and those of `duties`.
    """
    duties.require_none(actor)
    values.setdefault("time_limit_seconds", settings.LEASE_DEFAULT_SECONDS)
    batch = Batch(organisation=organisation, created_by=actor, created_at=clock.now())
    _set(batch, values)
    batch.save()
    audit.record("tasks:batch:create", batch.public_id, actor=actor, organisation_id=organisation.pk)
    return batch


@transaction.atomic
def update_draft(*, batch: Batch, actor: User, **changes: Any) -> Batch:
    """Change a draft. Raises NotADraft, Invalid."""
    batch = _locked(batch)
    if batch.state != Batch.State.DRAFT:
        raise NotADraft
    _set(batch, changes)
    batch.save()
    if "form" in changes and batch.columns:
        media.promise(batch)
    return batch


@transaction.atomic
def duplicate(*, batch: Batch, actor: User) -> Batch:
    """A new draft like `batch`, without its rows; the files that were sent beside them come with it."""
    values = {name: copy.deepcopy(getattr(batch, name)) for name in EDITABLE}
    made = create_draft(organisation=batch.organisation, actor=actor, **values)
    media.promise_copy(batch, made)
    return made


@transaction.atomic
def discard(*, batch: Batch, actor: User) -> None:
    """Delete a draft and its rows; nobody has worked on it. Raises NotADraft."""
    batch = _locked(batch)
    if batch.state != Batch.State.DRAFT:
        raise NotADraft
    audit.record("tasks:batch:discard", batch.public_id, actor=actor, organisation_id=batch.organisation_id)
    gold.forget(batch.tasks.all())
    forget_chains(batch)
    Task.objects.filter(batch=batch)._raw_delete(batch.tasks.db)  # a draft's rows have no dependants
    media.promise_removal(batch)
    batch.delete()


@transaction.atomic
def publish(*, batch: Batch, actor: User, reviewed: bool = True) -> Batch:
    """Check, set the whole price aside, and open the batch, or hand it to a moderator first.

    `reviewed`: the actor says that they read the instructions as people will see them (charter W2); a program that
    publishes says so by publishing. Raises NotReviewed, NotADraft, NotReady, NothingToPublish, ImportRunning,
    MediaNotReady, BelowFloor, InsufficientFunds, LimitReached, BatchLimitReached, DebtOutstanding, SwitchedOff, those
    of `duties`. Locks the batch row, then the organisation's account.
    """
    switches.require("publish")
    duties.require_none(actor)
    batch = _locked(batch)
    if batch.state != Batch.State.DRAFT:
        raise NotADraft
    check_ready(batch)
    check_debt(batch.organisation)
    prices.check_floor(batch)
    pilot.review(batch, actor, reviewed=reviewed)
    _fix_price(batch, actor)
    found = screening.look(batch)
    reasons = found.reasons
    batch.state = Batch.State.SCREENING if reasons else Batch.State.PUBLISHED
    batch.screening_reasons, batch.screening_hits = reasons, found.hits
    batch.published_at = None if reasons else clock.now()
    batch.save()
    audit.record(
        f"tasks:batch:{'queue' if reasons else 'publish'}",
        batch.public_id,
        actor=actor,
        organisation_id=batch.organisation_id,
        reward=batch.reward_micros,
        reasons=reasons,
    )
    outbox.emit("batch.queued" if reasons else "batch.published", batch.public_id, batch_id=batch.pk)
    return batch


def warnings(batch: Batch) -> list[str]:
    """What can be published but is hardly meant, as sentences in the active language."""
    try:
        return compile_form(batch.form).warnings()
    except BadForm:
        return []


def check_ready(batch: Batch) -> None:
    """Raises NotReady with `fields`, ImportRunning, NothingToPublish or MediaNotReady when something is missing."""
    fields: dict[str, list[Any]] = {}
    if not batch.title.strip():
        fields["title"] = [_("Give the batch a title that says what to do.")]
    if not batch.purpose.strip():
        fields["purpose"] = [
            _("Say what the answers are for: people have a right to know what they work for.")
        ]
    if not batch.form.get("fields"):
        fields["form"] = [_("Add at least one question.")]
    if not batch.instructions.strip():
        fields["instructions"] = [_("Write instructions, so that nobody has to guess.")]
    if batch.reward_micros <= 0:
        fields["reward"] = [_("Set a price for each answer.")]
    if batch.estimated_seconds <= 0:
        fields["estimated_seconds"] = [_("Say how many seconds one task takes; try a few yourself.")]
    if lacking := audiences.check_ready(batch):
        fields["audience"] = lacking
    fields |= qualifications.check_ready(batch)
    if lacking := lacking_of_chain(batch):
        fields["form"] = [*fields.get("form", []), *lacking]
    if lacking := labels.lacking(batch):
        fields["distress"] = lacking
    if lacking := gold.lacking(batch):
        fields["gold_rate"] = lacking
    if fields:
        raise NotReady(fields=fields)
    missing = [name for name in imports.needed_columns(batch) if name not in batch.columns]
    if batch.columns and missing:
        raise NotReady(fields={"form": [_("Your file has no column “%(column)s”.") % {"column": missing[0]}]})
    if batch.imports.filter(state__in=[Import.State.QUEUED, Import.State.RUNNING]).exists():
        raise ImportRunning
    if lacks_rows(batch):
        raise NothingToPublish
    media.require_ready(batch)


def lacks_rows(batch: Batch) -> bool:
    """Whether a batch has no row, is loading none, and will get none from another batch."""
    loading = batch.imports.filter(state__in=[Import.State.QUEUED, Import.State.RUNNING])
    return not (batch.tasks.filter(is_gold=False).exists() or fed_by_chain(batch) or loading.exists())


def check_debt(organisation: Organisation) -> None:
    """Raises DisputeOpen, LossOwed, DebtOutstanding."""
    debts.require_none(organisation)
    debt = debts.owed(organisation)
    if debt:
        raise DebtOutstanding(amount=formats.eur(debt))


def _fix_price(batch: Batch, actor: User) -> None:
    """Fix the rates and the VAT rule, set the price of every slot aside, and open the slots."""
    rates = billing.rates(batch.organisation)
    batch.fee_rate, batch.vat_rate, batch.reserve_rate = rates.fee, rates.vat, rates.reserve
    billing.fix_terms(organisation=batch.organisation, batch_ref=batch.public_id, title=batch.title)
    quote = prices.quote(batch)
    holdings.set_aside(
        organisation=batch.organisation,
        batch_ref=batch.public_id,
        amount_micros=quote.total,
        reference=f"{batch.public_id}:publish:{clock.now().isoformat()}",
        actor=actor,
    )
    open_rows(pilot.begin(batch, Task.objects.filter(batch=batch, is_gold=False)), batch)
    gold.allot(batch, prices.units(batch))


@transaction.atomic
def pause(*, batch: Batch, actor: User) -> Batch:
    """Stop new claims; what is in hand may be finished and is paid. Raises IllegalMove."""
    return _move(batch, Batch.State.PAUSED, actor)


@transaction.atomic
def resume(*, batch: Batch, actor: User) -> Batch:
    """Open a paused batch again. Raises IllegalMove, DisputeOpen and LossOwed as `publish` does, or BatchAskedToChange
    where a moderator must open it (charter W7)."""
    if _locked(batch).paused_for == Batch.PausedFor.REPORT:
        raise BatchAskedToChange
    debts.require_none(batch.organisation)
    return _move(batch, Batch.State.PUBLISHED, actor)


@transaction.atomic
def raise_price(
    *, batch: Batch, actor: User, reward_micros: int, confirmed: bool = False, steep_too: bool = False
) -> Batch:
    """Pay more for the slots that are still open; the difference is set aside first.

    What a pilot held back opens when the price meets the floor (charter W2). Also for tasks in hand: one that is given
    back is offered at the new price. What is answered at the old one leaves the difference unspent, and it returns with
    the remainder. `confirmed`: the actor was told what a large raise costs and means it. `steep_too`: a person typed
    the price, so one many times the present one is asked about as well.
    Raises PriceNotRaised, Invalid (reward), LargeRaise, IllegalMove, InsufficientFunds, LimitReached,
    BatchLimitReached.
    """
    batch = _locked(batch)
    if batch.state not in Batch.LIVE:
        raise IllegalMove(state=batch.get_state_display())
    raising.check(batch=batch, reward_micros=reward_micros)
    slots = prices.unanswered(batch)
    more = prices.price_of(batch, slots, reward_micros) - prices.price_of(batch, slots, batch.reward_micros)
    if more:
        holdings.set_aside(
            organisation=batch.organisation,
            batch_ref=batch.public_id,
            amount_micros=more,
            reference=f"{batch.public_id}:raise:{reward_micros}",
            actor=actor,
        )
    if not confirmed:
        raising.ask(
            batch=batch, reward_micros=reward_micros, slots=slots, more_micros=more, steep_too=steep_too
        )
    old = batch.reward_micros
    batch.reward_micros = reward_micros
    batch.save(update_fields=["reward_micros"])
    audit.record(
        "tasks:batch:raise", batch.public_id, actor=actor, organisation_id=batch.organisation_id,
        old=old, new=reward_micros,
    )  # fmt: skip
    if batch.pilot == Batch.Pilot.HELD:  # one that runs is measured before anything is decided (`pilot.look`)
        pilot.decide(batch)
    return batch


@transaction.atomic
def fund_rows(*, source: Import, actor: User) -> Import:
    """Set the price of rows aside that were added to a live batch, and open them; or put them before a moderator first,
    where a rule says so and nobody has looked at them (the import's state tells which).

    Raises IllegalMove, MediaNotReady, InsufficientFunds, DebtOutstanding, SwitchedOff, BelowFloor (the price fell
    under every floor since), those of `duties`: rows are published as a batch is.
    """
    switches.require("publish")
    duties.require_none(actor)
    batch = _locked(source.batch)
    if batch.state not in Batch.LIVE or source.state != Import.State.NEEDS_FUNDS:
        raise IllegalMove(state=source.get_state_display())
    check_debt(batch.organisation)
    prices.check_floor(batch)
    media.require_ready(batch, source)
    rows = Task.objects.filter(source=source, funded=False)
    answers = rows.count() * batch.most_answers
    checks = prices.gold_answers(batch, answers)
    quote = prices.quote(batch, answers + checks)
    if source.screened_at is None and (found := screening.look_at_rows(source, quote.total)).reasons:
        return screening.queue_rows(source=source, found=found, actor=actor)
    holdings.set_aside(
        organisation=batch.organisation,
        batch_ref=batch.public_id,
        amount_micros=quote.total,
        reference=f"{source.public_id}:fund",
        actor=actor,
    )
    open_rows(rows, batch, is_open=batch.pilot not in Batch.SHUT)
    gold.open_more(batch, checks)
    if not Import.objects.filter(pk=source.pk, state=Import.State.NEEDS_FUNDS).update(
        state=Import.State.DONE, finished_at=clock.now(), set_aside_micros=quote.total
    ):
        raise Lost
    audit.record("tasks:import:fund", source.public_id, actor=actor, organisation_id=batch.organisation_id)
    source.refresh_from_db()
    return source


def open_rows(rows: QuerySet[Task], batch: Batch, *, is_open: bool = True) -> None:
    """Open rows whose price is set aside: as many answers as the batch asks for, and as many more as it may. Those that
    a pilot holds back are funded all the same, and not `is_open`."""
    rows.update(
        overlap=batch.overlap,
        open_slots=batch.overlap,
        most=batch.overlap_most,
        is_open=is_open,
        funded=True,
    )


def _move(batch: Batch, to: str, actor: User | None) -> Batch:
    """Compare-and-swap along the legal moves; the number of rows says who won."""
    sources = [state for state, targets in Batch.MOVES.items() if to in targets and state in Batch.LIVE]
    if not Batch.objects.filter(pk=batch.pk, state__in=sources).update(
        state=to, paused_for="", updated_at=clock.now()
    ):
        batch.refresh_from_db()
        raise IllegalMove(state=batch.get_state_display())
    audit.record(f"tasks:batch:{to}", batch.public_id, actor=actor, organisation_id=batch.organisation_id)
    batch.refresh_from_db()
    return batch


def _locked(batch: Batch) -> Batch:
    return (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .get(pk=batch.pk)
    )


def _check_growth(batch: Batch, values: dict[str, Any], fields: dict[str, list[Any]]) -> None:
    """How far the answers of a task may grow: beyond the first ones, and with a confidence to grow to."""
    least = values.get("overlap", batch.overlap)
    most = values.get("overlap_most", batch.overlap_most)
    confidence = values.get("confidence", batch.confidence)
    if most is not None and not least < most <= 100:
        fields["overlap_most"] = [
            _("Let a task grow to more answers than it begins with, and to 100 at most; or leave this empty.")
        ]
    elif most is not None and (confidence is None or not 0.5 <= confidence < 1):
        fields["confidence"] = [_("Say how sure a result must be: from 0.5 to under 1, such as 0.9.")]
    elif most is None and confidence is not None:
        fields["overlap_most"] = [_("Say how many answers a task may get until it is as sure as that.")]


def _set(batch: Batch, values: dict[str, Any]) -> None:
    """Put values into a draft. Raises Invalid, TypeError for a name that is no field of a draft."""
    unknown = values.keys() - EDITABLE
    if unknown:
        raise TypeError(f"not a field of a draft: {sorted(unknown)}")
    fields: dict[str, list[Any]] = {}
    if values.get("form"):
        values = {**values, "form": compile_form(values["form"]).spec}
    if "conditions" in values:
        kind = values.get("kind", batch.kind)
        read = conditions.clean(values["conditions"], organisation_id=batch.organisation_id, kind=kind)
        values = {**values, "conditions": read}
    if set(values.get("distress") or ()) - set(Batch.Distress.values):
        fields["distress"] = [
            _("This must be one of: %(known)s.") % {"known": ", ".join(Batch.Distress.values)}
        ]
    if not 0 <= values.get("reward_micros", 0) <= raising.MOST:
        fields["reward"] = [_("Set a price between 0 and 10 000 € for each answer.")]
    if not 0 <= values.get("estimated_seconds", 0) <= 86_400:
        fields["estimated_seconds"] = [_("A microtask takes between 1 second and 24 hours.")]
    if not 1 <= values.get("overlap", 1) <= 100:
        fields["overlap"] = [_("Between 1 and 100 people can answer each task.")]
    _check_growth(batch, values, fields)
    if not 0 <= values.get("gold_rate", 0) <= 0.5:
        fields["gold_rate"] = [_("At most half of the tasks can be check questions.")]
    if not 0 < values.get("gold_pass", 0.6) <= 1:
        fields["gold_pass"] = [_("The share of check questions to be right lies between 1 % and 100 %.")]
    if not 60 <= values.get("time_limit_seconds", 60) <= 7 * 86_400:
        fields["time_limit_seconds"] = [_("Give people between a minute and seven days for a task.")]
    if values.get("audience", Batch.Audience.OPEN) not in Batch.Audience.values:
        fields["audience"] = [
            _("This must be one of: %(known)s.") % {"known": ", ".join(Batch.Audience.values)}
        ]
    _check_words(values, fields)
    if fields:
        raise Invalid(fields=fields)
    for name, value in values.items():
        setattr(batch, name, value)
    batch.updated_at = clock.now()


def _check_words(values: dict[str, Any], fields: dict[str, list[Any]]) -> None:
    """Put into `fields` which words are longer than people read."""
    if len(values.get("title") or "") > 120:
        fields["title"] = [_("Keep the title under 120 characters.")]
    if len(values.get("purpose") or "") > 400:
        fields["purpose"] = [_("Keep the purpose under 400 characters.")]
    if len(values.get("instructions") or "") > settings.INSTRUCTIONS_MAX_CHARS:
        fields["instructions"] = [
            _("These instructions are too long to be read before each task. Shorten them.")
        ]
