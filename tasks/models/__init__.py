from .answer_file import AnswerFile
from .assignment import Assignment, Draft
from .audience import BatchGuest, BatchLink
from .batch import Batch
from .dispute import Contest, Dispute
from .gold import BatchPause, Gold, GoldContest, GoldScore
from .imports import BadRow, Import
from .medium import Medium, SentFile
from .message import BatchQuestion, Message, Objection, Side, Thread
from .promise import GuaranteedWeek, InterruptedTask, Outage
from .quality import BatchModel, Chain, ChainLink, Pasted, Signal
from .rating import Rating
from .report import Report, ReportComplaint
from .result import BatchFigures, Result
from .share import Share
from .task import Task
from .template import FormTemplate
from .test import Attempt, AttemptQuestion, QualificationTest

__all__ = [
    "AnswerFile",
    "Assignment",
    "Attempt",
    "AttemptQuestion",
    "BadRow",
    "Batch",
    "BatchFigures",
    "BatchGuest",
    "BatchLink",
    "BatchModel",
    "BatchPause",
    "BatchQuestion",
    "Chain",
    "ChainLink",
    "Contest",
    "Dispute",
    "Draft",
    "FormTemplate",
    "Gold",
    "GoldContest",
    "GoldScore",
    "GuaranteedWeek",
    "Import",
    "InterruptedTask",
    "Medium",
    "Message",
    "Objection",
    "Outage",
    "Pasted",
    "QualificationTest",
    "Rating",
    "Report",
    "ReportComplaint",
    "Result",
    "SentFile",
    "Share",
    "Side",
    "Signal",
    "Task",
    "Thread",
]
