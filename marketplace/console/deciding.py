"""The way of every decision in the console: the form is read, the reason looked at, the case free, then one service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from marketplace.base.errors import Refusal
from marketplace.base.opinions import SecondNeeded
from tasks.page_forms.fields import put_back

from . import desk, queues, reasons
from .desk import Desk


@dataclass(frozen=True)
class Refused:
    """Why the page is shown again: with this status, and whether a second person has to agree first."""

    status: int
    needs_second: bool = False


def begun(request: HttpRequest, at: Desk) -> dict[str, Any]:
    """What a form begins with: what was kept, and the template that `?template=` names behind it."""
    values = dict(at.draft)
    chosen = next((one for one in at.templates if one.key == request.GET.get("template")), None)
    if chosen is not None:
        said = values.get("reason", "").rstrip()
        text = f"{said}\n\n{chosen.text}" if said else chosen.text
        values |= {"reason": text, "decision": text}
        if chosen.outcome:
            values["outcome"] = chosen.outcome
    return values


def decide(
    request: HttpRequest,
    at: Desk,
    form: forms.Form,
    act: Callable[[Mapping[str, Any]], object],
    *,
    reason: str = "reason",
    text: str = "",
) -> Refused | None:
    """Do `act` with what the form says; None when it was done, and the case is off everybody's desk then.

    `reason` names the field of the reason, `text` the service's name for it where it differs. What was typed is kept
    when a second person is needed first.
    """
    if not form.is_valid():
        return Refused(400)
    problem = reasons.problem(form.cleaned_data.get(reason) or "", queues.queue_of(at.item.kind).key)
    if problem:
        form.add_error(reason, problem)
        return Refused(400)
    try:
        desk.require_free(at.item, at.moderator)
        act(form.cleaned_data)
    except SecondNeeded as refusal:
        desk.keep(at.item, at.moderator, {name: str(form[name].value() or "") for name in form.fields})
        put_back(form, refusal)
        return Refused(refusal.status, needs_second=True)
    except Refusal as refusal:
        put_back(form, refusal, **({text: reason} if text else {}))
        return Refused(refusal.status)
    desk.done(at.item)
    return None
