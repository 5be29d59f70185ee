"""The history of the automated rules: a new row whenever the words of one, the value of a parameter or the source of a
function that carries it out has changed (charter M1, docs/adr/0064).

Run after the first `migrate`, every minute by the clock, and by hand (`manage.py rules --record`).
"""

import hashlib
import inspect
import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from marketplace.base import clock, outbox
from marketplace.web.models import RuleVersion

from . import RULES, Automated

SQL = Path(settings.BASE_DIR) / "tasks" / "sql" / "claims.sql"
_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\(.*?\$\$;", re.DOTALL)


@cache
def sql_functions() -> dict[str, str]:
    """{name: source} of the functions by which tasks are claimed and sent."""
    text = SQL.read_text(encoding="utf-8")
    return {found[1]: found[0] for found in _FUNCTION.finditer(text)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _source(path: str) -> str:
    """The digest of the source of a function, or of the value where it is a table."""
    thing = find(path)
    if callable(thing):
        return _digest(inspect.getsource(thing))
    return _digest(repr(thing))


def find(path: str) -> Any:
    """The object behind a dotted path. Raises ImportError."""
    return import_string(path)


def sources(rule: Automated) -> dict[str, str]:
    """{what carries the rule out: digest of its source}."""
    found = {path: _source(path) for path in rule.code}
    return found | {name: _digest(sql_functions()[name]) for name in rule.sql}


def fingerprint(words: dict[str, Any], parameters: dict[str, str], source: dict[str, str]) -> str:
    """One digest of all three."""
    return _digest(json.dumps([words, parameters, source], sort_keys=True, ensure_ascii=False))


def record() -> list[RuleVersion]:
    """Write a version of each rule that is not as it was last recorded. Returns the new ones.

    People who work here are told where a parameter moved in the direction that takes something from them.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('rule_versions', 0))")
        last = {
            row.rule: row
            for row in RuleVersion.objects.order_by("rule", "-number").distinct("rule")
        }  # fmt: skip
        made = [found for rule in RULES if (found := _next(rule, last.get(rule.name))) is not None]
        for row in made:
            row.save(force_insert=True)
            if row.lowers:
                outbox.emit("announce", f"rule:{row.pk}:0", about="rule", number=row.pk, after=0)
    return made


def _next(rule: Automated, last: RuleVersion | None) -> RuleVersion | None:
    """The version to write, or None when nothing has changed."""
    words, parameters, source = rule.words(), rule.parameters(), sources(rule)
    digest = fingerprint(words, parameters, source)
    if last is not None and last.fingerprint == digest:
        return None
    row = RuleVersion(
        rule=rule.name, number=last.number + 1 if last else 1, recorded_at=clock.now(), fingerprint=digest,
        words=words, parameters=parameters, sources=source,
    )  # fmt: skip
    if last is not None:
        row.changed = changes(last, row)
        row.lowers = any(_lowers(rule, each) for each in row.changed)
    return row


def changes(old: RuleVersion, new: RuleVersion) -> list[dict[str, str]]:
    """What differs: {what: "parameter", "words" or "program", name, old, new}; a program's digests are not told."""
    found = []
    for name in sorted({*old.parameters, *new.parameters}):
        was, now = old.parameters.get(name), new.parameters.get(name)
        if was != now:  # one that came or went differs also where it holds nothing
            found.append({"what": "parameter", "name": name, "old": was or "", "new": now or ""})
    for name in sorted({*old.words, *new.words}):
        before, after = (json.dumps(each.words.get(name, ""), ensure_ascii=False) for each in (old, new))
        if before != after:
            found.append({"what": "words", "name": name, "old": before, "new": after})
    found += [
        {"what": "program", "name": name, "old": "", "new": ""}
        for name in sorted({*old.sources, *new.sources})
        if old.sources.get(name) != new.sources.get(name)
    ]
    return found


def _lowers(rule: Automated, change: dict[str, str]) -> bool:
    """Whether a change of a parameter takes something from people who work here."""
    direction = rule.worse.get(change["name"]) if change["what"] == "parameter" else None
    if direction is None:
        return False
    try:
        before, after = Decimal(change["old"]), Decimal(change["new"])
    except InvalidOperation:
        return True  # a number that came or went: rather told than not
    return after > before if direction == "higher" else after < before


def history(name: str) -> list[RuleVersion]:
    """The versions of a rule, newest first."""
    return list(RuleVersion.objects.filter(rule=name).order_by("-number"))
