"""What people read about ratings, messages, and what was decided about them."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base.texts import Text, Things, loads, numbers_of, of
from tasks.models import Objection, Rating, Thread

from .things import Data, title_of


@loads("rtg")
def _ratings(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("rtg", public_ids)
    rows = Rating.objects.select_related("organisation").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


@loads("thr")
def _threads(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("thr", public_ids)
    rows = Thread.objects.select_related("batch__organisation").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


@loads("obj")
def _objections(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("obj", public_ids)
    rows = Objection.objects.select_related("rating__organisation", "thread__batch").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


@of("message_to_worker")
def message_to_worker(data: Data, things: Things) -> Text:
    thread = things[data["thread"]]
    words = {"organisation": thread.batch.organisation.name, "title": title_of(thread.batch)}
    return Text(
        _("%(organisation)s wrote to you about “%(title)s”") % words,
        (_("Nobody else reads what you write to each other, unless one of you reports it."),),
        url=reverse("my-thread", args=[data["batch"]]),
        action=_("Read and answer"),
    )


@of("message_to_requester")
def message_to_requester(data: Data, things: Things) -> Text:
    thread = things[data["thread"]]
    return Text(
        _("Somebody who works on “%(title)s” wrote to you") % {"title": title_of(thread.batch)},
        (
            _("An answer helps everybody: you can also show it to all who work on the batch."),
            _("How soon you answer is shown to people before they start."),
        ),
        url=reverse("thread", args=[data["batch"], thread.worker_public_id]),
        action=_("Read and answer"),
    )


@of("rating_answered")
def rating_answered(data: Data, things: Things) -> Text:
    rating = things[data["rating"]]
    words = {"organisation": rating.organisation.name}
    return Text(
        _("%(organisation)s answered a rating that you wrote") % words,
        (
            _("The answer: “%(answer)s”") % {"answer": rating.answer},
            _("They don’t know who wrote the rating."),
        ),
        url=reverse("requester-ratings", args=[rating.organisation.public_id]),
        action=_("See the ratings"),
    )


def _about(found: Objection) -> str:
    if found.rating is not None:
        return _("a rating of %(organisation)s") % {"organisation": found.rating.organisation.name}
    return _("the messages about “%(title)s”") % {
        "title": title_of(found.thread.batch if found.thread else None)
    }


def _to(found: Objection) -> dict[str, str]:
    return {"url": reverse("objection", args=[found.public_id]), "action": _("See the decision")}


@of("objection_decided")
def objection_decided(data: Data, things: Things) -> Text:
    found = things[data["objection"]]
    return Text(
        _("Decided: the objection to %(what)s") % {"what": _about(found)},
        (
            _("Decided: %(outcome)s.") % {"outcome": found.get_outcome_display()},
            _("The reason: “%(reason)s”") % {"reason": found.statement},
            _("If it went against you, say so on that page within %(months)s months: another person decides.")
            % {"months": round(settings.APPEAL_DAYS / 30.5)},
        ),
        **_to(found),
    )


@of("objection_complained")
def objection_complained(data: Data, things: Things) -> Text:
    found = things[data["objection"]]
    return Text(
        _("Decided once more: the objection to %(what)s") % {"what": _about(found)},
        (
            _("Decided: %(outcome)s.") % {"outcome": found.get_last_outcome_display()},
            _("The reason: “%(reason)s”") % {"reason": found.last_statement},
        ),
        **_to(found),
    )
