"""How much one person does and earns."""

from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from marketplace.base import formats

from .rule import Chapter, Rule, eur

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
