"""Questions that must be answered only after a certain answer to an earlier one, such as a correction after "wrong"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from .settings import Wrong

if TYPE_CHECKING:
    from .base import Widget


@dataclass(frozen=True)
class Need:
    """When a question must be answered: `field` was answered with one of `values` (their `words`: labels)."""

    field: str
    values: tuple[str, ...]
    words: str

    def holds(self, answer: Mapping[str, Any]) -> bool:
        """Whether this cleaned answer calls for it; of a question with several answers, one of them is enough."""
        given = answer.get(self.field)
        said = given if isinstance(given, list) else [given]
        return any(value in self.values for value in said)

    def schema(self, name: str) -> dict[str, Any]:
        """The rule as JSON schema, beside the properties of an answer."""
        either = {"enum": list(self.values)}
        when = {"anyOf": [either, {"type": "array", "contains": either}]}
        return {
            "if": {"properties": {self.field: when}, "required": [self.field]},
            "then": {"required": [name]},
        }


def read(text: str, earlier: Sequence["Widget"]) -> Need:
    """What `needed_if` says, such as "verdict=wrong|partly", checked against the questions before. Raises Wrong."""
    name, equals, listed = (part.strip() for part in text.partition("="))
    values = tuple(dict.fromkeys(value.strip() for value in listed.split("|") if value.strip()))
    asked = next((widget for widget in earlier if widget.name == name), None)
    if not equals or not values or asked is None:
        raise Wrong(
            _(
                "Write the name of an earlier question and its answers, such as verdict=wrong|partly. "
                "Earlier are: %(names)s."
            )
            % {"names": ", ".join(widget.name for widget in earlier) or "–"}
        )
    known = {option["value"]: option["label"] for option in asked.options.get("options") or ()}
    strange = [value for value in values if value not in known]
    if strange:
        raise Wrong(
            _("“%(value)s” is no answer to the question %(name)s. Its answers are: %(known)s.")
            % {"value": strange[0], "name": name, "known": ", ".join(known) or "–"}
        )
    return Need(name, values, ", ".join(f"“{known[value]}”" for value in values))
