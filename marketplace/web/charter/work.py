"""What may be asked, and how it begins."""

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from marketplace.base import formats

from .rule import Chapter, Part, Rule

WORK = Chapter(
    gettext_lazy("The work itself"),
    (
        Rule(
            "W1",
            gettext_noop("Who asks, and what for, is said; an empty purpose is refused."),
            database=("batch_says_what_it_is_for", "organisation_has_a_name"),
        ),
        Rule(
            "W2",
            gettext_noop(
                "Somebody of the organisation reads the instructions as people will see them, and says so."
            ),
            parts=(
                Part(
                    "PILOT",
                    gettext_noop("the paid pilot of a batch"),
                    gettext_noop(
                        "A batch of %(slots)s answers or more begins with a paid pilot: its first %(tasks)s tasks"
                        " alone. They are measured; the rest opens by itself when the price meets the floor, and waits"
                        " for a higher price when it does not."
                    ),
                ),
            ),
            database=("batch_pilot_after_a_review", "batch_reviewed_by_and_at", "batch_pilot_decided_at"),
            code=("tasks.services.pilot.begin", "tasks.services.pilot.decide"),
            jobs=("pilots",),
            pages=("batch-review", "batch"),
            settings=("PILOT", "PILOT_LEAST_SLOTS", "PILOT_TASKS", "PILOT_QUIET_HOURS"),
            values=lambda: {
                "slots": formats.number(settings.PILOT_LEAST_SLOTS),
                "tasks": formats.number(settings.PILOT_TASKS),
            },
        ),
        Rule(
            "W3",
            gettext_noop(
                "What may distress is said before a task is taken, and offered only to those who chose it. Pictures are"
                " blurred until one asks. Such a task can be left at any time; the first %(times)s in a batch are paid"
                " for their time."
            ),
            database=("batch_distress_from_the_list", "worker_distress_from_the_list"),
            code=("tasks.services.distress.require", "tasks.services.leaving.leave"),
            pages=("batch-distress", "worker-distress", "console-dispute", "console-signal"),
            settings=("DISTRESS_LEAVES_PAID",),
            values=lambda: {"times": settings.DISTRESS_LEAVES_PAID},
        ),
        Rule(
            "W4",
            gettext_noop(
                "What work may ask of people is a closed list: what they did here, what they can show, where they live"
                " and what they read. Nothing protected, and nothing that declining, skipping or complaining would"
                " change."
            ),
            code=("tasks.services.conditions_form.clean",),
        ),
        Rule(
            "W5",
            gettext_noop(
                "No reviews, likes, accounts, CAPTCHAs, clicks or gathering of personal data to order. Rules read what"
                " is asked, also in rows that come later, and only ever put it before a person, as they do with the"
                " first batch of an organisation and any large one."
            ),
            database=("batch_screened_by_and_at", "import_screened_by_and_at"),
            code=(
                "tasks.screening_rules.find",
                "tasks.services.screening.look",
                "tasks.services.screening.look_at_rows",
            ),
            pages=("console-screening", "console-screened", "console-screened-rows"),
            settings=("SCREENING_LARGE_EUR",),
        ),
        Rule(
            "W6",
            gettext_noop(
                "You work here from the age of %(years)s on; one person is one account. Accounts with the same tax"
                " number, or the same bank account and name, count as one person's and share one yearly limit. The same"
                " bank account under two names holds payouts of the later account for %(days)s days at most, until a"
                " person has decided. No rule closes or restricts an account for it, and you can object."
            ),
            database=(
                "user_email_unique_whatever_its_case",
                "person_pair_decided_by_a_named_person_with_a_reason",
                "person_pair_decided_by_somebody_else",
                "person_decided_by_nobody_involved",
            ),
            code=(
                "workers.services.onboarding.save_profile",
                "payments.services.person_marks.of",
                "payments.services.payout_rules.same_account",
                "payments.services.persons.object_to",
                "payments.services.persons.decide",
                "tasks.services.complaint_kinds.Person.take_back",
            ),
            jobs=("one-person",),
            pages=("one-person", "console-persons", "console-person-pair"),
            settings=("WORKER_MINIMUM_AGE", "SAME_ACCOUNT_HOLD_DAYS"),
            values=lambda: {"years": settings.WORKER_MINIMUM_AGE, "days": settings.SAME_ACCOUNT_HOLD_DAYS},
        ),
        Rule(
            "W7",
            gettext_noop(
                "Anybody can report what is asked here, with or without an account. A named person who has nothing to"
                " do with it answers within %(days)s days, with reasons for both sides, and for %(months)s months"
                " another one hears complaints. When a batch is stopped, nobody who worked on it loses anything."
            ),
            database=(
                "report_decided_by_a_named_person_with_a_reason",
                "report_decided_by_somebody_else",
                "report_complaint_decided_by_another",
                "report_complaint_decided_by_a_named_person_with_a_reason",
                "report_complaint_once_per_side",
            ),
            code=(
                "tasks.services.reports.decide",
                "tasks.services.reports.decide_complaint",
                "tasks.services.stopping.stop",
            ),
            pages=("report", "report-state", "console-reports", "console-report"),
            settings=("REPORT_DAYS", "REPORTS_A_MINUTE", "APPEAL_DAYS"),
            values=lambda: {"days": settings.REPORT_DAYS, "months": round(settings.APPEAL_DAYS / 30.5)},
        ),
    ),
)
