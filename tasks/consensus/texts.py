"""Texts that people typed off or wrote down: the one nearest to all, or a vote over aligned words or characters."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from .labels import Floats, Labels
from .types import NOTHING, Consensus

METHODS = ("auto", "majority", "nearest", "words", "characters")
ASKED = 400  # tasks on which methods are compared
PIVOTS = 40  # different answers of one task that may be the nearest, the most frequent first
LEAST = 0.01  # the error that everybody is taken to make at least
ROUNDS = 3


def plain(text: str) -> str:
    """What two texts share when they say the same: NFKC (width of letters, ligatures), no case, one space for a run."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def alike(one: str, other: str) -> float:
    """1 for the same text (`plain`), 0 for nothing in common: 1 − Levenshtein distance ÷ the longer length."""
    return float(Levenshtein.normalized_similarity(plain(one), plain(other)))


def error_rate(reference: Sequence[Hashable], said: Sequence[Hashable]) -> float:
    """Insertions, deletions and replacements that turn `said` into `reference`, by the length of the latter.

    Over words it is the word error rate (WER), over characters the character error rate (CER); it can pass 1. An empty
    reference has no length: 0 when nothing was said, else 1.
    """
    if not reference:
        return 1.0 if said else 0.0
    return Levenshtein.distance(reference, said) / len(reference)


def wer(reference: str, said: str) -> float:
    """The word error rate of `plain` texts."""
    return error_rate(plain(reference).split(), plain(said).split())


def cer(reference: str, said: str) -> float:
    """The character error rate of `plain` texts."""
    return error_rate(plain(reference), plain(said))


# --- one task -------------------------------------------------------------------------------------------


def nearest(texts: Sequence[str], weights: Sequence[float] | None = None) -> Consensus:
    """The answer with the least weighted edit distance to all of them (a medoid), as most of its writers wrote it.

    Compared as `plain`. A tie goes to the more frequent answer, then to the first by alphabet. Confidence is the
    weighted mean of how alike the answers are to it.
    """
    if not texts:
        return NOTHING
    given = _given(texts, weights)
    order = sorted(given, key=lambda text: (-given[text], text))[:PIVOTS]
    total = sum(given.values())

    def far(one: str) -> float:
        return sum(weight * Levenshtein.normalized_distance(one, text) for text, weight in given.items())

    best = min(order, key=lambda text: (round(far(text), 9), -given[text], text))
    return Consensus(_written(best, texts), 1 - far(best) / total)


def majority(texts: Sequence[str], weights: Sequence[float] | None = None) -> Consensus:
    """The most frequent answer (`plain`); a tie goes to the one nearer to the rest, then by alphabet."""
    if not texts:
        return NOTHING
    given = _given(texts, weights)
    most = max(given.values())
    tied = [text for text, weight in given.items() if weight >= most - 1e-9]
    near = {one: sum(given[x] * Levenshtein.normalized_distance(one, x) for x in given) for one in tied}
    best = min(tied, key=lambda text: (round(near[text], 9), text))
    return Consensus(_written(best, texts), given[best] / sum(given.values()))


