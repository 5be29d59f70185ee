"""The invariants of the market's core, over the live data; `manage.py selfcheck` runs them with those of the money.

Each check returns the public ids of what breaks it, at most MOST of them.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import F, Q, Sum

from marketplace.base import clock, ids, notices
from marketplace.base.models import User
from payments.services import checks as money
from payments.services import earnings, holdings
from tasks.media import shelf
from tasks.models import Assignment, Batch, Medium

from . import prices

log = logging.getLogger(__name__)
MOST = 100
MOST_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant and what breaks it."""

    name: str
    ids: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.ids


def run() -> list[Check]:
    """All checks of the core, over one picture of the data: the market goes on meanwhile."""
    with _one_picture():
        return _run()


@contextmanager
def _one_picture() -> Iterator[None]:
    """Every statement inside sees the same snapshot; inside somebody's transaction it is left as it is."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _run() -> list[Check]:
    return [
        *(_sql(name, prefix, query) for name, prefix, query in QUERIES),
        _holdings(),
        _approvals(),
        _compensations(),
        _media(),
    ]


def everything() -> Sequence[Check | money.Check]:
    """The checks of the money and those of the core: every invariant of the house."""
    return [*money.run(), *run()]


def nightly() -> dict[str, int]:
    """Check everything; log what is broken and tell the administrators. Returns figures for the job's record."""
    checks = everything()
    broken = [check.name for check in checks if not check.ok]
    if broken:
        log.error("selfcheck_broken", extra={"checks": ",".join(broken)})
        with transaction.atomic():
            for admin in User.objects.filter(is_admin=True, is_active=True):
                notices.tell(admin.pk, "selfcheck_broken", clock.today().isoformat(), checks=broken)
    return {"checks": len(checks), "broken": len(broken)}


