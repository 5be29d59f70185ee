"""Rules that read what a batch asks for, in French and English, and only ever put it before a person (charter W5).

Plain Python over plain text: no Django, no database, no network. `find` says which rules met which words.
"""

from .reading import Hit, Part, find
from .rules import RULES, Rule

__all__ = ["RULES", "Hit", "Part", "Rule", "find"]