def vote(texts: Sequence[str], weights: Sequence[float] | None = None, *, unit: str = "word") -> Consensus:
    """A text made of what most people wrote at each place, by words or, with `unit` "character", by characters.

    The answers are aligned to the one nearest to all; each place of it, and each gap between two, is decided by
    weighted votes, in which a tie leaves it as it is. After ROVER (J. G. Fiscus, "A post-processing system to yield
    reduced word error rates", ASRU 1997). Units are compared without case and width, and written as most wrote them.
    Confidence is the mean share of the votes that the decided places got.
    """
    if not texts:
        return NOTHING
    split: Callable[[str], list[str]] = str.split if unit == "word" else _characters
    joint = " " if unit == "word" else ""
    weights = [1.0] * len(texts) if weights is None else weights
    pivot = split(str(nearest(texts, weights).value))
    keys = [plain(part) or part for part in pivot]
    places: list[dict[tuple[str, ...], float]] = [defaultdict(float) for _ in range(2 * len(pivot) + 1)]
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for text, weight in zip(texts, weights, strict=True):
        parts = split(text)
        for part in parts:
            forms[plain(part) or part][part] += 1
        for place, said in _aligned(keys, [plain(part) or part for part in parts]).items():
            places[place][said] += weight
    total = sum(weights)
    chosen: list[str] = []
    shares = []
    for place, votes in enumerate(places):
        stays = (keys[place // 2],) if place % 2 else ()
        votes[()] += max(0.0, total - sum(votes.values()))
        best = max(votes, key=lambda said: (round(votes[said], 9), said == stays, said))
        chosen.extend(max(forms[key], key=lambda form: (forms[key][form], form)) for key in best)
        if place % 2 or len(votes) > 1:
            shares.append(votes[best] / total if total else 0.0)
    return Consensus(joint.join(chosen), sum(shares) / len(shares) if shares else 1.0)


def _characters(text: str) -> list[str]:
    return list(" ".join(unicodedata.normalize("NFC", text).split()))


def _aligned(pivot: list[str], said: list[str]) -> dict[int, tuple[str, ...]]:
    """What `said` has at the places of `pivot` (odd) and in the gaps around them (even); what is missing has ()."""
    found: dict[int, tuple[str, ...]] = {}
    for step in Levenshtein.opcodes(pivot, said):
        length = step.src_end - step.src_start
        for offset in range(length):
            place = 2 * (step.src_start + offset) + 1
            found[place] = () if step.tag == "delete" else (said[step.dest_start + offset],)
        if step.tag == "insert":
            gap = 2 * step.src_start
            found[gap] = found.get(gap, ()) + tuple(said[step.dest_start : step.dest_end])
    return found


def _given(texts: Sequence[str], weights: Sequence[float] | None) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for place, text in enumerate(texts):
        found[plain(text)] += 1.0 if weights is None else weights[place]
    return dict(found)


def _written(best: str, texts: Sequence[str]) -> str:
    forms = Counter(text for text in texts if plain(text) == best)
    return max(forms, key=lambda form: (forms[form], form))


# --- a whole batch --------------------------------------------------------------------------------------

_BY_METHOD: dict[str, Callable[[Sequence[str], Sequence[float]], Consensus]] = {
    "majority": majority,
    "nearest": nearest,
    "words": vote,
    "characters": lambda texts, weights: vote(texts, weights, unit="character"),
}


@dataclass(frozen=True)
class Texts:
    """The text of each task by place in `tasks`, and how reliable each worker is: 1 − the mean distance of their
    answers to the result. Confidence is as in the function of one task."""

    method: str
    why: str
    value: list[str]
    confidence: Floats
    reliability: Floats


def texts(labels: Labels, *, method: str = "auto") -> Texts:
    """The text of every task; `labels.classes` are the texts.

    Workers weigh by the inverse of their mean distance to the result, found in turn with it. "auto" takes the method
    that from the other answers makes a text nearest to the answer left out, over some hundred tasks. Raises
    ValueError for an unknown method or no answers.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}: choose one of {', '.join(METHODS)}.")
    if not len(labels):
        raise ValueError("There is no answer to make a consensus of.")
    why = f"the method {method} was asked for"
    if method == "auto":
        method, why = _choose(labels)
    make, starts = _BY_METHOD[method], labels.starts
    weight = np.ones(len(labels)) if labels.weight is None else labels.weight
    said = [str(labels.classes[number]) for number in labels.label]
    trust = np.ones(len(labels.workers))
    found: list[Consensus] = []
    distance = np.zeros(len(labels.workers))
    for _ in range(ROUNDS):
        every = (weight * trust[labels.worker]).tolist()
        found = [
            make(said[a:b], every[a:b])
            for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
        ]
        far = np.array(
            [1 - alike(text, found[task].value) for text, task in zip(said, labels.task, strict=True)]
        )
        cases = np.bincount(labels.worker, minlength=len(trust))
        mean = float(far.mean())
        distance = (np.bincount(labels.worker, weights=far, minlength=len(trust)) + 2 * mean) / (cases + 2)
        new = np.clip((mean + LEAST) / (distance + LEAST), 0.2, 5.0)
        if np.allclose(new, trust, atol=1e-3):
            break
        trust = new
    sure = np.array([each.confidence for each in found])
    return Texts(method, why, [str(each.value) for each in found], sure, 1 - distance)


def _choose(labels: Labels) -> tuple[str, str]:
    """The method that best foretells an answer left out, and why."""
    starts = labels.starts
    counts = np.diff(starts)
    tasks = np.flatnonzero(counts >= 3)
    tasks = tasks[:: max(1, len(tasks) // ASKED)][:ASKED]
    if not len(tasks):
        return (
            "nearest",
            "no task has three answers, so nothing can be compared; the nearest to all is a real answer",
        )
    error = dict.fromkeys(METHODS[1:], 0.0)
    for task in tasks.tolist():
        rows = range(int(starts[task]), int(starts[task + 1]))
        said = [str(labels.classes[labels.label[row]]) for row in rows]
        out = task % len(said)
        rest = said[:out] + said[out + 1 :]
        for name in error:
            error[name] += (1 - alike(said[out], _BY_METHOD[name](rest, [1.0] * len(rest)).value)) / len(
                tasks
            )
    order = ("nearest", "majority", "words", "characters")  # of equals a real answer comes first
    best = min(order, key=lambda name: round(error[name], 6))
    rest_of = ", ".join(f"{name} {value:.3f}" for name, value in error.items() if name != best)
    return best, f"{best} comes nearest to answers left out: mean distance {error[best]:.3f} ({rest_of})"
