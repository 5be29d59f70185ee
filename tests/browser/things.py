"""The pages that show one thing: who opens each, and where. What the demonstration has not, `rows.py` says.

A maker gives the pages of one kind of thing; MAKERS lists them all.
"""

import functools
from collections.abc import Callable

from marketplace.base import clock, ids
from marketplace.web.transparency import periods
from tests.browser import rows
from tests.browser.world import World

Pages = dict[str, tuple[str, str]]  # by the name of the address: the persona, and the path
STRANGER, REQUESTER, WORKER, MODERATOR, ADMIN = "", "requester", "worker_2", "moderator", "admin"
BY_BEA = "worker_id = (SELECT id FROM base_user WHERE email = 'bea@example.org')"
OF_ATELIER = "organisation_id = (SELECT id FROM base_organisation WHERE name = 'Atelier Nord')"


def _batch(world: World, title: str) -> str:
    return world.id("bat", "tasks_batch", "title = %s", title)


def _live(world: World) -> str:
    """The open batch that most of the demonstration's answers are of."""
    return _batch(world, "Is it the same place?")


def _draft(world: World) -> str:
    return _batch(world, "Translate a product name")


# --- requesters -------------------------------------------------------------------------------------------


def _drafts(world: World) -> Pages:
    """The steps of a batch that is not published yet."""
    draft = f"/batches/{_draft(world)}"
    return {
        "batch-kind": (REQUESTER, "/batches/new/own/"),
        "batch-what": (REQUESTER, f"{draft}/what/"),
        "batch-data": (REQUESTER, f"{draft}/data/"),
        "batch-media": (REQUESTER, f"{draft}/media/"),
        "batch-conditions": (REQUESTER, f"{draft}/conditions/"),
        "batch-distress": (REQUESTER, f"{draft}/distress/"),
        "gold-new": (REQUESTER, f"{draft}/gold/new/"),
        "batch-audience": (REQUESTER, f"{draft}/audience/"),
        "batch-price": (REQUESTER, f"{draft}/price/"),
        "batch-review": (REQUESTER, f"{draft}/review/"),
    }


def _open_batch(world: World) -> Pages:
    """What a requester sees of a batch that people work on."""
    live = f"/batches/{_live(world)}"
    doubted = (
        "SELECT s.gold_id FROM tasks_goldcontest c JOIN tasks_goldscore s ON s.assignment_id = c.score_id"
    )
    known = world.id("tsk", "tasks_task", f"id IN ({doubted})")
    contested = world.id("asg", "tasks_assignment", "state = 'contested'")
    of_atelier = f"batch_id IN (SELECT id FROM tasks_batch WHERE {OF_ATELIER})"
    return {
        "batch": (REQUESTER, f"{live}/"),
        "batch-preview": (REQUESTER, f"{live}/preview/"),
        "batch-chains": (REQUESTER, f"{live}/chains/"),
        "chain-new": (REQUESTER, f"{live}/chains/new/?to=kind:verify_record"),
        "batch-gold": (REQUESTER, f"{live}/gold/"),
        "gold-question": (REQUESTER, f"{live}/gold/{known}/"),
        "bonuses": (REQUESTER, f"{live}/bonuses/"),
        "submissions": (REQUESTER, f"{live}/submissions/"),
        "submission": (REQUESTER, f"{live}/submissions/{contested}/"),
        "batch-quality": (REQUESTER, f"{live}/quality/"),
        "results": (REQUESTER, f"{live}/results/"),
        "results-card": (REQUESTER, f"{live}/results/card/"),
        "import": (REQUESTER, "/imports/" + world.id("imp", "tasks_import", of_atelier) + "/"),
    }


