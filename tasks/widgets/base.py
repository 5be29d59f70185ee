"""What every part of a form can do: a `Widget` asks for an answer, a `Shown` shows some of the row.

A part is one file. It declares its options (`settings`), from which a form's JSON is read and the form editor
is drawn; it draws itself, and a widget also cleans an answer, compares two, makes one out of many, and names its
columns in the results. A class with a `key` registers itself when its file is imported; `tasks.widgets` and
`tasks.widgets.shown` import every file of their folder.
"""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import QueryDict
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import consensus, placeholders
from tasks.consensus import Consensus

from .needs import Need
from .part import Part
from .settings import Setting

Cell = str | int | float | bool | None


class Shown(Part):
    """A part that shows some of the row's values."""

    registry: ClassVar[dict[str, type["Shown"]]] = {}
    looked_at: ClassVar[bool] = False  # large, and looked at while one answers: a picture, a page, a film
    said_by = "as"
    common: ClassVar[tuple[Setting, ...]] = (
        Setting("label", "text", gettext_lazy("Label above it"), most=200, default=""),
        Setting(
            "group",
            "text",
            gettext_lazy("Column of the page"),
            help=gettext_lazy("Parts with different names here, such as A and B, stand side by side."),
            most=60,
            default="",
        ),
    )
    column: ClassVar[Setting] = Setting(
        "column", "text", gettext_lazy("Column of your file"), most=100, required=True
    )
    needed: ClassVar[Setting] = Setting(
        "required", "flag", gettext_lazy("Refuse rows where it is empty"), default=False
    )

    def __init_subclass__(cls) -> None:
        if cls.key:
            Shown.registry[cls.key] = cls

    @classmethod
    def editor_fields(cls) -> tuple[Setting, ...]:
        return (*cls.settings, *cls.common)

    @property
    def columns(self) -> list[str]:
        """The input columns it reads."""
        return [self.options["column"], *placeholders.names(self.options["label"])]

    def checks(self) -> list[tuple[str, Callable[[str], str | None]]]:
        return [(self.options["column"], _not_empty)] if self.options.get("required") else []

    def body(self, data: Mapping[str, str]) -> SafeString:
        """The value itself as HTML; empty when there is nothing to show."""
        raise NotImplementedError

    def render(self, data: Mapping[str, str]) -> SafeString:
        """Label and value as HTML. A labelled value that is empty says so; an unlabelled one leaves no trace."""
        body, label = self.body(data), placeholders.fill(self.options["label"], data)
        if not label:
            return body
        return format_html(
            '<p class="label">{}</p>{}', label, body or format_html('<p class="quiet">{}</p>', _("(empty)"))
        )


def _not_empty(cell: str) -> str | None:
    return None if cell.strip() else _("This cell is empty.")


@dataclass(frozen=True)
class Drawing:
    """One drawing of a widget: what was answered so far (as typed, or cleaned), what is wrong with it, the row."""

    id: str  # name and id of the input, such as "answer-same"
    value: Any = None
    errors: Sequence[Any] = ()
    data: Mapping[str, str] | None = None
    keys: bool = False  # print and bind the hotkeys 1-9


