"""What is typed about qualifications, their tests, grants, and the conditions of a batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from marketplace.base import countries
from tasks import kinds
from tasks.models import Batch, QualificationTest
from tasks.services import conditions
from workers.models import Qualification

from .fields import LaterChoice, LaterNumber, LaterText

EMPTY_ROWS = 1  # offered below those that are filled in; two where there are none
NAMED = {"qualification": _("Holds the qualification"), "score": _("Score in the test for")}
MOST_ROWS = 12


class QualificationForm(forms.Form):
    """What a qualification says."""

    use_required_attribute = False

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What the person can do: “Reads old handwriting”.")
    )
    description = forms.CharField(
        label=_("What it shows"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("People read it before they take the test, and on their certificate."),
    )
    valid_days = LaterNumber(
        label=_("For how many days it holds"), required=False, min_value=1, max_value=3_650,
        help_text=_("Empty: for good. In the last month it can be renewed."),
    )  # fmt: skip
    by_hand = forms.BooleanField(label=_("It may be granted by hand, with a written reason"), required=False)

    @classmethod
    def of(cls, row: Qualification) -> "QualificationForm":
        names = ("name", "description", "valid_days", "by_hand")
        return cls(initial={name: getattr(row, name) for name in names})


class TestForm(forms.Form):
    """How a test or training goes."""

    use_required_attribute = False

    questions = forms.IntegerField(
        label=_("Questions of one attempt"), min_value=1, max_value=200,
        help_text=_("Drawn at random from the rows. With more rows than that, people can try again."),
    )  # fmt: skip
    pass_percent = forms.IntegerField(label=_("Right answers to pass"), min_value=1, max_value=100)
    minutes = LaterNumber(
        label=_("Time for the whole test"), required=False, min_value=1, max_value=24 * 60,
        help_text=_("Empty: no clock. At least three times what the questions take: nobody should hurry."),
    )  # fmt: skip
    attempts = forms.IntegerField(label=_("How often a person may try"), min_value=1, max_value=20)
    retry_after_hours = forms.IntegerField(
        label=_("Hours between two tries"), min_value=0, max_value=24 * 365
    )
    shows_answers = forms.BooleanField(
        label=_("Show each question with its right answer at the end"), required=False,
        help_text=_("A training always does, after each answer."),
    )  # fmt: skip

    def __init__(self, *args: Any, role: str = Batch.Role.TEST, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if role == Batch.Role.TRAINING:
            del self.fields["minutes"], self.fields["shows_answers"]

    @classmethod
    def of(cls, test: QualificationTest) -> "TestForm":
        return cls(
            role=test.batch.role,
            initial={
                "questions": test.questions,
                "pass_percent": round(test.pass_mark * 100),
                "minutes": test.time_limit_seconds and test.time_limit_seconds // 60,
                "attempts": test.attempts,
                "retry_after_hours": test.retry_after_hours,
                "shows_answers": test.shows_answers,
            },
        )

    def values(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        read = self.cleaned_data
        minutes = read.get("minutes")
        return {
            "questions": read["questions"],
            "pass_mark": read["pass_percent"] / 100,
            "time_limit_seconds": minutes * 60 if minutes else None,
            "attempts": read["attempts"],
            "retry_after_hours": read["retry_after_hours"],
            "shows_answers": read.get("shows_answers", False),
        }


class NewTestForm(forms.Form):
    """What a new test begins with; the rest is asked on its own pages."""

    role = forms.ChoiceField(
        label=_("What it is"),
        widget=forms.RadioSelect,
        choices=[(Batch.Role.TEST, _("A test")), (Batch.Role.TRAINING, _("A training"))],
        initial=Batch.Role.TEST,
    )
    kind = forms.ChoiceField(
        label=_("What is asked"),
        help_text=_("The kind of work it prepares for. You can change every question."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (group.label, [(kind.key, kind.title) for kind in found])
            for group, found in kinds.grouped(kinds.all_kinds())
        ]
        self.fields["role"].choice_hints = {  # type: ignore[attr-defined]
            "test": _("Questions with known answers. Who gives enough right ones has the qualification."),
            "training": _("The same without a clock, and each answer is explained before the next question."),
        }


class GrantForm(forms.Form):
    """Whom to grant a qualification by hand, and why."""

    use_required_attribute = False

    people = forms.CharField(
        label=_("To whom"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("A wrk_… from your results on each line."),
    )
    reason = forms.CharField(
        label=_("Why"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("They read it."),
    )  # fmt: skip


class RevokeForm(forms.Form):
    """Why a qualification is taken back."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("Why it is taken back"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person reads it at once, and can ask a moderator to look at it."),
    )  # fmt: skip


