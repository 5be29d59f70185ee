"""What may be sent. Each form checks types and shapes; what the values mean is checked by the services."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from tasks import kinds
from tasks.models import Contest, Dispute

from .fields import Amount, Anything, Chosen, Country, Flag, Text, Whole

DAY = 86_400  # seconds


class NewBatch(serializers.Serializer[dict[str, object]]):
    """A draft. `kind` names a ready form; `form` is one of your own and, beside a kind, replaces its form."""

    title = Text(max_length=120)
    purpose = Text(max_length=400, help_text="What the answers are for; workers read it.")
    instructions = Text(max_length=settings.INSTRUCTIONS_MAX_CHARS, help_text="Markdown.")
    kind = Chosen(required=False, choices=[kind.key for kind in kinds.all_kinds()])
    form = Anything(required=False, help_text="What is shown of a row and what is asked; see the guide.")
    reward = Amount(help_text="Euros for one answer, as a decimal string.")
    estimated_seconds = Whole(min_value=1, max_value=DAY)
    overlap = Whole(required=False, default=1, min_value=1, max_value=100, help_text="Answers for each task.")
    countries = serializers.ListField(
        child=Country(),
        required=False,
        allow_null=True,
        default=None,
        max_length=300,
        help_text="Null: everywhere.",
    )
    time_limit_seconds = Whole(required=False, min_value=60, max_value=7 * DAY)


class Raise(serializers.Serializer[dict[str, object]]):
    reward = Amount(help_text="The new reward for one answer, higher than the present one.")


class ApproveMany(serializers.Serializer[dict[str, object]]):
    """Either the ids of submissions, or `all`: those that wait for review, the oldest first."""

    assignments = serializers.ListField(child=Text(max_length=40), required=False, max_length=10_000)
    all = Flag(required=False, default=False)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if attrs["all"] == bool(attrs.get("assignments")):
            raise serializers.ValidationError(_("Send either a list of assignments, or “all”: true."))
        return attrs


class NewContest(serializers.Serializer[dict[str, object]]):
    reason = Chosen(choices=Contest.Reason.choices)
    evidence = Text(
        max_length=5_000, help_text="Quote the answer and the instruction it misses; the worker reads it."
    )


class Decide(serializers.Serializer[dict[str, object]]):
    """What becomes of an import with rows that can't be used."""

    decision = Chosen(
        choices=[("go_on", _("go on without the bad rows")), ("cancel", _("give the import up"))]
    )


class NewDeposit(serializers.Serializer[dict[str, object]]):
    amount = Amount(help_text="Euros in whole cents, as a decimal string.")


class NewClaim(serializers.Serializer[dict[str, object]]):
    batch = Text(max_length=40, help_text="Id of the batch, bat_…")


class Answer(serializers.Serializer[dict[str, object]]):
    answer = Anything(help_text="One entry for each question of the form.")


class Submit(Answer):
    next = Flag(required=False, default=False, help_text="Claim another task of the batch in the same call.")
    paused_seconds = Whole(
        required=False,
        default=0,
        max_value=7 * DAY,
        help_text="Pauses since the claim; they don't count as work.",
    )


class Words(serializers.Serializer[dict[str, object]]):
    text = Text(max_length=5_000)


@extend_schema_serializer(component_name="Decision")
class Decision(serializers.Serializer[dict[str, object]]):
    outcome = Chosen(choices=Dispute.Outcome.choices)
    reason = Text(max_length=5_000, help_text="Both sides read it.")
