"""The options of a widget, each declared once: read from a form's JSON, offered in the form editor, written back."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from . import decimals

Kind = Literal["text", "flag", "count", "decimal", "choice", "language", "pairs"]
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Wrong(ValueError):
    """A value that can't stand; `message` is the sentence for a person."""

    def __init__(self, message: Any) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class Setting:
    """One option of a widget or of a shown input.

    `most` is the greatest length of a text, the greatest count, or the greatest number of pairs. `pairs` are
    lists of two texts, such as the options of a choice; `keys` names the two.
    """

    name: str
    kind: Kind
    label: Any
    help: Any = ""
    default: Any = None
    required: bool = False
    least: int = 0
    most: int = 200
    choices: tuple[tuple[str, Any], ...] = ()
    keys: tuple[str, str] = ("value", "label")
    secret: bool = False  # never handed to those who answer (`Part.public_spec`)

    def read(self, raw: Any) -> Any:
        """The value from a form's JSON, in its one normal shape. Raises Wrong."""
        if raw is None or raw in ("", []):
            if self.required:
                raise Wrong(_("This is needed."))
            return self.default
        return _READERS[self.kind](self, raw)

    def parse(self, typed: str | None) -> Any:
        """What the form editor sent, as JSON for `read`; None for an empty box."""
        text = (typed or "").strip()
        if self.kind == "flag":
            return text not in {"", "0", "false", "off"}
        if not text:
            return None
        if self.kind == "count":
            return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text
        if self.kind == "pairs":
            return [self._pair_from(line) for line in text.splitlines() if line.strip()]
        return text

    def show(self, value: Any) -> str:
        """A value as the form editor shows it; `parse` reads it back."""
        if value is None or value is False:
            return ""
        if self.kind == "pairs":
            first, second = self.keys
            return "\n".join(
                pair[first] if pair[first] == pair[second] else f"{pair[first]} | {pair[second]}"
                for pair in value
            )
        return "on" if value is True else str(value)

    def _pair_from(self, line: str) -> dict[str, str]:
        first, bar, second = (part.strip() for part in line.partition("|"))
        return {self.keys[0]: first, self.keys[1]: second if bar and second else first}


def _text(setting: Setting, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Wrong(_("This must be a text."))
    text = unicodedata.normalize("NFC", raw).strip()
    if _UNSEEN.search(text):
        raise Wrong(_("There is a character in it that can't be shown."))
    if len(text) > setting.most:
        raise Wrong(_("Keep it under %(most)s characters.") % {"most": setting.most})
    if setting.required and not text:
        raise Wrong(_("This is needed."))
    return text


def _flag(setting: Setting, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise Wrong(_("This must be true or false."))
    return raw


def _count(setting: Setting, raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not setting.least <= raw <= setting.most:
        raise Wrong(
            _("This must be a whole number from %(least)s to %(most)s.")
            % {"least": setting.least, "most": setting.most}
        )
    return raw


def _decimal(setting: Setting, raw: Any) -> str:
    try:
        return decimals.write(decimals.read(raw))
    except ValueError:
        raise Wrong(_("This must be a number such as 12 or 0.5.")) from None


def _choice(setting: Setting, raw: Any) -> str:
    known = [value for value, _label in setting.choices]
    if not isinstance(raw, str) or raw not in known:
        raise Wrong(_("This must be one of: %(known)s.") % {"known": ", ".join(known)})
    return raw


def _language(setting: Setting, raw: Any) -> str:
    if not isinstance(raw, str) or not LANGUAGE.fullmatch(raw) or len(raw) > 35:
        raise Wrong(_("This must be the code of a language, such as fr or pt-BR."))
    return raw


def _pairs(setting: Setting, raw: Any) -> list[dict[str, str]]:
    if not isinstance(raw, list):
        raise Wrong(_("This must be a list."))
    if len(raw) > setting.most:
        raise Wrong(_("Keep it to %(most)s entries at most.") % {"most": setting.most})
    first, second = setting.keys
    part = Setting(setting.name, "text", "", most=200, required=True)
    pairs = []
    for entry in raw:
        pair = {first: entry, second: entry} if isinstance(entry, (str, int)) else entry
        if not isinstance(pair, dict) or not {first} <= pair.keys() <= {first, second}:
            raise Wrong(
                _("Each entry must have “%(first)s” and “%(second)s”.") % {"first": first, "second": second}
            )
        pair = {name: str(text) if type(text) is int else text for name, text in pair.items()}
        pairs.append({first: part.read(pair[first]), second: part.read(pair.get(second) or pair[first])})
    if len({pair[first] for pair in pairs}) < len(pairs):
        raise Wrong(_("Each “%(first)s” may stand there only once.") % {"first": first})
    return pairs


_READERS: dict[str, Callable[[Setting, Any], Any]] = {
    "text": _text,
    "flag": _flag,
    "count": _count,
    "decimal": _decimal,
    "choice": _choice,
    "language": _language,
    "pairs": _pairs,
}
