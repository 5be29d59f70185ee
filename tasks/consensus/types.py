from typing import Any, NamedTuple


class Consensus(NamedTuple):
    """The value that the answers agree on, and how sure that is.

    `confidence` is a share from 0 (nobody answered, or all differ) to 1 (all say the same).
    """

    value: Any
    confidence: float


NOTHING = Consensus(None, 0.0)
