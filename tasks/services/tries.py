"""Answers that are compared with a secret: wrong ones are counted, so that a code can't be found by trying."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db import DataError, transaction
from django.db.models import F

from marketplace.base import clock
from tasks.errors import TooManyTries
from tasks.forms import BadAnswer, Form
from tasks.models import Assignment, Draft

MOST = 10  # wrong codes of one assignment


def clean(*, assignment: Assignment, form: Form, answer: Mapping[str, Any]) -> dict[str, Any]:
    """As `form.clean`. A wrong code is counted and what was typed is kept, before BadAnswer is raised.

    Raises TooManyTries once MOST codes were wrong, whatever is sent then. Tries of one assignment wait for each other,
    so that many at once are no more than one after another. A form without secrets asks the database nothing.
    """
    if not form.guarded:
        return form.clean(answer)
    with transaction.atomic():
        draft = _locked(assignment)
        if draft.wrong_codes >= MOST:
            raise TooManyTries(most=MOST)
        try:
            return form.clean(answer)
        except BadAnswer as refused:
            wrong = refused
            if any(_guessed(widget.name, answer, refused) for widget in form.guarded):
                Draft.objects.filter(pk=draft.pk).update(wrong_codes=F("wrong_codes") + 1)
    _keep(draft, answer)
    raise wrong


def _keep(draft: Draft, answer: Mapping[str, Any]) -> None:
    """Keep what was typed, where it can be stored: the count of wrong codes must not hang on that."""
    with suppress(DataError, ValueError), transaction.atomic():
        Draft.objects.filter(pk=draft.pk).update(answer=dict(answer), updated_at=clock.now())


def _guessed(name: str, answer: Mapping[str, Any], refused: BadAnswer) -> bool:
    """Whether something was sent for this question and it was refused; an empty one is no try."""
    typed = answer.get(name)
    return name in refused.fields and bool(typed.strip() if isinstance(typed, str) else typed)


def _locked(assignment: Assignment) -> Draft:
    Draft.objects.get_or_create(assignment=assignment, defaults={"answer": {}, "updated_at": clock.now()})
    return Draft.objects.select_for_update().get(pk=assignment.pk)
