"""The form editor: a form of parts as it is being typed, with every half-finished part kept as it stands.

It knows no widget by name. Each part class says which settings it has; a setting says how it is shown and read
back. Inputs are called `<list>-<number>-<setting>`, and `<list>-<number>-part` says which part it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from tasks import widgets
from tasks.widgets.base import Shown, Widget
from tasks.widgets.part import Part, Problems
from tasks.widgets.settings import Setting

LISTS = ("show", "fields")
# The headings under which parts are offered; a part without a family comes last.
FAMILIES: dict[str, Any] = {
    "choose": _lazy("Choose and compare"),
    "write": _lazy("Write and count"),
    "mark": _lazy("Mark and draw"),
    "bring": _lazy("Bring from elsewhere"),
    "words": _lazy("Words and records"),
    "media": _lazy("Pictures, sound, documents"),
    "": _lazy("More"),
}
MOST_REMOVED = 10  # parts that can be put back
MOST = 60  # parts of one list that are read from a page
_PLACE = re.compile(r"(show|fields)\[(\d+)\]\.(\w+)")


@dataclass
class Input:
    """One setting of one part, as the page shows it."""

    setting: Setting
    name: str
    typed: str
    errors: list[Any] = field(default_factory=list)

    @property
    def is_on(self) -> bool:
        return self.setting.parse(self.typed) is True

    @property
    def is_needed(self) -> bool:
        """Whether a person must look at it; everything else, and what has a good value, is one step further down."""
        return self.setting.name == "required" or (self.setting.required and self.setting.name != "name")

    @property
    def is_set(self) -> bool:
        return self.setting.name != "name" and self.typed.strip() != self.setting.show(self.setting.default)


@dataclass
class Row:
    """One part: its class and what was typed for each setting."""

    part: type[Part]
    typed: dict[str, str]
    errors: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What a person knows it by: its question, or what it shows."""
        return self.typed.get("label") or self.typed.get("column") or ""

    def spec(self) -> dict[str, Any]:
        """The part as JSON, without the boxes left empty."""
        read = {each.name: each.parse(self.typed.get(each.name)) for each in self.part.editor_fields()}
        kept = {name: value for name, value in read.items() if value not in (None, False)}
        return {self.part.said_by: self.part.key, **kept}


