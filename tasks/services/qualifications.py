"""Making qualifications: what they say, their tests and trainings, grants by hand, taking back (docs/adr/0043)."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import audit, clock, ids
from marketplace.base.errors import Forbidden, Invalid, NotFound
from marketplace.base.models import Organisation, User
from tasks.errors import IllegalMove, NotADraft
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, Chain, Gold, QualificationTest
from workers.models import Award, Qualification
from workers.services import awards

MOST_DAYS = 3_650
MOST_GRANTS = 1_000  # people of one list
# Of a test: name → (least, most, sentence)
BOUNDS: dict[str, tuple[int, int]] = {
    "questions": (1, 200),
    "attempts": (1, 20),
    "retry_after_hours": (0, 24 * 365),
    "time_limit_seconds": (60, 86_400),
}
TEST_FIELDS = frozenset({*BOUNDS, "pass_mark", "shows_answers"})
HURRY = 3  # a deadline is at least this many times what the questions take (charter C5)


# --- what it says -------------------------------------------------------------------------------------------------


@transaction.atomic
def create(
    *,
    organisation: Organisation | None,
    actor: User,
    name: str,
    description: str,
    valid_days: int | None = None,
    by_hand: bool = False,
) -> Qualification:
    """A new qualification of an organisation, or with None of the platform, which administrators make.

    `valid_days` is how long it holds; None for good. Raises Invalid with `fields`, Forbidden.
    """
    if organisation is None and not (actor.is_admin or actor.is_moderator):
        raise Forbidden
    row = Qualification(organisation=organisation, created_by=actor, created_at=clock.now())
    _say(row, name=name, description=description, valid_days=valid_days, by_hand=by_hand)
    row.save()
    audit.record(
        "workers:qualification:create", row.public_id, actor=actor, organisation_id=row.organisation_id
    )
    return row


@transaction.atomic
def update(*, qualification: Qualification, actor: User, **values: Any) -> Qualification:
    """Change what a qualification says. What was given before stays as it was given. Raises Invalid."""
    row = Qualification.objects.select_for_update(no_key=True, of=("self",)).get(pk=qualification.pk)
    said = {name: getattr(row, name) for name in ("name", "description", "valid_days", "by_hand")}
    _say(row, **{**said, **values})
    row.save(update_fields=list(said))
    audit.record(
        "workers:qualification:change", row.public_id, actor=actor, organisation_id=row.organisation_id
    )
    return row


def _say(row: Qualification, *, name: str, description: str, valid_days: int | None, by_hand: bool) -> None:
    fields: dict[str, list[Any]] = {}
    row.name, row.description = " ".join(name.split()), description.strip()
    row.valid_days, row.by_hand = valid_days, by_hand
    same = Qualification.objects.filter(
        organisation=row.organisation_id, name__iexact=row.name, retired_at__isnull=True
    )
    if not row.name or len(row.name) > 80:
        fields["name"] = [_("Give it a name of up to 80 characters that says what the person can do.")]
    elif same.exclude(pk=row.pk).exists():
        fields["name"] = [_("You have a qualification of this name already.")]
    if not row.description or len(row.description) > 2_000:
        fields["description"] = [
            _("Say in up to 2 000 characters what it shows; people read it before they take the test.")
        ]
    if valid_days is not None and not 1 <= valid_days <= MOST_DAYS:
        fields["valid_days"] = [_("Between a day and ten years; empty for good.")]
    if fields:
        raise Invalid(fields=fields)


@transaction.atomic
def retire(*, qualification: Qualification, actor: User) -> None:
    """Give it no more; who holds it keeps it until it ends, and batches that ask for it go on asking.

    Raises IllegalMove while one of its tests is open: close that first.
    """
    open_ = Batch.objects.filter(
        test__qualification=qualification, state__in=[*Batch.LIVE, Batch.State.SCREENING]
    )
    if open_.exists():
        raise IllegalMove(_("One of its tests is still open. Close it first; then nobody is kept waiting."))
    if Qualification.objects.filter(pk=qualification.pk, retired_at__isnull=True).update(
        retired_at=clock.now()
    ):
        audit.record(
            "workers:qualification:retire", qualification.public_id, actor=actor,
            organisation_id=qualification.organisation_id,
        )  # fmt: skip
    qualification.refresh_from_db()


# --- tests and trainings ----------------------------------------------------------------------------------------


@transaction.atomic
def make_test(
    *, qualification: Qualification, batch: Batch, actor: User, role: str, **values: Any
) -> QualificationTest:
    """Turn a draft into a test or training (`role`) of a qualification of the same organisation.

    `values` are of TEST_FIELDS: `questions` of one attempt, `pass_mark` (0 to 1), `time_limit_seconds` for the whole
    attempt or None, `attempts`, `retry_after_hours`, `shows_answers`. A training has no clock.
    Raises NotADraft, NotFound for another organisation's, Invalid with `fields`, Retired.
    """
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
    if batch.state != Batch.State.DRAFT:
        raise NotADraft
    if qualification.organisation_id not in (None, batch.organisation_id):
        raise NotFound
    if qualification.retired_at is not None:
        raise awards.Retired
    if Chain.objects.filter(Q(source=batch) | Q(target=batch), ended_at__isnull=True).exists():
        raise Invalid(
            fields={
                "role": [_("Results go in or out of this draft along a chain. Stop passing them on first.")]
            }
        )
    if role not in (Batch.Role.TEST, Batch.Role.TRAINING):
        raise Invalid(fields={"role": [_("Choose a test or a training.")]})
    batch.role, batch.overlap_most, batch.confidence, batch.gold_rate = role, None, None, 0.0
    batch.save(update_fields=["role", "overlap_most", "confidence", "gold_rate"])
    row = QualificationTest(batch=batch, qualification=qualification, questions=1, pass_mark=0.8)
    _set_test(row, values)
    row.save()
    audit.record("tasks:test:create", batch.public_id, actor=actor, organisation_id=batch.organisation_id)
    return row


@transaction.atomic
def update_test(*, test: QualificationTest, actor: User, **values: Any) -> QualificationTest:
    """Change a test that is a draft still. Raises NotADraft, Invalid."""
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=test.pk)
    if batch.state != Batch.State.DRAFT:
        raise NotADraft
    row = QualificationTest.objects.get(pk=test.pk)
    row.batch = batch
    _set_test(row, values)
    row.save()
    return row


def _set_test(row: QualificationTest, values: dict[str, Any]) -> None:
    if unknown := values.keys() - TEST_FIELDS:
        raise TypeError(f"not a field of a test: {sorted(unknown)}")
    fields: dict[str, list[Any]] = {}
    for name, (least, most) in BOUNDS.items():
        value = values.get(name, getattr(row, name))
        if name == "time_limit_seconds" and value is None:
            continue
        if not least <= value <= most:
            fields[name] = [_("Between %(least)s and %(most)s.") % {"least": least, "most": most}]
    if not 0 < values.get("pass_mark", row.pass_mark) <= 1:
        fields["pass_mark"] = [_("The share of questions to be right lies between 1 % and 100 %.")]
    if row.batch.role == Batch.Role.TRAINING and values.get("time_limit_seconds") is not None:
        fields["time_limit_seconds"] = [_("A training has no clock: people take the time they need.")]
    if fields:
        raise Invalid(fields=fields)
    for name, value in values.items():
        setattr(row, name, value)


def check_ready(batch: Batch) -> dict[str, list[Any]]:
    """What a test or training still lacks before it can be published, by field; {} for other batches."""
    if batch.role == Batch.Role.WORK:
        return {}
    test = QualificationTest.objects.filter(pk=batch.pk).first()
    if test is None:
        return {"test": [_("Say which qualification this test gives.")]}
    fields: dict[str, list[Any]] = {}
    rows = batch.tasks.filter(is_gold=False)
    known = Gold.objects.filter(batch=batch, aside="", task__is_gold=False).count()
    count = rows.count()
    if count > known:
        sentence = ngettext(
            "%(n)s question has no known answer yet. Give each its right answer and why.",
            "%(n)s questions have no known answer yet. Give each its right answer and why.",
            count - known,
        )
        fields["known"] = [sentence % {"n": count - known}]
    elif count and count < test.questions:
        sentence = _("One attempt asks %(asked)s questions, and there are %(rows)s. Add rows, or ask fewer.")
        fields["test"] = [sentence % {"asked": test.questions, "rows": count}]
    needed = HURRY * test.questions * batch.estimated_seconds
    if test.time_limit_seconds is not None and test.time_limit_seconds < needed:
        sentence = _("Nobody should hurry: give at least %(minutes)s minutes for the whole test.")
        fields.setdefault("test", []).append(sentence % {"minutes": -(-needed // 60)})
    if batch.overlap_most is not None or batch.gold_rate:
        fields.setdefault("test", []).append(
            _("A test has a fixed number of places, and no check questions beside its own.")
        )
    if batch.form.get("fields") and compile_form(batch.form).screening:
        fields.setdefault("test", []).append(
            _("A test can't screen people out: take the questions that end a task out of its form.")
        )
    return fields


# --- grants by hand ---------------------------------------------------------------------------------------------


def grant(*, qualification: Qualification, actor: User, people: str, reason: str) -> int:
    """Grant a qualification of an organisation to people who worked for it, `wrk_…` one to a line, with a reason.

    Returns how many. Raises Invalid with `fields` naming each line that can't be used, NotByHand, Retired.
    """
    organisation_id = qualification.organisation_id
    if organisation_id is None:
        raise Forbidden
    return awards.grant(
        qualification=qualification, actor=actor, workers=_workers(organisation_id, people), reason=reason
    )


def grant_by_platform(*, qualification: Qualification, actor: User, person: User, reason: str) -> None:
    """Grant a qualification of the platform to one person. Raises Forbidden, NotByHand, Retired, Invalid."""
    if qualification.organisation_id is not None or not (actor.is_admin or actor.is_moderator):
        raise Forbidden
    awards.grant(qualification=qualification, actor=actor, workers=[person.pk], reason=reason)


def _workers(organisation_id: int, people: str) -> list[int]:
    """Row numbers of the people behind a list of `wrk_…`. Raises Invalid naming each line that is none."""
    lines: dict[int, tuple[int, str]] = {}
    wrong: list[Any] = []
    for place, line in enumerate(people.replace(",", "\n").replace(";", "\n").splitlines(), start=1):
        word = line.strip()
        if not word:
            continue
        try:
            lines.setdefault(ids.decode("wrk", word, organisation_id), (place, word))
        except NotFound:
            wrong.append(_not_known(place, word))
    known = set(
        Assignment.objects.filter(
            worker__in=lines, batch__organisation=organisation_id, state__in=Assignment.ANSWERED
        ).values_list("worker_id", flat=True)
    )
    wrong += [_not_known(*lines[number]) for number in lines if number not in known]
    if not lines and not wrong:
        wrong = [_("Write at least one wrk_… of your results, each on a line of its own.")]
    if len(lines) > MOST_GRANTS:
        wrong = [_("At most %(most)s people at once.") % {"most": MOST_GRANTS}]
    if wrong:
        raise Invalid(fields={"people": wrong})
    return list(lines)


def _not_known(line: int, word: str) -> str:
    return _("Line %(line)s: nobody called %(word)s has worked for you. Copy it from your results.") % {
        "line": line,
        "word": word[:20],
    }


def revoke(*, award: Award, actor: User, reason: str) -> None:
    """Take an award back, with a reason that its holder reads. Raises Invalid, Lost, Forbidden."""
    awards.revoke(award=award, actor=actor, reason=reason)