def _invoices(world: World) -> Pages:
    """What is paid and billed, for the requester and for who runs the place."""
    world.sql(rows.INVOICED)
    invoice = world.id("inv", "payments_invoice")
    vat_check = world.id("vck", "payments_vatcheck")
    return {
        "simulated-pay": (
            REQUESTER,
            "/simulated/pay/" + world.id("dep", "payments_deposit", OF_ATELIER) + "/",
        ),
        "invoice": (REQUESTER, f"/funds/invoices/{invoice}/"),
        "console-invoice": (ADMIN, f"/console/billing/documents/{invoice}/"),
        "console-vat-check": (ADMIN, f"/console/billing/numbers/{vat_check}/"),
    }


# --- workers ----------------------------------------------------------------------------------------------


def _work(world: World) -> Pages:
    """What a worker opens of their tasks, from the offer to what became of the answer."""
    held = world.id("asg", "tasks_assignment", f"{BY_BEA} AND state = 'claimed'")
    done = world.id(
        "asg", "tasks_assignment", f"{BY_BEA} AND state IN ('submitted', 'contested', 'disputed')"
    )
    at_work = "batch_id IN (SELECT id FROM tasks_batch WHERE role = 'work')"
    missed = f'{at_work} AND id IN (SELECT assignment_id FROM tasks_goldscore WHERE NOT "right") AND {BY_BEA}'
    other = _batch(world, "Que demande ce client ?")
    return {
        "work-batch": (WORKER, f"/work/batches/{other}/"),
        "work-done": (WORKER, f"/work/batches/{_live(world)}/done/"),
        "worker-distress": (WORKER, "/work/distress/"),
        "workbench": (WORKER, f"/work/assignments/{held}/"),
        "my-submission": (WORKER, f"/work/history/{done}/"),
        "my-check": (WORKER, "/work/checks/" + world.id("asg", "tasks_assignment", missed) + "/"),
        "earnings-year": (WORKER, "/work/earnings/2026/"),
    }


def _qualifications(world: World) -> Pages:
    """A qualification and its test, for who gives it, who holds it and who looks after all of them."""
    passed = f"{BY_BEA} AND passed"
    test = world.id("bat", "tasks_batch", "role = 'test' AND state = 'published'")
    test_draft = world.id("bat", "tasks_batch", "role = 'test' AND state = 'draft'")
    given = world.id("qua", "workers_qualification", "name = 'Knows place names'")
    award = world.id(
        "awd", "workers_award", f"id = (SELECT award_id FROM tasks_attempt WHERE {passed} LIMIT 1)"
    )
    attempt = world.id("att", "tasks_attempt", passed)
    general = world.id("qua", "workers_qualification", "organisation_id IS NULL")
    lost = world.id("awd", "workers_award", "revoked_at IS NOT NULL")
    return {
        "batch-test": (REQUESTER, f"/batches/{test_draft}/test/"),
        "qualification": (REQUESTER, f"/qualifications/{given}/"),
        "qualification-test": (REQUESTER, f"/qualifications/{given}/test/"),
        "qualification-revoke": (REQUESTER, f"/qualifications/{given}/revoke/{award}/"),
        "test": (WORKER, f"/work/qualifications/tests/{test}/"),
        "attempt": (WORKER, f"/work/qualifications/attempts/{attempt}/"),
        "award": (WORKER, f"/work/qualifications/{award}/"),
        "console-qualification": (MODERATOR, f"/console/qualifications/{general}/"),
        "console-award-contest": (MODERATOR, f"/console/qualifications/contests/{lost}/"),
    }


def _payouts(world: World) -> Pages:
    """The newest payout of one of the three who work, opened by whose it is, and the newest of all."""
    found = world.sql(
        "SELECT p.id, u.email FROM payments_payout p JOIN base_user u ON u.id = p.user_id"
        " WHERE u.email IN ('bob@example.org', 'bea@example.org', 'ben@example.org') ORDER BY p.id DESC LIMIT 1"
    )
    assert found, "nobody of the demonstration was paid out"
    persona = {"bob": "worker", "bea": "worker_2", "ben": "worker_3"}[found[0][1].partition("@")[0]]
    return {
        "payout": (persona, f"/work/payouts/{ids.encode('pay', found[0][0])}/"),
        "console-hold": (MODERATOR, "/console/holds/" + world.id("pay", "payments_payout") + "/"),
    }


