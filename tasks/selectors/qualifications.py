"""What pages show of qualifications: to those who take tests, what they hold and what they can take; to requesters,
who holds what and how their tests go."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.safestring import SafeString

from marketplace.base import clock, money
from marketplace.base.models import Organisation, User
from payments.services import floor
from payments.services.pricing import Quote
from tasks import known
from tasks.forms import Form, Line, compile_form
from tasks.media import links
from tasks.models import Attempt, AttemptQuestion, Batch, Gold, QualificationTest
from tasks.services import eligibility, prices, qualification_attempts
from tasks.services.conditions_form import number_of, qualifications_asked
from workers.models import Award, Qualification
from workers.services import awards

from . import board

MOST_TESTS = 100
MOST_ASKING = 500  # published batches with conditions that are looked at


@dataclass(frozen=True)
class Offer:
    """A test as it looks to one person: what an attempt takes, what it pays, what it opens."""

    standing: qualification_attempts.Standing
    places: int
    opens: list[Batch]

    @property
    def test(self) -> QualificationTest:
        return self.standing.test

    @property
    def seconds(self) -> int:
        """Of a whole attempt."""
        return board.seconds(self.test.batch) * self.test.questions

    @property
    def pay_micros(self) -> int:
        return self.test.batch.reward_micros * self.test.questions

    @property
    def hourly_micros(self) -> int:
        return money.whole_cents(floor.hourly(self.test.batch.reward_micros, board.seconds(self.test.batch)))


@dataclass(frozen=True)
class Explained:
    """A question of an attempt with what was answered, what is right and why."""

    position: int
    shown: SafeString
    lines: list[Line]
    right: bool | None  # None: not answered in time
    known: list[str]  # one right answer in words, where the own was not right
    explanation: str


# --- those who take tests -----------------------------------------------------------------------------------------


def offers(user: User) -> list[Offer]:
    """Every open test that the person may know of, trainings first, then by what they are paid in an hour."""
    rows = (
        _tests()
        .filter(
            Q(batch__audience=Batch.Audience.OPEN) | Q(batch__in=_invited(user)),
            batch__state=Batch.State.PUBLISHED,
        )
        .order_by("-batch__published_at")[:MOST_TESTS]
    )
    tests = list(rows)
    who = eligibility.standing(user)
    opened = asking({test.qualification.public_id for test in tests})
    found = [_offer(user, who, test, opened.get(test.qualification.public_id, [])) for test in tests]
    return sorted(found, key=lambda each: (each.test.batch.role == Batch.Role.TEST, -each.hourly_micros))


def offer(user: User, test: QualificationTest) -> Offer:
    """One test as it looks to the person."""
    asked = test.qualification.public_id
    return _offer(user, eligibility.standing(user), test, asking({asked}).get(asked, []))


def _offer(user: User, who: eligibility.Standing, test: QualificationTest, opens: list[Batch]) -> Offer:
    standing = qualification_attempts.standing(user, test, who)
    return Offer(standing, qualification_attempts.places_left(test), opens)


def _tests() -> QuerySet[QualificationTest]:
    return QualificationTest.objects.select_related("batch__organisation", "qualification__organisation")


def _invited(user: User) -> QuerySet[Batch]:
    """Private batches that the person is in."""
    return Batch.objects.filter(
        guests__worker=user, guests__accepted_at__isnull=False, guests__removed_at__isnull=True
    )


def test_of(batch: Batch) -> QualificationTest | None:
    """The test or training that a batch is."""
    return _tests().filter(pk=batch.pk).first()


def asking(public_ids: Iterable[str]) -> dict[str, list[Batch]]:
    """The open batches of work that ask for each of these qualifications, by its public id; without private ones."""
    wanted = set(public_ids)
    found: dict[str, list[Batch]] = {}
    if not wanted:
        return found
    rows = (
        Batch.objects.filter(state=Batch.State.PUBLISHED, role=Batch.Role.WORK, audience=Batch.Audience.OPEN)
        .exclude(conditions={})
        .select_related("organisation")
        .defer("form", "instructions", "columns")
        .order_by("-published_at")[:MOST_ASKING]
    )
    for batch in rows:
        for name in qualifications_asked(batch.conditions) & wanted:
            found.setdefault(name, []).append(batch)
    return found


def openers(public_ids: Iterable[str]) -> list[QualificationTest]:
    """The open tests and trainings that give one of these qualifications, trainings first."""
    numbers = [number_of(public_id) for public_id in public_ids]
    return list(
        _tests()
        .filter(
            qualification__in=numbers, batch__state=Batch.State.PUBLISHED, batch__audience=Batch.Audience.OPEN
        )
        .order_by("-batch__role", "pk")[:10]
    )


def own_awards(user: User) -> list[Award]:
    """All that a person ever was given, what holds first."""
    rows = Award.objects.filter(user=user).select_related("qualification__organisation", "contest")
    now = clock.now()
    return sorted(rows.order_by("-granted_at"), key=lambda award: not holds(award, now))


def holds(award: Award, now: dt.datetime | None = None) -> bool:
    """Whether an award is in force."""
    ended = award.expires_at is not None and award.expires_at <= (now or clock.now())
    return award.revoked_at is None and award.superseded_at is None and not ended


def explained(attempt: Attempt, only: int | None = None) -> list[Explained]:
    """The questions of an attempt with their answers and explanations, in order; `only` the one of an assignment.

    For trainings as they go, for tests whose requester allows it once they are over: the caller asks `is_explained`.
    """
    batch = attempt.test.batch
    form = compile_form(batch.form)
    rows = attempt.drawn.select_related("task__gold", "assignment").order_by("position")
    if only is not None:
        rows = rows.filter(assignment=only)
    return [
        _explained(row, batch, form)
        for row in rows
        if row.answered_at or (attempt.finished_at and row.assignment_id)
    ]


def is_explained(attempt: Attempt) -> bool:
    """Whether the person may read the known answers: each at once in a training, all at the end where it is allowed."""
    if attempt.test.batch.role == Batch.Role.TRAINING:
        return True
    return attempt.finished_at is not None and attempt.test.shows_answers


def _explained(row: AttemptQuestion, batch: Batch, form: Form) -> Explained:
    gold: Gold = row.task.gold
    data = links.row(batch, row.task.data)
    answer = row.assignment.answer if row.assignment is not None and row.answered_at else None
    judged = set(known.judged_fields(form, gold))
    right = [line for line in form.describe(gold.answers[0], data) if line.name in judged]
    return Explained(
        position=row.position,
        shown=form.render_shown(data),
        lines=form.describe(answer, data) if answer else [],
        right=row.right,
        known=[] if row.right else [f"{line.label}: {line.text}" for line in right],
        explanation=gold.explanation,
    )


# --- requesters ---------------------------------------------------------------------------------------------------


def of(organisation: Organisation | None) -> list[Qualification]:
    """The qualifications of an organisation (None: of the platform) with `holders` and `tests_open`, newest first."""
    now = clock.now()
    return list(
        Qualification.objects.filter(organisation=organisation)
        .annotate(
            holders=Count(
                "awards",
                filter=Q(awards__revoked_at__isnull=True, awards__superseded_at__isnull=True)
                & (Q(awards__expires_at__isnull=True) | Q(awards__expires_at__gt=now)),
                distinct=True,
            ),
            tests_open=Count("tests", filter=Q(tests__batch__state=Batch.State.PUBLISHED), distinct=True),
        )
        .order_by("retired_at", "-pk")
    )


def choices(organisation: Organisation) -> list[tuple[str, str]]:
    """The qualifications that a batch of the organisation may ask for: its own and the platform's."""
    rows = Qualification.objects.filter(
        Q(organisation=organisation) | Q(organisation__isnull=True), retired_at__isnull=True
    ).order_by("name")
    return [(row.public_id, row.name) for row in rows]


