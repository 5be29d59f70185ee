"""The rules that this market keeps today, each with the present value of its setting and what enforces it.

A rule stands here only while a program keeps it: `tests/integration/test_charter.py` fails when a constraint, a
trigger, a function, a job, a page or a setting named here is gone, and when no test proves a rule by its id. The
public page and `manage.py charter` are made from this register. What an operator can switch off is a `Part`: it is said
while it is on, and named as off here while it is not.
"""

from .duties import DUTIES
from .limits import CAP
from .pay import PAY
from .people import PEOPLE
from .rule import Chapter, Part, Rule
from .work import WORK

__all__ = ["CHAPTERS", "RULES", "Chapter", "Part", "Rule"]

CHAPTERS = (PAY, CAP, PEOPLE, WORK, DUTIES)
RULES = tuple(rule for chapter in CHAPTERS for rule in chapter.rules)
