"""What a kind is: a ready form, with words and example rows to start from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language

from tasks.forms import compile_form

Row = Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """A ready form. Texts are lazy translations; they become plain words when a batch is made of the kind.

    `seconds` is a first guess of how long one task takes. `examples` has rows for each language.
    """

    key: str
    title: Any
    description: Any
    spec: Mapping[str, Any]
    instructions: Any
    seconds: int
    examples: Mapping[str, Sequence[Row]]
    place: int = 50  # kinds are offered from the lowest

    def form(self) -> dict[str, Any]:
        """The form as JSON, in the active language."""
        return _spoken(self.spec)

    @property
    def columns(self) -> list[str]:
        """The input columns that the form needs."""
        return compile_form(self.form()).columns

    def example_rows(self) -> list[Row]:
        """Rows to try the form with, in the active language (English where it has none)."""
        language = (get_language() or "en").partition("-")[0]
        return list(self.examples.get(language) or self.examples["en"])


def _spoken(part: Any) -> Any:
    """A copy in which every lazy text is a plain one."""
    if isinstance(part, Mapping):
        return {name: _spoken(value) for name, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_spoken(value) for value in part]
    return str(part) if isinstance(part, Promise) else part
