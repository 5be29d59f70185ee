"""The clockwork of the market's core. Each job wraps one service; `manage.py job NAME` runs it by hand."""

from typing import Any

from marketplace.base import clockwork
from marketplace.base.clockwork import job
from workers.services import restrictions

from .services import (
    admissions,
    aggregation,
    answer_files,
    chains_rows,
    checks,
    claims,
    closing,
    disputes,
    floors,
    guarantee,
    loading,
    outages,
    overdue,
    payment_pauses,
    pilot,
    qualification_questions,
    ratings,
    reviews,
    rotation,
    signals,
    tidying,
)
from .services.media_work import work as make_media


@job("expire-leases", every_seconds=10)
def expire_leases() -> int:
    """An outage that the clock slept through gives its time back first."""
    outages.notice()
    return claims.expire()


@job("validate", every_seconds=5)
def validate() -> int:
    return aggregation.validate()


@job("fit-models", every_seconds=60)
def fit_models() -> dict[str, int]:
    return aggregation.refit_all()


@job("figures", every_seconds=5)
def figures() -> int:
    return aggregation.refresh_all()


@job("auto-approve", every_seconds=60)
def auto_approve() -> int:
    return reviews.auto_approve()


@job("rest-disputed", every_seconds=60)
def rest_disputed() -> int:
    return payment_pauses.sweep()


@job("measure-floor", every_seconds=60)
def measure_floor() -> dict[str, int]:
    return floors.measure_all()


@job("pilots", every_seconds=15)
def look_at_pilots() -> dict[str, int]:
    figures = pilot.run()
    return figures if any(figures.values()) else {}


@job("admission", every_seconds=300)
def open_the_door() -> dict[str, int]:
    return admissions.turn()


@job("rotation", every_seconds=60)
def turn_rotation() -> dict[str, int]:
    return rotation.refresh().as_dict()


@job("weekly-guarantee", every_seconds=86_400)
def weekly_guarantee() -> dict[str, int]:
    """Once a day: it reads every answer of a week, and no index is worth that."""
    return guarantee.hold_weeks()


@job("pay-interrupted", every_seconds=60)
def pay_interrupted() -> dict[str, int]:
    figures = outages.settle()
    return figures if any(figures.values()) else {}


@job("escalate-contests", every_seconds=60)
def escalate_contests() -> int:
    return disputes.escalate_overdue()


@job(overdue.JOB, every_seconds=3600)
def follow_promises() -> dict[str, int]:
    """What was promised to people by a date; and the marks of restrictions that have ended by themselves."""
    return {**overdue.escalate(), "opened": restrictions.open_ended()}


@job("finish-attempts", every_seconds=30)
def finish_attempts() -> int:
    return qualification_questions.finish_due()


@job("pass-on", every_seconds=30)
def pass_on() -> int:
    return chains_rows.pass_on_all()


@job("complete-batches", every_seconds=30)
def complete_batches() -> int:
    return closing.complete_finished()


@job("sweep-imports", every_seconds=30)
def sweep_imports() -> int:
    return loading.sweep()


@job("media", every_seconds=5)
def media() -> dict[str, int]:
    figures = make_media()
    return figures if any(figures.values()) else {}


@job("signals", every_seconds=300)
def look_for_signals() -> int:
    return signals.look_everywhere()


@job("show-ratings", every_seconds=3600)
def show_ratings() -> int:
    return ratings.show_due()


@job("tidy", every_seconds=3600)
def tidy() -> dict[str, Any]:
    return {
        "drafts": tidying.forget_drafts(),
        "runs": clockwork.forget(),
        "answer_files": answer_files.forget_unnamed(),
        **tidying.forget_uploads(),
    }


@job("selfcheck", every_seconds=86_400)
def selfcheck() -> dict[str, int]:
    return checks.nightly()
