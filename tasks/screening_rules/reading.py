"""Which rules meet which words of a batch.

Words that ask to *judge* something ("does the picture show a CAPTCHA?") are no order to do it: a question word before
the words found, in the same part of the sentence, takes them out. Rows are often what is to be judged, so a rule must
meet most of them before it says anything. All of it leans to the side of showing a person too little rather than
stopping honest work, and none of it refuses.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .folding import readings
from .rules import RULES, Rule

ROWS_SHARE = 0.5  # more than that of the rows looked at, before what stands in rows counts
MOST_HITS = 3  # of one rule; a person needs no more to look
MOST_CHARS = 20_000  # of one part
AROUND = 60  # characters shown on either side
ROW = "row"

_JUDGING = re.compile(
    r"\b(?:whether|is (?:this|it|the|there)|are (?:these|they|there)|does|do (?:you|people|users) (?:think|see)|"
    r"did|detects?|classif(?:y|ies)|spot|recogni[sz]e|identify|decide if|tell (?:us )?if|say if|check if|see if|"
    r"judge|label|sort|if (?:this|the|it)|asks? (?:\w+ ){0,2}to|asking|mark (?:the|every|all|each)|transcribe|"
    r"which of|how (?:often|many)|never|do not|don't|no need to|need not|without|reports?|moderate|"
    r"si (?:cette?|ce|la|le|les|l'|une?|on|quelqu'un)|est-ce|est-il|y a-t-il|(?:dites|indiquez|verifiez) si|"
    r"classe[rz]|detecte[rz]|repere[rz]|reconnai\w+|distingue[rz]|juge[rz]|trie[rz]|transcri\w+|"
    r"demande (?:\w+ ){0,2}de|ne\b|n'|sans|modere[rz]|signale[rz]|combien|montre-t-|contient-|decide[rz] si)\b"
)
_ON_A_PICTURE = re.compile(
    r"\b(?:in|on|of) the (?:picture|image|screenshot|photo|drawing|map|frame)\b|"
    r"\b(?:sur|dans|de) (?:l'image|la photo|la capture|le plan|l'ecran)\b"
)
_ENDS = re.compile(r"[.!?;\n]")
_CLAUSE = re.compile(r"[.!?;\n]|,| and | then | et | puis | ensuite ")
_OWN_ACCOUNT = re.compile(
    r"\b(?:log ?in|sign ?in|logged in|your (?:own )?(?:account|profile)|connecte[rz][- ](?:vous|toi)|"
    r"votre (?:propre )?(?:compte|profil)|ton compte)\b"
)
_LINK = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"')\]]+", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A piece of a batch to be read: `where` it stands ("title", "instructions", "form", or "row") and its text."""

    where: str
    text: str
    number: int = 0  # of the row


@dataclass(frozen=True)
class Hit:
    """What a rule met: the exact words, with what stands before and after them."""

    rule: str
    version: int
    where: str
    number: int
    before: str
    words: str
    after: str


def find(parts: Iterable[Part], rules: Sequence[Rule] = RULES) -> list[Hit]:
    """What the rules meet in a batch, in the order of the rules, at most MOST_HITS of each.

    Time grows with the text, never faster: parts are cut at MOST_CHARS and patterns reach over 60 characters at most.
    """
    read = list(parts)
    rows = [part for part in read if part.where == ROW]
    words = [part for part in read if part.where != ROW]
    own_account = any(_OWN_ACCOUNT.search(one.text) for part in words for one in readings(part.text))
    found: list[Hit] = []
    for rule in rules:
        hits = [hit for part in words for hit in _of(rule, part)]
        hits += _often([next(_of(rule, part), None) for part in rows])
        if own_account and rule.hosts:
            hits += _often([_host(rule, part) for part in rows])
        found += hits[:MOST_HITS]
    return found


def _often(hits: Sequence[Hit | None]) -> list[Hit]:
    """What was met in rows, where it was met often enough."""
    met = [hit for hit in hits if hit is not None]
    return met if len(met) > ROWS_SHARE * len(hits) else []


@functools.cache
def _patterns(rule: Rule) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.MULTILINE) for pattern in rule.patterns)


def _of(rule: Rule, part: Part) -> Iterator[Hit]:
    """What a rule meets in one part: each place once, whatever the reading or the pattern."""
    text = part.text[:MOST_CHARS]
    taken: list[tuple[int, int]] = []
    for reading in readings(text):
        for pattern in _patterns(rule):
            for match in pattern.finditer(reading.text):
                if _is_judged(rule, reading.text, match):
                    continue
                start, end = reading.original(*_trimmed(match))
                if any(start < other_end and other < end for other, other_end in taken):
                    continue
                taken.append((start, end))
                yield _hit(rule, part, start, end)


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    """Where the words found begin and end, without the space around them."""
    found = match.group()
    return match.end() - len(found.lstrip()), match.start() + len(found.rstrip())


def _is_judged(rule: Rule, text: str, match: re.Match[str]) -> bool:
    """Whether the words are something to look at, and no order: said before them in the clause, or after them where
    a picture is spoken of."""
    first, last = _trimmed(match)
    end = _ENDS.search(text, last)
    if not rule.on_pictures and _ON_A_PICTURE.search(text, first, end.start() if end else len(text)):
        return True
    begin = max((each.end() for each in _CLAUSE.finditer(text, max(0, first - 200), first)), default=0)
    return bool(_JUDGING.search(text, begin, first))


def _host(rule: Rule, part: Part) -> Hit | None:
    """The first link of a row that leads to one of the rule's hosts."""
    for link in _LINK.finditer(part.text[:MOST_CHARS]):
        address = link.group()
        try:
            host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
        except ValueError:
            continue
        if any(host == known or host.endswith(f".{known}") for known in rule.hosts):
            return _hit(rule, part, link.start(), link.end())
    return None


def _hit(rule: Rule, part: Part, start: int, end: int) -> Hit:
    text = part.text
    return Hit(
        rule=rule.id,
        version=rule.version,
        where=part.where,
        number=part.number,
        before=text[max(0, start - AROUND) : start],
        words=text[start:end],
        after=text[end : end + AROUND],
    )
