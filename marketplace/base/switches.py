"""Kill switches in the database: one row stops claims, payouts, deposits, sign-up or publishing."""

from django.db import transaction

from . import audit, clock
from .errors import Forbidden, SwitchedOff
from .models import Switch, User


def is_on(name: str) -> bool:
    """Whether part `name` of the market is open; a switch that was never touched is on."""
    return not Switch.objects.filter(name=name, is_on=False).exists()


def require(name: str) -> None:
    """Raises SwitchedOff while the switch is off."""
    if not is_on(name):
        raise SwitchedOff


@transaction.atomic
def turn(name: str, *, on: bool, actor: User, reason: str) -> None:
    """Switch a part of the market on or off; the person and the reason are kept. Raises Forbidden but for admins."""
    if not actor.is_admin:
        raise Forbidden
    Switch.objects.update_or_create(
        name=name,
        defaults={"is_on": on, "reason": reason, "changed_by": actor, "changed_at": clock.now()},
    )
    audit.record(f"base:switch:{'on' if on else 'off'}", name, actor=actor)
