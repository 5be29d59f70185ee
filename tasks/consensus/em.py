"""Workers of different quality, estimated together with what is true (expectation-maximisation, in log space).

- One coin: a worker is right with one probability whatever is true, and else names any other class alike.
- Dawid–Skene: a worker has a row of probabilities for each class that may be true (a confusion matrix). A. P. Dawid and
  A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied Statistics 28,
  1979.

Both are smoothed by what the whole crowd does, as strongly as the crowd's own likeness asks for (empirical Bayes): with
a handful of labels a worker is taken for the usual one, with many for who they are. docs/consensus.md has the formulae.
"""

from dataclasses import dataclass, replace

import numpy as np

from .candidates import Candidates
from .gamma import log_gamma
from .grids import Grid
from .labels import Floats, tally

STRENGTHS = 2.0 ** np.arange(-1, 9)  # how many labels the crowd's habit may be worth
PART = (
    0.4  # expected counts blur workers, so the evidence asks for too much smoothing: this part of it is taken
)
OWN = 0.75  # of what a worker is taken for: this much by the crowd's confusions, the rest by one coin
SAMPLE = 50_000  # parameters from which a strength is estimated
AGAIN = 5  # rounds after which it is estimated (again): at first all workers look alike, whatever they are
ROUNDS, ENOUGH = 100, 1e-4
NEARLY = 1e-5  # change of the log likelihood of a label, from which on another round changes nothing


@dataclass(frozen=True)
class Fit:
    """What was found: `share` for each entry, and what the workers are like."""

    share: Floats
    evidence: float  # log likelihood of the labels, summed over tasks
    rounds: int
    prior: Floats  # of each class
    accuracy: Floats  # of each worker, smoothed
    mean: float  # of all of them
    conf: Floats | None = None  # of each parameter of `Grid`; None for one coin
    pool: Floats | None = None  # of each pair of `Grid`: the crowd as one worker


def start(made: Candidates) -> Floats:
    """Shares of the votes, with one vote more spread over all entries of a task."""
    counts = np.diff(made.start)
    total = np.add.reduceat(made.votes, made.start[:-1])
    return (made.votes + made.spread(1 / counts)) / made.spread(total + 1)


def class_prior(made: Candidates, share: Floats) -> Floats:
    """How frequent each class is, as if each had been seen once more."""
    classes = len(made.labels.classes)
    if made.full:
        counts = share.reshape(-1, classes).sum(axis=0)
        return np.asarray((counts + 1) / (counts.sum() + classes))
    counts = tally(made.kind, weights=share, minlength=classes + 1)[:classes]
    return np.asarray((counts + 1) / (counts.sum() + classes))


def _log_prior(made: Candidates, prior: Floats) -> Floats:
    """For each entry; "another one" has what the others of its task leave."""
    if made.full:
        return np.tile(np.log(prior), len(made.labels.tasks))
    of_entry = np.append(prior, 0.0)[made.kind]
    rest = 1 - np.add.reduceat(of_entry, made.start[:-1])
    of_entry[made.kind == len(made.labels.classes)] = np.maximum(rest, 1e-12)
    return np.log(of_entry)


# --- one coin -------------------------------------------------------------------------------------------


def one_coin(made: Candidates, *, alike: bool = False, rounds: int = ROUNDS, enough: float = ENOUGH) -> Fit:
    """One probability of being right for each worker; with `alike` one for all, and all classes as frequent: a vote."""
    labels = made.labels
    share, strength, last = start(made), 4.0, -np.inf
    fit = Fit(share, -np.inf, 0, np.full(len(labels.classes), 1 / len(labels.classes)), np.zeros(0), 0.0)
    for number in range(rounds):
        right, cases = worker_counts(made, share)
        mean = float((right.sum() + 1) / (cases.sum() + 2))
        if number and number % AGAIN == 0 and not alike:
            strength = _coin_strength(right, cases, mean)
        accuracy = np.full(len(right), mean) if alike else smoothed(right, cases, mean, strength)
        prior = fit.prior if alike else class_prior(made, share)
        score = _log_prior(made, prior) + _coin_score(made, accuracy)
        new, evidence = made.share(score)
        change = float(np.abs(new - share).max())
        share = new
        fit = Fit(share, evidence, number + 1, prior, accuracy, mean)
        if change < enough or (number > AGAIN and abs(evidence - last) < NEARLY * len(labels)):
            break
        last = evidence
    return fit


