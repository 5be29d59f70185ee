from .assignment import Assignment, Draft
from .batch import Batch
from .dispute import Contest, Dispute
from .imports import BadRow, Import
from .result import BatchFigures, Result
from .task import Task

__all__ = [
    "Assignment",
    "BadRow",
    "Batch",
    "BatchFigures",
    "Contest",
    "Dispute",
    "Draft",
    "Import",
    "Result",
    "Task",
]
