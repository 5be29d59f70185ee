"""Everything that an export holds: a few parts about the person, and lists, each read row by row.

A list stands in the file under its name here; `columns.py` says which columns it carries. `VERSION` grows when a name
goes or changes its meaning, and docs/how-to/my-data.md says how.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.base.models import User

from . import account, cases, pay, voice, work

VERSION = 1
Row = dict[str, Any]

PARTS: dict[str, tuple[Callable[[User], Row | None], Any]] = {
    "account": (account.account, _("your account")),
    "profile": (account.profile, _("your profile as somebody who works")),
    "payee": (account.payee, _("where your money goes, and what tax law asks")),
}
LISTS: dict[str, tuple[Callable[[User], Iterator[Row]], Any]] = {
    "assignments": (work.assignments, _("tasks you took, with your answers, times and pay")),
    "drafts": (work.drafts, _("what you typed and did not hand in yet")),
    "sent_files": (work.sent_files, _("photos and recordings you sent")),
    "invitations": (work.invitations, _("invitations to work")),
    "objections": (cases.objections, _("what requesters objected, and what you replied")),
    "decisions": (cases.decisions, _("disputes and appeals about your answers")),
    "check_questions": (cases.check_questions, _("check questions you answered")),
    "pauses": (cases.pauses, _("pauses after check questions")),
    "reports": (cases.reports, _("what you reported, and what was decided")),
    "complaints": (voice.complaints, _("complaints about decisions against you")),
    "ratings": (voice.ratings, _("what you said of requesters, and objections of yours")),
    "messages": (voice.messages, _("messages between you and requesters")),
    "qualifications": (work.qualifications, _("qualifications you were given or lost")),
    "attempts": (work.attempts, _("tests you took")),
    "certificates": (work.certificates, _("certificates you made")),
    "restrictions": (work.restrictions, _("decisions that restricted you")),
    "signals": (work.signals, _("what rules found unusual about your answers")),
    "shares": (work.shares, _("how much of a batch you took")),
    "weeks": (work.weeks, _("weeks held against the floor")),
    "outages": (work.outages, _("tasks that a failure of ours interrupted")),
    "payouts": (pay.payouts, _("payouts to you")),
    "bonuses": (pay.bonuses, _("bonuses you were given")),
    "help_requests": (pay.help_requests, _("what you asked of the help fund")),
    "movements": (pay.movements, _("each movement of your money in the books")),
    "caps": (pay.caps, _("your yearly cap")),
    "one_person": (pay.one_person, _("scrambled marks of your payout details, and accounts that share one")),
    "tax_details": (pay.tax_details, _("when we asked for tax details")),
    "connected_account": (pay.connected_account, _("your account at a payment provider")),
    "centres": (voice.centres, _("work centres you belong to")),
    "centres_run": (voice.centres_run, _("work centres you coordinate")),
    "bookings": (voice.bookings, _("equipment you booked")),
    "terms_answers": (voice.terms_answers, _("terms you agreed to")),
    "mail_choices": (voice.mail_choices, _("which mails you want, and when")),
    "memberships": (account.memberships, _("organisations you belong to")),
    "api_keys": (account.api_keys, _("keys of programs that act for you")),
    "notices": (account.notices, _("what we told you")),
    "audit": (account.audit, _("what was written down about your account, and who looked")),
}