def worker_counts(made: Candidates, share: Floats) -> tuple[Floats, Floats]:
    """Of each worker: how many labels are expected to be right, and how many there are."""
    labels = made.labels
    hit = np.where(made.said >= 0, share[made.said], 0.0)
    weight = np.ones(len(labels)) if labels.weight is None else labels.weight
    workers = len(labels.workers)
    right = tally(labels.worker, weights=hit * weight, minlength=workers)
    return right, tally(labels.worker, weights=weight, minlength=workers)


def smoothed(right: Floats, cases: Floats, mean: float, strength: float) -> Floats:
    return (right + strength * mean) / (cases + strength)


def _coin_strength(right: Floats, cases: Floats, mean: float) -> float:
    """The strength under which such counts are most likely (beta-binomial)."""
    step = max(1, len(right) // SAMPLE)
    right, cases = right[::step], cases[::step]
    wrong = np.maximum(cases - right, 0)
    found = []
    for strength in STRENGTHS:
        a, b = np.array([strength * mean]), np.array([strength * (1 - mean)])
        fixed = log_gamma(a + b) - log_gamma(a) - log_gamma(b)
        each = log_gamma(right + a) + log_gamma(wrong + b) - log_gamma(cases + a + b)
        found.append(float((fixed + each).sum()))
    return float(STRENGTHS[int(np.argmax(found))])


def _coin_score(made: Candidates, accuracy: Floats) -> Floats:
    """What the labels say for each entry, up to what is the same for all entries of a task and a constant."""
    labels, others = made.labels, max(1, len(made.labels.classes) - 1)
    known = np.clip(accuracy, 1e-6, 1 - 1e-6)
    wrong = np.log((1 - known) / others)
    gain, base = (np.log(known) - wrong)[labels.worker], wrong[labels.worker]
    if labels.weight is not None:
        gain, base = gain * labels.weight, base * labels.weight
    heard = made.said >= 0
    score = tally(made.said[heard], weights=gain[heard], minlength=len(made.kind))
    return np.asarray(score + made.spread(tally(labels.task, weights=base, minlength=len(labels.tasks))))


# --- Dawid–Skene ----------------------------------------------------------------------------------------


def dawid_skene(
    made: Candidates,
    grid: Grid,
    *,
    rounds: int = ROUNDS,
    enough: float = ENOUGH,
    first: Floats | None = None,
) -> Fit:
    """A confusion matrix for each worker, from the shares of the votes on, or from `first`."""
    labels = made.labels
    weight = labels.weight
    share, last = start(made) if first is None else first, -np.inf
    strengths = (4.0, np.full(len(labels.classes) + 1, 2.0))
    fit = Fit(share, -np.inf, 0, np.zeros(0), np.zeros(0), 0.0)
    for number in range(rounds):
        fit, strengths = _matrices(
            made, grid, share, weight, strengths, estimate=number > 0 and number % AGAIN == 0
        )
        assert fit.conf is not None
        said = grid.score(np.log(fit.conf), weight)
        new, evidence = made.share(_log_prior(made, fit.prior) + said)
        change = float(np.abs(new - share).max())
        share = new
        fit = replace(fit, share=share, evidence=evidence, rounds=number + 1)
        if change < enough or (number > AGAIN and abs(evidence - last) < NEARLY * len(labels)):
            break
        last = evidence
    return fit


def _matrices(
    made: Candidates, grid: Grid, share: Floats, weight: Floats | None, strengths: tuple[float, Floats], *,
    estimate: bool,
) -> tuple[Fit, tuple[float, Floats]]:  # fmt: skip
    """The confusion of each worker, given what is true; `strengths` are estimated anew when asked."""
    count = grid.count(share, weight)
    workers = len(made.labels.workers)
    right = tally(grid.worker[grid.right], weights=count[grid.right], minlength=workers)
    total = tally(grid.worker, weights=count, minlength=workers)
    mean = float((right.sum() + 1) / (total.sum() + 2))
    coin = _coin_strength(right, total, mean) if estimate else strengths[0]
    accuracy = smoothed(right, total, mean, coin)
    pool, expected = _expected(made, grid, count, accuracy, mean)
    rows = tally(grid.row, weights=count, minlength=len(grid.row_true))
    strength = _row_strengths(grid, count, rows, expected) if estimate else strengths[1]
    of_row = strength[grid.row_true]
    conf = (count + of_row[grid.row] * expected) / (rows + of_row)[grid.row]
    prior = class_prior(made, share)
    found = Fit(share, 0.0, 0, prior, accuracy, mean, np.maximum(conf, 1e-12), pool)
    return found, (coin, strength)


def _expected(
    made: Candidates, grid: Grid, count: Floats, accuracy: Floats, mean: float
) -> tuple[Floats, Floats]:
    """(what the crowd as one worker answers, for each pair; what a worker of that accuracy would, for each parameter).

    The chance to be right about a class is the crowd's, moved on the logistic scale by how much better or worse the
    worker is over all; what is left goes where the crowd's errors go. One coin stands for a part of it.
    """
    classes = len(made.labels.classes)
    others = max(1, classes - 1)
    flat = np.where(grid.pair_true == grid.pair_given, mean, (1 - mean) / others)
    together = tally(grid.pair, weights=count, minlength=len(flat))
    per_class = tally(grid.pair_true, weights=together, minlength=classes + 1)
    pool = (together + 2 * flat) / (per_class[grid.pair_true] + 2)
    hit = (2 * mean) / (per_class + 2)
    same = grid.pair_true == grid.pair_given
    hit[grid.pair_true[same]] = pool[same]
    hit = np.clip(hit, 1e-3, 1 - 1e-3)
    moved = _logit(np.clip(accuracy, 0.01, 0.99)) - _logit(np.clip(mean, 0.01, 0.99))
    row_hit = 1 / (1 + np.exp(-(_logit(hit)[grid.row_true] + moved[grid.row_worker])))
    there = pool / (1 - hit[grid.pair_true])  # of errors about a class, those that name this one
    at = row_hit[grid.row]
    alone = accuracy[grid.worker]
    crowd = np.where(grid.right, at, (1 - at) * there[grid.pair])
    coin = np.where(grid.right, alone, (1 - alone) / others)
    expected = OWN * crowd + (1 - OWN) * coin
    if not made.full:  # where another one is true, whatever is named is wrong, and likely what is named often
        often = tally(made.labels.label, minlength=classes) / len(made.labels)
        other = grid.true == classes
        expected[other] = (1 - alone[other]) * often[grid.given[other]]
    return pool, np.clip(expected, 1e-9, 1.0)


def _logit(share: Floats | float) -> Floats:
    return np.asarray(np.log(share) - np.log1p(-np.asarray(share)))


def _row_strengths(grid: Grid, count: Floats, rows: Floats, expected: Floats) -> Floats:
    """For each true class, how many labels the expected row is worth: the most likely (Dirichlet-multinomial)."""
    step = max(1, len(count) // SAMPLE)
    kept, kept_row = grid.worker % step == 0, grid.row_worker % step == 0
    count, expected, true = count[kept], expected[kept], grid.true[kept]
    rows, row_true = rows[kept_row], grid.row_true[kept_row]
    size = int(grid.row_true.max()) + 1
    found = np.empty((len(STRENGTHS), size))
    for number, strength in enumerate(STRENGTHS):
        whole = log_gamma(np.array([strength])) - log_gamma(rows + strength)
        part = log_gamma(count + strength * expected) - log_gamma(strength * expected)
        found[number] = tally(row_true, weights=whole, minlength=size)
        found[number] += tally(true, weights=part, minlength=size)
    return np.asarray(PART * STRENGTHS[found.argmax(axis=0)])
