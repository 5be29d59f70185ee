"""The register as pages, files and the command show it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.web.models import RuleVersion

from . import CHAPTERS, RULES, Automated

TITLES = {
    "offered": gettext_lazy("What you are offered"),
    "answers": gettext_lazy("What becomes of answers"),
    "paid": gettext_lazy("Money that is due to you"),
    "guarded": gettext_lazy("At the doors"),
}
WORDS = {
    "title": gettext_lazy("its name"),
    "does": gettext_lazy("what it does"),
    "reads": gettext_lazy("what it reads"),
    "never": gettext_lazy("what it never reads"),
    "weighs": gettext_lazy("what it weighs"),
    "leads_to": gettext_lazy("what it can lead to"),
    "person": gettext_lazy("who looks at it"),
}


@dataclass(frozen=True)
class Shown:
    """A rule in the active language, with its parameters of now and its last version."""

    rule: Automated
    words: dict[str, Any]
    parameters: dict[str, str]
    last: RuleVersion | None

    @property
    def name(self) -> str:
        return str(self.words["title"])


def by_name(name: str) -> Shown | None:
    """One rule, or None when there is none of the name."""
    found = next((rule for rule in RULES if rule.name == name), None)
    if found is None:
        return None
    last = RuleVersion.objects.filter(rule=name).order_by("-number").first()
    return Shown(found, found.shown(), found.parameters(), last)


def chapters() -> list[tuple[Any, list[Shown]]]:
    """All rules, chapter by chapter. One query."""
    last = {row.rule: row for row in RuleVersion.objects.order_by("rule", "-number").distinct("rule")}
    return [
        (
            TITLES[key],
            [Shown(rule, rule.shown(), rule.parameters(), last.get(rule.name)) for rule in rules],
        )
        for key, rules in CHAPTERS
    ]


def sentences(row: RuleVersion) -> list[str]:
    """What a version changed, in words."""
    found = []
    for each in row.changed:
        if each["what"] == "parameter":
            words = _("%(name)s: %(new)s instead of %(old)s.")
            found.append(words % {"name": each["name"], "new": each["new"] or "–", "old": each["old"] or "–"})
        elif each["what"] == "words":
            found.append(_("Its description says something else: %(part)s.") % {"part": WORDS[each["name"]]})
    if any(each["what"] == "program" for each in row.changed):
        found.append(_("The program that carries it out was changed."))
    return found


def table() -> list[dict[str, Any]]:
    """The whole register with its history, in English, for files and the command."""
    versions: dict[str, list[RuleVersion]] = {}
    for row in RuleVersion.objects.order_by("rule", "number"):
        versions.setdefault(row.rule, []).append(row)
    return [
        {
            "name": rule.name,
            **rule.words(),
            "off": rule.is_off,
            "parameters": rule.parameters(),
            "code": list(rule.code),
            "sql": list(rule.sql),
            "jobs": list(rule.jobs),
            "charter": list(rule.charter),
            "versions": [
                {"number": row.number, "since": row.recorded_at.isoformat(), "changed": row.changed,
                 "fingerprint": row.fingerprint}
                for row in versions.get(rule.name, [])
            ],
        }
        for rule in RULES
    ]  # fmt: skip