class Editor:
    """Both lists of a form: what is shown of a row, and what is asked."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in LISTS}
        self.other_errors: list[Any] = []
        self.removed: list[
            dict[str, Any]
        ] = []  # what was taken out, the last at the end; the session keeps it
        self.now = ""  # id of the part that was changed by a button

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "Editor":
        """From a form's JSON; a part that this version does not know is left out."""
        editor = cls()
        for name in LISTS:
            for entry in spec.get(name, []):
                part = _known(name).get(entry.get("as" if name == "show" else "widget"))
                if part:
                    typed = {each.name: each.show(entry.get(each.name)) for each in part.editor_fields()}
                    editor.rows[name].append(Row(part, typed))
        return editor

    @classmethod
    def from_typed(cls, data: Mapping[str, Any]) -> "Editor":
        """From what a browser sent, or from what `typed` kept."""
        editor = cls()
        for name in LISTS:
            for number in range(MOST):
                key = data.get(f"{name}-{number}-part")
                if key is None:
                    break
                part = _known(name).get(key)
                if part:
                    typed = {
                        each.name: str(data.get(f"{name}-{number}-{each.name}", ""))
                        for each in part.editor_fields()
                    }
                    editor.rows[name].append(Row(part, typed))
        return editor

    def typed(self) -> dict[str, str]:
        """Everything typed, under the names of the page's inputs: what `from_typed` reads."""
        kept = {}
        for name in LISTS:
            for number, row in enumerate(self.rows[name]):
                kept[f"{name}-{number}-part"] = row.part.key
                for setting, text in row.typed.items():
                    kept[f"{name}-{number}-{setting}"] = text
        return kept

    def spec(self) -> dict[str, Any]:
        """The form as JSON; `compile_form` says whether it can stand."""
        return {name: [row.spec() for row in rows] for name, rows in self.rows.items()}

    def apply(self, order: str, columns: Sequence[str] = ()) -> None:
        """Do what a button asks: "add:fields:choice", "up:show:1", "down:show:0", "copy:show:1", "remove:fields:2",
        "restore".

        An order that fits nothing (an old page) changes nothing. `columns` are those of the requester's file.
        """
        verb, _colon, rest = order.partition(":")
        name, _colon, what = rest.partition(":")
        if verb == "restore":
            self._restore()
        if name not in LISTS:
            return
        rows = self.rows[name]
        if verb == "add" and what in _known(name) and len(rows) < MOST:
            part = _known(name)[what]
            rows.append(Row(part, self._first_values(part, columns)))
            self.now = f"{name}-{len(rows) - 1}"
        elif what.isascii() and what.isdigit() and int(what) < len(rows):
            self._change(verb, name, int(what))

    def _change(self, verb: str, name: str, here: int) -> None:
        """Move, copy or remove a part that is there."""
        rows = self.rows[name]
        there = {"up": here - 1, "down": here + 1}.get(verb, -1)
        if verb == "remove":
            row = rows.pop(here)
            self.removed.append({"list": name, "number": here, "part": row.part.key, "typed": row.typed})
            del self.removed[:-MOST_REMOVED]
            there = min(here, len(rows) - 1)
        elif verb == "copy" and len(rows) < MOST:
            there = here + 1
            rows.insert(there, Row(rows[here].part, self._copied(rows[here].typed)))
        elif 0 <= there < len(rows):
            rows[here], rows[there] = rows[there], rows[here]
        if there >= 0:
            self.now = f"{name}-{there}"

    def _copied(self, typed: Mapping[str, str]) -> dict[str, str]:
        """The same settings, under a name that is free."""
        if "name" not in typed:
            return dict(typed)
        taken = {row.typed.get("name") for row in self.rows["fields"]}
        stem = re.sub(r"_\d+$", "", typed["name"])[:36] or "q"
        return {**typed, "name": next(name for n in range(2, 100) if (name := f"{stem}_{n}") not in taken)}

    def _restore(self) -> None:
        """Put the part that was removed last back where it was."""
        if not self.removed:
            return
        last = self.removed.pop()
        name, part = last["list"], _known(last["list"]).get(last["part"])
        if part and len(self.rows[name]) < MOST:
            number = min(last["number"], len(self.rows[name]))
            self.rows[name].insert(number, Row(part, dict(last["typed"])))
            self.now = f"{name}-{number}"

    @property
    def last_removed(self) -> dict[str, str] | None:
        """The part that `restore` would put back: its list, title and words."""
        if not self.removed:
            return None
        last = self.removed[-1]
        part = _known(last["list"]).get(last["part"])
        if part is None:
            return None
        words = Row(part, last["typed"]).words
        return {"list": last["list"], "title": str(part.title), "words": words}

    def _first_values(self, part: type[Part], columns: Sequence[str]) -> dict[str, str]:
        """What a new part begins with, so that it works at once and shows by example what to write."""
        typed = {each.name: each.show(each.default) for each in part.editor_fields()}
        taken = {row.typed.get("name") for row in self.rows["fields"]}
        shown = {row.typed.get("column") for row in self.rows["show"]}
        free = next((column for column in columns if column not in shown), _("title"))
        for setting in part.editor_fields():
            if setting.kind == "pairs" and setting.required:
                names = list(columns) or [_("title")]
                options = [f"yes | {_('Yes')}", f"no | {_('No')}"]
                typed[setting.name] = "\n".join(names if setting.keys[0] == "column" else options)
        if "name" in typed:
            typed["name"] = next(name for n in range(1, 100) if (name := f"q{n}") not in taken)
            typed["label"] = _("Question %(number)s") % {"number": len(self.rows["fields"]) + 1}
            typed["required"] = "on"
        if "column" in typed:
            typed["column"] = free
        return self._completed(part, typed, columns)

    def _completed(self, part: type[Part], typed: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
        """`typed` with what a part still lacks taken from its own example; columns from the file, as far as they go."""
        sample = (part.example() or {}).get("spec", {})
        problems: Problems = {}
        part(Row(part, typed).spec(), "", problems)
        free = [column for column in columns if column not in typed.values()] or list(columns)
        shown = part({**Row(part, typed).spec(), **sample}, "", {}).columns if problems else []  # type: ignore[attr-defined]
        for setting in part.editor_fields():
            if f".{setting.name}" in problems and sample.get(setting.name):
                value = setting.read(sample[setting.name])
                typed[setting.name] = setting.show(free.pop(0) if value in shown and free else value)
        return typed

    def mark(self, problems: Mapping[str, Sequence[Any]]) -> None:
        """Put the problems of a refused form where they belong; what fits nowhere goes on top."""
        for place, messages in problems.items():
            found = _PLACE.fullmatch(place)
            rows = self.rows[found[1]] if found else []
            if found and int(found[2]) < len(rows):
                rows[int(found[2])].errors.setdefault(found[3], []).extend(messages)
            else:
                self.other_errors.extend(messages)

    def lines(self) -> list[tuple[str, str]]:
        """What is wrong, as lines that lead to the boxes (or the parts) where it is."""
        found = [("", str(line)) for line in self.other_errors]
        for name, rows in self.rows.items():
            for number, row in enumerate(rows):
                labels = {each.name: each.label for each in row.part.editor_fields()}
                for place, errors in row.errors.items():
                    target = f"id_{name}-{number}-{place}" if place in labels else f"{name}-{number}"
                    found += [(target, f"{labels.get(place, row.part.title)}: {line}") for line in errors]
        return found

    def view(self) -> list[dict[str, Any]]:
        """Both lists with their inputs, for the template."""
        return [
            {
                "name": name,
                "parts": [self._view_row(name, number, row) for number, row in enumerate(self.rows[name])],
                "offers": _offers(name),
            }
            for name in LISTS
        ]

    def _view_row(self, name: str, number: int, row: Row) -> dict[str, Any]:
        known = {each.name for each in row.part.editor_fields()}
        inputs = [
            Input(
                each,
                f"{name}-{number}-{each.name}",
                row.typed.get(each.name, ""),
                row.errors.get(each.name, []),
            )
            for each in row.part.editor_fields()
        ]
        more = [each for each in inputs if not each.is_needed]
        return {
            "number": number,
            "key": row.part.key,
            "id": f"{name}-{number}",
            "title": row.part.title,
            "now": self.now == f"{name}-{number}",
            "first": number == 0,
            "last": number == len(self.rows[name]) - 1,
            "errors": [line for place, lines in row.errors.items() if place not in known for line in lines],
            "first_inputs": [each for each in inputs if each.is_needed],
            "more_inputs": more,
            "more_open": any(each.errors for each in more),
            "more_set": ", ".join(str(each.setting.label) for each in more if each.is_set),
        }


def _offers(name: str) -> list[dict[str, Any]]:
    """The parts that can be added to a list, under their headings."""
    families: dict[str, list[dict[str, Any]]] = {family: [] for family in FAMILIES}
    for key, part in _known(name).items():
        family = part.family if part.family in FAMILIES else ""
        families[family].append({"order": f"add:{name}:{key}", "title": part.title})
    return [
        {"id": f"{name}-{family or 'more'}", "title": FAMILIES[family], "parts": parts}
        for family, parts in families.items()
        if parts
    ]


def _known(name: str) -> Mapping[str, type[Part]]:
    found: Mapping[str, type[Shown]] | Mapping[str, type[Widget]] = (
        widgets.all_shown() if name == "show" else widgets.all_widgets()
    )
    return found
