import re
import unicodedata
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

from babel import Locale, UnknownLocaleError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import formats
from tasks.consensus import Consensus, texts

from .base import Drawing, Widget
from .settings import Setting, Wrong

ONE_LINE, MANY_LINES = 500, 10_000
MOST = 20_000
TIGHT = 100  # a limit of fewer characters shapes the answer
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)


class Text(Widget):
    """Words that the worker types: one line or many. Trimmed, in Unicode's composed form, line ends as \\n."""

    key = "text"
    family = "write"
    title = gettext_lazy("Text")
    scripts = ("js/widgets/text.js",)
    settings = (
        Setting("lines", "choice", gettext_lazy("Size"), default="one",
                choices=(("one", gettext_lazy("one line")), ("many", gettext_lazy("many lines")))),
        Setting("min_length", "count", gettext_lazy("Least characters"), most=MOST),
        Setting("max_length", "count", gettext_lazy("Most characters"), least=1, most=MOST),
        Setting("lang", "language", gettext_lazy("Language of the answer"),
                help=gettext_lazy("Such as fr: for spelling and screen readers.")),
        Setting("characters", "text", gettext_lazy("Characters allowed"), most=200, default="",
                help=gettext_lazy("Such as 0-9A-Z for a number plate. Empty: any.")),
    )  # fmt: skip

    def check(self) -> Sequence[tuple[str, Any]]:
        if (self.options["min_length"] or 0) > self.most:
            return [("min_length", _("The least is more than the most."))]
        if any(low > high for low, high in self._ranges):
            return [("characters", _("A range such as a-z goes from the lower character to the higher one."))]
        return ()

    @property
    def many(self) -> bool:
        return bool(self.options["lines"] == "many")

    @property
    def most(self) -> int:
        return self.options["max_length"] or (MANY_LINES if self.many else ONE_LINE)

    @cached_property
    def _ranges(self) -> list[tuple[str, str]]:
        found = _RANGE.findall(self.options["characters"])
        return [(low, high) if low else (single, single) for low, high, single in found]

    def _allowed(self, letter: str) -> bool:
        return (letter == "\n" and self.many) or any(low <= letter <= high for low, high in self._ranges)

    def clean(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, str):
            raise Wrong(_("Send a text."))
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if not text:
            return None
        if _UNSEEN.search(text):
            raise Wrong(
                _("There is a character in it that can't be stored. Type the text instead of pasting it.")
            )
        if not self.many and "\n" in text:
            text = " ".join(text.split())
        self._check_length(text)
        strange = sorted({letter for letter in text if not self._allowed(letter)}) if self._ranges else []
        if strange:
            raise Wrong(
                _("Only these characters are allowed here: %(set)s") % {"set": self.options["characters"]}
            )
        return text

    def _check_length(self, text: str) -> None:
        least = self.options["min_length"] or 0
        if len(text) < least:
            raise Wrong(_("Write at least %(least)s characters.") % {"least": least})
        if len(text) > self.most:
            raise Wrong(
                _("Keep it under %(most)s characters; this has %(length)s.")
                % {"most": self.most, "length": len(text)}
            )

    def missing(self) -> str:
        return _("Write an answer here.")

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "maxLength": self.most,
            "minLength": self.options["min_length"] or int(self.required),
        }

    def same_as(self, value: Any) -> Hashable:
        """Case, width of letters and runs of spaces do not make two texts different."""
        return texts.plain(value)

    def agree(self, one: Any, other: Any) -> float:
        """1 less the edit distance by the length of the longer one."""
        return texts.alike(one, other)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """The answer nearest to all; confidence is the mean of how alike the answers are to it."""
        return texts.nearest(values)

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {"label": _("What does the sign say?"), "lang": "fr", "max_length": 60, "required": True},
            "answer": "Rue du Port",
            "wrong": "Rue du Port, " * 6,
        }

    def _about(self) -> list[str]:
        """What an answer must be like, each in a sentence."""
        least, most = self.options["min_length"], self.options["max_length"]
        said = []
        if self.options["lang"]:
            said.append(
                _("Language of the answer: %(language)s.") % {"language": _language(self.options["lang"])}
            )
        if self.options["characters"]:
            said.append(_("Only these characters: %(set)s.") % {"set": self._allowed_in_words()})
        if least and most:
            said.append(
                _("Length in characters: from %(least)s to %(most)s.") % {"least": least, "most": most}
            )
        elif least:
            said.append(_("Length in characters: at least %(n)s.") % {"n": least})
        elif most and most <= TIGHT:
            said.append(_("Length in characters: at most %(n)s.") % {"n": most})
        # A wide limit is told as it comes near, by what counts the characters left; before, it is only noise.
        return said

    def _allowed_in_words(self) -> str:
        """Such as "0–9, -, space": ranges with their ends, and each other character by itself."""
        said = [low if low == high else f"{low}–{high}" for low, high in self._ranges]
        return ", ".join(_("space") if each == " " else each for each in said)

    def input(self, drawing: Drawing) -> SafeString:
        about = self._about()
        box = self._box(drawing, [drawing.id + "-about"] if about else [])
        notes = SafeString("")
        if about:
            lines = format_html_join(" ", "{}", ((line,) for line in about))
            notes = format_html('<p class="hint" id="{}-about" dir="auto">{}</p>', drawing.id, lines)
        if not self.options["max_length"]:
            return notes + box
        options = {"most": self.most, "left": _("Characters left: {left}")}
        return format_html("{}<div {}>{}</div>", notes, self.hooks(options), box)

    def _box(self, drawing: Drawing, about: Sequence[str]) -> SafeString:
        value = drawing.value if isinstance(drawing.value, str) else ""
        lang = format_html(' lang="{}"', self.options["lang"]) if self.options["lang"] else ""
        least = self.options["min_length"]
        attributes = format_html(
            'name="{}" id="{}" maxlength="{}"{} dir="auto" autocomplete="off"{}{}{}',
            drawing.id,
            drawing.id,
            self.most,
            format_html(' minlength="{}"', least) if least else "",
            lang,
            SafeString(" required") if self.required else "",
            self.described(drawing, *about),
        )
        if self.many:
            return format_html('<textarea rows="5" {}>\n{}</textarea>', attributes, value)
        return format_html('<input type="text" {} value="{}">', attributes, value)


def _language(code: str) -> str:
    """What a language is called in the reader's; its code where nobody knows it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(formats.locale()) or code
    except (UnknownLocaleError, ValueError):
        return code
