"""Public figures (charter D4), counted from the books, published by half-years with small numbers hidden (ADR 68)."""

from .editions import JOB, all_editions, count, current, edition, publish
from .privacy import FEW, least

__all__ = ["FEW", "JOB", "all_editions", "count", "current", "edition", "least", "publish"]
