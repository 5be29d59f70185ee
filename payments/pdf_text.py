"""Text of any script for a PDF: which font draws which characters, and what becomes of those that none draws.

DejaVu Sans draws Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic. Chinese, Japanese and Korean are
written in the fonts that every PDF reader brings for them. What is left (Devanagari, Thai, Ethiopic, emoji …) is
spelled out in brackets by the names Unicode gives the characters: no empty boxes, and nothing left out in silence.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from xml.sax.saxutils import escape

NARROW, NO_BREAK = "\u202f", "\xa0"
JAPANESE, KOREAN, CHINESE = "HeiseiMin-W3", "HYSMyeongJo-Medium", "STSong-Light"
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]+")
_RIGHT_TO_LEFT = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufefc](?:[^A-Za-z\u00c0-\u058f]*[\u0590-\u08ff\ufb1d-\ufefc])?"
)
# Parts of Unicode's names that say what a character is, not how it sounds.
_NOT_A_SOUND = re.compile(r"^.*\b(?:LETTER|SYLLABLE|SIGN|CHARACTER|DIGIT|VOWEL|IDEOGRAPH)\b\s*")


def markup(text: str, drawn: Callable[[str], bool]) -> str:
    """A text as reportlab's paragraphs take it: escaped, in visual order, each script in a font that has it.

    `drawn` says whether the main font has a shape for a character. Control and direction characters are dropped:
    nobody turns a line of a document round by the name they sign up with.
    """
    plain = unicodedata.normalize("NFC", str(text)).replace(NARROW, NO_BREAK)
    plain = "".join(c for c in plain if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Cn"})
    parts: list[str] = []
    at = 0
    for match in _CJK.finditer(plain):
        parts.append(_simple(plain[at : match.start()], drawn))
        parts.append(f'<font name="{_cjk_font(plain)}">{escape(match.group())}</font>')
        at = match.end()
    parts.append(_simple(plain[at:], drawn))
    return "".join(parts).replace("\n", "<br/>")


def _cjk_font(text: str) -> str:
    if re.search(r"[\u3040-\u30ff]", text):
        return JAPANESE
    return KOREAN if re.search(r"[\uac00-\ud7a3]", text) else CHINESE


def _simple(text: str, drawn: Callable[[str], bool]) -> str:
    return escape(_spelled(_RIGHT_TO_LEFT.sub(lambda match: _visual(match.group()), text), drawn))


def _spelled(text: str, drawn: Callable[[str], bool]) -> str:
    """Runs of characters without a shape become their sounds in brackets: "[na-aa-ma]"."""
    found: list[str] = []
    lacking: list[str] = []
    for char in [*text, ""]:
        if char and char != "\n" and not drawn(char):
            name = unicodedata.name(char, f"U+{ord(char):04X}")
            lacking.append(_NOT_A_SOUND.sub("", name).lower() or name.lower())
            continue
        if lacking:
            found.append(f"[{'-'.join(lacking)}]")
            lacking = []
        found.append(char)
    return "".join(found)


@lru_cache(maxsize=1)
def _forms() -> dict[tuple[str, str], str]:
    """(form, letters) → the joined shape, as Unicode's compatibility decompositions tell it."""
    found: dict[tuple[str, str], str] = {}
    for code in [*range(0xFB50, 0xFBB2), *range(0xFE80, 0xFEFD)]:
        form, _, letters = unicodedata.decomposition(chr(code)).partition(" ")
        if form and not form[1:].startswith(("compat",)):
            found[form.strip("<>"), "".join(chr(int(part, 16)) for part in letters.split())] = chr(code)
    return found


def _joined(text: str) -> str:
    """Arabic letters in the shape that their neighbours ask for; marks on letters are left out."""
    forms = _forms()
    letters = [c for c in text if unicodedata.category(c) != "Mn"]
    joined: list[str] = []
    after = False  # whether the letter before reaches over to this one
    index = 0
    while index < len(letters):
        pair = "".join(letters[index : index + 2])
        unit = pair if ("isolated", pair) in forms and len(pair) == 2 else letters[index]
        following = letters[index + len(unit)] if index + len(unit) < len(letters) else ""
        reaches = ("initial", unit) in forms and ("final", following) in forms
        form = {
            (True, True): "medial",
            (True, False): "final",
            (False, True): "initial",
            (False, False): "isolated",
        }
        joined.append(forms.get((form[after and ("final", unit) in forms, reaches], unit), unit))
        after = reaches
        index += len(unit)
    return "".join(joined)


def _visual(text: str) -> str:
    """A stretch of right-to-left text in the order in which it is seen; figures inside keep theirs."""
    turned = _joined(text)[::-1]
    turned = re.sub(r"[0-9\u0660-\u0669\u06f0-\u06f9]+", lambda match: match.group()[::-1], turned)
    return turned.translate(str.maketrans("()[]«»", ")(][»«"))
