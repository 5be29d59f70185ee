"""What moderators see of signals: a list, the figures in words, and the answers behind them."""

from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from marketplace.base import formats, ids
from marketplace.base.errors import NotFound
from tasks.forms import Line, compile_form
from tasks.media import links
from tasks.models import Assignment, Signal

from .moderation import Queue

OTHERS = 3  # other people's answers beside each


@dataclass(frozen=True)
class Evidence:
    """One answer behind a signal: the row, what was said, in how many seconds, and what others said to it."""

    shown: str
    lines: list[Line]
    seconds: int
    others: list[list[Line]]


def listed(*, seen: bool) -> QuerySet[Signal]:
    """Signals for a page by cursor."""
    return Signal.objects.filter(seen_at__isnull=not seen).select_related("batch__organisation", "seen_by")


def queue() -> Queue:
    row = Signal.objects.filter(seen_at__isnull=True).aggregate(n=Count("pk"), oldest=Min("first_at"))
    return Queue(row["n"], row["oldest"])


def words(signal: Signal) -> str:
    """The figures of a signal as a sentence."""
    found = signal.evidence
    if signal.kind == Signal.Kind.TOO_FAST:
        return _("%(own)s for an answer in the middle, where others take %(others)s (%(n)s answers).") % {
            "own": formats.duration(found["median_seconds"]),
            "others": formats.duration(found["others_median_seconds"]),
            "n": formats.number(found["answers"]),
        }
    if signal.kind == Signal.Kind.STRAIGHT_LINE:
        return _(
            "%(same)s of %(n)s answers to “%(field)s” are the same; others give that one to %(share)s."
        ) % {
            "same": formats.number(found["same"]),
            "n": formats.number(found["answers"]),
            "field": found["field"],
            "share": formats.percent(found["others_share"]),
        }
    if signal.kind == Signal.Kind.PASTED:
        return _("%(pasted)s of %(n)s texts came from the clipboard; of the others' %(share)s.") % {
            "pasted": formats.number(found["pasted"]),
            "n": formats.number(found["answers"]),
            "share": formats.percent(found["others_share"]),
        }
    return _("%(copies)s texts of %(n)s read as one other person's to the same task.") % {
        "copies": formats.number(found["copies"]),
        "n": formats.number(found["answers"]),
    }


def evidence(signal: Signal) -> list[Evidence]:
    """The answers behind a signal, as they are now; those that were refused meanwhile are left out."""
    numbers = []
    for public_id in signal.evidence.get("assignments", []):
        try:
            numbers.append(ids.decode("asg", public_id))
        except NotFound:
            continue
    form = compile_form(signal.batch.form)
    rows = Assignment.objects.filter(
        pk__in=numbers, batch=signal.batch, state__in=Assignment.ANSWERED
    ).select_related("task")
    found = []
    for row in rows:
        data = links.row(signal.batch, row.task.data)
        others = Assignment.objects.filter(task_id=row.task_id, state__in=Assignment.ANSWERED).exclude(
            pk=row.pk
        )
        found.append(
            Evidence(
                form.render_shown(data), form.describe(row.answer or {}, data), row.worked_seconds or 0,
                [form.describe(other.answer or {}, data) for other in others.order_by("pk")[:OTHERS]],
            )
        )  # fmt: skip
    return found
