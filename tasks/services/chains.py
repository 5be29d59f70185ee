"""Chains of batches: results of one become rows of another, by rule (docs/adr/0047).

This file makes and ends them, and answers what other services ask; `chains_rows` carries the rows.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit, clock
from marketplace.base.errors import Invalid, NotFound, Refusal
from marketplace.base.models import User
from tasks.errors import NotADraft
from tasks.forms import BadForm, compile_form
from tasks.models import Batch, Chain, ChainLink, Task

from . import exports, uploads

PROBES = 500  # open tasks that are looked at before somebody is told why none is left for them


class GoesRound(Refusal):
    """The target already leads to the source, at whatever distance."""

    code = "chain_goes_round"
    detail = gettext_lazy(
        "These results would come back to where they are from. Choose a batch that doesn't lead here itself."
    )


class HasASource(Refusal):
    """One source for each batch."""

    code = "chain_has_source"
    detail = gettext_lazy(
        "Another batch already sends its results there. Choose another draft, or make a new one."
    )


class WorkOnly(Refusal):
    """Tests and trainings neither send nor get rows."""

    code = "chain_of_work_only"
    detail = gettext_lazy("Tests and trainings have questions of their own: results go from work to work.")


class ColumnsLacking(Invalid):
    """The form of the target shows columns that the mapping does not bring; `fields` names them."""

    code = "columns_missing"
    detail = gettext_lazy(
        "The form that gets the results shows columns which nothing fills yet: %(columns)s."
    )


class Ended(Refusal):
    """The chain was stopped, or nothing more can come."""

    code = "chain_ended"
    detail = gettext_lazy("This has ended: nothing more is passed on.")


# --- what can be mapped -----------------------------------------------------------------------------------------


def offered(source: Batch) -> list[str]:
    """The columns of a batch's results, by the names that its export gives them; inputs first. None while its form
    can't stand."""
    try:
        made = exports.made_columns(compile_form(source.form))
        columns = list(dict.fromkeys([*source.columns, *uploads.needed_columns(source)]))
    except BadForm:
        return []
    return [*exports.input_names(columns, made), *made]


def needed(target: Batch) -> list[str]:
    """The columns that a batch's form and instructions read; none while its form can't stand."""
    try:
        return uploads.needed_columns(target)
    except BadForm:
        return []


def suggested(source: Batch, target: Batch) -> dict[str, str]:
    """A mapping to begin with: equal names; the one question of the source for the earlier answer that is shown."""
    names, wanted = offered(source), needed(target)
    found = uploads.suggest(names, wanted)
    try:
        fields = [widget.name for widget in compile_form(source.form).fields]
        earlier = [part.columns[0] for part in compile_form(target.form).show if part.key == "previous"]
    except BadForm:
        return found
    rest = [column for column in earlier if column not in found]
    if len(fields) == 1 and len(rest) == 1 and fields[0] in names:
        found[rest[0]] = fields[0]
    return found


# --- making and ending ------------------------------------------------------------------------------------------


@transaction.atomic
def make(
    *,
    source: Batch,
    target: Batch,
    actor: User,
    mapping: Mapping[str, str],
    when: str = Chain.When.ALWAYS,
    below: float | None = None,
    field: str = "",
    value: str = "",
) -> Chain:
    """Have results of `source` become rows of the draft `target`, of the same organisation.

    `mapping` is {column of the target: column of the source's results, as `offered` names it}. `when` says which go
    on: all, those whose lowest confidence is under `below` (0 to 1), or those whose `field` says `value`. Raises
    NotFound, WorkOnly, NotADraft, GoesRound, HasASource, Invalid, ColumnsLacking. Locks the organisation's chains,
    then the row of the target.
    """
    if source.organisation_id != target.organisation_id:
        raise NotFound
    _lock(source.organisation_id)
    target = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=target.pk)
    if {source.role, target.role} != {Batch.Role.WORK}:
        raise WorkOnly
    if source.pk == target.pk or _leads_to(target.pk, source.pk):
        raise GoesRound
    if target.state != Batch.State.DRAFT:
        raise NotADraft
    if feeds(target):
        raise HasASource
    rule = _rule(source, when, below, field, value)
    chosen = _mapping(source, target, mapping)
    target.columns = [*target.columns, *(name for name in chosen if name not in target.columns)]
    target.save(update_fields=["columns"])
    chain = Chain.objects.create(
        source=source, target=target, mapping=chosen, created_by=actor, created_at=clock.now(), **rule
    )
    _audit(chain, "make", actor, target=target.public_id)
    return chain