def teachable() -> list[tuple[str, str]]:
    """What a training path may lead to: qualifications with an open test or training, and the platform's own."""
    taught = QualificationTest.objects.filter(
        batch__state=Batch.State.PUBLISHED, batch__audience=Batch.Audience.OPEN
    )
    rows = Qualification.objects.filter(
        Q(organisation__isnull=True) | Q(pk__in=taught.values("qualification")), retired_at__isnull=True
    ).select_related("organisation")
    by = [
        (row, row.organisation.name if row.organisation else "Tessera") for row in rows.order_by("name", "pk")
    ]
    return [(row.public_id, f"{row.name} ({organisation})") for row, organisation in by]


@dataclass(frozen=True)
class Plan:
    """What a draft of a test costs for one candidate, and for how many attempts its places suffice."""

    test: QualificationTest
    candidate_micros: int  # with fee, VAT and reserve
    attempts: int


def plan(batch: Batch, quote: Quote) -> Plan | None:
    """The plan of a draft of a test from its quote; None for other batches."""
    test = test_of(batch)
    if test is None:
        return None
    one = prices.quote(batch, test.questions).total
    return Plan(test, one, quote.units // test.questions)


def tests_of(qualification: Qualification) -> list[QualificationTest]:
    """The tests and trainings of a qualification, the newest first, with `taken`, `passed`: attempts that count."""
    return list(
        _tests()
        .filter(qualification=qualification)
        .annotate(
            taken=Count("tries", filter=Q(tries__finished_at__isnull=False, tries__counts=True)),
            passed=Count("tries", filter=Q(tries__passed=True)),
        )
        .order_by("-pk")
    )


def holders(qualification: Qualification) -> QuerySet[Award]:
    """Who holds a qualification now, the newest first."""
    return Award.objects.filter(awards.valid(clock.now()), qualification=qualification).order_by(
        "-granted_at", "-pk"
    )
