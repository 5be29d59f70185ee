"""What is paid for work, and how soon."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from marketplace.base import formats
from payments.services import floor

from .rule import Chapter, Rule, eur


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
            values=lambda: {"least": eur("PAYOUT_MINIMUM_EUR")},
        ),
        Rule(
            "P13",
            gettext_noop(
                "People who work pay no fee. Who posts pays %(fee)s on the rewards, as a line of its own. What is due"
                " to a worker leaves their account for their own payout alone: a work centre they belong to gets"
                " nothing of it."
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