def _lock(organisation_id: int) -> None:
    """One at a time for each organisation, so that no two halves of a circle are made beside each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"chains:{organisation_id}"])


def _leads_to(start: int, end: int) -> bool:
    """Whether results of batch `start` reach batch `end`."""
    seen, edge = {start}, {start}
    while edge:
        found = Chain.objects.filter(source__in=edge, ended_at__isnull=True).values_list("target", flat=True)
        edge = set(found) - seen
        seen |= edge
    return end in seen


def _rule(source: Batch, when: str, below: float | None, field: str, value: str) -> dict[str, Any]:
    """Which results go on, as the columns of a chain. Raises Invalid."""
    if when == Chain.When.ALWAYS:
        return {"when": when}
    if when == Chain.When.UNSURE:
        if below is None or not 0 < below <= 1:
            raise Invalid(fields={"below": [_("Say under which confidence: more than 0 and at most 1.")]})
        return {"when": when, "below": below}
    if when != Chain.When.VALUE:
        raise Invalid(
            fields={"when": [_("Choose one of: %(known)s.") % {"known": ", ".join(Chain.When.values)}]}
        )
    if field not in {widget.name for widget in compile_form(source.form).fields}:
        raise Invalid(fields={"field": [_("Choose a question of the batch that the results come from.")]})
    if not value.strip() or len(value) > 200:
        raise Invalid(fields={"value": [_("Write the answer that results are passed on with.")]})
    return {"when": when, "field": field, "value": value.strip()}


def _mapping(source: Batch, target: Batch, sent: Mapping[str, str]) -> dict[str, str]:
    """The mapping without empty lines. Raises Invalid, ColumnsLacking."""
    chosen = {name: column for name, column in sent.items() if column}
    known = set(offered(source))
    problems: dict[str, list[Any]] = {}
    for name, column in chosen.items():
        if not name.strip() or len(name) > 100:
            problems["mapping"] = [_("Give each column a name of at most 100 characters.")]
        elif column not in known:
            sentence = _("The results have no column “%(column)s”.") % {"column": column}
            problems[f"mapping.{name}"] = [sentence]
    if problems:
        raise Invalid(fields=problems)
    missing = [name for name in needed(target) if name not in chosen]
    if missing:
        sentence = _("The form shows this column. Choose what fills it.")
        fields = {f"mapping.{name}": [sentence] for name in missing}
        raise ColumnsLacking(fields=fields, columns=", ".join(missing))
    if not chosen:
        raise Invalid(fields={"mapping": [_("Choose at least one column that goes on.")]})
    return chosen


@transaction.atomic
def stop(*, chain: Chain, actor: User) -> Chain:
    """Pass nothing more on. What was passed on stays; rows whose price is not set aside yet go, since nobody saw them.

    Raises Ended. Locks the row of the target, then the chain.
    """
    target = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=chain.target_id)
    if not Chain.objects.filter(pk=chain.pk, ended_at__isnull=True).update(ended_at=clock.now()):
        raise Ended
    if target.state in Batch.LIVE:
        waiting_rows(chain)._raw_delete(Task.objects.db)
    _audit(chain, "stop", actor)
    chain.refresh_from_db()
    return chain


def waiting_rows(chain: Chain) -> Any:
    """Rows that came along a chain and whose price is not set aside."""
    return Task.objects.filter(batch=chain.target_id, funded=False, chain_link__chain=chain)


def end_into(target: Batch) -> None:
    """End what leads into a batch that takes no more rows. In the transaction that closes it."""
    Chain.objects.filter(target=target, ended_at__isnull=True).update(ended_at=clock.now())


def forget(draft: Batch) -> None:
    """Forget the chains of a draft that is about to be deleted in this transaction."""
    chains = Chain.objects.filter(Q(source=draft) | Q(target=draft))
    ChainLink.objects.filter(chain__in=chains.values("pk"))._raw_delete(ChainLink.objects.db)
    chains._raw_delete(Chain.objects.db)


def _audit(chain: Chain, what: str, actor: User | None, **data: Any) -> None:
    audit.record(
        f"tasks:chain:{what}", chain.public_id, actor=actor, organisation_id=chain.source.organisation_id,
        source=chain.source.public_id, **data,
    )  # fmt: skip


# --- what others ask --------------------------------------------------------------------------------------------


def feeds(target: Batch) -> bool:
    """Whether another batch may still send rows to this one."""
    return Chain.objects.filter(target=target, ended_at__isnull=True).exists()


def lacking(draft: Batch) -> list[str]:
    """What keeps a draft from being published, in sentences: columns that a chain names and that are gone since."""
    found = []
    for chain in Chain.objects.filter(Q(source=draft) | Q(target=draft), ended_at__isnull=True):
        if chain.source_id == draft.pk:
            gone = sorted(set(chain.mapping.values()) - set(offered(draft)))
            sentence = _(
                "Another batch gets the column “%(column)s” of these results, and there is none any more."
            )
        else:
            gone = [name for name in needed(draft) if name not in chain.mapping]
            sentence = _(
                "The form shows the column “%(column)s”, and the batch that sends its results here does not fill it. "
                "Stop passing them on, and choose the columns anew."
            )
        found += [sentence % {"column": name} for name in gone]
    return found


_ONLY_OWN = """
SELECT EXISTS (
    SELECT 1 FROM (
        SELECT t.id, t.lineage FROM tasks_task t WHERE t.batch_id = %s AND t.is_open AND NOT t.is_gold
        ORDER BY t.key LIMIT %s
    ) c WHERE c.lineage IS NOT NULL AND tasks_gave(c.lineage, %s)
)
"""


def only_own_left(worker_id: int, batch_id: int) -> bool:
    """Whether tasks are open about answers of this worker; asked when there is no other one for them."""
    with connection.cursor() as cursor:
        cursor.execute(_ONLY_OWN, [batch_id, PROBES, worker_id])
        return bool(cursor.fetchone()[0])
