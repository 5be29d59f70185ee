"""The clockwork of the public pages and of log-ins."""

from typing import Any

from django.db.models import OuterRef, Subquery

from marketplace.base.clockwork import job
from marketplace.sessions import SessionStore
from payments.models import Payee
from payments.services import diligence
from workers.models import WorkerProfile

from . import transparency


@job(transparency.JOB, every_seconds=600)
def count_public_figures() -> dict[str, Any]:
    return transparency.count()


@job("forget-sessions", every_seconds=3600)
def forget_sessions() -> dict[str, Any]:
    """Delete the rows of sessions that have run out."""
    SessionStore.clear_expired()
    return {}


@job("tax-details", every_seconds=21_600)
def follow_tax_details() -> dict[str, int]:
    """Ask for tax details, remind, hold; in January tell everybody what was reported of them.

    A date of birth that a worker's profile knows is not asked for again.
    """
    born = WorkerProfile.objects.filter(user=OuterRef("user")).values("birth_date")[:1]
    Payee.objects.filter(birth_date__isnull=True).update(birth_date=Subquery(born))
    return {**diligence.run(), "told": diligence.tell_year()}