# name, prefix of the ids, a query that finds what breaks the rule
QUERIES: list[tuple[str, str, str]] = [
    (
        "slots_are_conserved",
        "tsk",
        """SELECT t.id FROM tasks_task t LEFT JOIN (
               SELECT task_id, count(*) AS n FROM tasks_assignment
               WHERE state NOT IN ('released', 'expired', 'compensated') GROUP BY task_id
           ) a ON a.task_id = t.id WHERE t.open_slots + coalesce(a.n, 0) <> t.overlap""",
    ),
    (
        "no_open_task_without_money",
        "tsk",
        """SELECT t.id FROM tasks_task t JOIN tasks_batch b ON b.id = t.batch_id
           WHERE t.is_open AND (NOT t.funded OR t.open_slots < 1 OR b.state = 'draft')""",
    ),
    (
        "no_open_task_in_a_settled_batch",
        "bat",
        """SELECT b.id FROM tasks_batch b WHERE b.settled_at IS NOT NULL
           AND EXISTS (SELECT 1 FROM tasks_task t WHERE t.batch_id = b.id AND t.is_open)""",
    ),
    (
        "nothing_grows_in_a_settled_batch",
        "bat",
        """SELECT b.id FROM tasks_batch b WHERE b.settled_at IS NOT NULL
           AND EXISTS (SELECT 1 FROM tasks_task t WHERE t.batch_id = b.id AND t.most IS NOT NULL)""",
    ),
    (
        "no_row_is_open_beyond_a_pilot",
        "tsk",
        """SELECT t.id FROM tasks_task t JOIN tasks_batch b ON b.id = t.batch_id
           WHERE b.pilot IN ('running', 'held') AND t.is_open AND NOT t.is_gold AND t.row_number > b.pilot_row""",
    ),
    (
        "no_paid_row_stays_shut_after_a_pilot",
        "tsk",
        """SELECT t.id FROM tasks_task t JOIN tasks_batch b ON b.id = t.batch_id
           WHERE b.pilot = 'over' AND b.closed_at IS NULL AND t.funded AND NOT t.is_gold AND t.open_slots > 0
           AND NOT t.is_open""",
    ),
    (
        "an_account_is_closed_by_a_restriction_alone",
        "usr",
        """SELECT u.id FROM base_user u WHERE NOT u.is_suspended AND EXISTS (
               SELECT 1 FROM workers_restriction r WHERE r.user_id = u.id AND r.scope = 'account'
               AND r.lifted_at IS NULL AND r.ends_at IS NULL)
           OR u.is_suspended AND NOT EXISTS (
               SELECT 1 FROM workers_restriction r WHERE r.user_id = u.id AND r.scope = 'account'
               AND r.lifted_at IS NULL)""",
    ),
    (
        "an_upheld_complaint_has_ended_the_restriction",
        "cmp",
        """SELECT c.id FROM workers_complaint c WHERE c.about = 'restriction' AND c.outcome = 'upheld' AND EXISTS (
               SELECT 1 FROM workers_restriction r WHERE r.user_id = c.made_by_id AND r.starts_at = c.first_decided_at
               AND r.overturned_at IS NULL)""",
    ),
    (
        "nobody_agreed_to_terms_without_saying_so",
        "usr",
        """SELECT u.id FROM base_user u WHERE u.terms_number > 1 AND NOT EXISTS (
               SELECT 1 FROM web_termsanswer a
               WHERE a.user_id = u.id AND a.version_id = u.terms_number AND a.agrees)""",
    ),
    (
        "nobody_claims_in_open_work_before_they_are_let_in",
        "asg",
        """SELECT a.id FROM workers_workerprofile w JOIN tasks_assignment a ON a.worker_id = w.user_id
           JOIN tasks_batch b ON b.id = a.batch_id WHERE w.admitted_at IS NULL AND b.audience = 'open'""",
    ),
    (
        "assignment_in_the_batch_of_its_task",
        "asg",
        """SELECT a.id FROM tasks_assignment a JOIN tasks_task t ON t.id = a.task_id WHERE a.batch_id <> t.batch_id""",
    ),
    (
        "rejected_only_by_a_moderator",
        "asg",
        """SELECT a.id FROM tasks_assignment a WHERE a.state = 'rejected' AND NOT EXISTS (
               SELECT 1 FROM tasks_dispute d WHERE d.assignment_id = a.id AND d.outcome = 'reject'
               AND d.decided_by_id IS NOT NULL)""",
    ),
    (
        "contested_has_its_contest",
        "asg",
        """SELECT a.id FROM tasks_assignment a WHERE a.state IN ('contested', 'disputed', 'rejected')
           AND NOT EXISTS (SELECT 1 FROM tasks_contest c WHERE c.assignment_id = a.id)""",
    ),
    (
        "disputed_waits_for_a_moderator",
        "asg",
        """SELECT a.id FROM tasks_assignment a WHERE a.state = 'disputed' AND NOT EXISTS (
               SELECT 1 FROM tasks_dispute d WHERE d.assignment_id = a.id AND d.decided_at IS NULL)""",
    ),
    (
        "nobody_works_for_their_own_organisation",
        "asg",
        """SELECT a.id FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
           JOIN base_membership m ON m.organisation_id = b.organisation_id AND m.user_id = a.worker_id
           WHERE m.created_at < a.claimed_at""",
    ),
    (
        "cap_reserved_equals_what_is_undecided",
        "usr",
        """SELECT c.user_id FROM payments_cap c LEFT JOIN (
               SELECT worker_id, cap_year, sum(reward_micros) AS n FROM tasks_assignment
               WHERE state IN ('claimed', 'submitted', 'contested', 'disputed') GROUP BY worker_id, cap_year
           ) a ON a.worker_id = c.user_id AND a.cap_year = c.year
           WHERE c.reserved_micros <> coalesce(a.n, 0)""",
    ),
    (
        "topups_are_in_the_ledger",
        "asg",
        """SELECT a.id FROM tasks_assignment a WHERE a.topups > 0 AND a.topped_up_micros = 0""",
    ),
    (
        "each_check_question_has_a_known_answer",
        "tsk",
        """SELECT t.id FROM tasks_task t WHERE t.is_gold AND NOT EXISTS (
               SELECT 1 FROM tasks_gold g WHERE g.task_id = t.id)""",
    ),
    (
        "no_check_question_set_aside_is_asked",
        "tsk",
        """SELECT t.id FROM tasks_gold g JOIN tasks_task t ON t.id = g.task_id WHERE g.aside <> '' AND t.is_open""",
    ),
    (
        "scores_are_of_their_assignments",
        "asg",
        """SELECT s.assignment_id FROM tasks_goldscore s JOIN tasks_assignment a ON a.id = s.assignment_id
           WHERE s.worker_id <> a.worker_id OR s.batch_id <> a.batch_id OR s.gold_id <> a.task_id
              OR a.answer IS NULL""",
    ),
    (
        "a_pause_is_one_at_a_time_and_ends",
        "pse",
        """SELECT p.id FROM tasks_batchpause p JOIN tasks_batchpause q
               ON q.batch_id = p.batch_id AND q.worker_id = p.worker_id AND q.id <> p.id
           WHERE p.lifted_at IS NULL AND q.lifted_at IS NULL AND q.starts_at <= p.starts_at
             AND q.ends_at > p.starts_at
           UNION SELECT p.id FROM tasks_batchpause p WHERE p.ends_at > p.starts_at + interval '1 year'""",
    ),
    (
        "finished_attempts_add_up",
        "att",
        """SELECT a.id FROM tasks_attempt a JOIN tasks_qualificationtest t ON t.batch_id = a.test_id LEFT JOIN (
               SELECT attempt_id, count(*) AS drawn, count(*) FILTER (WHERE "right") AS k FROM tasks_attemptquestion
               GROUP BY attempt_id) q ON q.attempt_id = a.id
           WHERE a.finished_at IS NOT NULL AND (coalesce(q.drawn, 0) <> a.questions OR coalesce(q.k, 0) <> a.right
               OR a.passed <> (a.award_id IS NOT NULL)
               OR a.passed <> (a.questions > 0 AND a.right + 1e-6 >= t.pass_mark * a.questions))""",
    ),
    (
        "questions_were_answered_by_who_was_asked",
        "att",
        """SELECT a.id FROM tasks_attemptquestion q JOIN tasks_attempt a ON a.id = q.attempt_id
           JOIN tasks_assignment s ON s.id = q.assignment_id
           WHERE s.worker_id <> a.worker_id OR s.task_id <> q.task_id OR s.batch_id <> a.test_id""",
    ),
    (
        "ratings_are_by_who_was_paid_by_the_requester",
        "rtg",
        """SELECT r.id FROM tasks_rating r JOIN tasks_assignment a ON a.id = r.assignment_id
           JOIN tasks_batch b ON b.id = a.batch_id WHERE a.state <> 'approved' OR a.worker_id <> r.worker_id
           OR b.organisation_id <> r.organisation_id""",
    ),
    (
        "nothing_is_hidden_or_silenced_without_a_decision",
        "obj",
        """SELECT coalesce(o.id, 0) FROM (
               SELECT id AS rating, NULL::bigint AS thread, CASE hidden WHEN 'all' THEN 'hidden' ELSE hidden END AS what
               FROM tasks_rating WHERE hidden <> ''
               UNION ALL SELECT NULL, id, 'silenced' FROM tasks_thread WHERE silenced <> ''
           ) h LEFT JOIN tasks_objection o ON coalesce(nullif(o.last_outcome, ''), o.outcome) = h.what
               AND (o.rating_id = h.rating OR o.thread_id = h.thread)
           WHERE o.id IS NULL""",
    ),
    (
        "answers_to_tests_are_paid_at_once",
        "asg",
        """SELECT s.id FROM tasks_assignment s JOIN tasks_batch b ON b.id = s.batch_id
           WHERE b.role <> 'work' AND s.state NOT IN ('claimed', 'approved', 'released', 'expired', 'compensated')""",
    ),
    (
        "nobody_checks_what_they_gave",
        "asg",
        """SELECT a.id FROM tasks_task t JOIN tasks_assignment a ON a.task_id = t.id AND a.answer IS NOT NULL
           WHERE t.lineage IS NOT NULL AND EXISTS (
               SELECT 1 FROM tasks_assignment g WHERE g.task_id = ANY (t.lineage) AND g.worker_id = a.worker_id
               AND g.answer IS NOT NULL AND g.submitted_at <= a.claimed_at)""",
    ),
    (
        "rows_of_chains_know_where_they_are_from",
        "tsk",
        """SELECT t.id FROM tasks_chainlink l JOIN tasks_chain c ON c.id = l.chain_id
           JOIN tasks_task s ON s.id = l.source_task_id JOIN tasks_task t ON t.id = l.target_task_id
           WHERE s.batch_id <> c.source_id OR t.batch_id <> c.target_id OR t.lineage IS NULL
              OR NOT t.lineage @> ARRAY[s.id] OR NOT t.lineage @> coalesce(s.lineage, '{}')""",
    ),
    (
        "disputes_are_decided_by_nobody_involved",
        "dis",
        """SELECT d.id FROM tasks_dispute d JOIN tasks_assignment a ON a.id = d.assignment_id
           JOIN tasks_batch b ON b.id = a.batch_id
           WHERE a.worker_id IN (d.decided_by_id, d.second_by_id) OR EXISTS (
               SELECT 1 FROM base_membership m WHERE m.user_id IN (d.decided_by_id, d.second_by_id)
               AND m.organisation_id = b.organisation_id AND m.created_at <= d.decided_at)""",
    ),
    (
        "import_rows_are_whole",
        "imp",
        """SELECT i.id FROM tasks_import i LEFT JOIN (
               SELECT source_id, count(*) AS n FROM tasks_task GROUP BY source_id) t ON t.source_id = i.id
           WHERE (i.state IN ('done', 'needs_funds', 'screening')) <> (coalesce(t.n, 0) > 0)
              OR (i.state IN ('done', 'needs_funds', 'screening') AND i.good <> coalesce(t.n, 0))""",
    ),
]


