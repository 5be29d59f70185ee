"""Decisions of other parts of the house that can be complained about: held payouts, requests to the help fund that were
refused, accounts counted as one person's, and batches or rows that were handed back (charter M4). See
workers/services/complaints.py.
"""

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import Membership, User
from payments.models import HelpGrant, Payout, PayoutState, PersonPair
from payments.services import help_fund, payouts, persons
from tasks.models import Batch, Import
from workers.services import complaints
from workers.services.complaints import Decision

MOST = 50


class Hold:
    """A payout that a named person holds or held. One that a rule holds ends by its shown date."""

    about = "hold"

    def find(self, subject: str) -> Decision:
        row = self._rows().filter(pk=ids.decode("pay", subject)).first()
        if row is None:
            raise NotFound
        return self._decision(row)

    def of(self, user: User) -> list[Decision]:
        return [self._decision(row) for row in self._rows().filter(user=user).order_by("-pk")[:MOST]]

    def take_back(self, subject: str, moderator: User) -> None:
        row = Payout.objects.get(pk=ids.decode("pay", subject))
        if row.state == PayoutState.HELD:
            payouts.release_hold(payout=row, actor=moderator)

    def _rows(self) -> QuerySet[Payout]:
        return Payout.objects.filter(held_by__isnull=False).select_related("held_by")

    def _decision(self, row: Payout) -> Decision:
        assert row.held_by is not None and row.held_at is not None
        over = None if row.state == PayoutState.HELD else row.released_at or row.sent_at or row.held_at
        return Decision(
            about=self.about, subject=row.public_id, title=_("A payout is held"), reason=row.held_reason,
            decided_by=row.held_by, decided_at=row.held_at, ends_at=row.held_until, over_at=over,
            people=frozenset({row.user_id}), link=reverse("payout", args=[row.public_id]),
        )  # fmt: skip


class Grant:
    """A request to the help fund that was refused. Taken back, it waits for a decision again."""

    about = "grant"

    def find(self, subject: str) -> Decision:
        row = help_fund.find(subject)
        if row.state != HelpGrant.State.REFUSED:
            raise NotFound
        return self._decision(row)

    def of(self, user: User) -> list[Decision]:
        rows = help_fund.of_worker(user).filter(state=HelpGrant.State.REFUSED)[:MOST]
        return [self._decision(row) for row in rows]

    def take_back(self, subject: str, moderator: User) -> None:
        help_fund.reopen(request=help_fund.find(subject), actor=moderator)

    def _decision(self, row: HelpGrant) -> Decision:
        assert row.decided_by is not None and row.ended_at is not None
        return Decision(
            about=self.about, subject=row.public_id, title=_("A request to the help fund was refused"),
            reason=row.decision, decided_by=row.decided_by, decided_at=row.ended_at,
            people=frozenset({row.worker_id}), link=reverse("help-requests"),
        )  # fmt: skip


class Person:
    """Accounts that a moderator decided are one person's. Taken back, each has its own limit of the year again."""

    about = "person"

    def find(self, subject: str) -> Decision:
        row = persons.find(subject)
        if row.outcome != PersonPair.Outcome.ONE:
            raise NotFound
        return self._decision(row)

    def of(self, user: User) -> list[Decision]:
        rows = persons.pairs(user).filter(outcome=PersonPair.Outcome.ONE)[:MOST]
        return [self._decision(row) for row in rows]

    def take_back(self, subject: str, moderator: User) -> None:
        persons.part(pair=persons.find(subject), moderator=moderator)

    def _decision(self, row: PersonPair) -> Decision:
        assert row.decided_by is not None and row.decided_at is not None
        return Decision(
            about=self.about, subject=row.public_id, title=_("Two accounts count as one person's"), reason=row.reason,
            decided_by=row.decided_by, decided_at=row.decided_at, people=frozenset({row.first_id, row.second_id}),
            source=_("a rule found that payout details are the same"),
            link=reverse("one-person", args=[row.public_id]), apart=True,
        )  # fmt: skip


class Screening:
    """A batch, or a file of rows, that a moderator handed back. Taken back, nothing of it stays on record."""

    about = "screening"

    def find(self, subject: str) -> Decision:
        row: Batch | Import | None
        if subject.startswith("imp_"):
            row = self._files().filter(pk=ids.decode("imp", subject)).first()
        else:
            row = self._batches().filter(pk=ids.decode("bat", subject)).first()
        if row is None:
            raise NotFound
        return self._decision(row)

    def of(self, user: User) -> list[Decision]:
        mine = Membership.objects.filter(user=user, role__in=("owner", "editor")).values("organisation")
        batches = self._batches().filter(organisation__in=mine).order_by("-screened_at")[:MOST]
        files = self._files().filter(batch__organisation__in=mine).order_by("-screened_at")[:MOST]
        return [*map(self._decision, batches), *map(self._decision, files)]

    def take_back(self, subject: str, moderator: User) -> None:
        """The draft may be published, or the file sent, once more; a person reads it then, and this decision."""
        clear = {"screened_by": None, "screened_at": None, "screening_note": ""}
        if subject.startswith("imp_"):
            Import.objects.filter(pk=ids.decode("imp", subject), state=Import.State.CANCELLED).update(**clear)
        else:
            Batch.objects.filter(pk=ids.decode("bat", subject), state=Batch.State.DRAFT).update(**clear)

    def _batches(self) -> QuerySet[Batch]:
        handed_back = Q(state=Batch.State.DRAFT, screened_by__isnull=False) & ~Q(screening_note="")
        return Batch.objects.filter(handed_back).select_related("screened_by").defer("form", "instructions")

    def _files(self) -> QuerySet[Import]:
        handed_back = Q(state=Import.State.CANCELLED, screened_by__isnull=False) & ~Q(screening_note="")
        return Import.objects.filter(handed_back).select_related("screened_by", "batch")

    def _decision(self, row: Batch | Import) -> Decision:
        assert row.screened_by is not None and row.screened_at is not None
        batch = row if isinstance(row, Batch) else row.batch
        members = Membership.objects.filter(organisation=batch.organisation_id, role__in=("owner", "editor"))
        return Decision(
            about=self.about, subject=row.public_id,
            title=_("“%(title)s” was handed back") % {"title": batch.title},
            reason=row.screening_note, decided_by=row.screened_by, decided_at=row.screened_at,
            people=frozenset(members.values_list("user_id", flat=True)),
            source=_("a rule put it before a person"), link=reverse("batch", args=[batch.public_id]),
        )  # fmt: skip


for kind in (Hold(), Grant(), Person(), Screening()):
    complaints.register(kind)
