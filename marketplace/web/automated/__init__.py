"""The register of every automated rule that decides or prepares something about people (charter M1).

`RULES` are the rules; `NOTHING` the jobs and `SQL_NOTHING` the functions that decide about nobody, each with its
reason: `tests/integration/test_automated.py` fails for a job, an SQL function of the claim, a refusal of a claim, or a
setting of a rule's module that stands in neither. Values are those of now; `versions` keeps what they were.
"""

from . import answers, guarded, offered, paid
from .nothing import NOTHING, SETTINGS_NOTHING, SQL_NOTHING
from .rule import Automated

RULES: tuple[Automated, ...] = (*offered.RULES, *answers.RULES, *paid.RULES, *guarded.RULES)
CHAPTERS = (
    ("offered", offered.RULES),
    ("answers", answers.RULES),
    ("paid", paid.RULES),
    ("guarded", guarded.RULES),
)

__all__ = ["CHAPTERS", "NOTHING", "RULES", "SETTINGS_NOTHING", "SQL_NOTHING", "Automated"]