def _sql(name: str, prefix: str, query: str) -> Check:
    with connection.cursor() as cursor:
        cursor.execute(f"{query} LIMIT {MOST}")
        return Check(name, [ids.encode(prefix, row[0]) for row in cursor.fetchall()])


def _holdings() -> Check:
    """Each batch holds at least what its open slots and undecided answers need; a settled one holds nothing more."""
    broken = []
    for batch in Batch.objects.exclude(state=Batch.State.DRAFT).select_related("organisation"):
        held = holdings.held(batch.public_id)
        needed = _needed(batch)
        if held < needed or (batch.settled_at is not None and held != 0):
            broken.append(batch.public_id)
    return Check("holding_covers_open_and_undecided_work", broken[:MOST])


def _needed(batch: Batch) -> int:
    """Reward, fee and VAT of slots, open and to come, and of undecided answers: what may not be missing."""
    slots = 0
    if batch.closed_at is None:
        held_back = Q(funded=True, is_gold=False) if batch.pilot in Batch.PILOTED else Q(is_open=True)
        slots = batch.tasks.filter(Q(is_open=True) | held_back).aggregate(n=Sum("open_slots"))["n"] or 0
        slots += batch.tasks.aggregate(n=Sum(F("most") - F("overlap")))["n"] or 0
    total = slots * prices.unit_micros(batch, batch.reward_micros)
    live = batch.assignments.filter(state__in=[Assignment.State.CLAIMED, *Assignment.UNDECIDED])
    for reward in live.values_list("reward_micros", flat=True).iterator():
        total += prices.unit_micros(batch, reward)
    return total


