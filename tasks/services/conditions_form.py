"""The shape of conditions: which facts there are, how each may be compared, and what a condition says in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import countries, formats, ids
from marketplace.base.errors import Invalid, NotFound
from workers.models import Qualification

OPS: dict[str, Any] = {
    ">=": gettext_lazy("at least"),
    ">": gettext_lazy("more than"),
    "=": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    "<=": gettext_lazy("at most"),
    "<": gettext_lazy("less than"),
    "in": gettext_lazy("one of"),
}
COMPARED = (">=", ">", "=", "!=", "<=", "<")
MOST_LEAVES, MOST_DEPTH, MOST_VALUES, MOST_NUMBER = 20, 3, 50, 1_000_000


@dataclass(frozen=True)
class Fact:
    """A fact about a person. `takes` is the kind of its values: number, share, country, language or qualification.

    `scope` is what of the batch it looks at: its organisation, its kind, or nothing.
    """

    label: Any
    takes: str
    ops: tuple[str, ...] = COMPARED
    scope: str = ""


# The closed list. Whoever adds one asks first: is it something the person did, can show, or said about country and
# language? Would declining, skipping or complaining change it? Does it stand for a protected trait?
FACTS: dict[str, Fact] = {
    "approved_here": Fact(gettext_lazy("approved answers in your batches"), "number", scope="organisation"),
    "approved": Fact(gettext_lazy("approved answers in all batches"), "number"),
    "approved_kind": Fact(gettext_lazy("approved answers in work of this kind"), "number", scope="kind"),
    "gold_accuracy": Fact(gettext_lazy("check questions right in work of this kind"), "share", scope="kind"),
    "tenure_days": Fact(gettext_lazy("days since they signed up to work"), "number"),
    "qualification": Fact(gettext_lazy("holds the qualification"), "qualification", ("=", "in")),
    "score": Fact(gettext_lazy("score in the test of the qualification"), "share"),
    # Asking for what people can do leaves out nobody by name.
    "language": Fact(gettext_lazy("reads and writes"), "language", ("=", "in")),
    "country": Fact(gettext_lazy("lives in"), "country", ("=", "in", "!=")),
}
# The same facts as a worker reads them, about somebody else's batch.
_SAID: dict[str, Any] = {
    "approved_here": gettext_lazy("approved answers for this requester"),
    "approved": gettext_lazy("approved answers"),
    "approved_kind": gettext_lazy("approved answers in this kind of work"),
    "gold_accuracy": gettext_lazy("check questions right in this kind of work, of twenty or more"),
    "tenure_days": gettext_lazy("days since you signed up to work"),
    "score": gettext_lazy("score in “%(name)s”"),
}

_NUMBERS: dict[str, Any] = {
    ">=": gettext_lazy("at least %(n)s %(what)s"),
    ">": gettext_lazy("more than %(n)s %(what)s"),
    "=": gettext_lazy("exactly %(n)s %(what)s"),
    "!=": gettext_lazy("any number but %(n)s of %(what)s"),
    "<=": gettext_lazy("at most %(n)s %(what)s"),
    "<": gettext_lazy("less than %(n)s %(what)s"),
}


def leaves(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every comparison of a condition, in order."""
    if "fact" in spec:
        yield spec
        return
    for part in (*spec.get("all", ()), *spec.get("any", ())):
        yield from leaves(part)


def number_of(public_id: str) -> int:
    """The row number of a qualification, -1 for an id that is none."""
    try:
        return ids.decode("qua", public_id)
    except NotFound:
        return -1


def names(public_ids: Iterator[str] | list[str]) -> dict[str, str]:
    """The names of qualifications by their public ids. One query, or none."""
    numbers = {number_of(each): each for each in public_ids}
    if not numbers:
        return {}
    rows = Qualification.objects.filter(pk__in=numbers).values_list("pk", "name")
    return {numbers[number]: name for number, name in rows}


