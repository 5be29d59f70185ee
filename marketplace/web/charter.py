"""The rules that this market keeps today, each with the present value of its setting and what enforces it.

A rule stands here only while a program keeps it: `tests/integration/test_charter.py` fails when a constraint, a
trigger, a function, a job, a page or a setting named here is gone, and when no test proves a rule by its id. The
public page and `manage.py charter` are made from this register.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from marketplace.base import formats, money
from marketplace.web.transparency.privacy import FEW
from payments.services import floor


@dataclass(frozen=True)
class Rule:
    """`sentence` takes `values()`; `database` names constraints and triggers, `code` functions by dotted path, `jobs`
    what the clock rings (marketplace.celery.BEAT), `pages` names of addresses, `settings` what an operator chooses."""

    id: str
    sentence: str
    database: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    values: Callable[[], dict[str, Any]] = dict

    def __str__(self) -> str:
        found = _(self.sentence)
        values = self.values()
        return found % values if values else found


@dataclass(frozen=True)
class Chapter:
    title: Any
    rules: tuple[Rule, ...]


def _eur(name: str) -> str:
    return formats.eur(money.from_decimal(getattr(settings, name)))


def _floor() -> dict[str, Any]:
    return {
        "price": formats.eur(floor.price_needed(180, "FR")),
        "hour": formats.eur(floor.floor_micros_per_hour("FR")),
        "least": formats.eur(floor.absolute_floor()),
    }


PAY = Chapter(
    gettext_lazy("Pay"),
    (
        Rule(
            "P1",
            gettext_noop(
                "Work is offered only where its price meets the floor of the country. Three minutes in France need"
                " %(price)s (%(hour)s an hour); under %(least)s an hour nothing is published anywhere."
            ),
            code=("tasks.services.prices.check_floor", "tasks.services.prices.check_worker_floor"),
            pages=("board", "batch-new"),
            settings=(
                "FLOOR_ABSOLUTE_EUR",
                "FLOOR_MULTIPLIER_HOME",
                "FLOOR_MULTIPLIER_ELSEWHERE",
                "FLOOR_OVERRIDES",
            ),
            values=_floor,
        ),
        Rule(
            "P2",
            gettext_noop(
                "Price, minutes and euros per hour are shown before one starts; measured times replace estimates."
            ),
            code=("tasks.selectors.board.hourly", "tasks.models.batch.Batch.seconds"),
            pages=("board",),
        ),
        Rule(
            "P3",
            gettext_noop(
                "After %(answers)s answers by %(people)s people the measured time counts when it is longer, and whoever"
                " was paid under the floor gets the difference at once."
            ),
            code=("tasks.services.floors.measure",),
            jobs=("measure-floor",),
            settings=("FLOOR_MEASURE_SUBMISSIONS", "FLOOR_MEASURE_WORKERS", "RESERVE_RATE"),
            values=lambda: {
                "answers": settings.FLOOR_MEASURE_SUBMISSIONS,
                "people": settings.FLOOR_MEASURE_WORKERS,
            },
        ),
        Rule(
            "P4",
            gettext_noop("The whole price of a batch is set aside before anybody can start on it."),
            database=("task_open_only_with_slot_and_money", "account_balance_never_below_zero"),
            code=("payments.services.holdings.set_aside",),
            settings=("FEE_RATE", "VAT_RATE", "RESERVE_RATE"),
        ),
        Rule(
            "P5",
            gettext_noop("Only a moderator's written decision can end without pay."),
            database=(
                "assignment_rejected_only_by_decision",
                "dispute_decided_by_a_named_person_with_a_reason",
            ),
            pages=("console-disputes",),
        ),
        Rule(
            "P6",
            gettext_noop("Who objects to an answer picks from a closed list of reasons, and gives evidence."),
            database=("contest_reason_from_the_list", "contest_has_evidence"),
            code=("tasks.services.reviews.is_too_fast",),
        ),
        Rule(
            "P7",
            gettext_noop(
                "An answer that was objected to can be redone, or defended, for %(days)s days first."
            ),
            code=("tasks.services.disputes.redo", "tasks.services.disputes.escalate_overdue"),
            jobs=("escalate-contests",),
            settings=("REDO_DAYS",),
            values=lambda: {"days": settings.REDO_DAYS},
        ),
        Rule(
            "P8",
            gettext_noop("Silence pays: what nobody has reviewed after %(days)s days is approved."),
            database=("assignment_submitted_has_a_review_date",),
            code=("tasks.services.reviews.auto_approve",),
            jobs=("auto-approve",),
            settings=("AUTO_APPROVE_DAYS",),
            values=lambda: {"days": settings.AUTO_APPROVE_DAYS},
        ),
        Rule(
            "P9",
            gettext_noop(
                "A refused answer is given to nobody: it is in no export and on no page of the requester."
            ),
            code=("tasks.access.submission",),
        ),
        Rule(
            "P10",
            gettext_noop(
                "When this site fails, tasks in hand get the lost time back, and time that is lost all the same is paid"
                " by us at the floor. When a batch is closed early, tasks in hand can be finished and are paid."
            ),
            code=("tasks.services.outages.settle", "tasks.services.closing.close"),
            jobs=("expire-leases", "pay-interrupted"),
            pages=("console-outages",),
            settings=("OUTAGE_LEAST_MINUTES",),
        ),
        Rule(
            "P11",
            gettext_noop(
                "Tests and trainings are paid answer by answer and at once, passed or not. Who is screened out by a"
                " first question is paid for the time it took, at their floor."
            ),
            code=("tasks.services.qualification_questions.answered", "tasks.services.screenouts.screen_out"),
        ),
        Rule(
            "P12",
            gettext_noop(
                "You are paid out when you ask, from %(least)s on, and once a month without asking."
            ),
            code=("payments.services.payouts.request", "payments.services.payouts.run_due"),
            jobs=("run-due-payouts",),
            pages=("earnings",),
            settings=("PAYOUT_MINIMUM_EUR", "PAYOUT_AUTOMATIC_EUR"),
            values=lambda: {"least": _eur("PAYOUT_MINIMUM_EUR")},
        ),
        Rule(
            "P13",
            gettext_noop(
                "People who work pay no fee. Who posts pays %(fee)s on the rewards, as a line of its own. What is due to"
                " a worker leaves their account for their own payout alone: a work centre they belong to gets nothing of"
                " it."
            ),
            database=("account_owner_fits_its_kind",),
            code=(
                "payments.services.pricing.quote",
                "payments.services.checks_given.found",
                "marketplace.web.centres.members.shown",
            ),
            pages=("centre",),
            settings=("FEE_RATE",),
            values=lambda: {"fee": formats.percent(settings.FEE_RATE)},
        ),
        Rule(
            "P14",
            gettext_noop(
                "Each week of work is held against the floor over all batches, and we pay what is missing, at most"
                " %(days)s days after the week."
            ),
            database=("guaranteed_week_once", "guaranteed_week_reaches_the_floor"),
            code=("tasks.services.guarantee.hold_weeks",),
            jobs=("weekly-guarantee",),
            settings=("GUARANTEE_AFTER_DAYS",),
            values=lambda: {"days": settings.GUARANTEE_AFTER_DAYS + 7},
        ),
    ),
)
CAP = Chapter(
    gettext_lazy("Limits that protect"),
    (
        Rule(
            "C1",
            gettext_noop(
                "One person earns at most %(cap)s a year here, checked before each task, so that no work is in vain."
            ),
            database=("cap_holds_reserved_and_earned",),
            code=("tasks.services.claims.claim",),
            settings=("CAP_EUR",),
            values=lambda: {"cap": _eur("CAP_EUR")},
        ),
        Rule(
            "C2",
            gettext_noop(
                "What passes the limit is never lost: it is shown with its date and paid from 1 January."
            ),
            code=("payments.services.cap.withheld",),
            pages=("earnings",),
        ),
        Rule(
            "C3",
            gettext_noop("The year is that of the claim, by the clock of Paris."),
            code=("marketplace.base.clock.year_of",),
        ),
        Rule(
            "C4",
            gettext_noop(
                "One person does at most %(share)s of a batch (and %(least)s tasks in any case), so that others earn"
                " something of it too. After %(tasks)s tasks or %(time)s of one batch another comes first, or a rest."
                " While there is less than %(work)s of open work for each person who works here, people who join wait,"
                " and are let in in the order in which they came; they see their place and what it waits for. In a"
                " market of fewer than %(few)s people at work all of this is off."
            ),
            database=(
                "share_once_per_worker",
                "share_never_below_nothing",
                "worker_admitted_in_order",
                "gate_is_one",
            ),
            code=(
                "tasks.services.rotation.terms",
                "tasks.services.claims.claim",
                "workers.services.admission.turn",
                "workers.services.admission.may_begin",
            ),
            jobs=("rotation", "admission"),
            pages=("board",),
            settings=(
                "ADMISSION",
                "ADMISSION_LEAST_WORKERS",
                "ADMISSION_LEAST_EUR",
                "ADMISSION_DAYS",
                "ROTATION",
                "ROTATION_LEAST_SLOTS",
                "ROTATION_LEAST_WORKERS",
                "SHARE_PERCENT",
                "SHARE_LEAST",
                "RUN_TASKS",
                "RUN_MINUTES",
                "RUN_REST_MINUTES",
            ),
            values=lambda: {
                "share": formats.percent(Decimal(settings.SHARE_PERCENT) / 100),
                "least": settings.SHARE_LEAST,
                "tasks": settings.RUN_TASKS,
                "time": formats.duration(settings.RUN_MINUTES * 60),
                "work": _eur("ADMISSION_LEAST_EUR"),
                "few": formats.number(settings.ADMISSION_LEAST_WORKERS),
            },
        ),
        Rule(
            "C5",
            gettext_noop(
                "After %(hours)s of work without a break the page suggests one. Nothing about it is stored."
            ),
            code=("tasks.views.stretch.of",),
            settings=("PAUSE_SUGGESTED_MINUTES",),
            values=lambda: {"hours": formats.duration(settings.PAUSE_SUGGESTED_MINUTES * 60)},
        ),
        Rule(
            "C6",
            gettext_noop(
                "To stop weighs as much as to go on: no streaks, no rankings, no bonus that runs out."
            ),
            code=("tasks.views.workbench.workbench",),
        ),
        Rule(
            "C7",
            gettext_noop(
                "Declining, skipping or giving a task back costs nothing: no figure shown or used depends on it."
            ),
            code=("tasks.services.claims.release", "tasks.services.audiences.decline"),
        ),
    ),
)
PEOPLE = Chapter(
    gettext_lazy("People decide about people"),
    (
        Rule(
            "M1",
            gettext_noop(
                "Every rule by which a program decides or prepares something about people stands in a public register:"
                " what it reads and never reads, its numbers, what it can lead to, and every change with its date."
            ),
            database=("rule_version_append_only", "rule_version_says_what_changed"),
            code=("marketplace.web.automated.versions.record",),
            jobs=("registers",),
            pages=("rules", "rule", "rules-json", "rules-csv"),
        ),
        Rule(
            "M2",
            gettext_noop(
                "Nobody is restricted, refused or held back without the name of the person who decided. After missed"
                " check questions a rule may let one batch rest for %(hours)s hours: what was done is paid, it ends by"
                " itself, and a person looks at it when asked to. A rule may hold a payout until a date that you are"
                " shown: %(changed)s hours after new payout details, %(tax)s days while tax details are missing. Nobody"
                " decides what they have a part in. A restriction of more than %(long)s days, and to refuse more than"
                " %(much)s in one case, takes two people. Who opens a case or a person's page is written down, and the"
                " person can see it."
            ),
            database=(
                "restriction_by_somebody_else",
                "restriction_heavy_by_two",
                "restriction_decided_by_nobody_involved",
                "dispute_heavy_by_two",
                "dispute_decided_by_nobody_involved",
                "second_opinion_by_who_was_asked",
                "payout_hold_names_a_person_or_a_rule_and_its_end",
                "batch_pause_ends",
                "batch_pause_reviewed_by_a_person",
                "award_revoked_by_a_person",
                "complaint_decided_by_another",
            ),
            code=(
                "workers.services.restrictions.restrict",
                "marketplace.base.conflicts.require_none",
                "marketplace.base.opinions.agreed",
                "marketplace.console.trace.all_traced",
                "tasks.services.gold_pauses.is_convincing",
                "tasks.services.gold_pauses.decide",
                "payments.services.payout_rules.in_force",
                "payments.services.payouts.release_expired",
            ),
            pages=("console-pauses", "console-holds", "payout"),
            settings=(
                "GOLD_PAUSE_HOURS",
                "PAYOUT_CHANGE_HOLD_HOURS",
                "TAX_HOLD_DAYS",
                "SECOND_LOOK_DAYS",
                "SECOND_LOOK_EUR",
            ),
            values=lambda: {
                "hours": settings.GOLD_PAUSE_HOURS,
                "long": settings.SECOND_LOOK_DAYS,
                "much": _eur("SECOND_LOOK_EUR"),
                "changed": settings.PAYOUT_CHANGE_HOLD_HOURS,
                "tax": settings.TAX_HOLD_DAYS,
            },
        ),
        Rule(
            "M3",
            gettext_noop(
                "Every such decision comes with its reasons at once; disputes are decided within %(days)s days, and"
                " complaints answered within %(answer)s. What is late goes to the administrators and is counted in"
                " public."
            ),
            database=(
                "restriction_says_why",
                "restriction_ground_from_the_list",
                "dispute_decided_by_a_named_person_with_a_reason",
                "complaint_is_promised_an_answer",
                "complaint_decided_by_a_named_person_with_a_reason",
                "late_promise_once",
            ),
            code=(
                "tasks.services.disputes.open_dispute",
                "workers.services.complaints.complain",
                "tasks.services.overdue.escalate",
            ),
            jobs=("late-promises",),
            pages=("decisions", "decision", "console-disputes", "console-complaints"),
            settings=("DECISION_DAYS", "COMPLAINT_DAYS"),
            values=lambda: {"days": settings.DECISION_DAYS, "answer": settings.COMPLAINT_DAYS},
        ),
        Rule(
            "M4",
            gettext_noop(
                "A decision can be contested for %(months)s months, and another moderator decides. Whoever's account is"
                " closed keeps money, data, replies, appeals and complaints, and finishes what they hold."
            ),
            database=(
                "appeal_decided_by_another",
                "dispute_once_and_one_appeal",
                "complaint_decided_by_another",
                "complaint_once_per_decision",
            ),
            code=(
                "workers.services.complaints.complain",
                "workers.services.complaints.decide",
                "marketplace.web.standing.Standing",
            ),
            pages=("decisions", "decision", "console-complaint"),
            settings=("APPEAL_DAYS",),
            values=lambda: {"months": round(settings.APPEAL_DAYS / 30.5)},
        ),
        Rule(
            "M5",
            gettext_noop(
                "A complaint or an appeal that is won restores the pay and the record, and gives back the time that"
                " what one holds lost by it."
            ),
            database=("restriction_overturned_is_over",),
            code=(
                "payments.services.earnings.pay_late",
                "workers.services.restrictions.Kind.take_back",
                "tasks.services.complaint_kinds.Screening.take_back",
                "payments.services.help_fund.reopen",
            ),
        ),
        Rule(
            "M6",
            gettext_noop(
                "Nothing is collected while you don't work: reading pages writes no row, no network address and no name"
                " of a browser is kept, and nothing is guessed about mood, health or opinions. What is needed no more"
                " goes by itself, after days that the page of your data shows."
            ),
            code=("marketplace.mydata.columns.register", "marketplace.mydata.retention.run"),
            jobs=("retention",),
            pages=("my-data",),
            settings=(
                "KEEP_NOTICES_DAYS",
                "KEEP_OUTBOX_DAYS",
                "KEEP_MAILBOX_DAYS",
                "KEEP_BANK_NAMES_DAYS",
                "KEEP_EVENTS_DAYS",
                "KEEP_INVITATIONS_DAYS",
                "KEEP_KEYS_DAYS",
            ),
        ),
        Rule(
            "M7",
            gettext_noop(
                "Everybody can take all that is stored about them along, at any time and for nothing: as JSON and as"
                " tables, with a signature by which any other site can tell that it is true."
            ),
            database=("export_one_at_a_time", "export_made_is_somewhere_until_a_day"),
            code=("marketplace.mydata.exporting.write", "marketplace.mydata.reading.read"),
            pages=("my-data", "my-data-verify"),
            settings=("EXPORT_KEEP_DAYS", "EXPORT_EVERY_MINUTES"),
        ),
        Rule(
            "M8",
            gettext_noop(
                "Who complains, appeals, reports, rates or writes is offered the same work as before, in the same"
                " order."
            ),
            code=("tasks.selectors.board.board", "tasks.services.claims.claim"),
            pages=("board",),
        ),
        Rule(
            "M11",
            gettext_noop(
                "People who were paid by a requester rate it on pay, clarity and fairness. It is shown from %(people)s"
                " people on, by month, without who wrote it; the requester can answer, and only a moderator's written"
                " decision hides one. Both can write to each other about a task, and nobody else reads it unless one of"
                " them reports it. Nobody rates workers with stars: what stands about their answers has reasons, and"
                " can be contested."
            ),
            database=(
                "rating_only_by_who_was_paid",
                "rating_once_in_half_a_year",
                "rating_stays_once_shown",
                "rating_hidden_only_by_decision",
                "message_by_one_of_the_two",
                "message_stays",
                "thread_silenced_only_by_decision",
                "objection_reason_from_the_list",
                "objection_decided_by_a_named_person_with_a_reason",
                "objection_complaint_decided_by_another",
                "contest_reason_from_the_list",
                "award_revoked_by_a_person",
            ),
            code=(
                "tasks.services.ratings.rate",
                "tasks.services.ratings.show_due",
                "tasks.services.messages.send",
                "tasks.services.objections.decide",
                "tasks.services.gold_contests.contest",
            ),
            jobs=("show-ratings",),
            pages=("my-ratings", "requester-ratings", "my-messages", "messages", "objection", "my-checks"),
            settings=(
                "RATING_LEAST",
                "RATING_EDIT_DAYS",
                "MESSAGES_A_DAY",
                "MESSAGES_A_MINUTE",
                "THREAD_OPEN_DAYS",
            ),
            values=lambda: {"people": settings.RATING_LEAST},
        ),
        Rule(
            "M12",
            gettext_noop(
                "The terms are in plain words, and say that you may work anywhere else. A change is published %(days)s"
                " days before it counts, everybody is told and reads what is new, and who does not agree is still"
                " paid, keeps their data and complaints, and finishes what they hold."
            ),
            database=(
                "terms_change_thirty_days_before",
                "terms_version_append_only",
                "terms_answer_append_only",
            ),
            code=(
                "marketplace.web.terms.publish_new",
                "marketplace.web.terms.answer",
                "marketplace.web.standing.Standing",
            ),
            jobs=("registers",),
            pages=("terms", "terms-version", "terms-changes", "terms-agree"),
            settings=("TERMS_NOTICE_DAYS",),
            values=lambda: {"days": settings.TERMS_NOTICE_DAYS},
        ),
    ),
)
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
                "Somebody of the organisation reads the instructions as people will see them, and says so. A batch of"
                " %(slots)s answers or more begins with a paid pilot: its first %(tasks)s tasks alone. They are"
                " measured; the rest opens by itself when the price meets the floor, and waits for a higher price when"
                " it does not."
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
            gettext_noop("You work here from the age of %(years)s on; one address is one account."),
            database=("user_email_unique_whatever_its_case",),
            code=("workers.services.onboarding.save_profile",),
            settings=("WORKER_MINIMUM_AGE",),
            values=lambda: {"years": settings.WORKER_MINIMUM_AGE},
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
DUTIES = Chapter(
    gettext_lazy("Duties"),
    (
        Rule(
            "D1",
            gettext_noop(
                "What the tax office is told of you, you are told as well, by quarter, in January. What is missing is"
                " asked for three times over %(days)s days before a payout waits for it, and nothing is lost."
            ),
            database=("tax_diligence_first_before_second",),
            code=(
                "payments.services.dac7.figures",
                "payments.services.diligence.run",
                "payments.services.diligence.tell_year",
            ),
            jobs=("tax-details",),
            pages=("earnings-year",),
            settings=("TAX_REMINDER_DAYS", "TAX_HOLD_AFTER_DAYS", "TAX_HOLD_DAYS"),
            values=lambda: {"days": settings.TAX_HOLD_AFTER_DAYS},
        ),
        Rule(
            "D2",
            gettext_noop("Every message about a payout says where to read about taxes and social rights."),
            code=("payments.texts.payout_paid",),
        ),
        Rule(
            "D3",
            gettext_noop(
                "Whoever leaves is gone from every table and file, and the books stay whole: what is due is paid first,"
                " %(days)s days are left to think again, and what tax law has kept for %(years)s years is sealed with a"
                " key that the site does not have."
            ),
            database=("erasure_once_per_person", "erasure_cools_until_a_day", "sealed_until_destroyed"),
            code=(
                "marketplace.mydata.requests.follow",
                "marketplace.mydata.erasure.erase",
                "marketplace.mydata.vault.seal",
            ),
            jobs=("erasures", "retention"),
            pages=("my-data", "my-data-erase"),
            settings=("ERASURE_COOLING_DAYS", "TAX_KEEP_YEARS", "ERASED_FILE"),
            values=lambda: {"days": settings.ERASURE_COOLING_DAYS, "years": settings.TAX_KEEP_YEARS},
        ),
        Rule(
            "D4",
            gettext_noop(
                "Figures on pay, hours, disputes, answers and times are public, half-year by half-year, and counted"
                " from the books. %(days)s days after its end a half-year is counted for good. Numbers that would tell"
                " of fewer than %(few)s people are hidden."
            ),
            database=("figures_append_only", "figures_closed_stay", "figures_closed_once"),
            code=(
                "marketplace.web.transparency.editions.publish",
                "marketplace.web.transparency.privacy.protect",
            ),
            jobs=("transparency",),
            pages=("transparency", "transparency-period", "transparency-file", "transparency-all"),
            settings=("FIGURES_CLOSE_DAYS",),
            values=lambda: {"days": settings.FIGURES_CLOSE_DAYS, "few": FEW},
        ),
        Rule(
            "D5",
            gettext_noop(
                "%(share)s of the fees go to a fund that helps people who work here. Named people decide about"
                " requests, and its account is public."
            ),
            database=("help_grant_decided_by_a_person_with_a_reason", "help_grant_not_decided_by_who_asks"),
            code=("payments.services.earnings.approve_set", "payments.services.help_fund.grant"),
            pages=("help-fund",),
            settings=("HELP_FUND_RATE", "HELP_GRANT_MOST_EUR"),
            values=lambda: {"share": formats.percent(settings.HELP_FUND_RATE)},
        ),
        Rule(
            "L3",
            gettext_noop(
                "Nobody belongs to a work centre without their own yes, and everybody leaves with one click. Those who"
                " run it see hours, tasks and training, earnings only if one allows it, and each look is shown to whom"
                " it was at. A named moderator checks a centre before it opens."
            ),
            database=(
                "centre_checked_by_a_named_person_in_words",
                "centre_not_checked_by_who_asked",
                "centre_membership_once_at_a_time",
                "centre_membership_ended_by_oneself_or_with_a_reason",
                "booking_unit_for_one_at_a_time",
            ),
            code=(
                "workers.services.centre_members.accept",
                "workers.services.centre_members.leave",
                "marketplace.web.centres.members.look",
            ),
            pages=("my-centre", "centre-hours", "console-centre"),
            settings=("BOOKING_AHEAD_DAYS",),
        ),
        Rule(
            "L2",
            gettext_noop(
                "The books only grow: every entry has its counterpart, and none is ever changed or deleted."
            ),
            database=("transaction_sums_to_zero", "entry_append_only", "audit_append_only"),
        ),
    ),
)
CHAPTERS = (PAY, CAP, PEOPLE, WORK, DUTIES)
RULES = tuple(rule for chapter in CHAPTERS for rule in chapter.rules)
