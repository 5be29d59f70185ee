"""What people read about check questions: pauses, contests, and questions that were set aside."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, loads, numbers_of, of
from tasks.models import BatchPause, GoldContest, GoldScore
from tasks.services.gold_pauses import BECAUSE

from .things import title_of, to_batch

Data = dict[str, Any]


@loads("pse")
def _pauses(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("pse", public_ids)
    return {numbers[row.pk]: row for row in BatchPause.objects.select_related("batch").filter(pk__in=numbers)}


def _checks(batch: Any) -> dict[str, str]:
    """The link of a worker to their own check questions of a batch."""
    url = reverse("my-checks")
    return {
        "url": f"{url}?batch={batch.public_id}" if batch else url,
        "action": _("See the check questions"),
    }


def _to_question(data: Data, batch: Any) -> dict[str, str]:
    if batch is None:
        return to_batch(None)
    return {
        "url": reverse("gold-question", args=[batch.public_id, data["task"]]),
        "action": _("See the question"),
    }


@of("gold_paused")
def gold_paused(data: Data, things: Things) -> Text:
    row = things[data["pause"]]
    if row is None:
        return Text(_("A batch rests for you"), ())
    words = {
        "title": title_of(row.batch),
        "asked": formats.number(row.asked),
        "right": formats.number(row.right),
        "mark": formats.percent(row.batch.gold_pass),
        "until": formats.when(row.ends_at),
    }
    return Text(
        _("“%(title)s” rests for you until %(until)s") % words,
        (
            _(
                "Some of its tasks are check questions, whose answer is known. You answered %(asked)s, and %(right)s"
                " of them were right; this batch asks for %(mark)s."
            )
            % words,
            _(
                "Everything you did is paid as always. All other work stays open to you, and this batch opens again"
                " by itself."
            ),
            _(
                "Look at the questions: each says what was right, and why. If one was unfair, say so there. You can "
                "also ask a person to look; they answer in writing."
            ),
        ),
        **_checks(row.batch),
    )


@of("gold_lifted")
def gold_lifted(data: Data, things: Things) -> Text:
    row = things[data["pause"]]
    title = {"title": title_of(row.batch if row else None)}
    because = str(BECAUSE.get(row.lifted_because, row.lifted_because)) if row else ""
    return Text(
        _("“%(title)s” is open to you again") % title,
        (because, _("Your record is put right: the pause counts for nothing any more.")),
        **_checks(row.batch if row else None),
    )


@of("pause_reviewed")
def pause_reviewed(data: Data, things: Things) -> Text:
    row = things[data["pause"]]
    if row is None:
        return Text(_("A person has looked at your pause"), ())
    words = {"title": title_of(row.batch), "until": formats.when(row.ends_at), "reason": row.review_reason}
    reason = _("The reason: “%(reason)s”") % words
    if row.lifted_at:
        return Text(
            _("A person lifted your pause in “%(title)s”") % words,
            (reason, _("The batch is open to you again.")),
            **_checks(row.batch),
        )
    return Text(
        _("A person looked at your pause in “%(title)s”: it stands") % words,
        (reason, _("It ends by itself: %(until)s. What you did is paid as always.") % words),
        **_checks(row.batch),
    )


@of("gold_contested")
def gold_contested(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("A worker says that a check question of “%(title)s” was unfair") % {"title": title_of(batch)},
        (
            _(
                "Read what they say. You can count their answer as right too, set the question aside, or keep it."
            ),
            _("Who it was is not told; what you write goes to them word for word."),
        ),
        **_to_question(data, batch),
    )


@of("gold_contest_decided")
def gold_contest_decided(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    score = GoldScore.objects.select_related("contest").filter(pk=row.pk).first() if row else None
    contest = getattr(score, "contest", None)
    words = {"title": title_of(row.batch if row else None)}
    if contest is None:
        return Text(_("What you said about a check question of “%(title)s” was answered") % words, ())
    said = {
        GoldContest.Outcome.RIGHT_TOO: _("Your answer to a check question of “%(title)s” is right too"),
        GoldContest.Outcome.SET_ASIDE: _("The check question of “%(title)s” was set aside"),
        GoldContest.Outcome.KEPT: _("The check question of “%(title)s” stands"),
    }
    lines = [_("The reason: “%(reason)s”") % {"reason": contest.reason}]
    if contest.outcome == GoldContest.Outcome.KEPT:
        lines.append(
            _("If the batch rests for you because of it, you can ask a person to look at the pause.")
        )
    else:
        lines.append(_("It does not count against you any more."))
    return Text(
        said[contest.outcome] % words,
        tuple(lines),
        reverse("my-check", args=[data["assignment"]]),
        _("See the question"),
    )


@of("gold_often_failed")
def gold_often_failed(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    words = {"title": title_of(batch), "row": formats.number(data["row"])}
    return Text(
        _("A check question of “%(title)s” was set aside") % words,
        (
            _(
                "Most of the people who are usually right answer row %(row)s otherwise than you said. Perhaps another "
                "answer is right too, or the instructions leave it open."
            )
            % words,
            _(
                "Nobody is asked it any more, and it counts for nobody. Look at it; you can mend it and ask it again."
            ),
        ),
        **_to_question(data, batch),
    )