# --- conditions ---------------------------------------------------------------------------------------------------


# What the value of a row is, by what its fact takes.
WANTED = {
    "number": _("Write a whole number, from 0 to a million."),
    "share": _("Write a share in percent, such as 80 %."),
    "country": _("Write countries by name or by their two letters, with commas between several."),
    "language": _("Write languages by name or code, with commas between several."),
}


class ConditionForm(forms.Form):
    """One row of the conditions: a fact, a comparison, a value. A row without a fact is left out.

    A fact about a qualification is chosen together with it: "score qua_…".
    """

    use_required_attribute = False

    fact = LaterChoice(label=_("Who"))
    op = LaterChoice(label=_("How"))
    value = LaterText(label=_("What"), max_length=300)

    def __init__(self, *args: Any, qualifications: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain = [(key, fact.label) for key, fact in conditions.FACTS.items() if key not in NAMED]
        named = [
            (label, [(f"{key} {public_id}", name) for public_id, name in qualifications])
            for key, label in NAMED.items()
            if qualifications
        ]
        self.fields["fact"].choices = [("", _("(nothing)")), *plain, *named]  # type: ignore[attr-defined]
        self.fields["op"].choices = list(conditions.OPS.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Say at the box what it wants: what the service says of a value is meant for programs."""
        leaf = self.leaf()
        if leaf and not conditions.readable(leaf):
            self.add_error("value", WANTED[conditions.FACTS[leaf["fact"]].takes])
        return self.cleaned_data

    def leaf(self) -> dict[str, Any] | None:
        """The row as a condition, as far as it can be read; the service says what is wrong with it."""
        read = self.cleaned_data
        if not read.get("fact"):
            return None
        key, _space, public_id = read["fact"].partition(" ")
        fact = conditions.FACTS[key]
        op, typed = read.get("op") or fact.ops[0], (read.get("value") or "").strip()
        if fact.takes == "qualification":
            return {"fact": key, "op": "=", "value": public_id}
        if fact.takes in {"language", "country"}:
            op = "in" if "," in typed and op != "!=" else op if op in fact.ops else "="
        found = {"fact": key, "op": op, "value": _typed(fact.takes, op, typed)}
        return found | ({"qualification": public_id} if public_id else {})

    @classmethod
    def initial_of(cls, leaf: Mapping[str, Any]) -> dict[str, Any]:
        """A condition as the row that makes it again."""
        fact, value = conditions.FACTS[leaf["fact"]], leaf["value"]
        if fact.takes == "qualification":
            return {"fact": f"{leaf['fact']} {value}", "op": leaf["op"], "value": ""}
        if "qualification" in leaf:
            found = {"fact": f"{leaf['fact']} {leaf['qualification']}", "op": leaf["op"]}
        else:
            found = {"fact": leaf["fact"], "op": leaf["op"]}
        if fact.takes == "share":
            return found | {"value": f"{round(value * 100, 2):g} %"}
        return found | {"value": ", ".join(map(str, value if isinstance(value, list) else [value]))}


def _typed(takes: str, op: str, text: str) -> Any:
    """What was typed in the shape of a condition; as it stands where it is none, for the service to refuse."""
    if takes == "number":
        plain = "".join(text.split())
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else text
    if takes == "share":
        plain = text.replace("%", "").replace(",", ".").strip()
        try:
            return round(float(plain) / 100, 6)
        except ValueError:
            return text
    read = _country if takes == "country" else _language
    words = [read(word.strip()) for word in text.split(",") if word.strip()]
    return words if op == "in" else ", ".join(words)


def _country(word: str) -> str:
    """A country by its code or its name in the reader's language."""
    known = {name.casefold(): code for code, name in countries.choices()}
    return known.get(word.casefold(), word.upper())


def _language(word: str) -> str:
    known = {name.casefold(): code for code, name in countries.language_choices()}
    return known.get(word.casefold(), word.lower())


class ConditionsEditor:
    """The rows of a condition: all of the first group, and at least one of the second."""

    groups = ("all", "any")

    def __init__(self, rows: Mapping[str, list[ConditionForm]], whole: bool = True) -> None:
        self.rows, self.whole = rows, whole

    @classmethod
    def of(cls, spec: Mapping[str, Any], qualifications: Sequence[tuple[str, str]]) -> "ConditionsEditor":
        """The rows of a stored condition; `whole` is False for one that has more groups than the page can show."""
        parts = _parts(spec)
        rows = {
            group: [
                ConditionForm(
                    prefix=f"{group}-{place}",
                    qualifications=qualifications,
                    initial=ConditionForm.initial_of(leaf) if leaf else None,
                )
                for place, leaf in enumerate(_with_room((parts or {}).get(group, [])))
            ]
            for group in cls.groups
        }
        return cls(rows, whole=parts is not None)

    @classmethod
    def read(cls, data: QueryDict, qualifications: Sequence[tuple[str, str]]) -> "ConditionsEditor":
        """The rows that were sent."""
        rows = {}
        for group in cls.groups:
            count = sum(f"{group}-{place}-fact" in data for place in range(MOST_ROWS))
            rows[group] = [
                ConditionForm(data, prefix=f"{group}-{place}", qualifications=qualifications)
                for place in range(count)
            ]
        return cls(rows)

    def is_valid(self) -> bool:
        checked = [
            row.is_valid() for rows in self.rows.values() for row in rows
        ]  # every row says what it lacks
        return all(checked)

    def spec(self) -> dict[str, Any]:
        """The condition that the rows make, for the service to check."""
        leaves = {group: [leaf for row in rows if (leaf := row.leaf())] for group, rows in self.rows.items()}
        if not leaves["any"]:
            return {"all": leaves["all"]} if leaves["all"] else {}
        either = {"any": leaves["any"]}
        return {"all": [*leaves["all"], either]} if leaves["all"] else either

    @property
    def titles(self) -> list[tuple[str, str, list[ConditionForm]]]:
        """(group, its heading, its rows)."""
        return [
            ("all", _now("All of these"), self.rows["all"]),
            ("any", _now("And at least one of these"), self.rows["any"]),
        ]


def _with_room(leaves: list[Any]) -> list[Any]:
    return [*leaves, *[None] * (EMPTY_ROWS if leaves else EMPTY_ROWS + 1)]


def _parts(spec: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """A condition as the two groups of the page; None for one that does not fit them."""
    if not spec:
        return {}
    if any(leaf["fact"] == "qualification" and leaf["op"] == "in" for leaf in conditions.leaves(spec)):
        return None
    if "any" in spec:
        flat = all("fact" in part for part in spec["any"])
        return {"any": spec["any"]} if flat else None
    groups = [part for part in spec["all"] if "fact" not in part]
    leaves = [part for part in spec["all"] if "fact" in part]
    if not groups:
        return {"all": leaves}
    if len(groups) > 1 or "any" not in groups[0] or not all("fact" in part for part in groups[0]["any"]):
        return None
    return {"all": leaves, "any": groups[0]["any"]}
