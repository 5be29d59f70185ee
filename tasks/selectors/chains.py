"""What stands on the pages about chains: where rows come from, where results go, and how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from marketplace.base import formats
from tasks.forms import BadForm, compile_form
from tasks.models import Batch, Chain, ChainLink
from tasks.services import chains, chains_rows


@dataclass(frozen=True)
class Line:
    """A chain as it is now. Counts are of settled tasks of its source; micros are for the rows that wait."""

    chain: Chain
    gone_on: int
    left_out: int
    waiting: int  # of those that went on: not open yet, because of money or files
    waiting_micros: int
    rule: str

    @property
    def ended(self) -> bool:
        return self.chain.ended_at is not None


def of(batch: Batch) -> QuerySet[Chain]:
    """The chains that begin or end at a batch."""
    rows = Chain.objects.filter(Q(source=batch) | Q(target=batch))
    return rows.select_related("source__organisation", "target__organisation")


def lines(rows: Sequence[Chain]) -> list[Line]:
    """The chains with their figures: one query, and two more for each one that waits."""
    counted = ChainLink.objects.filter(chain__in=rows).values("chain").order_by("chain")
    figures: dict[int, dict[str, Any]] = {
        row["chain"]: dict(row)
        for row in counted.annotate(
            gone_on=Count("pk", filter=Q(target_task__isnull=False)),
            left_out=Count("pk", filter=Q(target_task__isnull=True)),
            waiting=Count("pk", filter=Q(target_task__funded=False)),
        )
    }
    return [_line(chain, figures.get(chain.pk, {})) for chain in rows]


def _line(chain: Chain, found: dict[str, Any]) -> Line:
    waiting = found.get("waiting", 0) if chain.target.state in Batch.LIVE else 0
    micros = chains_rows.waiting_price(chain).micros if waiting else 0
    return Line(chain, found.get("gone_on", 0), found.get("left_out", 0), waiting, micros, rule_words(chain))


def rule_words(chain: Chain) -> str:
    """Which results go on, in words."""
    if chain.when == Chain.When.UNSURE:
        return _("results under %(share)s sure") % {"share": formats.percent(chain.below or 0)}
    if chain.when == Chain.When.VALUE:
        words = {"question": _label(chain.source, chain.field), "answer": chain.value}
        return _("results that say “%(answer)s” to “%(question)s”") % words
    return _("every result")


def _label(batch: Batch, field: str) -> str:
    try:
        found = [widget.label for widget in compile_form(batch.form).fields if widget.name == field]
    except BadForm:
        found = []
    return found[0] if found else field


def drafts(source: Batch) -> QuerySet[Batch]:
    """The drafts that could get the results of a batch."""
    fed = Chain.objects.filter(ended_at__isnull=True).values("target")
    rows = Batch.objects.filter(
        organisation=source.organisation_id, state=Batch.State.DRAFT, role=Batch.Role.WORK
    )
    return rows.exclude(pk=source.pk).exclude(pk__in=fed).order_by("-created_at")


def may_pass_on(batch: Batch) -> bool:
    return batch.role == Batch.Role.WORK and bool(chains.offered(batch))
