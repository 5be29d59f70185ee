from .answer_file import AnswerFile
from .assignment import Assignment, Draft
from .batch import Batch
from .dispute import Contest, Dispute
from .imports import BadRow, Import
from .medium import Medium, SentFile
from .result import BatchFigures, Result
from .task import Task

__all__ = [
    "AnswerFile",
    "Assignment",
    "BadRow",
    "Batch",
    "BatchFigures",
    "Contest",
    "Dispute",
    "Draft",
    "Import",
    "Medium",
    "Result",
    "SentFile",
    "Task",
]
