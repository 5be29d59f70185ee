"""What an erasure waits for: money that is due or on its way, answers and decisions that are open, duties to others.

Each reason is told to the person with what they can do about it and, where it has one, the day by which it ends.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, formats, money
from marketplace.base.models import Membership, Organisation, Role, User
from payments import selectors
from payments.models import Account, AccountKind, ConnectedAccount, HelpGrant, Payee, Payout, PayoutState
from payments.services import cap
from tasks.models import Assignment, Batch, BatchPause, Dispute, GoldContest, Objection, Report
from tasks.services import guarantee
from workers.models import AwardContest, Complaint
from workers.services import centres

CENT = 10_000  # micros
ON_ITS_WAY = (PayoutState.PENDING, PayoutState.HELD, PayoutState.SENT)
UNANSWERED = (Assignment.State.SUBMITTED, Assignment.State.CONTESTED)


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is stored and stable; `until` is the day by which it ends at the latest, None where nobody can say."""

    code: str
    words: Any
    url: str = ""
    action: Any = ""
    until: dt.date | None = None


def reasons(user: User, *, leaves_rest: bool = False) -> list[Reason]:
    """Everything that keeps an erasure waiting, in the order in which it can be done. Empty: it can be carried out."""
    found = [
        *_roles(user),
        *_organisations(user),
        *_centres(user),
        *_work(user),
        *_cases(user),
        *_weeks(user, leaves_rest),
        *_money(user, leaves_rest),
    ]
    return [each for each in found if each is not None]


def due(user: User) -> int:
    """What is due to the person, in micros."""
    found = Account.objects.filter(user=user, kind=AccountKind.WORKER_PAYABLE).values_list(
        "balance", flat=True
    )
    return sum(found)


def _roles(user: User) -> list[Reason | None]:
    if not user.needs_second_factor:
        return []
    return [
        Reason(
            "role",
            _(
                "You moderate or run this site. Ask another administrator to take your role, so that no case is left"
                " in your hands."
            ),
        )
    ]


def _organisations(user: User) -> list[Reason | None]:
    found: list[Reason | None] = []
    for membership in Membership.objects.filter(user=user, role=Role.OWNER).select_related("organisation"):
        organisation = membership.organisation
        others = Membership.objects.filter(organisation=organisation).exclude(user=user)
        if others.filter(role=Role.OWNER).exists():
            continue
        if others.exists():
            words = _("You are the last owner of %(name)s: make another member an owner.")
        elif _is_busy(organisation):
            words = _(
                "%(name)s has work or money here: close its batches and have its funds paid back, or let somebody in."
            )
        else:
            continue
        found.append(Reason("owner", words % {"name": organisation.name}, reverse("team"), _("See the team")))
    return found


def _centres(user: User) -> list[Reason | None]:
    """Centres that nobody else runs."""
    found: list[Reason | None] = []
    for centre in centres.run_by(user):
        if not centres.coordinators(centre).exclude(user=user).exists():
            words = _("Nobody but you coordinates %(name)s: let somebody in, or close it.") % {
                "name": centre.name
            }
            found.append(Reason("centre", words))
    return found


def _is_busy(organisation: Organisation) -> bool:
    funds = selectors.funds(organisation)
    live = Batch.objects.filter(
        organisation=organisation, settled_at__isnull=True, published_at__isnull=False
    )
    return bool(funds.available or funds.set_aside or funds.owed or live.exists())


def _work(user: User) -> list[Reason | None]:
    mine = Assignment.objects.filter(worker=user)
    in_hand = mine.filter(state=Assignment.State.CLAIMED).exists()
    last = mine.filter(state__in=UNANSWERED).aggregate(last=Max("review_due_at"))["last"]
    open_ = mine.filter(state__in=UNANSWERED).exists()
    work = reverse("history")
    return [
        Reason(
            "in_hand",
            _("You have tasks in hand: hand them in or give them back."),
            reverse("board"),
            _("See your tasks"),
        )
        if in_hand
        else None,
        Reason(
            "answers",
            _("Answers of yours are still to be reviewed, so that you are paid for them."),
            work,
            _("See your answers"),
            (last.date() if last else None),
        )
        if open_
        else None,
    ]


