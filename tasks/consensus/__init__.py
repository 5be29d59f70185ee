"""What many answers say together. Plain arithmetic: no Django, no database, no I/O.

Two kinds of functions live here. Those of one task (majority, median, drawings, spans, …) take the answers that
different workers gave to one field, in the order in which they were submitted, and return a `Consensus`; none of them
knows who answered. Those of a whole batch (`categorical`, `numbers.numeric`, `texts.texts`) take `Labels`, columns of
(task, worker, label), and weigh the workers. docs/consensus.md says which method does what, and how well.
"""

from . import drawings, texts
from .labels import Builder, Labels, build
from .majority import majority, majority_of_each
from .model import Model, needs_more, posterior
from .numbers import median
from .outcome import Outcome, categorical
from .types import NOTHING, Consensus

__all__ = [
    "NOTHING",
    "Builder",
    "Consensus",
    "Labels",
    "Model",
    "Outcome",
    "build",
    "categorical",
    "drawings",
    "majority",
    "majority_of_each",
    "median",
    "needs_more",
    "posterior",
    "texts",
]
