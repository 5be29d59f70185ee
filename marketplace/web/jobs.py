"""The clockwork of the public pages."""

from typing import Any

from marketplace.base.clockwork import job

from . import transparency


@job(transparency.JOB, every_seconds=600)
def count_public_figures() -> dict[str, Any]:
    return transparency.count()
