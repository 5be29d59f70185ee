"""The data card in words: Markdown in the active language, and the same sections for the page."""

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketplace.base import countries, formats, money
from tasks.methods import METHODS
from tasks.models import Batch
from tasks.widgets.base import Widget
from tasks.widgets.choice import Choice

from . import conditions_form

Facts = dict[str, Any]

RULES = {
    "boxes": gettext_lazy("boxes that more than half drew, matched by overlap; sides at the median"),
    "outline": gettext_lazy(
        "outlines that more than half drew, matched by overlap; the one most like the others"
    ),
    "points": gettext_lazy("points that more than half set, matched by distance; at the median"),
    "number": gettext_lazy("the median"),
    "rating": gettext_lazy("the median"),
    "rank": gettext_lazy("the order by Borda count"),
    "spans": gettext_lazy("marks that more than half set, matched by overlap; ends at the median"),
    "segments": gettext_lazy("stretches that more than half marked, matched by overlap; ends at the median"),
    "table": gettext_lazy("cell by cell what most wrote"),
}
MAJORITY = gettext_lazy("what most people answered")
OF_EACH = gettext_lazy("each option that more than half chose")


@dataclass(frozen=True)
class Section:
    """A part of the card: pairs of a name and a value in words, and paragraphs under them."""

    title: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""


def rule(widget: Widget, method: str | None = None) -> str:
    """How answers to this field become one value, in words; `method` is that of the fit, where there was one."""
    if method in METHODS:
        return str(METHODS[method][1])
    if isinstance(widget, Choice) and widget.options.get("many"):
        return str(OF_EACH)
    return str(RULES.get(widget.key, MAJORITY))


def sections(card: Facts) -> list[Section]:
    """The card in the active language."""
    return [_what(card), _who(card), _when(card), _pay(card), _answers(card), _method(card), _limits(card)]