def _help(world: World) -> Pages:
    world.sql(rows.HELP_REQUEST)
    return {"console-grant": (MODERATOR, "/console/grants/" + world.id("grt", "payments_helpgrant") + "/")}


# --- what both sides open ---------------------------------------------------------------------------------


def _voice(world: World) -> Pages:
    """The pages of a conversation, a rating, an objection."""
    world.sql(rows.VOICE)
    bea, org, thread = world.sql(
        "SELECT t.worker_id, b.organisation_id, t.batch_id FROM tasks_thread t JOIN tasks_batch b ON b.id = t.batch_id"
        " JOIN base_user w ON w.id = t.worker_id WHERE w.email = 'bea@example.org' ORDER BY t.id LIMIT 1"
    )[0]
    live, sign = ids.encode("bat", thread), ids.worker_seen_by(bea, org)
    rating = world.id("rtg", "tasks_rating", "shown_in IS NOT NULL")
    case = world.id("obj", "tasks_objection")
    return {
        "my-rating": (WORKER, f"/work/ratings/{ids.encode('org', org)}/"),
        "requester-ratings": (WORKER, f"/requesters/{ids.encode('org', org)}/"),
        "rating-answer": (REQUESTER, f"/ratings/{rating}/answer/"),
        "rating-object": (REQUESTER, f"/ratings/{rating}/object/"),
        "my-thread": (WORKER, f"/work/messages/{live}/"),
        "my-thread-report": (WORKER, f"/work/messages/{live}/report/"),
        "thread": (REQUESTER, f"/messages/{live}/{sign}/"),
        "thread-report": (REQUESTER, f"/messages/{live}/{sign}/report/"),
        "question-publish": (REQUESTER, f"/messages/{live}/{sign}/publish/"),
        "objection": (WORKER, f"/objections/{case}/"),
        "console-objection": (MODERATOR, f"/console/objections/{case}/"),
    }


def _centres(world: World) -> Pages:
    """The pages of one centre: for everybody, for a member, for who runs it, for who checks it."""
    world.sql(rows.RUN_BY_ALICE)
    centre = world.id("ctr", "workers_centre", "state = 'open'")
    ours = world.id("pth", "workers_trainingpath", "centre_id IS NOT NULL")
    general = world.id("pth", "workers_trainingpath", "centre_id IS NULL")
    waiting = world.id("ctr", "workers_centre", "state = 'asked'")
    return {
        "centre": (STRANGER, f"/centres/{centre}/"),
        "centre-people": (REQUESTER, f"/centres/{centre}/people/"),
        "centre-equipment": (REQUESTER, f"/centres/{centre}/equipment/"),
        "centre-settings": (REQUESTER, f"/centres/{centre}/settings/"),
        "centre-paths": (REQUESTER, f"/centres/{centre}/paths/"),
        "centre-path": (REQUESTER, f"/centres/{centre}/paths/{ours}/"),
        "my-centre": (WORKER, f"/work/centres/{centre}/"),
        "centre-hours": (WORKER, f"/work/centres/{centre}/hours/"),
        "path": (WORKER, f"/work/paths/{ours}/"),
        "console-centre": (MODERATOR, f"/console/centres/{waiting}/"),
        "console-path": (MODERATOR, f"/console/paths/{general}/"),
    }


# --- moderators and administrators ------------------------------------------------------------------------


def _reports(world: World) -> Pages:
    """A report for who is reported, another one for who decides."""
    world.sql(rows.REPORTS)
    decided = world.id("rep", "tasks_report", "outcome <> ''")
    waiting = world.id("rep", "tasks_report", "outcome = ''")
    return {
        "report-state": (REQUESTER, f"/reports/{decided}/"),
        "console-report": (MODERATOR, f"/console/reports/{waiting}/"),
    }


