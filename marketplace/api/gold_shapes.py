"""Check questions over REST: what may be sent, and what comes back."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers as rest
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    FloatField,
    IntegerField,
    ListField,
    Serializer,
)

from tasks.models import GoldContest
from tasks.services.gold_questions import MOST_RIGHT, MOST_WORDS

from . import shapes
from .fields import Anything, Chosen, Flag, Text, Whole

Values = dict[str, Any]
MOST_AT_ONCE = 500


# --- what is sent ---------------------------------------------------------------------------------------------


class NewQuestion(Serializer[Values]):
    """Either `row`, the number of a row of a draft, or `data`, the cells of a new one."""

    row = Whole(
        required=False, min_value=1, help_text="A row of a draft: it is a check question from then on."
    )
    data = Anything(required=False, help_text="The cells of a new row, by column, each a string.")  # type: ignore[assignment]
    answers = ListField(
        child=Anything(),
        min_length=1,
        max_length=MOST_RIGHT,
        help_text="The right ones. Fields that none of them names are not judged; null: to be left empty.",
    )
    tolerance = Anything(
        required=False, help_text="{field: how far off a number may be}, as decimal strings."
    )
    explanation = Text(max_length=MOST_WORDS, help_text="Why; read by who answered it.")


class NewQuestions(Serializer[Values]):
    questions = NewQuestion(many=True)

    def validate_questions(self, sent: list[Values]) -> list[Values]:
        if not 0 < len(sent) <= MOST_AT_ONCE:
            raise rest.ValidationError(_("Send between 1 and %(most)s at once.") % {"most": MOST_AT_ONCE})
        return sent


class QuestionChanges(Serializer[Values]):
    """What is left out stays as it is. `asked`: false takes the question back, true asks it again."""

    answers = ListField(child=Anything(), required=False, min_length=1, max_length=MOST_RIGHT)
    tolerance = Anything(required=False)
    explanation = Text(required=False, max_length=MOST_WORDS)
    asked = Flag(required=False)


class FairDecision(Serializer[Values]):
    outcome = Chosen(choices=GoldContest.Outcome.choices)
    reason = Text(max_length=5_000, help_text="The worker reads it.")


class PauseDecision(Serializer[Values]):
    outcome = Chosen(choices=[("lift", _("lift the pause")), ("keep", _("let it stand"))])
    reason = Text(max_length=5_000, help_text="The worker reads it.")


# --- what comes back --------------------------------------------------------------------------------------------


class CheckQuestionOf(Serializer[Values]):
    task = CharField()
    row = IntegerField()
    data = shapes.Json()  # type: ignore[assignment]
    answers = ListField(child=shapes.Json())
    tolerance = shapes.Json()
    explanation = CharField()
    asked = BooleanField(help_text="False while it is set aside.")
    aside = CharField(allow_blank=True, help_text="Why: contested, often_failed or taken_back.")
    waits_for_price = BooleanField()
    scored = IntegerField(help_text="Answers that were compared.")
    right = IntegerField()
    contests = IntegerField(help_text="Workers' objections that wait for you.")


class CheckContestOf(Serializer[Values]):
    submission = CharField()
    task = CharField()
    text = CharField()
    opened_at = DateTimeField()
    outcome = CharField(allow_blank=True)
    reason = CharField(allow_blank=True)


class Funded(Serializer[Values]):
    answers = IntegerField()
    price = shapes.Euros()


class CheckOf(Serializer[Values]):
    assignment = CharField()
    batch = CharField()
    right = BooleanField()
    counts = BooleanField(help_text="False when the question was set aside.")
    your_answer = shapes.Json()
    right_answers = ListField(child=shapes.Json())
    explanation = CharField()
    scored_at = DateTimeField()
    contest = shapes.Json(allow_null=True)


class PauseOf(Serializer[Values]):
    id = CharField()
    batch = CharField()
    asked = IntegerField(help_text="Check questions that counted.")
    right = IntegerField()
    to_be_right = FloatField(help_text="The share that the batch asks for.")
    starts_at = DateTimeField()
    ends_at = DateTimeField()
    lifted_at = DateTimeField(allow_null=True)
    review_asked_at = DateTimeField(allow_null=True)
    review_text = CharField(allow_blank=True)
    reviewed_at = DateTimeField(allow_null=True)
    review_reason = CharField(allow_blank=True)


class PauseState(Serializer[Values]):
    id = CharField()
    state = ChoiceField(choices=["asked", "lifted", "kept"])
