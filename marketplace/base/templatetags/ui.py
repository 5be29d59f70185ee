"""{% load ui %}: figures, fields and components for every template; docs/how-to/components.md shows each in use."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms, template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from .. import countries, formats, marks, money

register = template.Library()

register.filter("eur", formats.eur)
register.filter("number", formats.number)
register.filter("percent", formats.percent)
register.filter("duration", formats.duration)
register.filter("day", formats.day)
register.filter("exact", formats.exact)
register.filter("left", formats.left)
register.filter("country", countries.name)


@register.filter
def eur_signed(micros: int | None) -> str:
    """{{ entry.micros|eur_signed }}: "+€0.12", "−€3.00"."""
    return formats.eur(micros, signed=True)


@register.filter
def eur_up(micros: int | None) -> str:
    """{{ quote.total|eur_up }}: a price in whole cents, rounded up; what it is exactly is its tooltip."""
    return _in_cents(micros, None if micros is None else -money.whole_cents(-micros))


@register.filter
def eur_down(micros: int | None) -> str:
    """{{ standing.available|eur_down }}: what one has in whole cents, rounded down; exactly in its tooltip."""
    return _in_cents(micros, None if micros is None else money.whole_cents(micros))


def _in_cents(micros: int | None, rounded: int | None) -> str:
    if micros == rounded:
        return formats.eur(micros)
    return format_html('<span title="{}">{}</span>', formats.eur(micros), formats.eur(rounded))


@register.filter
def at(moment: dt.datetime | None) -> str:
    """{{ batch.done_by|at }}: "tomorrow, 14:00" as plain text, for sentences and mails."""
    return formats.when(moment)


def _time(moment: dt.datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), formats.exact(moment), words
    )


@register.filter
def when(moment: dt.datetime | None) -> str:
    """{{ batch.done_by|when }}: "tomorrow, 14:00" in a <time> with the full date as its tooltip."""
    return _time(moment, formats.when(moment)) if moment else formats.DASH


@register.filter
def ago(moment: dt.datetime | None) -> str:
    """{{ event.at|ago }}: "2 days ago", "in 8 minutes", in a <time> with the full date as its tooltip."""
    return _time(moment, formats.relative(moment)) if moment else formats.DASH


@register.simple_tag
def icon(name: str) -> SafeString:
    """{% icon "check" %}: decoration beside a word; never alone. KeyError for a name that `marks.ICONS` lacks."""
    return mark_safe(  # noqa: S308 - from constants
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{marks.ICONS[name]}"/></svg>'
    )


@register.simple_tag
def state(name: str, label: Any = "") -> SafeString:
    """{% state batch.state %} or {% state "held" _("held until Friday") %}: a shape and a word."""
    shape, word = marks.mark(str(name))
    drawing = mark_safe(f'<svg viewBox="0 0 12 12" aria-hidden="true">{shape}</svg>')  # noqa: S308 - from constants
    return format_html('<span class="state">{}<span>{}</span></span>', drawing, label or word)


@register.simple_tag
def page_header(title: Any, *crumbs: Any, lead: Any = "") -> SafeString:
    """{% page_header title "Batches" batches_url lead="…" %}: heading, with pairs of label and address before it."""
    pairs = list(zip(crumbs[::2], crumbs[1::2], strict=True))
    return _render("page_header", {"title": title, "crumbs": pairs, "lead": lead})


@register.simple_tag
def gauge(value: float, most: float, label: Any, words: Any = "", kind: str = "progress") -> SafeString:
    """{% gauge done total _("Rows read") words="40 of 100" %}: a bar with its figures; kind "meter" for a level."""
    said = words or f"{formats.number(value)} / {formats.number(most)}"
    share = min(max(float(value) / float(most), 0), 1) if most else 0
    return _render("gauge", {"value": f"{share:.4f}", "label": label, "words": said, "kind": kind})


@register.simple_tag
def level(share: float | Decimal, label: Any) -> SafeString:
    """{% level row.confidence _("Confidence") %}: a small meter with its percentage, for a cell of a table."""
    value = f"{min(max(float(share), 0), 1):.3f}"
    meter = '<meter value="{}" low=".5" high=".7" optimum="1" aria-label="{}"></meter>'
    return format_html('<span class="nowrap">' + meter + "{}</span>", value, label, formats.percent(share))


@register.simple_tag
def capbar(
    cap: int, earned: int, reserved: int = 0, extra: int = 0, year: int | None = None, elsewhere: int = 0
) -> SafeString:
    """{% capbar cap earned reserved extra year elsewhere %}: this year's cap as a bar with its figures; all in micros.

    `elsewhere` was used under another account of the same person.
    """
    room = max(cap - earned - reserved - elsewhere, 0)
    scale = 1000 / cap if cap else 0
    context = {
        "cap": cap, "earned": earned, "reserved": reserved, "extra": extra, "left": room, "year": year,
        "elsewhere": elsewhere, "earned_wide": min(1000, round((earned + elsewhere) * scale)),
        "reserved_wide": round(reserved * scale),
    }  # fmt: skip
    return _render("capbar", context)


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: Any = "") -> SafeString:
    """{% notice "warning" title=_("…") %}…{% endnotice %}; kinds: info, success, warning, error (said at once)."""
    return _render("notice", {"kind": kind, "title": title, "content": mark_safe(content)})  # noqa: S308 - rendered


@register.simple_block_tag
def empty(content: str, title: Any = "", url: str = "", action: Any = "") -> SafeString:
    """{% empty _("No batch yet") url action=_("Post one") %}what the next step is{% endempty %}"""
    inner = mark_safe(content)  # noqa: S308 - rendered by the template engine
    return _render("empty", {"title": title, "url": url, "action": action, "content": inner})


@register.simple_block_tag
def confirm(content: str, label: Any, title: Any = "", danger: bool = False, open: Any = False) -> SafeString:
    """{% confirm _("Close early") danger=True %}what will happen, and the form{% endconfirm %}

    A panel that opens in place; with scripts, a dialog. `open` shows it at once, for a form that came back with errors.
    """
    inner = mark_safe(content)  # noqa: S308 - rendered by the template engine
    context = {
        "label": label,
        "title": title or label,
        "danger": danger,
        "open": bool(open),
        "content": inner,
    }
    return _render("confirm", context)


# Forms


@register.simple_tag
def field(bound: BoundField, **options: Any) -> SafeString:
    """{% field form.price unit="€" hint=_("…") %}: label, hint, errors and widget, tied together.

    Options: label, hint, unit (words after the input), css (classes of the whole), keys=True (choices can be
    picked with 1-9), column=True (one choice to a line); any other is an attribute of the widget, with `_`
    for `-`. A form field may carry `choice_hints`, a mapping from value to a line under the choice.
    """
    shown = {name: options.pop(name, "") for name in ("label", "hint", "unit", "css", "keys", "column")}
    if bound.is_hidden:
        return bound.as_widget()
    hint = shown["hint"] or bound.help_text
    described = [
        f"{bound.auto_id}-{part}" for part, there in (("hint", hint), ("error", bound.errors)) if there
    ]
    attrs: dict[str, Any] = {name.rstrip("_").replace("_", "-"): value for name, value in options.items()}
    attrs.setdefault("placeholder", False)  # a label says it; a placeholder vanishes while one types
    attrs["aria-invalid"] = "true" if bound.errors else False
    attrs["aria-describedby"] = " ".join(described) or False
    context = {**shown, "field": bound, "hint": hint, "attrs": attrs, "described": " ".join(described)}
    return _render(f"field_{_sort_of(bound)}", context)


def _sort_of(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "file" if isinstance(widget, forms.FileInput) else "text"


@register.simple_tag
def widget(bound: BoundField, attrs: Mapping[str, Any]) -> SafeString:
    """The bare widget of a field with more attributes; used by the field templates."""
    return bound.as_widget(attrs=dict(attrs))


@register.simple_tag
def choices(bound: BoundField) -> list[dict[str, Any]]:
    """The choices of a field of radios or boxes: input, label, hint and the key (1-9) that picks each."""
    hints = getattr(bound.field, "choice_hints", {})
    rows = []
    for place, option in enumerate(bound, start=1):
        value = option.data["value"]
        hint = hints.get(value) or hints.get(str(value), "")
        key = str(place) if place < 10 else ""
        attrs = {"data-hotkey": key} if key else {}
        rows.append(
            {"option": option, "label": option.choice_label, "hint": hint, "key": key, "attrs": attrs}
        )
    return rows


@register.simple_tag
def choice_input(row: Mapping[str, Any], keys: Any) -> SafeString:
    """The input of one row of `choices`, with its hotkey when the field has them."""
    data = row["option"].data
    data["attrs"] = {**data["attrs"], **(row["attrs"] if keys else {})}
    return row["option"].tag()


@register.simple_tag
def fields(form: BaseForm, **options: Any) -> SafeString:
    """{% fields form %}: every field of a form in its order, hidden ones first."""
    hidden = [conditional_escape(each.as_widget()) for each in form.hidden_fields()]
    shown = [field(each, **dict(options)) for each in form.visible_fields()]
    return mark_safe("".join([*hidden, *shown]))  # noqa: S308 - each part is safe


@register.simple_tag
def error_summary(*all_forms: BaseForm) -> SafeString:
    """{% error_summary form %}: what is wrong, on top, each line a link to its field; nothing without errors."""
    lines: list[tuple[str, Any]] = []
    for form in all_forms:
        lines += [("", error) for error in form.non_field_errors()]
        for bound in form:
            lines += [(_first_id(bound), _named(bound, error)) for error in bound.errors]
    if not lines:
        return SafeString("")
    return _render("error_summary", {"lines": lines})


def _named(bound: BoundField, error: Any) -> str:
    """ "Title: this field is required"; a question keeps its mark instead of a colon."""
    label = str(bound.label).rstrip(" :\u202f\xa0")
    return f"{label}{' ' if label.endswith('?') else ': '}{error}" if label else str(error)


def _first_id(bound: BoundField) -> str:
    return f"{bound.auto_id}_0" if _sort_of(bound) == "choices" else bound.id_for_label or bound.auto_id


def _render(component: str, context: dict[str, Any]) -> SafeString:
    return mark_safe(render_to_string(f"_components/{component}.html", context))  # noqa: S308 - autoescaped
