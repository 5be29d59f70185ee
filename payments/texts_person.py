"""What people read whose accounts count as one person's. No text says anything of the other account."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base.texts import Text, Things, complain_line, loads, numbers_of, of

from .models import PersonPair

Data = dict[str, Any]


@loads("prs")
def _pairs(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("prs", public_ids)
    return {
        numbers[row.pk]: row for row in PersonPair.objects.filter(pk__in=numbers).select_related("decided_by")
    }


def _page(data: Data, things: Things) -> dict[str, str]:
    if things[data["person"]] is None:  # forgotten since
        return {"url": reverse("earnings"), "action": _("See your earnings")}
    return {"url": reverse("one-person", args=[data["person"]]), "action": _("Read more, or object")}


@of("same_person_found")
def same_person_found(data: Data, things: Things) -> Text:
    return Text(
        _("Two accounts count as one person's"),
        (
            _("Your payout details are also those of another account, which there is or was here."),
            _(
                "One person has one limit a year, so what is earned under both counts together. Nothing that is due to"
                " you is lost, and no account is closed or restricted."
            ),
            _(
                "Do you have two accounts? Keep one and have the other erased, under “My data” there; or write to"
                " %(address)s."
            )
            % {"address": settings.CONTACT_EMAIL},
            _("Is it wrong? Say so on its page: a person decides within %(days)s days.")
            % {"days": settings.DECISION_DAYS},
        ),
        **_page(data, things),
    )


@of("same_person_decided")
def same_person_decided(data: Data, things: Things) -> Text:
    pair = things[data["person"]]
    one = data["outcome"] == PersonPair.Outcome.ONE
    lines = []
    if pair and pair.decided_by and pair.outcome == data["outcome"]:
        lines.append(
            _("Decided by %(who)s. The reason: “%(why)s”")
            % {"who": pair.decided_by.short_name, "why": pair.why}
        )
    if one:
        lines.append(
            _("One person has one limit a year: what is earned under both accounts counts together.")
        )
        lines.append(complain_line())
        return Text(_("Two accounts are one person's: decided"), tuple(lines), **_page(data, things))
    lines.append(_("Each account has its own limit of the year. Payouts that waited for this leave now."))
    return Text(_("Two accounts are two people's: decided"), tuple(lines), **_page(data, things))