def markdown(card: Facts) -> str:
    """The card as a Markdown file in the active language."""
    parts = [f"# {_('Data card')}: {_plain(card['batch']['title'])}"]
    for section in sections(card):
        parts.append(f"## {section.title}")
        if section.pairs:
            parts.append("\n".join(f"- **{_plain(name)}**: {_plain(value)}" for name, value in section.pairs))
        if section.text:
            parts.append(_plain(section.text))
    batch = card["batch"]
    if batch["instructions"]:
        # A heading of the instructions must not become one of the card.
        quoted = "\n".join(f"> {line}".rstrip() for line in batch["instructions"].splitlines())
        parts += [f"## {_('Instructions, as people read them')}", quoted]
    form = json.dumps(batch["form"], ensure_ascii=False, indent=2)
    parts += [f"## {_('The form')}", "\n".join(f"    {line}" for line in form.splitlines())]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Words of people as words: no sign of theirs becomes Markdown or HTML."""
    marked = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)
    return " ".join(marked.split())


def _day(moment: str | None) -> str:
    return formats.exact(dt.datetime.fromisoformat(moment)) if moment else formats.DASH


def _euros(amount: str | None) -> str:
    return formats.eur(None if amount is None else money.from_decimal(Decimal(amount)))


def _what(card: Facts) -> Section:
    batch = card["batch"]
    questions = "; ".join(each["question"] for each in card["agreement"]["fields"])
    pairs = [
        (_("Title"), batch["title"]),
        (_("Asked by"), batch["asked_by"]),
        (_("What it is for"), batch["purpose"]),
        (_("Questions"), questions),
        (_("Rows"), formats.number(card["answers"]["tasks"])),
        (_("Batch"), batch["id"]),
    ]
    return Section(_("What was asked"), pairs)


def _who(card: Facts) -> Section:
    asked, people = card["asked"], card["people"]
    few = people["fewer_than"]
    pairs = [
        (_("Open to"), str(Batch.Audience(asked["audience"]).label)),
        (_("Countries asked"), ", ".join(map(countries.name, asked["countries"] or [])) or _("all")),
    ]
    if asked["conditions"]:
        pairs.append((_("Conditions"), "; ".join(conditions_form.lines(asked["conditions"]))))
    told = _("fewer than %(few)s") % {"few": few}
    number = people["workers"]
    pairs.append((_("People whose answers were used"), told if number is None else formats.number(number)))
    for each in people["countries"]:
        words = ngettext("%(n)s person", "%(n)s people", each["workers"]) % {
            "n": formats.number(each["workers"])
        }
        pairs.append((countries.name(each["country"]), words))
    if people["in_other_countries"]:
        pairs.append((_("Other countries"), formats.number(people["in_other_countries"])))
    note = _("Countries with fewer than %(few)s people are counted together. Nobody is named.") % {"few": few}
    return Section(_("Who answered"), pairs, note)


def _when(card: Facts) -> Section:
    when = card["when"]
    return Section(
        _("When"),
        [
            (_("First answer"), _day(when["first_answer"])),
            (_("Last answer"), _day(when["last_answer"])),
            (_("Opened"), _day(when["opened"])),
            (_("Closed"), _day(when["closed"])),
        ],
    )


def _pay(card: Facts) -> Section:
    pay = card["pay"]
    least, most = pay["reward_paid_least"], pay["reward_paid_most"]
    paid = _euros(pay["reward"]) if least in (None, most) else f"{_euros(least)} – {_euros(most)}"
    low, high = _euros(pay["floor_an_hour_least"]), _euros(pay["floor_an_hour_most"])
    pairs = [
        (_("For each answer"), paid),
        (_("Time for one answer (median)"), formats.duration(pay["median_seconds"])),
        (_("An hour, measured (median)"), _euros(pay["median_an_hour"])),
        (_("An hour, as announced"), _euros(pay["estimated_an_hour"])),
        (_("Least for an hour, by country"), low if low == high else f"{low} – {high}"),
    ]
    for each in card["people"]["countries"]:
        name = _("Least for an hour: %(country)s") % {"country": countries.name(each["country"])}
        pairs.append((name, _euros(each["floor_an_hour"])))
    note = _(
        "Measured from the moment a task is shown until its answer is sent, top-ups included. A dash stands where "
        "fewer than %(few)s people are behind a figure."
    ) % {"few": card["people"]["fewer_than"]}
    return Section(_("What it paid"), pairs, note)


def _answers(card: Facts) -> Section:
    asked, used = card["asked"], card["answers"]
    if asked["answers_most"] > asked["answers_least"]:
        words = _("%(least)s to %(most)s, until the result is %(sure)s sure") % {
            "least": asked["answers_least"],
            "most": asked["answers_most"],
            "sure": formats.percent(asked["confidence"]),
        }
    else:
        words = str(asked["answers_least"])
    pairs = [
        (_("Answers wanted for each row"), words),
        (_("Rows with a result"), formats.number(used["tasks_with_a_result"])),
        (_("Answers used"), formats.number(used["used"])),
        (_("Answers used for each row (mean)"), formats.number(used["used_a_task"])),
    ]
    for number, tasks in used["tasks_by_answers"].items():
        name = ngettext("Rows with %(n)s answer", "Rows with %(n)s answers", int(number)) % {"n": number}
        pairs.append((name, formats.number(tasks)))
    return Section(_("How many answers"), pairs)


def _method(card: Facts) -> Section:
    agreement, checks = card["agreement"], card["check_questions"]
    pairs = []
    for each in agreement["fields"]:
        name = METHODS[each["method"]][0] if each["method"] in METHODS else each["method"]
        said = each["rule"] if name is None else f"{name}: {each['rule']}"
        if each["alpha"] is not None:
            said += "; " + _("Krippendorff’s alpha %(alpha)s") % {"alpha": formats.number(each["alpha"], 2)}
        pairs.append((each["question"], said))
    same = formats.percent(agreement["mean_agreement"])
    pairs.append((_("Answers to a task that say the same as its result (mean)"), same))
    if checks:
        pairs += [
            (_("Share of check questions"), formats.percent(checks["rate"])),
            (_("Check questions"), formats.number(checks["questions"])),
            (_("Answers to check questions"), formats.number(checks["answers"])),
            (_("Right of these"), formats.percent(checks["right_share"])),
        ]
    return Section(_("How answers became results"), pairs)


def _limits(card: Facts) -> Section:
    left = card["left_out"]
    pairs = [
        (_("Answers refused by a moderator, left out"), formats.number(left["refused"])),
        (_("Answers not decided yet, left out"), formats.number(left["undecided"])),
        (_("Made"), _day(card["made_at"])),
        (_("Made with"), card["made_with"]),
    ]
    note = _(
        "Everybody whose answer is used was paid for it. This card says how the data came to be; under which terms "
        "others may use it, its owner says."
    )
    return Section(_("What to know before use"), pairs, note)
