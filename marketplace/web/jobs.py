"""The clockwork of the public pages and of log-ins."""

from typing import Any

from django.db.models import OuterRef, Subquery

from marketplace.base.clockwork import job
from marketplace.sessions import SessionStore
from payments.models import Payee
from payments.services import diligence
from workers.models import WorkerProfile

from . import terms, transparency
from .automated import versions
from .centres import figures as centre_figures


@job(transparency.JOB, every_seconds=3600)
def publish_figures() -> dict[str, int]:
    """Publish the figures of a half-year: once a week while it runs, once for good when it is over."""
    return transparency.publish()


@job("centres", every_seconds=3600)
def count_figures_of_centres() -> int:
    return centre_figures.count()


@job("registers", every_seconds=60)
def write_registers() -> dict[str, int]:
    """Automated rules that changed with a setting since the last start, and new terms."""
    figures = {"terms": len(terms.publish_new()), "rules": len(versions.record())}
    return figures if any(figures.values()) else {}


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
