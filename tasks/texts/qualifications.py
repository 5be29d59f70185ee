"""What people read about their attempts at tests and trainings."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, loads, numbers_of, of
from tasks.models import Attempt
from tasks.services.qualification_attempts import again_at

Data = dict[str, Any]


@loads("att")
def _attempts(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("att", public_ids)
    rows = Attempt.objects.select_related("test__batch__organisation", "test__qualification", "award").filter(
        pk__in=numbers
    )
    return {numbers[row.pk]: row for row in rows}


def _link(row: Attempt) -> dict[str, str]:
    return {"url": reverse("attempt", args=[row.public_id]), "action": _("See the result")}


def _figures(row: Attempt) -> dict[str, str]:
    return {
        "name": row.test.qualification.name,
        "right": formats.number(row.right),
        "questions": formats.number(row.questions),
        "mark": formats.percent(row.test.pass_mark),
    }


@of("attempt_passed")
def attempt_passed(data: Data, things: Things) -> Text:
    row = things[data["attempt"]]
    words = _figures(row)
    lines = [_("%(right)s of %(questions)s questions were right; %(mark)s was asked.") % words]
    if row.award and row.award.expires_at:
        lines.append(_("It holds until %(day)s.") % {"day": formats.day(row.award.expires_at)})
    else:
        lines.append(_("It holds for good."))
    lines.append(_("Work that asks for it is open to you now. Every answer you gave is paid."))
    return Text(_("You have the qualification “%(name)s”") % words, tuple(lines), **_link(row))


@of("attempt_failed")
def attempt_failed(data: Data, things: Things) -> Text:
    row = things[data["attempt"]]
    words = _figures(row)
    lines = [_("%(right)s of %(questions)s questions were right; %(mark)s was asked.") % words]
    again = again_at(row)
    if again is not None:
        lines.append(_("You can try again from %(moment)s on.") % {"moment": formats.exact(again)})
    else:
        lines.append(_("That was the last try. Other work and other tests are open to you as before."))
    lines.append(_("Every answer you gave is paid, right or not."))
    return Text(_("Not passed this time: “%(name)s”") % words, tuple(lines), **_link(row))


@of("attempt_broken_off")
def attempt_broken_off(data: Data, things: Things) -> Text:
    row = things[data["attempt"]]
    return Text(
        _("The test for “%(name)s” ended before you could finish it") % _figures(row),
        (
            _(
                "It was paused or closed, or your limit for this year was reached. This is none of your tries, and "
                "every answer you gave is paid."
            ),
            _("If it opens again, you can begin anew."),
        ),
        **_link(row),
    )
