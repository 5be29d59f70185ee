"""Forms: what a worker sees of a row and what they answer, compiled from JSON (DESIGN §8).

`compile_form` checks a form once and keeps it; the result cleans, draws and compares answers.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from marketplace.base.errors import Invalid

from . import judging, placeholders, widgets
from .consensus import Consensus
from .widgets import needs
from .widgets.base import Drawing, Shown, Widget
from .widgets.part import Part, Problems
from .widgets.settings import Wrong

PREFIX = "answer-"
MOST_SHOWN, MOST_FIELDS, MOST_CHARS = 40, 60, 200_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Columns of the results that are not answers.
RESERVED = frozenset({"answers", "assignment", "worker", "submitted_at", "reward"})


class BadForm(Invalid):
    """The form can't be used; `fields` names each place, such as "fields[1].options"."""

    code = "bad_form"
    detail = gettext_lazy("This form can't be used yet. Look at the marked places.")


class BadAnswer(Invalid):
    """The answer does not fit the form; `fields` says which parts and why."""

    code = "bad_answer"
    detail = gettext_lazy("Some of the answer can't be used. Look at the marked questions.")


@dataclass(frozen=True)
class Line:
    """One question and its answer in words, for people who read an answer."""

    name: str
    label: str
    text: str
    html: SafeString  # the same to look at: a drawing on its picture, marked words


