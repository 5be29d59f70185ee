"""Erasing a person (charter D3): by the register of columns, in one transaction, with the law's part sealed first.

What stays says nothing of anybody: a number without a name or an address, the amounts of the books under that number,
answers that were delivered, and decisions with the reasons that others wrote, the person's name taken out of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet

from marketplace.base import audit, clock
from marketplace.base.models import User
from payments.services import persons
from tasks.media import shelf
from tasks.models import Message

from . import columns, identity, special, vault
from .columns import ERASED, Column
from .models import ErasureRequest


def erase(user: User) -> dict[str, int]:
    """Erase a person for good; figures {rows, files}. Whether it is time is for `requests` to say.

    Done once, whoever asks for it twice. Raises vault.NoArchiveKey where tax law has something kept and there is no key
    to seal it to; then nothing has changed.
    """
    with transaction.atomic():
        persons.lock()  # before the rows that whoever holds it may wait for: people, payout details, pairs, payouts
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if special.is_erased(user):  # another process was first
            return {"rows": 0, "files": 0}
        known = identity.of(user)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL tessera.erasing = 'on'")
        vault.seal(user)
        emails = special.emails(user)
        rows = _redact(user, known)
        files = special.before_rows_go(user)
        rows += _replace(user, emails) + _delete(user, emails)
        special.strip_account(user)
        _close(user)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL tessera.erasing = 'off'")
        audit.record("mydata:person:erase", user.public_id, actor=None, rows=rows)
        transaction.on_commit(special.write_down)
        transaction.on_commit(lambda: shelf.remove(files))
    return {"rows": rows, "files": len(files)}


def _close(user: User) -> None:
    """The request is done; somebody who comes back with an old backup gets one that says so."""
    done = {"state": ErasureRequest.State.DONE, "ended_at": clock.now(), "waits_for": []}
    if not ErasureRequest.objects.filter(user=user, state__in=ErasureRequest.OPEN).update(**done):
        ErasureRequest.objects.get_or_create(user=user, state=ErasureRequest.State.DONE, defaults=done)


def _lines(*acts: str) -> dict[str, list[Column]]:
    """The lines of the register with one of these acts, by model."""
    found: dict[str, list[Column]] = defaultdict(list)
    for column in columns.register().values():
        if column.act in acts:
            found[column.model].append(column)
    return found


def of_person(column: Column, user: User, emails: Iterable[str]) -> QuerySet[Any]:
    """The rows of a line's table that are the person's."""
    model = apps.get_model(column.model)
    if column.person.startswith("email:"):
        name = column.person.removeprefix("email:")
        either = Q(pk__in=[])
        for email in emails:
            either |= Q(**{f"{name}__iexact": email})
        return model._default_manager.filter(either)
    if column.person == "all":
        return model._default_manager.all()
    return model._default_manager.filter(**{column.person: user.pk})


# --- Others' words ----------------------------------------------------------------------------------------------


def _redact(user: User, known: identity.Known) -> int:
    about, anywhere = identity.pattern(known.all), identity.pattern(known.alone)
    changed = 0
    for lines in _lines("redact").values():
        for column in lines:
            found = anywhere if column.person == "all" else about
            if found is not None:
                changed += _redact_column(column, of_person(column, user, ()), found)
    return changed + _redact_words(user, about, anywhere)


def _redact_words(user: User, about: re.Pattern[str] | None, anywhere: re.Pattern[str] | None) -> int:
    """What others wrote for themselves may name the person too; and a member of an organisation signs what they write
    to workers, who keep it."""
    changed = 0
    for column in columns.register().values():
        if column.kind == "words" and column.act in {"mark", "blank"} and anywhere is not None:
            rows = apps.get_model(column.model)._default_manager.all()
            changed += _redact_column(column, rows, anywhere)
    if about is not None:
        text = columns.register()["tasks.Message", "text"]
        changed += _redact_column(text, Message.objects.filter(author=user), about)
    return changed


def _redact_column(column: Column, rows: QuerySet[Any], found: re.Pattern[str]) -> int:
    changed = 0
    # The database looks first, with the same pattern in its own words, so that a large table is not carried here.
    alike = rows.extra(  # noqa: S610 - the column's name is from our own register
        where=[
            f'"{rows.model._meta.db_table}"."{rows.model._meta.get_field(column.name).column}"::text ~* %s'
        ],
        params=[_in_sql(found)],
    )
    for row in alike.iterator(chunk_size=500):
        old = getattr(row, column.name)
        new = identity.taken_out(old, found)
        if new != old:
            rows.model._default_manager.filter(pk=row.pk).update(**{column.name: new})
            changed += 1
    return changed


def _in_sql(found: re.Pattern[str]) -> str:
    """The same words for PostgreSQL, without the edges: it only narrows down which rows are read."""
    return found.pattern.removeprefix(r"(?<!\w)").removesuffix(r"(?!\w)")


# --- The person's own -------------------------------------------------------------------------------------------


def _replace(user: User, emails: list[str]) -> int:
    """What is blanked or marked; then the keys that are emptied, by which the words were found."""
    changed = 0
    for acts in (("blank", "mark"), ("null",)):
        for lines in _lines(*acts).values():
            for column in lines:
                rows = of_person(column, user, emails)
                field = rows.model._meta.get_field(column.name)
                if column.act == "mark":
                    rows = rows.exclude(**{column.name: ""})  # what was never said stays unsaid
                changed += rows.update(**{column.name: _instead(column, field)})
    return changed


def _instead(column: Column, field: Any) -> Any:
    if column.act == "mark":
        return ERASED
    if field.null:
        return None
    if isinstance(field, ArrayField):
        return []
    return {} if isinstance(field, models.JSONField) else ""


def _delete(user: User, emails: list[str]) -> int:
    """Rows that go, the newest tables first: what points to a row goes before it."""
    gone = 0
    for _model, lines in reversed(_lines("delete").items()):
        for path in {column.person: column for column in lines}.values():
            gone += of_person(path, user, emails).delete()[0]
    return gone
