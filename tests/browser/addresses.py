"""Every address of the site: as a page that somebody opens, or as one that is no page, and why."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from marketplace.base import clock, ids
from marketplace.web.transparency import periods
from tests.browser.world import World

# Addresses that only take what a form sends.
SENT_TO = {
    "set_language", "notices-read", "deposit", "deposit-go", "repay", "top-ups-off",
    "webhook-stripe", "webhook-stripe-connect", "team-invite", "team-revoke", "team-role", "team-remove",
    "key-revoke", "organisation-switch", "payout-request", "connect-start", "console-restrict", "console-lift",
    "console-revive",
    "console-signal-seen", "console-tax-file", "help-withdraw", "console-bill", "console-differences-look",
    "console-books-close",
    "media-send", "media-again", "media-leave-out",
    "chain-stop", "chain-fund",
    "gold-upload", "gold-fund", "gold-take-back", "gold-restore", "gold-decide", "pause-ask",
    "batch-publish", "batch-discard", "batch-duplicate", "batch-pause", "batch-resume", "batch-close", "batch-raise",
    "submissions-approve", "submission-contest", "submission-withdraw", "submission-hand-over", "import-remap",
    "import-go-on", "import-cancel", "import-fund", "claim", "release", "leave", "claim-again", "draft",
    "renew", "task-pause",
    "answer-file", "my-redo", "my-reply", "my-appeal",
    "certificate-issue", "certificate-withdraw",
    "qualification-change", "qualification-retire", "qualification-grant", "test-begin", "award-contest",
    "console-award-revoke", "console-next", "console-case", "console-opinion",
    "my-data-export", "my-data-keep", "report-complain", "report-change", "my-rating-back", "question-out",
    "batch-keep", "template-start", "template-rename", "template-delete", "work-accept", "work-decline",
}  # fmt: skip
# Answers for machines, files to keep, and addresses that only lead on to another page.
NO_PAGE = {
    "healthz", "readyz", "metrics", "back", "batch-example", "import-bad-rows", "results-download", "my-data-file",
    "statement", "payout-statement",
    "console-tax-figures", "transparency-file", "transparency-all", "rules-json", "rules-csv",
    "terms-changes",  # of the first version there are none
    "gold-example",
    "mfa_download_recovery_codes", "notice", "account_confirm_login_code", "mfa_authenticate", "account_set_password",
    "account_email_verification_sent", "medium", "media-failed", "answer-media", "manifest", "service-worker",
    "batch-json", "template-json", "console-books-csv", "console-books-fec",
    "invoice-pdf", "invoice-csv", "console-invoice-pdf", "console-vat-return", "console-recapitulative",
    "console-run-file", "console-run-names",
    "certificate-jwt", "certificate-json", "certificate-key", "certificate-issuer", "certificate-status", "jwks", "did",
}  # fmt: skip
# A token that only a mail tells: the tour opens it.
TOLD_BY_MAIL = {"invitation", "join", "mail-stop", "centre-join"}
STRANGER, REQUESTER, WORKER, MODERATOR, ADMIN = "", "requester", "worker_2", "moderator", "admin"
FOR_STRANGERS = {
    "centres",
    "account_login", "account_signup", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_inactive", "home", "charter",
    "transparency", "help-fund", "terms", "terms-version", "rules", "rule",
    "privacy", "ways", "gallery", "gallery-widgets", "demo-mail", "offline",
    "certificate-verify", "report", "my-data-verify", "transparency-period",
}  # fmt: skip


# A certificate of Bea's, made by the running server's own key.
CERTIFICATE = """
from marketplace.base import clock
from marketplace.base.models import User
from workers.models import Award, Qualification
from workers.services import certificate_badge, certificates
bea = User.objects.get(email="bea@example.org")
held = Qualification.objects.create(name="Reads old French hands", description="Letters before 1900.", created_by=bea)
award = Award.objects.create(qualification=held, user=bea, score=0.9, granted_at=clock.now())
shown = certificate_badge.Shown(questions=20, pass_mark=0.8)
print(certificates.issue(award=award, person=bea, name="Béatrice Lenoir", shown=shown).pk)
"""


@dataclass(frozen=True)
class Address:
    name: str
    persona: str
    path: str


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each, path)
        else:
            yield path, each


def named() -> dict[str, str]:
    """Pattern by name, without the REST interface, whose own tests know it."""
    found = {pattern.name or path: path for path, pattern in _patterns(get_resolver())}
    return {name: path for name, path in found.items() if not path.startswith("api/")}


# Something that the gateway knows and the books do not.
DIFFERENCE = """
INSERT INTO payments_difference (gateway, kind, external_id, amount_micros, found_at, note)
VALUES ('simulated', 'only_outside', 'deposit:dep_unknown', 12500000, now() - interval '2 days', '')
ON CONFLICT DO NOTHING
"""


# A line of a statement that waits for a person, and a payout file that was cancelled.
AT_THE_BANK = """
INSERT INTO payments_bankstatement (account, statement_id, sha256, imported_at) VALUES ('FR00', '1', '', now())
ON CONFLICT DO NOTHING;
INSERT INTO payments_bankline (statement_id, external_id, amount_micros, booked_on, end_to_end_id, remittance,
                               counterparty, counterparty_iban, taken_as, object_ref, explanation, created_at,
                               proposed_as, proposed_ref)