def _media() -> Check:
    """Each medium that is ready has its files: of the newest MOST_LOOKED_AT, since a bucket is asked file by file."""
    broken = []
    ready = Medium.objects.filter(state=Medium.State.READY).order_by("-pk")
    for medium in ready.only("files")[:MOST_LOOKED_AT]:
        names = [each["name"] for each in medium.files.values()]
        if not names or not all(map(shelf.exists, names)):
            broken.append(medium.public_id)
    return Check("ready_media_have_files", broken[:MOST])


def _approvals() -> Check:
    """Each approved assignment has exactly one payment of its reward in the ledger, and nobody else has one."""
    paid, broken = _paid()
    approved = Assignment.objects.filter(state=Assignment.State.APPROVED).values_list("pk", "reward_micros")
    for number, reward in approved.iterator():
        reference = ids.encode("asg", number)
        if paid.pop(reference, None) != reward:
            broken.append(reference)
    return Check("each_approved_answer_is_paid_once", [*broken, *paid][:MOST])


def _compensations() -> Check:
    """Each compensated assignment was paid more than nothing and at most its reward, once, and nobody else was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.reference, e.amount FROM payments_transaction t"
            " JOIN payments_entry e ON e.transaction_id = t.id JOIN payments_account c ON c.id = e.account_id"
            " WHERE t.kind = 'compensation' AND c.kind = 'worker_payable'"
        )
        paid = dict(cursor.fetchall())
    ended = Assignment.objects.filter(state=Assignment.State.COMPENSATED).values_list("pk", "reward_micros")
    broken = []
    for number, reward in ended.iterator():
        reference = ids.encode("asg", number)
        if not 0 < paid.pop(reference, 0) <= reward:
            broken.append(reference)
    return Check("each_compensated_task_is_paid_its_time", [*broken, *paid][:MOST])


def _paid() -> tuple[dict[str, int], list[str]]:
    """What each piece of work was paid by reference, and the references that were paid more than once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.reference, e.amount FROM payments_transaction t"
            " JOIN payments_entry e ON e.transaction_id = t.id JOIN payments_account c ON c.id = e.account_id"
            " WHERE t.kind = ANY (%s) AND c.kind = 'worker_payable'",
            [list(earnings.PAID)],
        )
        paid: dict[str, int] = {}
        twice = []
        for reference, amount in cursor:
            if reference in paid:
                twice.append(reference)
            paid[reference] = amount
    return paid, twice
