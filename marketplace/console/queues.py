"""The queues of the console, each told in one shape: how a list shows a case, what "next" may hand out, who is in it.

To add a queue: a function from a row to an `Item`, and an entry in QUEUES. The first page, "next case", taking and
leaving, drafts, second opinions and stakes work for it from then on; its list page calls `lists.listing` and includes
`templates/console/_queue.html`, and its case page calls `desk.open_case` and includes `console/_desk.html`.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import clock, conflicts, ids
from marketplace.base.errors import NotFound
from marketplace.base.models import Organisation, User
from payments.models import HelpGrant, Payout, PayoutState, PersonPair
from payments.services import help_fund
from tasks import access as tasks_access
from tasks import access_gold, access_voice
from tasks.models import Batch, BatchPause, Dispute, Import, Objection, Report, ReportComplaint
from tasks.selectors import gold, moderation, ratings, reports, signals
from tasks.services import disputes, gold_pauses, objections, screening
from workers.models import AwardContest, Centre, Complaint
from workers.services import centres, complaints

from . import access, persons

MOST = (
    500  # waiting cases of one queue that are looked at; more than that is a crisis, and still shown as such
)


@dataclass(frozen=True)
class Item:
    """A case as lists show it. `kind` and `number` name it in SQL; `people` are row numbers of those it is about."""

    kind: str
    number: int
    title: str
    address: str
    since: dt.datetime | None
    due: dt.datetime | None = None  # by when a person was promised an answer
    note: str = ""  # why it is here, in words
    mark: str = ""  # what sets it apart from its neighbours: "Appeal"
    organisation: Organisation | None = None
    batch: Batch | None = None
    people: tuple[int, ...] = ()
    barred: tuple[int, ...] = ()  # who decided it before: they may read it, somebody else decides
    again: bool = False  # it was decided, and waits once more
    outcome: str = ""
    decided_at: dt.datetime | None = None
    decided_by: User | None = None

    @property
    def public_id(self) -> str:
        return ids.encode(self.kind, self.number)

    @property
    def key(self) -> tuple[str, int]:
        return self.kind, self.number

    @property
    def for_conflicts(self) -> conflicts.Case:
        """As the rule about who has a part in it reads it."""
        return conflicts.Case(
            self.kind, self.number, self.people, self.organisation.pk if self.organisation else None
        )

    @property
    def is_over(self) -> bool:
        """Decided, and waiting for nobody."""
        return bool(self.outcome) and not self.again

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due < clock.now()

    @property
    def is_due(self) -> bool:
        """Within a day."""
        return self.due is not None and self.due < clock.now() + dt.timedelta(days=1)

    @property
    def distressing(self) -> bool:
        return bool(self.batch and self.batch.distress)


@dataclass(frozen=True)
class Queue:
    """`page` names its list; `waiting` gives undecided rows in the order of their promise, `decided` rows for pages by
    cursor; `item` tells a row, `find` a case by its public id (raises NotFound)."""

    key: str
    kinds: tuple[str, ...]
    label: Any
    page: str
    waiting: Callable[[], Iterable[Any]]
    item: Callable[[Any], Item]
    find: Callable[[User, str], Any]
    decided: Callable[[], QuerySet[Any]] | None = None
    for_admins: bool = False  # administrators may decide these as well
    by_next: bool = True

    def items(self) -> list[Item]:
        """What waits, the one promised first on top, those without a promise by age."""
        return sorted((self.item(row) for row in self.waiting()), key=order)


def order(item: Item) -> tuple[dt.datetime, dt.datetime, int]:
    """By promise; without one, a year after it came."""
    since = item.since or clock.now()
    return item.due or since + dt.timedelta(days=365), since, item.number


def _promised(since: dt.datetime | None) -> dt.datetime | None:
    return since and since + dt.timedelta(days=settings.DECISION_DAYS)


def _people(*numbers: int | None) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _dispute(row: Dispute) -> Item:
    batch, contest = row.assignment.batch, row.assignment.contest
    return Item(
        "dis", row.pk, batch.title, reverse("console-dispute", args=[row.public_id]), row.opened_at, row.decide_by,
        note=contest.get_reason_display(), mark=_("Appeal") if row.is_appeal else "",
        organisation=batch.organisation, batch=batch,
        people=_people(row.assignment.worker_id, contest.opened_by_id), barred=_decided_before(row),
        outcome=row.get_outcome_display(), decided_at=row.decided_at, decided_by=row.decided_by,
    )  # fmt: skip


def _decided_before(row: Dispute) -> tuple[int, ...]:
    """Who decided what an appeal is against, or agreed to it."""
    return tuple(sorted(disputes.decided_before(row)))


def _report(row: Report | ReportComplaint) -> Item:
    report = row.report if isinstance(row, ReportComplaint) else row
    complaint = row if isinstance(row, ReportComplaint) else _complaint_about(row)
    before = complaint.first_decided_by_id if complaint else None
    if isinstance(row, ReportComplaint):
        since, mark = row.made_at, _("Complaint")
    else:
        since = row.changed_at or row.received_at
        mark = _("Changed: look again") if row.outcome and row.changed_at and not row.reopened_at else ""
    return Item(
        "rep", report.pk, report.batch.title if report.batch else report.page or _("A page without a name"),
        reverse("console-report", args=[report.public_id]), since, row.decide_by,
        note=report.get_reason_display(), mark=mark, organisation=report.organisation, batch=report.batch,
        people=_people(report.reporter_id), barred=_people(before), again=complaint is not None,
        outcome=row.get_outcome_display(), decided_at=row.decided_at, decided_by=row.decided_by,
    )  # fmt: skip


def _complaint_about(report: Report) -> ReportComplaint | None:
    """The complaint about a decided report that waits for somebody else."""
    return next((each for each in report.complaints.all() if not each.outcome), None)


def _screened(row: moderation.Waiting | Import | Batch) -> Item:
    if isinstance(row, Import):
        found = moderation.rules_of(row)
        return Item(
            "imp", row.pk, row.batch.title, reverse("console-screened-rows", args=[row.public_id]),
            row.queued_at or row.created_at, screening.rows_due(row), note=" ".join(found),
            mark=_("Rows for an open batch"), organisation=row.batch.organisation, batch=row.batch,
            people=_people(row.created_by_id),
        )  # fmt: skip
    batch = row if isinstance(row, Batch) else row.batch
    since = batch.updated_at if isinstance(row, Batch) else row.since
    return Item(
        "bat", batch.pk, batch.title, reverse("console-screened", args=[batch.public_id]), since,
        _promised(since), note=" ".join(moderation.rules_of(batch)), organisation=batch.organisation, batch=batch,
        people=_people(batch.created_by_id),
    )  # fmt: skip


def _screened_find(user: User, public_id: str) -> Batch | Import:
    if public_id.startswith("imp_"):
        return tasks_access.screened_rows(user, public_id)
    return tasks_access.screened_batch(user, public_id)


def _pause(row: BatchPause) -> Item:
    outcome = _("lifted") if row.lifted_by_id else _("stands")
    return Item(
        "pse", row.pk, row.batch.title, reverse("console-pause", args=[row.public_id]), row.review_asked_at,
        gold_pauses.decide_by(row), note=_("%(right)s of %(asked)s right") % {"right": row.right, "asked": row.asked},
        organisation=row.batch.organisation, batch=row.batch, people=_people(row.worker_id),
        outcome=outcome if row.reviewed_at else "", decided_at=row.reviewed_at, decided_by=row.reviewed_by,
    )  # fmt: skip


def _signal(row: Any) -> Item:
    return Item(
        "sig", row.pk, row.get_kind_display(), reverse("console-signal", args=[row.public_id]), row.first_at,
        note=signals.words(row), organisation=row.batch.organisation, batch=row.batch,
        people=_people(row.worker_id), decided_at=row.seen_at, decided_by=row.seen_by,
        outcome=_("looked at") if row.seen_at else "",
    )  # fmt: skip


def _award(row: AwardContest) -> Item:
    award = row.award
    return Item(
        "awd", award.pk, award.qualification.name, reverse("console-award-contest", args=[award.public_id]),
        row.opened_at, _promised(row.opened_at), organisation=award.qualification.organisation,
        people=_people(award.user_id, award.revoked_by_id), outcome=row.get_outcome_display(),
        decided_at=row.decided_at, decided_by=row.decided_by,
    )  # fmt: skip


def _complaint(row: Complaint) -> Item:
    return Item(
        "cmp", row.pk, row.get_about_display(), reverse("console-complaint", args=[row.public_id]), row.made_at,
        row.decide_by, people=_people(row.made_by_id), barred=_people(row.first_decided_by_id),
        outcome=row.get_outcome_display(), decided_at=row.decided_at, decided_by=row.decided_by,
    )  # fmt: skip


def _objection(row: Objection) -> Item:
    again = row.complained_at is not None and not row.last_outcome
    who, batch = objections.organisation(row), row.thread.batch if row.thread else None
    about = _("Messages about “%(batch)s”") if batch else _("A rating of %(organisation)s")
    return Item(
        "obj", row.pk, about % {"batch": batch.title if batch else "", "organisation": who.name},
        reverse("console-objection", args=[row.public_id]), row.complained_at or row.made_at,
        row.complaint_by or row.decide_by, note=row.get_reason_display(), mark=_("Complaint") if again else "",
        again=again, barred=_people(row.decided_by_id if again else None),
        organisation=who, batch=batch, outcome=row.stands_display,
        # Who wrote a rating is no part of the case, also not for its moderator; `objections` refuses them all the same.
        people=_people(*objections.people(row)) if batch else _people(row.made_by_id),
        decided_at=row.last_decided_at or row.decided_at, decided_by=row.last_decided_by or row.decided_by,
    )  # fmt: skip


def _centre(row: Centre) -> Item:
    people = [each.user_id for each in row.coordinators.all() if each.until is None]
    return Item(
        "ctr", row.pk, row.name, reverse("console-centre", args=[row.public_id]), row.asked_at, _promised(row.asked_at),
        note=row.town, people=_people(row.asked_by_id, *people), outcome=row.get_state_display(),
        decided_at=row.checked_at, decided_by=row.checked_by,
    )  # fmt: skip


def _pair(row: PersonPair) -> Item:
    marks = {
        _("Objection"): row.objected_at and not row.outcome,
        _("Restricted before"): persons.was_restricted(row),
    }
    return Item(
        "prs", row.pk, _("Two accounts, one person?"), reverse("console-person-pair", args=[row.public_id]),
        row.objected_at or row.changed_at, _promised(row.objected_at) or row.held_until, note=persons.what(row),
        mark=" · ".join(word for word, there in marks.items() if there),
        # Not who is erased: what is written down of a look stays, and would lead from their number to the other one.
        people=_people(*(each.pk for each in (row.first, row.second) if each.is_active)),
        again=row.decided_at is not None and row.decided_at < row.changed_at,
        outcome=row.get_outcome_display(), decided_at=row.decided_at, decided_by=row.decided_by,
    )  # fmt: skip


def _hold(row: Payout) -> Item:
    return Item(
        "pay", row.pk, _("A payout"), reverse("console-hold", args=[row.public_id]), row.held_at,
        note=row.held_reason, people=_people(row.user_id),
    )  # fmt: skip


def _grant(row: HelpGrant) -> Item:
    return Item(
        "grt", row.pk, row.get_purpose_display(), reverse("console-grant", args=[row.public_id]), row.created_at,
        _promised(row.created_at), people=_people(row.worker_id), outcome=row.get_state_display(),
        decided_at=row.ended_at, decided_by=row.decided_by,
    )  # fmt: skip


def _person(row: User) -> Item:
    return Item(
        "usr", row.pk, row.short_name, reverse("console-person", args=[row.public_id]), None, people=(row.pk,)
    )


def _held() -> QuerySet[Payout]:
    return Payout.objects.filter(state=PayoutState.HELD).select_related("user", "held_by").order_by("held_at")


def _contests() -> QuerySet[AwardContest]:
    rows = AwardContest.objects.select_related("award__qualification__organisation", "decided_by")
    return rows.filter(outcome="").order_by("opened_at")


QUEUES: dict[str, Queue] = {
    queue.key: queue
    for queue in [
        Queue(
            "disputes", ("dis",), gettext_lazy("Disputes and appeals"), "console-disputes",
            lambda: moderation.waiting_disputes()[:MOST], _dispute, tasks_access.dispute,
            moderation.decided_disputes,
        ),
        Queue(
            "reports", ("rep",), gettext_lazy("Reports"), "console-reports",
            lambda: [*reports.waiting_complaints()[:MOST], *reports.waiting()[:MOST]], _report,
            lambda user, public_id: tasks_access.report(public_id), reports.decided,
        ),
        Queue(
            "complaints", ("cmp",), gettext_lazy("Complaints about decisions"), "console-complaints",
            lambda: complaints.waiting()[:MOST], _complaint, lambda user, public_id: complaints.get(public_id),
            complaints.decided,
        ),
        Queue(
            "objections", ("obj",), gettext_lazy("Ratings and messages"), "console-objections",
            lambda: ratings.waiting_objections()[:MOST], _objection,
            lambda user, public_id: access_voice.objection(public_id), ratings.decided_objections,
        ),
        Queue(
            "screening", ("bat", "imp"), gettext_lazy("Batches to look at"), "console-screening",
            lambda: [*moderation.screening_queue(), *moderation.waiting_rows()], _screened, _screened_find,
        ),
        Queue(
            "pauses", ("pse",), gettext_lazy("Pauses after check questions"), "console-pauses",
            lambda: gold.waiting_pauses()[:MOST], _pause, access_gold.asked_pause, gold.reviewed_pauses,
        ),
        Queue(
            "qualifications", ("awd",), gettext_lazy("Qualifications taken back"), "console-award-contests",
            lambda: _contests()[:MOST], _award, lambda user, public_id: access.award_contest(public_id),
            access.decided_award_contests,
        ),
        Queue(
            "centres", ("ctr",), gettext_lazy("Work centres to check"), "console-centres",
            lambda: centres.to_check()[:MOST], _centre, lambda user, public_id: centres.find(public_id),
            centres.checked,
        ),
        Queue(
            "persons", ("prs",), gettext_lazy("Accounts with the same details"), "console-persons",
            lambda: persons.waiting()[:MOST], _pair, lambda user, public_id: persons.find(public_id), persons.decided,
        ),
        Queue(
            "grants", ("grt",), gettext_lazy("Requests to the help fund"), "console-grants",
            lambda: help_fund.waiting()[:MOST], _grant, lambda user, public_id: help_fund.find(public_id),
            for_admins=True,
        ),
        Queue(
            "signals", ("sig",), gettext_lazy("Signals"), "console-signals",
            lambda: signals.listed(seen=False).order_by("first_at")[:MOST], _signal, tasks_access.signal,
            lambda: signals.listed(seen=True),
        ),
        Queue(
            "holds", ("pay",), gettext_lazy("Payouts held"), "console-holds", lambda: _held()[:MOST], _hold,
            lambda user, public_id: access.payout(public_id), by_next=False,
        ),
    ]
}  # fmt: skip
# A person's own page is no queue, but a case all the same: somebody may be asked about it, and keep out of it.
PEOPLE = Queue(
    "people", ("usr",), gettext_lazy("Find a person"), "console-people", list, _person,
    lambda user, public_id: access.person(public_id), by_next=False,
)  # fmt: skip
_BY_KIND = {kind: queue for queue in [*QUEUES.values(), PEOPLE] for kind in queue.kinds}


def of(user: User) -> list[Queue]:
    """The queues that this person may work in."""
    return [queue for queue in QUEUES.values() if user.is_moderator or (queue.for_admins and user.is_admin)]


def queue_of(kind: str) -> Queue:
    """The queue of a kind of case. Raises NotFound."""
    try:
        return _BY_KIND[kind]
    except KeyError:
        raise NotFound from None


def waiting_items(user: User, kinds: set[str]) -> dict[tuple[str, int], Item]:
    """The waiting cases of these kinds that this person may work in, by (kind, number). As many queries as their queues
    take, however many cases."""
    return {item.key: item for queue in of(user) if kinds & set(queue.kinds) for item in queue.items()}


def people(numbers: Iterable[int]) -> dict[tuple[str, int], Item]:
    """The cases that people's own pages are, by (kind, number). One query."""
    return {item.key: item for item in map(_person, User.objects.filter(pk__in=list(numbers)))}


def find(user: User, public_id: str) -> Item:
    """A case by its public id, if this person may work in its queue. Raises NotFound."""
    queue = queue_of(public_id.partition("_")[0])
    if not (user.is_moderator or (queue.for_admins and user.is_admin)):
        raise NotFound
    return queue.item(queue.find(user, public_id))
