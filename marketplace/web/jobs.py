"""The clockwork of the public pages and of log-ins."""

from typing import Any

from marketplace.base.clockwork import job
from marketplace.sessions import SessionStore

from . import transparency


@job(transparency.JOB, every_seconds=600)
def count_public_figures() -> dict[str, Any]:
    return transparency.count()


@job("forget-sessions", every_seconds=3600)
def forget_sessions() -> dict[str, Any]:
    """Delete the rows of sessions that have run out."""
    SessionStore.clear_expired()
    return {}
