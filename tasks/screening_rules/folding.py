"""Text as the rules read it: without capitals, accents and common disguises, and with the way back to the original."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Signs that stand for letters inside a word ("l1kes", "p@ge"); a one is an i in one reading and an l in another.
_SIGNS = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "l", "€": "e"}
_QUOTES = dict.fromkeys("’‘ʼ´`", "'")
_INVISIBLE = {"*", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}  # a star is emphasis
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_DISGUISED = re.compile(
    r"(?<=[a-z])[013457@$!|€]+(?=[a-z])|(?<=[a-z]{2})0\b|(?<![a-z0-9])[0134579@$€](?=[a-z]{2})"
)
# Four letters or more, each by itself: "f o l l o w", "l.i.k.e", "v_o_t_e".
_SPACED = re.compile(r"(?<![a-z0-9])[a-z](?:[ ._*\-][a-z]){3,}(?![a-z0-9])")


@dataclass(frozen=True)
class Reading:
    """`text` to be searched; `places[n]` is where its character n stands in the original."""

    text: str
    places: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where characters `start` to `end` (exclusive) of this reading stand in the original."""
        return self.places[start], self.places[end - 1] + 1


def readings(original: str) -> Iterator[Reading]:
    """The plain reading of a text first, then each disguise that it seems to wear."""
    plain = _folded(original)
    yield plain
    if _SPACED.search(plain.text):
        yield _joined(plain)
    if _DISGUISED.search(plain.text):
        for one in "il":
            signs = _SIGNS | {"1": one}
            found = _DISGUISED.sub(lambda m: "".join(signs.get(c, c) for c in m.group()), plain.text)  # noqa: B023
            yield Reading(found, plain.places)


def _folded(original: str) -> Reading:
    letters: list[str] = []
    places: list[int] = []
    markup = {place for tag in _TAG.finditer(original) for place in range(*tag.span())}
    for place, sign in enumerate(original):
        if sign in _INVISIBLE or place in markup:
            continue
        for piece in unicodedata.normalize("NFKD", _QUOTES.get(sign, sign)):
            if unicodedata.combining(piece):
                continue
            for low in piece.lower():
                letters.append(low)
                places.append(place)
    return Reading("".join(letters), tuple(places))


def _joined(plain: Reading) -> Reading:
    """Spaced letters pulled together, each run as one word."""
    letters: list[str] = []
    places: list[int] = []
    end = 0
    for run in _SPACED.finditer(plain.text):
        kept = [*range(end, run.start()), *range(run.start(), run.end(), 2)]
        letters += [plain.text[n] for n in kept]
        places += [plain.places[n] for n in kept]
        end = run.end()
    rest = range(end, len(plain.text))
    letters += [plain.text[n] for n in rest]
    places += [plain.places[n] for n in rest]
    return Reading("".join(letters), tuple(places))
