"""What a kind is: a ready form, with words and example rows to start from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tasks.forms import compile_form

Row = Mapping[str, str]
# Ends the instructions of every kind: a promise of the house, not of one form.
HONEST = _("If you can't tell, say what you find more likely. You are never punished for an honest answer.")


class Group(TextChoices):
    """Where a kind stands on the page; in this order."""

    PICTURES = "pictures", _("Pictures")
    SOUND = "sound", _("Sound and video")
    TEXT = "text", _("Text")
    RECORDS = "records", _("Documents and records")
    JUDGEMENT = "judgement", _("Judgement")
    AI = "ai", _("AI answers")
    SURVEYS = "surveys", _("Surveys and forms of your own")


@dataclass(frozen=True)
class Kind:
    """A ready form. Texts are lazy translations; they become plain words when a batch is made of the kind.

    `seconds` is a first guess of how long one task takes, `overlap` of how many people should answer it.
    `examples` has rows for each language; a cell such as "example:street.webp" names a file below static/examples.
    """

    key: str
    group: Group
    title: Any
    description: Any
    spec: Mapping[str, Any]
    instructions: Any
    seconds: int
    examples: Mapping[str, Sequence[Row]]
    overlap: int = 1
    also: Any = ""  # other words that people search for
    place: int = 50  # within a group kinds are offered from the lowest

    def form(self) -> dict[str, Any]:
        """The form as JSON, in the active language."""
        return _spoken(self.spec)

    def words(self) -> str:
        """The instructions to start from, as Markdown in the active language."""
        return f"{self.instructions}\n\n{HONEST}"

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
