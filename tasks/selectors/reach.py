"""Whom a price reaches, and what would reach everybody, for a requester who thinks about one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from marketplace.base import countries
from payments.services import floor
from workers.models import WorkerProfile


@dataclass(frozen=True)
class Place:
    """A country with people in it: its floor an hour and the price it needs, in micros."""

    code: str
    name: str
    workers: int
    floor_micros: int
    needed_micros: int
    reached: bool


@dataclass(frozen=True)
class Reach:
    """Whom a price reaches. `missed` and `reached` list countries where people signed up, most people first."""

    countries: int
    workers: int
    all_workers: int
    reached: list[Place]
    missed: list[Place]
    least_micros: int  # nothing is published below it
    all_micros: int  # the price at which everybody asked for is reached


def reach_of(*, reward_micros: int, seconds: int, asked: Sequence[str] | None) -> Reach:
    """Whom `reward_micros` for `seconds` of work reaches among the countries asked for (None: all)."""
    people = dict(
        WorkerProfile.objects.filter(user__is_active=True).values_list("country").annotate(n=Count("pk"))
    )
    codes = [code for code in (asked or people) if people.get(code) or asked]
    places = sorted(
        (_place(code, people.get(code, 0), reward_micros, seconds) for code in codes),
        key=lambda place: (-place.workers, place.name),
    )
    reached = [place for place in places if place.reached]
    least = floor.absolute_price_needed(seconds)
    return Reach(
        countries=len(floor.reach(reward_micros, seconds, asked)),
        workers=sum(place.workers for place in reached),
        all_workers=sum(place.workers for place in places),
        reached=reached,
        missed=sorted(
            (place for place in places if not place.reached), key=lambda place: place.needed_micros
        ),
        least_micros=least,
        all_micros=max([least, *(place.needed_micros for place in places)]),
    )


def _place(code: str, workers: int, reward_micros: int, seconds: int) -> Place:
    needed = floor.price_needed(seconds, code)
    return Place(
        code,
        countries.name(code),
        workers,
        floor.floor_micros_per_hour(code),
        needed,
        reward_micros >= needed,
    )