SELECT id, 'shown', 12500000, now(), '', 'for the furniture', 'A. Nord', '', 'suspense', '', '', now(), '', ''
FROM payments_bankstatement LIMIT 1 ON CONFLICT DO NOTHING;
INSERT INTO payments_payoutrun (gateway, state, payouts, amount_micros, sha256, execute_on, created_at)
VALUES ('bank', 'cancelled', 1, 12500000, '', now(), now())
"""


def _bank_line(world: World) -> str:
    world.sql(AT_THE_BANK)
    return world.id("bln", "payments_bankline")


# Rows for an open batch that a rule put before a moderator, with the words it met.
HELP_REQUEST = """
INSERT INTO payments_helpgrant (worker_id, purpose, words, asked_micros, state, decision, created_at)
SELECT id, 'training', 'A course in palaeography.', 40000000, 'asked', '', now() FROM base_user
WHERE works AND NOT is_moderator ORDER BY id LIMIT 1
ON CONFLICT DO NOTHING RETURNING id
"""


def _help_request(world: World) -> str:
    world.sql(HELP_REQUEST)
    return world.id("grt", "payments_helpgrant")


QUEUED_ROWS = """
INSERT INTO tasks_import (batch_id, created_by_id, state, path, filename, format, size, mapping, bad_rows, done, good,
                          bad, created_at, queued_at, screening_reasons, failure, screening_hits)
SELECT id, created_by_id, 'screening', '', 'more-places.csv', 'csv', 1, '{}', 'stop', 0, 0, 0, now(), now(),
       '{likes}', '',
       '[{"rule": "likes", "version": 1, "where": "row", "number": 31, "before": "", "words": "Follow our page",
          "after": " to hear more"}]'
FROM tasks_batch WHERE title = 'Is it the same place?'
"""


# Two reports of a batch: one decided, of which its requester reads, and one that waits.
REPORTS = """
INSERT INTO tasks_report (batch_id, organisation_id, page, reporter_id, secret, reason, text, received_at, decide_by,
                          outcome, statement, decided_by_id, decided_at)
SELECT b.id, b.organisation_id, '', NULL, 'a secret ' || d.outcome, 'unclear', 'Rule 2 and rule 3 say opposite things.',
       now() - interval '2 days', now() + interval '5 days', d.outcome, d.statement,
       CASE WHEN d.outcome <> '' THEN m.id END, CASE WHEN d.outcome <> '' THEN now() END
FROM tasks_batch b, base_user m,
     (VALUES ('nothing', 'The rules speak of different fields. It can be done as it stands.'), ('', ''))
         d (outcome, statement)
WHERE b.title = 'Is it the same place?' AND m.email = 'dana@example.org'
"""


# A restriction of Bea's that is over, and her complaint about it.
COMPLAINT = """
INSERT INTO workers_restriction (user_id, scope, ground, source, reason, decided_by_id, starts_at, ends_at,
                                 needs_second)