class Widget(Part):
    """A part that asks for an answer. A cleaned answer is JSON; None means that nothing was answered."""

    registry: ClassVar[dict[str, type["Widget"]]] = {}
    said_by = "widget"
    common: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "name",
            "text",
            gettext_lazy("Name in the results"),
            help=gettext_lazy("Small letters, digits and _: it becomes a column of your results."),
            most=40,
            required=True,
        ),
        Setting("label", "text", gettext_lazy("Question"), most=500, required=True),
        Setting("help", "text", gettext_lazy("Hint under the question"), most=1000, default=""),
        Setting("required", "flag", gettext_lazy("Must be answered"), default=False),
        Setting(
            "needed_if",
            "text",
            gettext_lazy("Must be answered only after"),
            help=gettext_lazy(
                "An earlier question and its answers, such as verdict=wrong|partly. Else empty."
            ),
            most=400,
            default="",
        ),
    )
    need: Need | None = None  # what `needed_if` says, set by the form, which knows the other questions

    def __init_subclass__(cls) -> None:
        if cls.key:
            Widget.registry[cls.key] = cls

    @classmethod
    def editor_fields(cls) -> tuple[Setting, ...]:
        return (*cls.common, *cls.settings)

    @property
    def name(self) -> str:
        return str(self.options["name"])

    @property
    def label(self) -> str:
        return str(self.options["label"])

    @property
    def required(self) -> bool:
        return bool(self.options["required"])

    @property
    def grouped(self) -> bool:
        """Whether it has several inputs under one question: a fieldset instead of a label."""
        return False

    @property
    def hotkeys(self) -> bool:
        """Whether it can use the keys 1-9; the first widget of a form that can gets them."""
        return False

    @property
    def personal(self) -> bool:
        """Whether it is drawn for one person and assignment (`Row.who`), so that no drawing of it is kept."""
        return False

    @property
    def guarded(self) -> bool:
        """Whether its answer is compared with a secret, so that wrong ones are counted and few."""
        return False

    screens: ClassVar[bool] = False  # whether some answer of it ends the task: a screen-out

    def ends(self, value: Any) -> bool:
        """Whether this raw answer ends the task instead of answering it."""
        return False

    @property
    def columns(self) -> list[str]:
        """The input columns that stand as {{column}} in its question and hint."""
        return placeholders.names(self.label + " " + self.options["help"])

    # --- the answer ------------------------------------------------------------------------------------

    def from_post(self, data: QueryDict, key: str) -> Any:
        """The raw answer in what a browser sent, or None."""
        return data.get(key)

    def clean(self, value: Any) -> Any:
        """The answer in its one normal shape, or None when it is empty. Raises Wrong."""
        raise NotImplementedError

    def files(self, value: Any) -> Mapping[str, str]:
        """The files that a cleaned answer names: {public id: kind}. They must have come with the same assignment."""
        return {}

    def missing(self) -> str:
        """The sentence for a required answer that is not there."""
        return _("Please answer this question.")

    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer."""
        raise NotImplementedError

    @property
    def classes(self) -> Sequence[Any]:
        """The answers there are, where an answer is one of a few; empty for everything else."""
        return ()

    # From which agreement on two answers count as the same: below 1 where no two hands draw the same line.
    same_from: ClassVar[float] = 1.0

    def same_as(self, value: Any) -> Hashable:
        """What two answers share when they mean the same."""
        return value if isinstance(value, Hashable) else json.dumps(value, sort_keys=True)

    def agree(self, one: Any, other: Any) -> float:
        """How much two answers agree, from 0 to 1."""
        return float(self.same_as(one) == self.same_as(other))

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """One value out of many, in the order of submission; never called without values."""
        return consensus.majority(values, key=self.same_as)

    # --- the results -----------------------------------------------------------------------------------

    def export_columns(self) -> list[str]:
        """The columns of the results that hold its value."""
        return [self.name]

    def cells(self, value: Any) -> list[Cell]:
        """The value as plain cells, one for each of `export_columns`; None is an empty one."""
        return [value]

    def literals(self, value: Any) -> list[str]:
        """The value as JSON text, one for each of `export_columns`, with its type kept."""
        return [json.dumps(value, ensure_ascii=False)]

    def as_text(self, value: Any) -> str:
        """The value as a person reads it."""
        return "" if value is None else str(value)

    def in_words(self, value: Any, data: Mapping[str, str] | None) -> str:
        """As `as_text`, beside the row that it answers: marks can quote the words they stand on."""
        return self.as_text(value)

    def as_html(self, value: Any, data: Mapping[str, str] | None) -> SafeString:
        """The value as a person looks at it on a page, beside the row it answers; empty when nothing was answered."""
        return SafeString(linebreaksbr(self.as_text(value), autoescape=True))

    # --- the page --------------------------------------------------------------------------------------

    def input(self, drawing: Drawing) -> SafeString:
        """The inputs as HTML. A single one has `drawing.id` as its id and takes `described(drawing)`."""
        raise NotImplementedError

    def render(self, drawing: Drawing) -> SafeString:
        """Question, hint, errors and inputs as HTML."""
        optional: SafeString | str = ""
        if not self.required:
            needed = _("(needed after %(answers)s)") % {"answers": self.need.words} if self.need else ""
            optional = format_html(' <span class="optional">{}</span>', needed or _("(optional)"))
        question = placeholders.fill(self.label, drawing.data)
        parts = {
            "invalid": " invalid" if drawing.errors else "",
            "id": drawing.id,
            "question": question,
            "optional": optional,
            "notes": self._notes(drawing),
            "input": self.input(drawing),
        }
        if self.grouped:
            return format_html(
                '<fieldset class="field{invalid}" id="{id}"{described}><legend>{question}{optional}</legend>'
                "{notes}{input}</fieldset>",
                described=self.described(drawing),
                **parts,
            )
        return format_html(
            '<div class="field{invalid}"><label for="{id}">{question}{optional}</label>{notes}{input}</div>',
            **parts,
        )

    def described(self, drawing: Drawing, *more: str) -> SafeString:
        """The attributes that tie hint and errors to an input or a group; `more` are ids of further words about it."""
        ids = [drawing.id + "-hint"] if self.options["help"] else []
        ids += more
        ids += [drawing.id + "-error"] if drawing.errors else []
        described = format_html(' aria-describedby="{}"', " ".join(ids)) if ids else SafeString("")
        invalid = ' aria-invalid="true"' if drawing.errors and not self.grouped else ""
        return SafeString(described + invalid)

    def _notes(self, drawing: Drawing) -> SafeString:
        notes = SafeString("")
        if self.options["help"]:
            hint = placeholders.fill(self.options["help"], drawing.data)
            notes += format_html('<div class="hint" id="{}-hint">{}</div>', drawing.id, hint)
        if drawing.errors:
            lines = format_html_join("", "<li>{}</li>", ((error,) for error in drawing.errors))
            notes += format_html('<ul class="errors" id="{}-error">{}</ul>', drawing.id, lines)
        return notes


class Scripted(Widget):
    """A widget that a script draws. Its answer travels as JSON in one hidden box, which the script fills.

    The script (`scripts`, one of them calls `Tessera.widget(key, …)`) gets `client(drawing)` and the value so
    far. It takes the place of `still(drawing)`, and what helps those who can't see or point comes from it too.
    """

    @property
    def grouped(self) -> bool:
        return True

    def client(self, drawing: Drawing) -> dict[str, Any]:
        """What the script needs to draw: options, addresses and words, as JSON."""
        raise NotImplementedError

    def still(self, drawing: Drawing) -> SafeString:
        """What stands there until the script has drawn, and where none runs: such as the picture alone."""
        return SafeString("")

    def from_post(self, data: QueryDict, key: str) -> Any:
        """The parsed JSON; text that is none, or can't be sent back, comes as it was typed, for `clean` to refuse."""
        typed = data.get(key)
        if typed is None or not typed.strip():
            return None
        try:
            value = json.loads(typed)
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # no half of a surrogate, no NaN
        except (ValueError, RecursionError):
            return typed
        return value

    def input(self, drawing: Drawing) -> SafeString:
        value = "" if drawing.value is None else json.dumps(drawing.value, ensure_ascii=False)
        return format_html(
            '<div class="widget widget-{}" {}>{}<textarea name="{}" hidden data-answer>{}</textarea>'
            '<p class="quiet" data-waiting hidden>{}</p><noscript><p class="quiet">{}</p></noscript></div>',
            self.key,
            self.hooks(self.client(drawing)),
            self.still(drawing),
            drawing.id,
            value,
            _("One moment: this is being loaded."),
            _(
                "This question needs JavaScript. Switch it on for this page, or skip the task: it costs nothing."
            ),
        )
