"""Rows that the demonstration has not, for the pages that show them (`things.py`)."""

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


# A worker's wish for help with a course.
HELP_REQUEST = """
INSERT INTO payments_helpgrant (worker_id, purpose, words, asked_micros, state, decision, created_at)
SELECT id, 'training', 'A course in palaeography.', 40000000, 'asked', '', now() FROM base_user
WHERE works AND NOT is_moderator ORDER BY id LIMIT 1
ON CONFLICT DO NOTHING RETURNING id
"""


# Béa and Ben are paid to one bank account, under two names.
PAIR = """
INSERT INTO payments_personpair (first_id, second_id, by_tin, by_name, by_account, found_at, changed_at, held_until)
SELECT least(a.id, b.id), greatest(a.id, b.id), false, false, true, now(), now(), now() + interval '7 days'
FROM base_user a, base_user b WHERE a.email = 'bea@example.org' AND b.email = 'ben@example.org'
ON CONFLICT DO NOTHING
"""


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


# Alice runs the demonstration's centre beside Hanna, who has no log-in of her own here.
RUN_BY_ALICE = """
INSERT INTO workers_centrecoordinator (centre_id, user_id, role, since, added_by_id)
SELECT c.id, u.id, 'treasurer', now(), c.asked_by_id FROM workers_centre c, base_user u
WHERE c.state = 'open' AND u.email = 'alice@example.org' ON CONFLICT DO NOTHING
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


# Rows for an open batch that a rule put before a moderator, with the words it met.
QUEUED_ROWS = """
INSERT INTO tasks_import (batch_id, created_by_id, state, path, filename, format, size, mapping, bad_rows, done, good,
                          bad, created_at, queued_at, screening_reasons, failure, screening_hits)
SELECT id, created_by_id, 'screening', '', 'more-places.csv', 'csv', 1, '{}', 'stop', 0, 0, 0, now(), now(),
       '{likes}', '',
       '[{"rule": "likes", "version": 1, "where": "row", "number": 31, "before": "", "words": "Follow our page",
          "after": " to hear more"}]'
FROM tasks_batch WHERE title = 'Is it the same place?'
"""


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