# --- words ---------------------------------------------------------------------------------------------------


def words(leaf: Mapping[str, Any]) -> str:
    """What a comparison asks for, as the person reads it who lacks it."""
    fact, op = leaf["fact"], leaf["op"]
    if fact in {"qualification", "language", "country"}:
        return _listed(fact, op, leaf["value"])
    said = _SAID[fact]
    if FACTS[fact].takes == "number":
        return str(_NUMBERS[op]) % {"n": formats.number(leaf["value"]), "what": said}
    value = formats.percent(leaf["value"])
    if fact == "score":
        asked = leaf["qualification"]
        said = said % {"name": names([asked]).get(asked, asked)}
    return _("%(what)s: %(op)s %(value)s") % {"what": said, "op": OPS[op], "value": value}


def _listed(fact: str, op: str, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    if fact == "qualification":
        known = names(values)
        quoted = [_("“%(name)s”") % {"name": known.get(each, each)} for each in values]
        return _("the qualification %(names)s") % {"names": _(" or ").join(quoted)}
    if fact == "language":
        return _("that you read and write %(names)s") % {
            "names": _(" or ").join(countries.language_name(each) for each in values)
        }
    sentence = _("living elsewhere than in %(names)s") if op == "!=" else _("living in %(names)s")
    return sentence % {"names": _(" or ").join(countries.name(each) for each in values)}


def lines(spec: Mapping[str, Any]) -> list[str]:
    """A whole condition as a list of what it asks, for the requester."""
    if not spec:
        return []
    if "fact" in spec:
        return [words(spec)]
    if "all" in spec:
        return [line for part in spec["all"] for line in lines(part)]
    return [_(" or ").join("; ".join(lines(part)) for part in spec.get("any", ()))]


# --- checking ------------------------------------------------------------------------------------------------


def clean(spec: Any, *, organisation_id: int, kind: str) -> dict[str, Any]:
    """A condition in its normal shape. `kind` is that of the batch.

    Raises Invalid with `fields`: {"conditions": [messages]}, each naming the place.
    """
    if spec in (None, {}):
        return {}
    found = _Reading(organisation_id, kind)
    read = found.node(spec, "", 1)
    if found.count > MOST_LEAVES:
        found.wrong("", _("Keep it to %(most)s conditions.") % {"most": MOST_LEAVES})
    if found.problems:
        raise Invalid(fields={"conditions": found.problems})
    found.check_names(read)
    return {"all": [read]} if "fact" in read else read


def readable(leaf: Mapping[str, Any]) -> bool:
    """Whether the value of a comparison is one that its fact can be compared with."""
    try:
        _many(FACTS[leaf["fact"]], leaf["op"], leaf["value"])
    except ValueError:
        return False
    return True


class _Reading:
    """One look at what was sent: what can't stand is collected, so that all of it is said at once."""

    def __init__(self, organisation_id: int, kind: str) -> None:
        self.organisation_id, self.kind = organisation_id, kind
        self.problems: list[str] = []
        self.count = 0

    def wrong(self, place: str, sentence: str) -> dict[str, Any]:
        self.problems.append(f"{place}: {sentence}" if place else sentence)
        return {}

    def node(self, spec: Any, place: str, depth: int) -> dict[str, Any]:
        if not isinstance(spec, Mapping):
            return self.wrong(place, _("A condition is an object with “all”, “any” or “fact”."))
        if "fact" in spec:
            return self.leaf(spec, place)
        if len(spec) != 1 or not spec.keys() <= {"all", "any"}:
            return self.wrong(place, _("A group has either “all” or “any”, and nothing besides."))
        [(name, parts)] = spec.items()
        if not isinstance(parts, list) or not parts:
            return self.wrong(place, _("“%(name)s” is a list with at least one condition.") % {"name": name})
        if depth > MOST_DEPTH or len(parts) > MOST_LEAVES:
            return self.wrong(place, _("Keep it simpler: three groups deep, and twenty conditions at most."))
        here = f"{place}.{name}" if place else name
        return {name: [self.node(part, f"{here}[{at}]", depth + 1) for at, part in enumerate(parts)]}

    def leaf(self, spec: Mapping[str, Any], place: str) -> dict[str, Any]:
        self.count += 1
        fact = FACTS.get(spec["fact"]) if isinstance(spec["fact"], str) else None
        if fact is None:
            return self.wrong(place, _("“fact” must be one of: %(known)s.") % {"known": ", ".join(FACTS)})
        op = spec.get("op", "=" if "=" in fact.ops else ">=")
        if op not in fact.ops:
            return self.wrong(place, _("“op” must be one of: %(known)s.") % {"known": " ".join(fact.ops)})
        wanted = {"fact", "op", "value"} | ({"qualification"} if spec["fact"] == "score" else set())
        if extra := spec.keys() - wanted:
            return self.wrong(
                place, _("This has no place here: %(names)s.") % {"names": ", ".join(map(str, extra))}
            )
        if fact.scope == "kind" and not self.kind:
            return self.wrong(
                place, _("This batch was not made from a kind, so it has none to compare with.")
            )
        read: dict[str, Any] = {"fact": spec["fact"], "op": op}
        try:
            if spec["fact"] == "score":
                read["qualification"] = _qualification(spec.get("qualification"))
            read["value"] = _many(fact, op, spec.get("value"))
        except ValueError as error:
            return self.wrong(place, str(error))
        return read

    def check_names(self, spec: dict[str, Any]) -> None:
        """Raises Invalid for a qualification that is neither the organisation's own nor the platform's."""
        asked = qualifications_asked(spec)
        mine = Q(organisation_id=self.organisation_id) | Q(organisation__isnull=True)
        numbers = {number_of(each): each for each in asked}
        known = set(Qualification.objects.filter(mine, pk__in=numbers).values_list("pk", flat=True))
        if unknown := [name for number, name in numbers.items() if number not in known]:
            sentence = _("There is no such qualification of yours: %(names)s.")
            raise Invalid(fields={"conditions": [sentence % {"names": ", ".join(sorted(unknown))}]})


def qualifications_asked(spec: Mapping[str, Any]) -> set[str]:
    """The public ids of the qualifications that a condition names."""
    return {name for leaf in leaves(spec) for name in _named(leaf)}


def _named(leaf: Mapping[str, Any]) -> list[str]:
    if leaf["fact"] == "score":
        return [leaf["qualification"]]
    if leaf["fact"] != "qualification":
        return []
    return leaf["value"] if isinstance(leaf["value"], list) else [leaf["value"]]


def _many(fact: Fact, op: str, value: Any) -> Any:
    """The value in its normal shape; a list for “in”. Raises ValueError with a sentence."""
    read = _READERS[fact.takes]
    if op != "in":
        return read(value)
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_VALUES:
        raise ValueError(_("“value” is a list with 1 to %(most)s entries.") % {"most": MOST_VALUES})
    return sorted({read(each) for each in value})


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_NUMBER:
        raise ValueError(_("“value” is a whole number from 0 to a million."))
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(_("“value” is a share from 0 to 1, such as 0.8."))
    return float(value)


def _country(value: Any) -> str:
    if not isinstance(value, str) or not countries.is_country(value):
        raise ValueError(_("“value” is a country by its two letters, such as “FR”."))
    return value


def _language(value: Any) -> str:
    if not isinstance(value, str) or value not in countries.LANGUAGES:
        raise ValueError(_("“value” is a language by its code, such as “fr”."))
    return value


def _qualification(value: Any) -> str:
    if not isinstance(value, str) or number_of(value) < 0:
        raise ValueError(_("Name the qualification by its id, qua_…"))
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "share": _share,
    "country": _country,
    "language": _language,
    "qualification": _qualification,
}
