"""Short ways to a centre in the state a test needs, through the services."""

import datetime as dt
from typing import Any

TUNIS = "Africa/Tunis"


def asked(actor: Any, **values: Any) -> Any:
    """A centre that waits to be checked, run by `actor`."""
    from workers.services import centres

    said = {
        "name": "Maison du Port", "town": "Lorient", "country": "FR", "time_zone": "Europe/Paris",
        "description": "Six places to work, and training.", "evidence": "An association, 1 rue du Port.",
        "role": "head of training", **values,
    }  # fmt: skip
    return centres.ask(actor=actor, **said)


def opened(actor: Any, moderator: Any, **values: Any) -> Any:
    """An open centre, run by `actor`."""
    from workers.services import centres

    made = asked(actor, **values)
    centres.decide(centre=made, moderator=moderator, opens=True, words="I looked at the register.")
    made.refresh_from_db()
    return made


def join(centre: Any, actor: Any, user: Any, **values: Any) -> Any:
    """The membership of `user`, who was invited by `actor` and said yes."""
    from workers.services import centre_members

    row = centre_members.invite(centre=centre, actor=actor, email=user.email)
    return centre_members.accept(token=centre_members.token_of(row), user=user, **values)


def lend(centre: Any, actor: Any, *, number: int = 1, opens: int = 9 * 60, closes: int = 17 * 60) -> Any:
    """`number` laptops, with the doors open every day from `opens` to `closes` (minutes since midnight)."""
    from workers.models import OpeningHours
    from workers.services import equipment

    if not OpeningHours.objects.filter(centre=centre).exists():
        days = list(range(1, 8))
        equipment.open_at(centre=centre, actor=actor, weekdays=days, opens=opens, closes=closes)
    return equipment.add(centre=centre, actor=actor, name="Laptop", kind="computer", number=number)


def at(days: int, hour: int = 9, zone: str = "Europe/Paris") -> dt.datetime:
    """The moment of that hour by the clock there, in `days` days from now."""
    from zoneinfo import ZoneInfo

    from marketplace.base import clock

    day = clock.now().astimezone(ZoneInfo(zone)).date() + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(hour), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
