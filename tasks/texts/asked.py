"""What people read about what may be asked: rows that a person looked at, and reports."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, complain_line, loads, numbers_of, of
from tasks.models import Report

from .things import Data, title_of, to_batch


@of("rows_passed")
def rows_passed(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("New rows of “%(title)s” may open") % {"title": title_of(batch)},
        (
            _(
                "A moderator looked at them. They are open, or wait only until their price is set aside: look at the"
                " file."
            ),
        ),
        url=reverse("import", args=[data["source"]]),
        action=_("See the file"),
    )


@of("rows_refused")
def rows_refused(data: Data, things: Things) -> Text:
    batch, source = things[data["batch"]], things.get(data["source"])
    note = source.screening_note if source else ""
    lines = [_("The reason: “%(reason)s”") % {"reason": note}] if note else []
    lines.append(_("They are out of the batch, nothing was set aside for them, and what is open goes on."))
    lines.append(complain_line())
    return Text(
        _("A moderator did not open new rows of “%(title)s”") % {"title": title_of(batch)},
        tuple(lines),
        **to_batch(batch),
    )


# --- reports --------------------------------------------------------------------------------------------------


@loads("rep")
def _reports(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("rep", public_ids)
    rows = Report.objects.select_related("batch").prefetch_related("complaints").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


def _about(report: Report) -> str:
    return title_of(report.batch) if report.batch_id else _("a page of this site")


def _to_report(report: Report) -> dict[str, str]:
    return {"url": reverse("report-state", args=[report.public_id]), "action": _("See the report")}


def _contestable() -> str:
    return _("If you do not agree, say so on that page within %(months)s months: another person decides.") % {
        "months": round(settings.APPEAL_DAYS / 30.5)
    }


@of("report_received")
def report_received(data: Data, things: Things) -> Text:
    report = things[data["report"]]
    return Text(
        _("We have received your report about “%(title)s”") % {"title": _about(report)},
        (
            _("A person looks at it and answers by %(day)s. The requester is not told who reported it.")
            % {"day": formats.day(report.decide_by)},
        ),
        **_to_report(report),
    )


@of("report_decided", "reported_decided")
def report_decided(data: Data, things: Things) -> Text:
    report = things[data["report"]]
    subject = (
        _("Your report about “%(title)s” is decided")
        if data["kind"] == "report_decided"
        else _("Somebody reported “%(title)s”: what a moderator decided")
    )
    return Text(
        subject % {"title": _about(report)},
        (
            _("Decided: %(outcome)s.") % {"outcome": report.get_outcome_display()},
            _("The reason: “%(reason)s”") % {"reason": report.statement},
            _contestable(),
        ),
        **_to_report(report),
    )


@of("report_reopened", "reported_reopened")
def report_reopened(data: Data, things: Things) -> Text:
    report = things[data["report"]]
    return Text(
        _("“%(title)s” is open again") % {"title": _about(report)},
        (_("The requester changed what was asked for, and a moderator looked at it."),),
        **_to_report(report),
    )


@of("report_complained", "reported_complained")
def report_complained(data: Data, things: Things) -> Text:
    report = things[data["report"]]
    last = max((each for each in report.complaints.all() if each.outcome), key=lambda each: each.decided_at)
    return Text(
        _("A complaint about the report on “%(title)s” is decided") % {"title": _about(report)},
        (
            _("Decided: %(outcome)s.") % {"outcome": last.get_outcome_display()},
            _("The reason: “%(reason)s”") % {"reason": last.statement},
        ),
        **_to_report(report),
    )


@of("stopped_paid")
def stopped_paid(data: Data, things: Things) -> Text:
    words = {"title": title_of(things[data["batch"]]), "amount": formats.eur(data["micros"])}
    return Text(
        _("“%(title)s” was stopped; your time is paid") % words,
        (
            _(
                "A moderator stopped this batch while you had a task of it in hand. %(amount)s for your time is yours."
            )
            % words,
            _("What you answered before is reviewed and paid as always. You need not do anything."),
        ),
        url=reverse("earnings"),
        action=_("See your earnings"),
    )
