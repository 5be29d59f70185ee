"""What many answers to one task say together. Plain arithmetic: no Django, no database, no I/O.

Each function takes the answers that different workers gave to one field of one task, in the order in which
they were submitted, and returns a `Consensus`. None of them knows who answered: a method that weighs workers
looks at a whole batch at once and gets its own module beside these, with arrays of (task, worker, label).
"""

from . import drawings
from .majority import majority, majority_of_each
from .numeric import median
from .types import NOTHING, Consensus

__all__ = ["NOTHING", "Consensus", "drawings", "majority", "majority_of_each", "median"]
