"""The people and organisations of a simulated year, and the batches they post."""

import io
import json
import math
import random
from dataclasses import dataclass, field
from typing import Any

from marketplace.base import clock, money, teams
from marketplace.base.models import Organisation, User
from marketplace.simulation import people
from payments.services import floor
from tasks.models import Batch
from tasks.services import batches, imports, loading

from .plan import Plan

COUNTRIES = ("FR", "FR", "DE", "ES", "PT", "PL", "MA", "SN")
SECONDS = (15, 30, 45, 60, 90, 120, 180)  # what a task of a batch is said to take
# What requesters would pay an hour if nothing kept them from it: the middle one 4 €, a sixth of them under 2 €.
WISH_MU, WISH_SIGMA = math.log(4), 0.7
HOUR = 3600
FIELD = "same"
FORM: dict[str, Any] = {
    "show": [{"as": "text", "column": "name", "label": "Name"}],
    "fields": [
        {
            "name": FIELD, "widget": "choice", "label": "Is it the same?", "required": True,
            "options": [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}],
        }
    ],
}  # fmt: skip


@dataclass
class House:
    """An organisation, its owner, and what it has posted."""

    organisation: Organisation
    owner: User
    batches: list[Batch] = field(default_factory=list)


@dataclass
class Town:
    """Everybody. `eager` says how often each worker comes, `pace` how many times what a task is said to take they
    need."""

    houses: list[House]
    workers: list[User]
    eager: list[float]
    pace: dict[int, float]
    moderators: list[User]
    admin: User


def found(plan: Plan, luck: random.Random) -> Town:
    """Make everybody."""
    houses = []
    for number in range(1, plan.organisations + 1):
        owner = people.person(f"year-owner-{number}@example.org", name=f"Owner {number}")
        organisation = teams.create(actor=owner, name=f"House {number}", country="FR")
        organisation.trusted_at = clock.now()
        organisation.save(update_fields=["trusted_at"])
        houses.append(House(organisation, owner))
    workers = people.crowd(plan.workers, prefix="year", countries=COUNTRIES)
    moderators = [
        people.person(f"year-moderator-{number}@example.org", name=f"Moderator {number}") for number in (1, 2)
    ]
    User.objects.filter(pk__in=[each.pk for each in moderators]).update(is_moderator=True)
    admin = people.person("year-admin@example.org", name="Admin")
    User.objects.filter(pk=admin.pk).update(is_admin=True)
    for each in [*moderators, admin]:
        each.refresh_from_db()
    # A few come every day, most now and then.
    eager = [luck.paretovariate(1.5) for _ in workers]
    pace = {each.pk: luck.lognormvariate(-0.15, 0.2) for each in workers}
    return Town(houses, workers, eager, pace, moderators, admin)


def price(luck: random.Random) -> tuple[int, int]:
    """(seconds, reward in micros) of a task: what its house would like to pay, or what the floor of the country that
    it needs asks for when that is more."""
    seconds = luck.choice(SECONDS)
    wish = int(luck.lognormvariate(WISH_MU, WISH_SIGMA) * seconds / HOUR * 100) * money.CENT
    needed = floor.price_needed(seconds, luck.choice(COUNTRIES))
    return seconds, max(wish, needed, money.CENT)


def draft(house: House, luck: random.Random, *, rows: int, overlap: int) -> Batch:
    """A batch with its rows, not published."""
    seconds, reward = price(luck)
    made = batches.create_draft(
        organisation=house.organisation, actor=house.owner, title=f"Batch {len(house.batches) + 1}",
        purpose="A simulated year.", instructions="Look twice.", form=FORM, reward_micros=reward,
        estimated_seconds=seconds, overlap=overlap,
    )  # fmt: skip
    lines = "".join(json.dumps({"name": f"thing {number}"}) + "\n" for number in range(rows))
    source = imports.start(
        batch=made,
        actor=house.owner,
        upload=io.BytesIO(lines.encode()),
        filename="rows.jsonl",
        bad_rows="stop",
    )
    loading.run(source.pk)
    made.refresh_from_db()
    return made