class Form:
    """A checked form. Make it with `compile_form`; it is shared between requests and never changed."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        problems: Problems = {}
        self.show: list[Shown] = _parts(spec, "show", "as", widgets.all_shown(), MOST_SHOWN, problems)
        self.fields: list[Widget] = _parts(
            spec, "fields", "widget", widgets.all_widgets(), MOST_FIELDS, problems
        )
        for name in spec.keys() - {"show", "fields"}:
            problems.setdefault(str(name), []).append(_("A form has only “show” and “fields”."))
        if not problems:
            _check_names(self.fields, problems)
            _read_needs(self.fields, problems)
        if problems:
            raise BadForm(fields=problems)
        self._by_name = {widget.name: widget for widget in self.fields}
        self.screening = [widget for widget in self.fields if widget.screens]
        self.guarded = [widget for widget in self.fields if widget.guarded]
        self.personal = any(widget.personal for widget in self.fields)
        # What must be looked at again and again while one answers: on a wide screen it stands beside the questions.
        self.beside = any(part.looked_at for part in self.show)
        self._keyed = next((widget.name for widget in self.fields if widget.hotkeys), None)
        self._blocks = _blocks(self.show)
        self._blank: dict[tuple[str | None, str], list[SafeString | None]] = {}

    @property
    def spec(self) -> dict[str, Any]:
        """The form as JSON in its normal shape; compiling it again gives the same form."""
        return {"show": [part.spec for part in self.show], "fields": [part.spec for part in self.fields]}

    @cached_property
    def public_spec(self) -> dict[str, Any]:
        """`spec` without what those who answer may not read, such as the codes of an outside survey."""
        return {
            "show": [part.public_spec for part in self.show],
            "fields": [part.public_spec for part in self.fields],
        }

    @property
    def columns(self) -> list[str]:
        """The input columns that the form shows or uses as {{column}}, each once, in order."""
        parts: list[Shown | Widget] = [*self.show, *self.fields]
        return list(dict.fromkeys(column for part in parts for column in part.columns))

    @cached_property
    def picture_column(self) -> str | None:
        """The first column whose cells name a picture that is shown or drawn on; None without any."""
        parts: list[Shown | Widget] = [*self.show, *self.fields]
        return next((part.media_columns[0] for part in parts if part.pictured and part.media_columns), None)

    @property
    def media_columns(self) -> list[str]:
        """The input columns whose cells name pictures, sounds, films or pages."""
        return list(self.media_uses)

    @cached_property
    def media_uses(self) -> dict[str, frozenset[str]]:
        """The same columns, each with the ways in which the form uses it (`Part.media_use`)."""
        found: dict[str, frozenset[str]] = {}
        parts: list[Shown | Widget] = [*self.show, *self.fields]
        for part in parts:
            for column in part.media_columns:
                found[column] = found.get(column, frozenset()) | {part.media_use}
        return found

    def checks(self) -> list[tuple[str, Callable[[str], str | None]]]:
        """(column, function) for cells that a row must get right; the function returns a sentence or None."""
        return [check for part in (*self.show, *self.fields) for check in part.checks()]

    def warnings(self) -> list[str]:
        """Sentences for the requester, in the active language, about what can stand but is hardly meant."""
        return [sentence for part in (*self.show, *self.fields) for sentence in part.warnings()]

    # --- answers ---------------------------------------------------------------------------------------

    def from_post(self, data: QueryDict, prefix: str = PREFIX) -> dict[str, Any]:
        """The raw answer in what a browser sent: {name: what was typed}, without the fields that were not sent."""
        raw = {widget.name: widget.from_post(data, prefix + widget.name) for widget in self.fields}
        return {name: value for name, value in raw.items() if value is not None}

    def clean(self, answer: Any) -> dict[str, Any]:
        """The answer in its one normal shape, in the order of the form; fields left empty are left out.

        Raises BadAnswer with `fields`: {name: [messages]}.
        """
        if not isinstance(answer, Mapping):
            raise BadAnswer(
                fields={"answer": [_("An answer is an object with one entry for each question.")]}
            )
        problems: Problems = {
            str(name): [_("The form has no such question.")] for name in answer if name not in self._by_name
        }
        cleaned = {}
        for widget in self.fields:
            try:
                value = widget.clean(answer.get(widget.name))
            except Wrong as wrong:
                problems[widget.name] = [wrong.message]
                continue
            if value is not None:
                cleaned[widget.name] = value
            elif widget.required:
                problems[widget.name] = [widget.missing()]
        for widget in self.fields:
            lacking = widget.name not in cleaned and widget.name not in problems
            if lacking and widget.need and widget.need.holds(cleaned):
                problems[widget.name] = [widget.missing()]
        if problems:
            raise BadAnswer(fields=problems)
        return cleaned

    def screened_out(self, answer: Any) -> bool:
        """Whether a raw answer ends the task: somebody said no to a question that lets them leave."""
        return (
            bool(self.screening)
            and isinstance(answer, Mapping)
            and any(widget.ends(answer.get(widget.name)) for widget in self.screening)
        )

    def answer_schema(self) -> dict[str, Any]:
        """JSON schema of an answer."""
        rules = [widget.need.schema(widget.name) for widget in self.fields if widget.need]
        return {
            **({"allOf": rules} if rules else {}),
            "type": "object",
            "properties": {widget.name: {"title": widget.label, **widget.schema()} for widget in self.fields},
            "required": [widget.name for widget in self.fields if widget.required],
            "additionalProperties": False,
        }

    def describe(self, answer: Mapping[str, Any], data: Mapping[str, str] | None = None) -> list[Line]:
        """Each question with its answer in words; empty text where nothing was answered."""
        return [
            Line(
                widget.name,
                placeholders.fill(widget.label, data),
                widget.in_words(answer.get(widget.name), data),
                SafeString("")
                if answer.get(widget.name) is None
                else widget.as_html(answer[widget.name], data),
            )
            for widget in self.fields
        ]

    # --- comparing ---------------------------------------------------------------------------------------

    def same(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
        """Whether two cleaned answers mean the same in every field."""
        return all(_same(widget, a.get(widget.name), b.get(widget.name)) for widget in self.fields)

    def agree(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
        """How much two cleaned answers agree: the mean over the fields, from 0 to 1."""
        return sum(_agree(widget, a.get(widget.name), b.get(widget.name)) for widget in self.fields) / len(
            self.fields
        )

    def consensus(
        self,
        answers: Sequence[Mapping[str, Any]],
        workers: Sequence[int] = (),
        judges: "judging.Judges | None" = None,
    ) -> dict[str, Consensus]:
        """For each field what the cleaned answers, in order of submission, say together.

        `workers` (row numbers) says who gave each answer, and `judges` what the batch knows of them, by field.
        """
        return {
            widget.name: judging.together(
                widget,
                [answer.get(widget.name) for answer in answers],
                workers,
                (judges or {}).get(widget.name),
            )
            for widget in self.fields
        }

    # --- the page ----------------------------------------------------------------------------------------

    def render_shown(self, data: Mapping[str, str]) -> SafeString:
        """What the form shows of a row; groups stand side by side."""
        blocks = []
        for block in self._blocks:
            articles = []
            for group, parts in block:
                body = "".join(part.render(data) for part in parts)
                head = format_html('<p class="label">{}</p>', group) if group else ""
                articles.append(f"<article>{head}{body}</article>")
            blocks.append(f'<div class="pair">{"".join(articles)}</div>')
        return mark_safe("".join(blocks))  # noqa: S308 - each part escapes its values

    def render_fields(
        self,
        data: Mapping[str, str] | None,
        answer: Mapping[str, Any] | None = None,
        errors: Mapping[str, Sequence[Any]] | None = None,
        prefix: str = PREFIX,
    ) -> SafeString:
        """The questions with what was answered so far. Those that are the same for every task are drawn once."""
        blank = self._drawn_blank(prefix)
        html = []
        for widget, drawn in zip(self.fields, blank, strict=True):
            value = (answer or {}).get(widget.name)
            wrong = (errors or {}).get(widget.name, ())
            if drawn is None or value is not None or wrong:
                keyed = widget.name == self._keyed
                drawn = widget.render(Drawing(prefix + widget.name, value, wrong, data, keyed))
            html.append(drawn)
        return mark_safe("".join(html))  # noqa: S308 - widgets escape their values

    def _drawn_blank(self, prefix: str) -> list[SafeString | None]:
        """Each field without answer and errors, in the active language; None for one that names a column."""
        language = get_language()
        found = self._blank.get((language, prefix))
        if found is None:
            found = [
                None
                if widget.columns or widget.personal
                else widget.render(Drawing(prefix + widget.name, keys=widget.name == self._keyed))
                for widget in self.fields
            ]
            if len(self._blank) < 16:  # languages and prefixes are few; the bound only guards the memory
                self._blank[language, prefix] = found
        return found


def compile_form(spec: Any) -> Form:
    """The form that `spec` (parsed JSON) describes; the same JSON gives the same object from a cache.

    Raises BadForm with `fields` naming the places.
    """
    if not isinstance(spec, dict):
        raise BadForm(fields={"form": [_("A form is an object with “show” and “fields”.")]})
    try:
        text = json.dumps(spec)
    except (TypeError, ValueError, RecursionError):
        raise BadForm(fields={"form": [_("This is not JSON.")]}) from None
    if len(text) > MOST_CHARS:
        raise BadForm(fields={"form": [_("This form is too large.")]})
    return _compiled(text)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Form:
    return Form(json.loads(text))


def render_task(
    form: Form,
    data: Mapping[str, str] | None,
    answer: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[Any]] | None = None,
    prefix: str = PREFIX,
) -> SafeString:
    """What a worker sees of a task: the row's values, then the questions."""
    shown = form.render_shown(data or {})
    asked = form.render_fields(data, answer, errors, prefix)
    if form.beside:
        return format_html('<div class="facing"><div>{}</div><div class="flow">{}</div></div>', shown, asked)
    return SafeString(shown + asked)


