"""People, organisations, and the rows that every part of the house writes: audit, outbox, switches, notices."""

from .api import ApiKey, IdempotentAnswer
from .cases import CaseDraft, CaseLease, FormerMembership, SecondOpinion, Stake
from .organisations import RIGHTS, Invitation, Membership, Organisation, Role
from .people import User, UserManager
from .records import AuditEvent, JobRun, OutboxEvent, Switch
from .told import MailChoice, MailHours, Notice, PublishedFigures, SentMail

__all__ = [
    "RIGHTS", "ApiKey", "AuditEvent", "CaseDraft", "CaseLease", "FormerMembership", "IdempotentAnswer", "Invitation",
    "JobRun", "MailChoice", "MailHours", "Membership", "Notice", "Organisation", "OutboxEvent", "PublishedFigures",
    "Role", "SecondOpinion", "SentMail", "Stake", "Switch", "User", "UserManager",
]  # fmt: skip
