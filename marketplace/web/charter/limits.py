"""How much one person does and earns."""

from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from marketplace.base import formats

from .rule import Chapter, Part, Rule, eur

CAP = Chapter(
    gettext_lazy("Limits that protect"),
    (
        Rule(
            "C1",
            gettext_noop(
                "One person earns at most %(cap)s a year here, checked before each task, so that no work is in vain. It"
                " is the person's limit, not the account's: what was earned under an earlier account counts."
            ),
            database=(
                "cap_holds_reserved_and_earned",
                "person_mark_once",
                "person_pair_once",
                "person_is_named_by_the_first_account",
            ),
            code=(
                "tasks.services.claims.claim",
                "payments.services.persons.follow",
                "payments.services.persons_found.of",
                "payments.services.cap.withheld",
            ),
            jobs=("one-person",),
            pages=("one-person",),
            settings=("CAP_EUR",),
            values=lambda: {"cap": eur("CAP_EUR")},
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
            "",
            parts=(
                Part(
                    "ROTATION",
                    gettext_noop("shares of a batch, and runs that end"),
                    gettext_noop(
                        "Once %(many)s people work here, one person does at most %(share)s of a batch of %(slots)s"
                        " answers or more (and %(least)s tasks in any case), so that others earn something of it too."
                        " After %(tasks)s tasks or %(time)s of one batch another comes first, or a rest."
                    ),
                ),
                Part(
                    "ADMISSION",
                    gettext_noop("the line for people who join"),
                    gettext_noop(
                        "Once %(few)s people work here, and while there is less than %(work)s of open work for each of"
                        " them, people who join wait. They are let in in the order in which they came, and see their"
                        " place and what it waits for."
                    ),
                ),
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
                "many": formats.number(settings.ROTATION_LEAST_WORKERS),
                "slots": formats.number(settings.ROTATION_LEAST_SLOTS),
                "share": formats.percent(Decimal(settings.SHARE_PERCENT) / 100),
                "least": settings.SHARE_LEAST,
                "tasks": settings.RUN_TASKS,
                "time": formats.duration(settings.RUN_MINUTES * 60),
                "work": eur("ADMISSION_LEAST_EUR"),
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