def _cases(user: User) -> list[Reason | None]:
    dispute = (
        Dispute.objects.filter(assignment__worker=user, decided_at__isnull=True)
        .order_by("-decide_by")
        .values_list("decide_by", flat=True)
        .first()
    )
    other = (
        GoldContest.objects.filter(score__worker=user, outcome="").exists()
        or AwardContest.objects.filter(award__user=user, outcome="").exists()
        or BatchPause.objects.filter(
            worker=user, review_asked_at__isnull=False, reviewed_at__isnull=True
        ).exists()
        or Report.objects.filter(reporter=user, outcome="").exists()
        or HelpGrant.objects.filter(worker=user, state=HelpGrant.State.ASKED).exists()
        or Complaint.objects.filter(made_by=user, outcome="").exists()
        or Objection.objects.filter(made_by=user, outcome="").exists()
        or Objection.objects.filter(complained_by=user, last_outcome="").exists()
    )
    return [
        Reason(
            "disputes",
            _("A moderator has yet to decide about an answer of yours."),
            reverse("history"),
            _("See your answers"),
            dispute.date(),
        )
        if dispute
        else None,
        Reason(
            "cases",
            _(
                "A person has yet to decide about something that you asked or reported. You get the answer first."
            ),
        )
        if other
        else None,
    ]


def _weeks(user: User, leaves_rest: bool) -> list[Reason | None]:
    """Weeks of work that are not held against the floor yet (charter P14): what they lack is paid before one leaves."""
    if leaves_rest and not Payee.objects.filter(user=user).exists():
        return []
    first = guarantee.newest_due() + guarantee.WEEK
    start = dt.datetime.combine(first, dt.time(), tzinfo=clock.BOOKS)
    mine = Assignment.objects.filter(worker=user, state=Assignment.State.APPROVED, submitted_at__gte=start)
    last = mine.aggregate(last=Max("submitted_at"))["last"]
    if last is None:
        return []
    words = _("Each week of your work is held against the floor over all batches; what is missing is paid.")
    until = guarantee.held_on(last)
    return [Reason("week", words, reverse("earnings"), _("See your earnings"), until)]


def _money(user: User, leaves_rest: bool) -> list[Reason | None]:
    payable = due(user)
    earnings = reverse("earnings")
    found: list[Reason | None] = []
    if Payout.objects.filter(user=user, state__in=ON_ITS_WAY).exists():
        found.append(Reason("payout", _("A payout is on its way to you."), earnings, _("See your payouts")))
    if ConnectedAccount.objects.filter(user=user).exclude(below_zero_micros=0).exists():
        found.append(
            Reason(
                "account",
                _("Your account at the payment provider is below zero."),
                earnings,
                _("See your payouts"),
            )
        )
    if payable < CENT or leaves_rest:
        return found
    withheld = cap.withheld([user.pk]).get(user.pk, 0)
    if withheld >= payable:
        january = cap.next_january().date() + dt.timedelta(days=1)
        words = _("What passes the cap of this year is paid to you in January.")
        found.append(Reason("january", words, earnings, _("See your earnings"), january))
    elif not Payee.objects.filter(user=user).exists():
        words = _("%(amount)s is due to you, and we don't know where to. Tell us, or say that you leave it.")
        found.append(
            Reason(
                "payee", words % {"amount": _eur(payable)}, reverse("payee"), _("Say where your money goes")
            )
        )
    else:
        words = _("%(amount)s is due to you: it is paid out first, however little it is.")
        found.append(Reason("money", words % {"amount": _eur(payable)}, earnings, _("See your earnings")))
    return found


def _eur(micros: int) -> str:
    return formats.eur(money.whole_cents(micros))