def _complaints(world: World) -> Pages:
    first, second = rows.COMPLAINT.split(";\n", 1)
    world.sql(first)
    restriction = world.id("rst", "workers_restriction")
    world.sql(second % (restriction, ids.decode("rst", restriction)))
    complaint = world.id("cmp", "workers_complaint")
    return {
        "decision": (WORKER, f"/me/decisions/restriction/{restriction}/"),
        "console-complaint": (MODERATOR, f"/console/complaints/{complaint}/"),
    }


def _persons(world: World) -> Pages:
    """Two accounts that are paid to the same place."""
    world.sql(rows.PAIR)
    pair = world.id("prs", "payments_personpair")
    return {
        "one-person": (WORKER, f"/work/earnings/accounts/{pair}/"),
        "console-person-pair": (MODERATOR, f"/console/accounts/{pair}/"),
    }


def _cases(world: World) -> Pages:
    """What waits on the moderators' desk because of a batch or of answers."""
    world.sql(rows.QUEUED_ROWS)
    waiting = world.id("imp", "tasks_import", "state = 'screening'")
    bea = world.id("usr", "base_user", "email = 'bea@example.org'")
    undecided = world.id("dis", "tasks_dispute", "decided_at IS NULL")
    return {
        "console-dispute": (MODERATOR, f"/console/disputes/{undecided}/"),
        "console-pause": (MODERATOR, "/console/pauses/" + world.id("pse", "tasks_batchpause") + "/"),
        "console-signal": (MODERATOR, "/console/signals/" + world.id("sig", "tasks_signal") + "/"),
        "console-screened": (MODERATOR, f"/console/screening/{_batch(world, 'What ails this plant?')}/"),
        "console-screened-rows": (MODERATOR, f"/console/screening/rows/{waiting}/"),
        "console-person": (MODERATOR, f"/console/people/{bea}/"),
    }


def _books(world: World) -> Pages:
    """A month of the books, a difference, a line of a bank statement and a payout file."""
    world.sql(rows.DIFFERENCE)
    world.sql(rows.AT_THE_BANK)
    month = f"/console/books/{clock.today():%Y-%m}"
    difference = world.id("dif", "payments_difference")
    funds = world.id("acc", "payments_account", "kind = 'organisation_available'")
    line = world.id("bln", "payments_bankline")
    run = world.id("run", "payments_payoutrun")
    return {
        "console-books-month": (ADMIN, f"{month}/"),
        "console-books-kind": (ADMIN, f"{month}/kinds/organisation_available/"),
        "console-books-account": (ADMIN, f"{month}/accounts/{funds}/"),
        "console-difference": (ADMIN, f"/console/books/differences/{difference}/"),
        "console-bank-line": (ADMIN, f"/console/bank/lines/{line}/"),
        "console-run": (ADMIN, f"/console/runs/{run}/"),
    }


# --- everybody --------------------------------------------------------------------------------------------


def _public(world: World) -> Pages:
    """What anybody may open: a certificate, the terms, a rule, the figures of a half-year."""
    certificate = world.manage("shell", "-c", rows.CERTIFICATE).split()[-1]
    return {
        "certificate": (STRANGER, f"/certificates/{certificate}/"),
        "terms-version": (STRANGER, "/terms/1/"),
        "rule": (STRANGER, "/charter/rules/check-questions/"),
        "transparency-period": (STRANGER, f"/transparency/{periods.of(clock.now()).name}/"),
        "account_reset_password_from_key": (STRANGER, "/accounts/password/reset/key/1-2/"),
    }


MAKERS: tuple[Callable[[World], Pages], ...] = (
    _voice, _reports, _complaints, _drafts, _open_batch, _invoices, _work, _qualifications, _payouts, _help, _centres,
    _persons, _cases, _books, _public,
)  # fmt: skip


@functools.cache
def with_object(world: World) -> Pages:
    """The pages that show one thing: who opens them, and where. Each has one maker."""
    found: Pages = {}
    for maker in MAKERS:
        made = maker(world)
        assert not found.keys() & made.keys(), f"made twice: {found.keys() & made.keys()}"
        found |= made
    return found
