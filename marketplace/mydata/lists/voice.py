"""What the export says of ratings and messages, of work centres, of complaints, and of what somebody agreed to."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from marketplace.base.models import MailChoice, MailHours, User
from marketplace.web.models import TermsAnswer
from tasks.models import Message, Objection, Rating, Thread
from workers.models import Booking, CentreCoordinator, CentreMembership, Complaint

Row = dict[str, Any]


def ratings(user: User) -> Iterator[Row]:
    """What the person said of requesters, and objections and complaints of theirs about ratings and messages."""
    for row in Rating.objects.filter(worker=user).select_related("organisation").order_by("pk"):
        yield {
            "id": row.public_id, "about": row.organisation.name, "half_year": row.half_year, "pay": row.pay,
            "clarity": row.clarity, "fairness": row.fairness, "your_words": row.words, "written_at": row.written_at,
            "shown_from": row.shown_in, "hidden": row.hidden, "answer": row.answer, "objection": None,
        }  # fmt: skip
    # What the other side wrote in the same case is theirs, and might tell who rated.
    for each in Objection.objects.filter(Q(made_by=user) | Q(complained_by=user)).order_by("pk"):
        text = each.text if each.made_by_id == user.pk else ""
        complaint = each.complaint if each.complained_by_id == user.pk else ""
        yield {
            "id": each.public_id, "about": "a rating" if each.rating_id else "messages", "half_year": None, "pay": None,
            "clarity": None, "fairness": None, "your_words": text, "written_at": each.made_at,
            "shown_from": None, "hidden": None, "answer": each.last_statement or each.statement,
            "objection": {"reason": each.reason, "outcome": each.stands, "complaint": complaint},
        }  # fmt: skip


def messages(user: User) -> Iterator[Row]:
    """What the person and requesters wrote to each other."""
    threads = Thread.objects.filter(worker=user)
    rows = Message.objects.filter(thread__in=threads) | Message.objects.filter(author=user)
    for row in rows.distinct().select_related("thread__batch").order_by("pk").iterator(chunk_size=500):
        yield {
            "id": row.public_id, "batch": row.thread.batch.public_id,
            "by": "you" if row.author_id == user.pk else "the requester" if row.side == "requester" else "the worker",
            "text": row.text, "sent_at": row.sent_at, "silenced": row.thread.silenced,
        }  # fmt: skip


def complaints(user: User) -> Iterator[Row]:
    """Complaints about decisions against the person, and the answers."""
    for row in Complaint.objects.filter(made_by=user).order_by("pk"):
        yield {
            "id": row.public_id, "about": row.about, "subject": row.subject, "first_reason": row.first_reason,
            "first_decided_at": row.first_decided_at, "your_words": row.text, "made_at": row.made_at,
            "decide_by": row.decide_by, "outcome": row.outcome, "statement": row.statement,
            "decided_at": row.decided_at,
        }  # fmt: skip


def centres(user: User) -> Iterator[Row]:
    """Work centres that the person belongs or belonged to."""
    for row in CentreMembership.objects.filter(user=user).select_related("centre").order_by("pk"):
        yield {
            "centre": row.centre.name, "known_as": row.shown_as, "since": row.accepted_at,
            "shares_earnings": row.shares_earnings, "ended_at": row.ended_at, "because": row.end_reason,
        }  # fmt: skip


def centres_run(user: User) -> Iterator[Row]:
    """Work centres that the person coordinates or coordinated."""
    for row in CentreCoordinator.objects.filter(user=user).select_related("centre").order_by("pk"):
        asked = row.centre.asked_by_id == user.pk
        yield {
            "centre": row.centre.name, "role": row.role, "since": row.since, "until": row.until,
            "your_evidence": row.centre.evidence if asked else None,
        }  # fmt: skip


def bookings(user: User) -> Iterator[Row]:
    """Equipment of a centre that the person booked."""
    rows = Booking.objects.filter(membership__user=user).select_related("equipment").order_by("pk")
    for row in rows.iterator():
        yield {
            "equipment": row.equipment.name, "starts_at": row.starts_at, "ends_at": row.ends_at,
            "made_at": row.made_at, "cancelled_at": row.cancelled_at, "because": row.cancel_reason,
        }  # fmt: skip


def terms_answers(user: User) -> Iterator[Row]:
    """Which versions of the terms the person agreed to, and when."""
    for row in TermsAnswer.objects.filter(user=user).select_related("version").order_by("at", "pk"):
        yield {"terms": row.version.slug, "agrees": row.agrees, "at": row.at}


def mail_choices(user: User) -> Iterator[Row]:
    """Which mails come when; the last row is the hours, where the person chose any."""
    for row in MailChoice.objects.filter(user=user).order_by("topic"):
        yield {"topic": row.topic, "way": row.way, "changed_at": row.changed_at}
    for each in MailHours.objects.filter(user=user):
        hours = f"{each.quiet_from}-{each.quiet_until}, {each.digest_at}"
        yield {"topic": "hours", "way": hours, "changed_at": None}
