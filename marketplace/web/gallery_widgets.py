"""/gallery/widgets/: every widget and every shown input in its states, drawn from the registry. Absent from production.

?only=spans shows one part, ?dir=rtl turns the page around. A part says itself what it is shown with
(`Part.example`); for one that doesn't, the first kind that uses it lends its form and its first row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tasks import kinds, widgets
from tasks.rows import Row
from tasks.widgets.base import Drawing, Shown, Widget
from tasks.widgets.part import Part
from tasks.widgets.settings import Setting, Wrong


@dataclass(frozen=True)
class State:
    """One drawing of a part, and what it shows."""

    title: str
    html: SafeString


@dataclass(frozen=True)
class Sample:
    """What a part is shown with."""

    spec: Mapping[str, Any]
    row: Row
    answer: Any = None
    wrong: Any = None
    also: Sequence["Sample"] = ()


def gallery_widgets(request: HttpRequest) -> HttpResponse:
    """The page. 404 in production."""
    if settings.PRODUCTION:
        raise Http404
    only = request.GET.get("only", "")
    groups = [
        {
            "title": title,
            "parts": [
                {"key": key, "title": part.title, "states": list(states(part))}
                for key, part in known.items()
                if only in ("", key)
            ],
        }
        for title, known in (
            (_("Asked of a worker"), widgets.all_widgets()),
            (_("Shown of a row"), widgets.all_shown()),
        )
    ]
    context = {"groups": groups, "dir": request.GET.get("dir", "")}
    return render(request, "web/gallery_widgets.html", context)


def sample(part: type[Part]) -> Sample:
    """The part's own example, else what a kind has for it, else settings that say no more than their names."""
    own = part.example()
    if own is not None:
        return _read(part, own)
    listed = "show" if issubclass(part, Shown) else "fields"
    for kind in kinds.all_kinds():
        for entry in kind.form().get(listed, []):
            if entry.get(part.said_by) == part.key:
                return Sample(_filled(part, entry), Row(kind.example_rows()[0]))
    return Sample(_filled(part, {}), Row({"text": _("A cell of a row.")}))


def _read(part: type[Part], example: Mapping[str, Any]) -> Sample:
    also = [_read(part, each) for each in example.get("also", [])]
    spec, row = _filled(part, example.get("spec", {})), Row(example.get("row", {}))
    return Sample(spec, row, example.get("answer"), example.get("wrong"), also)


def states(part: type[Part]) -> Iterator[State]:
    """Every state of a part."""
    found = sample(part)
    if issubclass(part, Shown):
        yield from _shown_states(part, found)
    elif issubclass(part, Widget):
        yield from _widget_states(part, found)


def _shown_states(part: type[Shown], found: Sample) -> Iterator[State]:
    yield State(_("As it comes"), part({**found.spec, "label": ""}, "show", {}).render(found.row))
    labelled = part({**found.spec, "label": _long()}, "show", {})
    yield State(_("With a long label"), labelled.render(found.row))
    yield State(_("Of an empty cell"), labelled.render(Row({})))


def _widget_states(part: type[Widget], found: Sample) -> Iterator[State]:
    plain = part(found.spec, "fields", {})
    wordy = part({**found.spec, "label": _long(), "help": _hint(), "required": False}, "fields", {})
    blank = {"data": found.row, "keys": plain.hotkeys}
    name = f"gallery-{part.key}"
    yield State(_("Empty"), plain.render(Drawing(f"{name}-empty", **blank)))
    if found.answer is not None:
        yield State(_("Answered"), plain.render(Drawing(f"{name}-answered", found.answer, data=found.row)))
        yield State(_("An answer that is looked at"), plain.as_html(found.answer, found.row))
    errors = [_refusal(plain, found)]
    wrong = Drawing(f"{name}-wrong", found.wrong or found.answer, errors, found.row)
    yield State(_("Wrong"), plain.render(wrong))
    yield State(_("With a hint and a long question"), wordy.render(Drawing(f"{name}-hint", data=found.row)))
    for number, other in enumerate(found.also):
        widget = part(other.spec, "fields", {})
        yield State(_("Another one"), widget.render(Drawing(f"{name}-also-{number}", data=other.row)))
        filled = Drawing(f"{name}-also-{number}-answered", other.answer, data=other.row)
        yield State(_("Another one, answered"), widget.render(filled))


def _refusal(widget: Widget, found: Sample) -> Any:
    try:
        widget.clean(found.wrong)
    except Wrong as wrong:
        return wrong.message
    return widget.missing()


def _filled(part: type[Part], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, with something for each that is needed and not there."""
    needed = {each.name: _made_up(each) for each in part.editor_fields() if each.required}
    own = {"name": "x", "label": part.title} if issubclass(part, Widget) else {}
    given = {name: value for name, value in spec.items() if name != part.said_by}
    filled = {**needed, **own, **given}
    return {name: str(value) if name == "label" else value for name, value in filled.items()}


def _made_up(setting: Setting) -> Any:
    if setting.kind == "pairs":
        first, second = setting.keys
        return [{first: "text", second: _("First")}, {first: "other", second: _("Second")}]
    samples = {"flag": True, "count": max(1, setting.least), "decimal": "1", "language": "en", "text": "text"}
    return setting.choices[0][0] if setting.choices else samples[setting.kind]


def _long() -> str:
    return _(
        "A question that somebody wrote with great care and at great length, so that it runs over several lines of a "
        "phone before it comes to its point, which is this one?"
    )


def _hint() -> str:
    return _("A hint says what to do where the question leaves a doubt, in a sentence or two.")