SELECT w.id, 'claims', 'data', 'report', 'Two screens of a task stood in a public forum.', m.id,
       now() - interval '3 days', now() - interval '1 day', false
FROM base_user w, base_user m WHERE w.email = 'bea@example.org' AND m.email = 'dora@example.org';
INSERT INTO workers_complaint (about, subject, first_decided_by_id, first_decided_at, first_reason, made_by_id, text,
                               made_at, decide_by, outcome, statement)
SELECT 'restriction', '%s', r.decided_by_id, r.starts_at, r.reason, r.user_id,
       'They were the examples of the help page.', now(), now() + interval '14 days', '', ''
FROM workers_restriction r WHERE r.id = %d
"""


def _complaint(world: World) -> tuple[str, str]:
    first, second = COMPLAINT.split(";\n", 1)
    world.sql(first)
    restriction = world.id("rst", "workers_restriction")
    world.sql(second % (restriction, ids.decode("rst", restriction)))
    return restriction, world.id("cmp", "workers_complaint")


def _reports(world: World) -> tuple[str, str]:
    world.sql(REPORTS)
    return world.id("rep", "tasks_report", "outcome <> ''"), world.id("rep", "tasks_report", "outcome = ''")


# Bea and Alice write to each other, Bea reports it; somebody's rating is shown.
VOICE = """
INSERT INTO tasks_thread (batch_id, worker_id, opened_at, last_at, worker_read, requester_read, silenced)
SELECT b.id, w.id, now(), now(), 0, 0, '' FROM tasks_batch b, base_user w
WHERE b.title = 'Is it the same place?' AND w.email = 'bea@example.org' ON CONFLICT DO NOTHING;
INSERT INTO tasks_message (thread_id, side, author_id, text, sent_at)
SELECT t.id, 'worker', t.worker_id, 'Are two spellings of one town the same?', now() FROM tasks_thread t
JOIN base_user w ON w.id = t.worker_id AND w.email = 'bea@example.org';
INSERT INTO tasks_objection (thread_id, side, reason, text, made_by_id, made_at, decide_by, outcome, statement,
                             complaint, last_outcome, last_statement)
SELECT t.id, 'worker', 'insult', 'Not kind.', t.worker_id, now(), now() + interval '14 days', '', '', '', '', ''
FROM tasks_thread t JOIN base_user w ON w.id = t.worker_id AND w.email = 'bea@example.org';
DELETE FROM tasks_rating r USING base_user w
WHERE r.shown_in IS NULL AND w.id = r.worker_id AND w.email = 'ben@example.org';
INSERT INTO tasks_rating (organisation_id, worker_id, assignment_id, half_year, pay, clarity, fairness, words,
                          written_at, changed_at, shown_in, hidden, answer)
SELECT b.organisation_id, a.worker_id, a.id, 20262, 4, 5, 4, 'They explain well.', now(), now(),
       date_trunc('month', now())::date, '', ''
FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id JOIN base_user w ON w.id = a.worker_id
WHERE b.title = 'Is it the same place?' AND w.email = 'ben@example.org' AND a.state = 'approved' LIMIT 1
"""


def _voice(world: World) -> dict[str, tuple[str, str]]:
    """The pages of a conversation, a rating, an objection."""
    world.sql(VOICE)
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


def _queued_rows(world: World) -> str:
    world.sql(QUEUED_ROWS)
    return world.id("imp", "tasks_import", "state = 'screening'")


# An invoice as the clockwork writes it on the first of a month, and a VAT number that nobody confirmed yet.
INVOICED = """
INSERT INTO payments_invoice (kind, organisation_id, year, number, period_year, period_month, treatment, vat_rate,
                              net_micros, vat_micros, passed_on_micros, customer, seller, lines, locale, reason,
                              issued_at)
