from .answer_file import AnswerFile
from .assignment import Assignment, Draft
from .audience import BatchGuest, BatchLink
from .batch import Batch
from .dispute import Contest, Dispute
from .imports import BadRow, Import
from .medium import Medium, SentFile
from .result import BatchFigures, Result
from .task import Task
from .template import FormTemplate

__all__ = [
    "AnswerFile",
    "Assignment",
    "BadRow",
    "Batch",
    "BatchFigures",
    "BatchGuest",
    "BatchLink",
    "Contest",
    "Dispute",
    "Draft",
    "FormTemplate",
    "Import",
    "Medium",
    "Result",
    "SentFile",
    "Task",
]
