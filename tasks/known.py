"""Whether an answer is one of those that are known to be right: check questions, tests and trainings ask it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from .forms import Form
from .widgets import decimals
from .widgets.base import Widget

NUMERIC = frozenset({"number", "rating"})  # widgets whose answers can be nearly right


class Known(Protocol):
    """What is known of a task, as `tasks.models.Gold` keeps it."""

    answers: Any  # the right ones, each {field: value in its one normal shape}; None: to be left empty
    tolerance: Any  # {field: how far a number may be off, as a number or its decimal string}


def judge(form: Form, known: Known, answer: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which a cleaned `answer` is wrong, in the order of the form; [] when it is right.

    An answer is right when it fits one of the known ones in every field that this one names; what no known answer
    names is not judged. A wrong answer is compared to the known one that it is nearest to, the first among equals.
    """
    found = [
        [widget.name for widget in form.fields if not _fits(widget, right, known.tolerance, answer)]
        for right in known.answers
    ]
    return min(found, key=len, default=[])


def judged_fields(form: Form, known: Known) -> list[str]:
    """The names of the fields that some known answer names, in the order of the form."""
    named = {name for right in known.answers for name in right}
    return [widget.name for widget in form.fields if widget.name in named]


def _fits(
    widget: Widget, right: Mapping[str, Any], tolerance: Mapping[str, Any], answer: Mapping[str, Any]
) -> bool:
    if widget.name not in right:
        return True
    wanted, given = right[widget.name], answer.get(widget.name)
    if wanted is None or given is None:
        return wanted is given
    off = _allowed(widget, tolerance)
    if off is not None:
        return abs(decimals.read(wanted) - decimals.read(given)) <= off
    if widget.same_from < 1:
        return widget.agree(wanted, given) >= widget.same_from
    return bool(widget.same_as(wanted) == widget.same_as(given))


def _allowed(widget: Widget, tolerance: Mapping[str, Any]) -> Decimal | None:
    """How far a number may be off: as the question says, else as the form says in so many words; None: not at all."""
    if widget.key not in NUMERIC:
        return None
    said = tolerance.get(widget.name, widget.options.get("tolerance"))
    return None if said is None else decimals.read(said)


def numeric_fields(form: Form) -> Sequence[str]:
    """The names of the fields for which a tolerance means something: numbers and steps of a scale."""
    return [widget.name for widget in form.fields if widget.key in NUMERIC]
