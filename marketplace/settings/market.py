"""The rules of the market (amounts in euros, rates as fractions, durations in the unit of the name)."""

from decimal import Decimal
from pathlib import Path

from marketplace import env

from .place import BASE_DIR, PRODUCTION

FEE_RATE = env.decimal("FEE_RATE", "0.20", most="1")
VAT_RATE = env.decimal("VAT_RATE", "0.20", most="1")
RESERVE_RATE = env.decimal("RESERVE_RATE", "0.20", most="10")
HELP_FUND_RATE = env.decimal("HELP_FUND_RATE", "0.05", most="1")
CAP_EUR = env.decimal("CAP_EUR", "3000")
FLOOR_ABSOLUTE_EUR = env.decimal("FLOOR_ABSOLUTE_EUR", "2.25")
FLOOR_MULTIPLIER_HOME = env.decimal("FLOOR_MULTIPLIER_HOME", "1")
FLOOR_MULTIPLIER_ELSEWHERE = env.decimal("FLOOR_MULTIPLIER_ELSEWHERE", "2")
FLOOR_OVERRIDES: dict[str, Decimal] = env.pairs("FLOOR_OVERRIDES", "FR=12.85")
FLOOR_MEASURE_SUBMISSIONS = env.whole("FLOOR_MEASURE_SUBMISSIONS", 10, least=1)
FLOOR_MEASURE_WORKERS = env.whole("FLOOR_MEASURE_WORKERS", 3, least=1)
# Days after a week's end when it is held against the floor: there must have been time to approve its answers.
GUARANTEE_AFTER_DAYS = env.whole("GUARANTEE_AFTER_DAYS", 14, least=1)
OUTAGE_LEAST_MINUTES = env.whole(
    "OUTAGE_LEAST_MINUTES", 5, least=2
)  # a shorter silence of the clock is no outage
# Shares and runs (charter C4). Off for batches and markets too small for it to help anybody.
ROTATION = env.flag("ROTATION", True)
ROTATION_LEAST_SLOTS = env.whole("ROTATION_LEAST_SLOTS", 30, least=1)
ROTATION_LEAST_WORKERS = env.whole("ROTATION_LEAST_WORKERS", 200)
SHARE_PERCENT = env.whole("SHARE_PERCENT", 10, least=1)
SHARE_LEAST = env.whole("SHARE_LEAST", 20, least=1)
RUN_TASKS = env.whole("RUN_TASKS", 50, least=1)
RUN_MINUTES = env.whole("RUN_MINUTES", 60, least=1)
RUN_REST_MINUTES = env.whole("RUN_REST_MINUTES", 10, least=1)
# The pilot of a batch (charter W2): its first tasks alone, until they are measured. Programs that fill a demonstration
# or a test with answers would only wait for it.
PILOT = env.flag("PILOT", PRODUCTION)
PILOT_LEAST_SLOTS = env.whole("PILOT_LEAST_SLOTS", 30, least=1)
PILOT_TASKS = env.whole("PILOT_TASKS", 10, least=1)
PILOT_QUIET_HOURS = env.whole(
    "PILOT_QUIET_HOURS", 24, least=1
)  # without an answer: its requester is told what to do
# The line at the door (charter C4): off in a market of few people, where one more only helps.
ADMISSION = env.flag("ADMISSION", PRODUCTION)
ADMISSION_LEAST_WORKERS = env.whole("ADMISSION_LEAST_WORKERS", 200)
ADMISSION_LEAST_EUR = env.decimal(
    "ADMISSION_LEAST_EUR", "10", least="0.01"
)  # of open work for each active worker
ADMISSION_DAYS = env.whole("ADMISSION_DAYS", 14, least=1)  # who took a task since then is active
AUTO_APPROVE_DAYS = env.whole("AUTO_APPROVE_DAYS", 7, least=1)
REDO_DAYS = env.whole("REDO_DAYS", 5, least=1)
REJECTED_HOLD_DAYS = env.whole("REJECTED_HOLD_DAYS", 30)
APPEAL_DAYS = env.whole("APPEAL_DAYS", 183, least=1)
MAX_OPEN_ASSIGNMENTS = env.whole("MAX_OPEN_ASSIGNMENTS", 5, least=1)
LEASE_DEFAULT_SECONDS = env.whole("LEASE_DEFAULT_SECONDS", 1800, least=60)
PAYOUT_MINIMUM_EUR = env.decimal("PAYOUT_MINIMUM_EUR", "5.00", least="0.01")
PAYOUT_CHANGE_HOLD_HOURS = env.whole("PAYOUT_CHANGE_HOLD_HOURS", 72, least=1)  # after new payout details
SAME_ACCOUNT_HOLD_DAYS = env.whole(
    "SAME_ACCOUNT_HOLD_DAYS", 7, least=1
)  # another account is paid to the same place
PAYOUT_AUTOMATIC_EUR = env.decimal("PAYOUT_AUTOMATIC_EUR", "20.00", least="0.01")
WORKER_MINIMUM_AGE = env.whole("WORKER_MINIMUM_AGE", 18, least=18)  # years
BOOKING_AHEAD_DAYS = env.whole(
    "BOOKING_AHEAD_DAYS", 14, least=1
)  # days for which centres' equipment can be booked
PAUSE_SUGGESTED_MINUTES = env.whole("PAUSE_SUGGESTED_MINUTES", 120, least=1)  # of work without a break
LEASE_RENEWALS = env.whole("LEASE_RENEWALS", 4, least=1)  # a lease lives at most so many time limits
DECISION_DAYS = env.whole("DECISION_DAYS", 14, least=1)  # a moderator's promise, for disputes and appeals
COMPLAINT_DAYS = env.whole("COMPLAINT_DAYS", 14, least=1)  # within which a complaint is answered
TERMS_NOTICE_DAYS = env.whole("TERMS_NOTICE_DAYS", 30, least=30)  # before a change of the terms is in force
TERMS_FOLDER = Path(env.text("TERMS_FOLDER", str(BASE_DIR / "marketplace" / "web" / "terms_texts")))
DISTRESS_LEAVES_PAID = env.whole(
    "DISTRESS_LEAVES_PAID", 3
)  # tasks of one batch that a worker leaves with pay
# Two people stand for a restriction that lasts longer, and for refusing more than this in one case.
SECOND_LOOK_DAYS = env.whole("SECOND_LOOK_DAYS", 30)
SECOND_LOOK_EUR = env.decimal("SECOND_LOOK_EUR", "20")
CASE_LEASE_MINUTES = env.whole("CASE_LEASE_MINUTES", 30, least=1)  # how long a moderator has a case they took
REPORT_DAYS = env.whole("REPORT_DAYS", 7, least=1)  # within which a report is decided
RATING_LEAST = env.whole("RATING_LEAST", 5, least=2)  # raters from which ratings of a requester are shown
RATING_EDIT_DAYS = env.whole(
    "RATING_EDIT_DAYS", 14, least=1
)  # a rating waits at least so long before it is shown
THREAD_OPEN_DAYS = env.whole(
    "THREAD_OPEN_DAYS", 30, least=0
)  # after the batch has ended and all of it is paid out
SCREENING_LARGE_EUR = env.decimal(
    "SCREENING_LARGE_EUR", "5000"
)  # a dearer batch is looked at by a person first
GOLD_LEAST = env.whole("GOLD_LEAST", 4, least=1)  # check questions of a batch before anything is concluded
GOLD_PAUSE_HOURS = env.whole(
    "GOLD_PAUSE_HOURS", 24, least=1
)  # how long claims of a batch rest after missed ones
GOLD_OFTEN_FAILED = env.whole(
    "GOLD_OFTEN_FAILED", 5, least=2
)  # good workers' answers before a question is doubted
FIGURES_CLOSE_DAYS = env.whole(
    "FIGURES_CLOSE_DAYS", 31, least=14
)  # after a half-year: its figures are final then
# A public figure is hidden with fewer people behind it, or when more than this much of it is one person's.
FIGURES_LEAST_PEOPLE = env.whole("FIGURES_LEAST_PEOPLE", 10, least=5)
FIGURES_TOP_PERCENT = env.whole("FIGURES_TOP_PERCENT", 40, least=1, most=50)
# Mails that may wait are not sent in these hours of the reader's own clock, until they choose others; "-" for none.
QUIET_HOURS = env.hours("QUIET_HOURS", "21-8")
DIGEST_HOUR = env.whole("DIGEST_HOUR", 8, most=23)  # when the mail of a day comes, until a person chooses
TAX_REMINDER_DAYS = env.whole("TAX_REMINDER_DAYS", 20, least=1)
TAX_HOLD_AFTER_DAYS = env.whole("TAX_HOLD_AFTER_DAYS", 60, least=60)  # not sooner, says the directive
TAX_HOLD_DAYS = env.whole("TAX_HOLD_DAYS", 30, least=1)
HELP_GRANT_MOST_EUR = env.decimal("HELP_GRANT_MOST_EUR", "300")  # one grant of the help fund