SELECT 'invoice', id, 2026, 1, 2026, 10, 'domestic', 0.2, 1480000, 290000, 7400000,
       '{"name": "Atelier Nord", "address": ["1 rue des Lilas", "59000 Lille"], "country": "FR", "vat_number": "",
         "reference": "PO 7", "is_complete": true}',
       '{"name": "Tessera", "address": ["75000 Paris"], "country": "FR", "vat_number": "FR12000000000",
         "registration": "", "footer": "", "email": "help@tessera.example", "mention": ""}',
       '{"batches": [{"batch": "bat_0", "title": "Is it the same place?", "net": 1481478, "vat": 296298,
         "pay": {"approval": 7400000}}], "other_pay": {}, "brought": [0, 0], "over": [1478, 6298]}', 'en', '', now()
FROM base_organisation WHERE name = 'Atelier Nord';
INSERT INTO payments_vatcheck (organisation_id, vat_number, answer, consultation, proof, tries, asked_at)
SELECT id, 'DE123456789', 'waiting', '', '', 3, now() FROM base_organisation WHERE name = 'Atelier Nord'
"""


def _invoiced(world: World) -> tuple[str, str]:
    world.sql(INVOICED)
    return world.id("inv", "payments_invoice"), world.id("vck", "payments_vatcheck")


# Alice runs the demonstration's centre beside Hanna, who has no log-in of her own here.
RUN_BY_ALICE = """
INSERT INTO workers_centrecoordinator (centre_id, user_id, role, since, added_by_id)
SELECT c.id, u.id, 'treasurer', now(), c.asked_by_id FROM workers_centre c, base_user u
WHERE c.state = 'open' AND u.email = 'alice@example.org' ON CONFLICT DO NOTHING
"""


def _centres(world: World) -> dict[str, tuple[str, str]]:
    """The pages of one centre: for everybody, for a member, for who runs it, for who checks it."""
    world.sql(RUN_BY_ALICE)
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


def _difference(world: World) -> str:
    world.sql(DIFFERENCE)
    return world.id("dif", "payments_difference")


def _payout(world: World) -> tuple[str, str]:
    """The newest payout of one of the three who work, opened by whose it is."""
    found = world.sql(
        "SELECT p.id, u.email FROM payments_payout p JOIN base_user u ON u.id = p.user_id"
        " WHERE u.email IN ('bob@example.org', 'bea@example.org', 'ben@example.org') ORDER BY p.id DESC LIMIT 1"
    )
    assert found, "nobody of the demonstration was paid out"
    persona = {"bob": "worker", "bea": "worker_2", "ben": "worker_3"}[found[0][1].partition("@")[0]]
    return persona, f"/work/payouts/{ids.encode('pay', found[0][0])}/"


@functools.cache
def with_object(world: World) -> dict[str, tuple[str, str]]:
    """The pages that show one thing: who opens them, and where."""

    def batch(title: str) -> str:
        return world.id("bat", "tasks_batch", "title = %s", title)

    live, draft, other = (
        batch("Is it the same place?"), batch("Translate a product name"), batch("Que demande ce client ?"),
    )  # fmt: skip
    screened = batch("What ails this plant?")
    reported = _reports(world)
    complained = _complaint(world)
    mine = "worker_id = (SELECT id FROM base_user WHERE email = 'bea@example.org')"
    held = world.id("asg", "tasks_assignment", mine + " AND state = 'claimed'")
    done = world.id("asg", "tasks_assignment", mine + " AND state IN ('submitted', 'contested', 'disputed')")
    contested = world.id("asg", "tasks_assignment", "state = 'contested'")
    undecided = world.id("dis", "tasks_dispute", "decided_at IS NULL")
    at_work = "batch_id IN (SELECT id FROM tasks_batch WHERE role = 'work')"
    missed = f'{at_work} AND id IN (SELECT assignment_id FROM tasks_goldscore WHERE NOT "right") AND {mine}'
    doubted = (
        "SELECT s.gold_id FROM tasks_goldcontest c JOIN tasks_goldscore s ON s.assignment_id = c.score_id"
    )
    scored = world.id("asg", "tasks_assignment", missed)
    known = world.id("tsk", "tasks_task", f"id IN ({doubted})")
    atelier = "organisation_id = (SELECT id FROM base_organisation WHERE name = 'Atelier Nord')"
    ours = f"batch_id IN (SELECT id FROM tasks_batch WHERE {atelier})"
    bea = world.id("usr", "base_user", "email = 'bea@example.org'")
    test = world.id("bat", "tasks_batch", "role = 'test' AND state = 'published'")
    test_draft = world.id("bat", "tasks_batch", "role = 'test' AND state = 'draft'")
    given = world.id("qua", "workers_qualification", "name = 'Knows place names'")
    passed = "worker_id = (SELECT id FROM base_user WHERE email = 'bea@example.org') AND passed"
    award = world.id(
        "awd", "workers_award", "id = (SELECT award_id FROM tasks_attempt WHERE " + passed + " LIMIT 1)"
    )
    month = f"{clock.today():%Y-%m}"
    invoice, vat_check = _invoiced(world)
    return {
        **_voice(world),
        "transparency-period": (STRANGER, f"/transparency/{periods.of(clock.now()).name}/"),
        "batch-conditions": (REQUESTER, f"/batches/{draft}/conditions/"),
        "batch-test": (REQUESTER, f"/batches/{test_draft}/test/"),
        "qualification": (REQUESTER, f"/qualifications/{given}/"),
        "qualification-test": (REQUESTER, f"/qualifications/{given}/test/"),
        "qualification-revoke": (REQUESTER, f"/qualifications/{given}/revoke/{award}/"),
        "test": (WORKER, f"/work/qualifications/tests/{test}/"),
        "attempt": (
            WORKER, "/work/qualifications/attempts/" + world.id("att", "tasks_attempt", passed) + "/"
        ),
        "payout": _payout(world),
        "bonuses": (REQUESTER, f"/batches/{live}/bonuses/"),
        "console-grant": (MODERATOR, "/console/grants/" + _help_request(world) + "/"),
        "earnings-year": (WORKER, "/work/earnings/2026/"),
        "award": (WORKER, f"/work/qualifications/{award}/"),
        **_centres(world),
        "console-qualification": (
            MODERATOR,
            "/console/qualifications/"
            + world.id("qua", "workers_qualification", "organisation_id IS NULL") + "/",
        ),
        "console-award-contest": (
            MODERATOR,
            "/console/qualifications/contests/"
            + world.id("awd", "workers_award", "revoked_at IS NOT NULL") + "/",
        ),
        "batch": (REQUESTER, f"/batches/{live}/"),
        "batch-kind": (REQUESTER, "/batches/new/own/"),
        "batch-what": (REQUESTER, f"/batches/{draft}/what/"),
        "batch-preview": (REQUESTER, f"/batches/{live}/preview/"),
        "batch-data": (REQUESTER, f"/batches/{draft}/data/"),
        "batch-media": (REQUESTER, f"/batches/{draft}/media/"),
        "batch-price": (REQUESTER, f"/batches/{draft}/price/"),
        "batch-audience": (REQUESTER, f"/batches/{draft}/audience/"),
        "batch-review": (REQUESTER, f"/batches/{draft}/review/"),
        "batch-chains": (REQUESTER, f"/batches/{live}/chains/"),
        "chain-new": (REQUESTER, f"/batches/{live}/chains/new/?to=kind:verify_record"),
        "batch-gold": (REQUESTER, f"/batches/{live}/gold/"),
        "gold-new": (REQUESTER, f"/batches/{draft}/gold/new/"),
        "gold-question": (REQUESTER, f"/batches/{live}/gold/{known}/"),
        "submissions": (REQUESTER, f"/batches/{live}/submissions/"),
        "submission": (REQUESTER, f"/batches/{live}/submissions/{contested}/"),
        "batch-quality": (REQUESTER, f"/batches/{live}/quality/"),
        "results": (REQUESTER, f"/batches/{live}/results/"),
        "results-card": (REQUESTER, f"/batches/{live}/results/card/"),
        "import": (REQUESTER, "/imports/" + world.id("imp", "tasks_import", ours) + "/"),
        "simulated-pay": (REQUESTER, "/simulated/pay/" + world.id("dep", "payments_deposit", atelier) + "/"),
        "batch-distress": (REQUESTER, f"/batches/{draft}/distress/"),
        "worker-distress": (WORKER, "/work/distress/"),
        "work-batch": (WORKER, f"/work/batches/{other}/"),
        "work-done": (WORKER, f"/work/batches/{live}/done/"),
        "workbench": (WORKER, f"/work/assignments/{held}/"),
        "my-submission": (WORKER, f"/work/history/{done}/"),
        "my-check": (WORKER, f"/work/checks/{scored}/"),
        "console-dispute": (MODERATOR, f"/console/disputes/{undecided}/"),
        "console-pause": (MODERATOR, "/console/pauses/" + world.id("pse", "tasks_batchpause") + "/"),
        "console-signal": (MODERATOR, "/console/signals/" + world.id("sig", "tasks_signal") + "/"),
        "console-screened": (MODERATOR, f"/console/screening/{screened}/"),
        "console-screened-rows": (MODERATOR, f"/console/screening/rows/{_queued_rows(world)}/"),
        "report-state": (REQUESTER, f"/reports/{reported[0]}/"),
        "console-report": (MODERATOR, f"/console/reports/{reported[1]}/"),
        "decision": (WORKER, f"/me/decisions/restriction/{complained[0]}/"),
        "console-complaint": (MODERATOR, f"/console/complaints/{complained[1]}/"),
        "terms-version": (STRANGER, "/terms/1/"),
        "rule": (STRANGER, "/charter/rules/check-questions/"),
        "console-hold": (MODERATOR, "/console/holds/" + world.id("pay", "payments_payout") + "/"),
        "console-person": (MODERATOR, f"/console/people/{bea}/"),
        "console-bank-line": (ADMIN, f"/console/bank/lines/{_bank_line(world)}/"),
        "console-run": (ADMIN, f"/console/runs/{world.id('run', 'payments_payoutrun')}/"),
        "invoice": (REQUESTER, f"/funds/invoices/{invoice}/"),
        "console-invoice": (ADMIN, f"/console/billing/documents/{invoice}/"),
        "console-vat-check": (ADMIN, f"/console/billing/numbers/{vat_check}/"),
        "console-difference": (ADMIN, "/console/books/differences/" + _difference(world) + "/"),
        "console-books-month": (ADMIN, f"/console/books/{month}/"),
        "console-books-kind": (ADMIN, f"/console/books/{month}/kinds/organisation_available/"),
        "console-books-account": (
            ADMIN,
            f"/console/books/{month}/accounts/"
            + world.id("acc", "payments_account", "kind = 'organisation_available'")
            + "/",
        ),
        "certificate": (STRANGER, f"/certificates/{world.manage('shell', '-c', CERTIFICATE).split()[-1]}/"),
        "account_reset_password_from_key": (STRANGER, "/accounts/password/reset/key/1-2/"),
    }  # fmt: skip


def _persona(name: str, path: str) -> str:
    if name in FOR_STRANGERS:
        return STRANGER
    if name in {
        "console-switches",
        "console-outages",
        "console-looks",
        "console",
        "console-tax",
        "console-books",
        "console-billing",
        "console-differences",
    }:
        return ADMIN
    if name.startswith("console") or (name.startswith("mfa") and name != "mfa_activate_totp"):
        return MODERATOR
    if path.startswith(("messages/", "ratings/")):
        return REQUESTER
    if path.startswith(("batches/", "qualifications/", "funds/", "team/", "keys/", "organisations/")):
        return REQUESTER
    return WORKER


@functools.cache
def pages(world: World) -> list[Address]:
    """Each page once, with a persona who may open it. An address that nobody listed is an error here."""
    known, found = with_object(world), []
    for name, path in named().items():
        if name in SENT_TO | NO_PAGE | TOLD_BY_MAIL:
            continue
        if name in known:
            found.append(Address(name, *known[name]))
        else:
            assert "<" not in path, f"{name} shows one thing: say in with_object() which one to open"
            found.append(Address(name, _persona(name, path), "/" + path))
    return found