def _parts(
    spec: Mapping[str, Any],
    place: str,
    said_by: str,
    known: Mapping[str, type[Any]],
    most: int,
    problems: Problems,
) -> list[Any]:
    """The parts listed under `place`; what can't stand goes into `problems`."""
    listed = spec.get(place, [])
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        problems[place] = [_("This must be a list of objects.")]
        return []
    if len(listed) > most:
        problems[place] = [_("Keep it to %(most)s entries at most.") % {"most": most}]
        return []
    if place == "fields" and not listed:
        problems[place] = [_("Ask at least one question.")]
    parts: list[Part] = []
    for number, entry in enumerate(listed):
        chosen = entry.get(said_by)
        if not isinstance(chosen, str) or chosen not in known:
            sentence = _("This must be one of: %(known)s.") % {"known": ", ".join(known)}
            problems[f"{place}[{number}].{said_by}"] = [sentence]
            continue
        parts.append(known[chosen](entry, f"{place}[{number}]", problems))
    return parts


def _check_names(fields: Sequence[Widget], problems: Problems) -> None:
    """Names become columns of the results: each once, plain, and none that the results use themselves."""
    taken: set[str] = set(RESERVED)
    for number, widget in enumerate(fields):
        place = f"fields[{number}].name"
        columns = {column for name in widget.export_columns() for column in (name, f"{name}_confidence")}
        if not NAME.fullmatch(widget.name):
            problems[place] = [_("Use small letters, digits and _, beginning with a letter.")]
        elif columns & taken:
            problems[place] = [_("This name is taken by another column of the results. Choose another.")]
        taken |= columns


def _read_needs(fields: Sequence[Widget], problems: Problems) -> None:
    """What must be answered only after an answer to an earlier question; kept on the question itself."""
    for number, widget in enumerate(fields):
        if not widget.options["needed_if"] or widget.required:
            continue
        try:
            widget.need = needs.read(widget.options["needed_if"], fields[:number])
        except Wrong as wrong:
            problems[f"fields[{number}].needed_if"] = [wrong.message]


def _blocks(show: Sequence[Shown]) -> list[list[tuple[str, list[Shown]]]]:
    """Shown parts in rows of articles: neighbours of one group share an article, groups share a row."""
    blocks: list[list[tuple[str, list[Shown]]]] = []
    for part in show:
        group = part.options["group"]
        if not blocks or bool(group) != bool(blocks[-1][0][0]):
            blocks.append([])
        article = next((parts for name, parts in blocks[-1] if name == group), None)
        if article is None:
            blocks[-1].append((group, [part]))
        else:
            article.append(part)
    return blocks


def _same(widget: Widget, a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    if widget.same_from < 1:
        return widget.agree(a, b) >= widget.same_from
    return bool(widget.same_as(a) == widget.same_as(b))


def _agree(widget: Widget, a: Any, b: Any) -> float:
    if a is None or b is None:
        return float(a is b)
    return widget.agree(a, b)
