"""What may be sent. Each form checks types and shapes; what the values mean is checked by the services."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from marketplace.base.errors import Invalid
from tasks import kinds
from tasks.models import Batch, Contest, Dispute

from .fields import Amount, Anything, Chosen, Country, Flag, Share, Text, Whole

DAY = 86_400  # seconds


class KindKey(Chosen):
    """The key of a kind."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return kinds.get(data if isinstance(data, str) else "").key
        except Invalid as refusal:
            raise serializers.ValidationError(refusal.fields["kind"]) from None


class DraftChanges(serializers.Serializer[dict[str, object]]):
    """What a draft says; what is left out stays as it is."""

    title = Text(required=False, max_length=120)
    purpose = Text(required=False, max_length=400, help_text="What the answers are for; workers read it.")
    instructions = Text(required=False, max_length=settings.INSTRUCTIONS_MAX_CHARS, help_text="Markdown.")
    form = Anything(required=False, help_text="What is shown of a row and what is asked; see the guide.")
    reward = Amount(required=False, help_text="Euros for one answer, as a decimal string.")
    estimated_seconds = Whole(required=False, min_value=1, max_value=DAY)
    overlap = Whole(required=False, min_value=1, max_value=100, help_text="Answers for each task.")
    overlap_most = Whole(
        required=False,
        allow_null=True,
        min_value=2,
        max_value=100,
        help_text="A task that is not sure asks one more person, up to so many answers. Null: `overlap` answers.",
    )
    confidence = Share(
        required=False,
        allow_null=True,
        help_text="How sure a result must be, from 0.5 to under 1, before its task asks nobody further.",
    )
    countries = serializers.ListField(
        child=Country(), required=False, allow_null=True, max_length=300, help_text="Null: everywhere."
    )
    gold_rate = Share(
        required=False, max_value=0.5, help_text="Share of tasks that are check questions, from 0 to 0.5."
    )
    gold_pass = Share(
        required=False,
        help_text="Share of check questions to be right, over 0; who is clearly under it has a pause.",
    )
    time_limit_seconds = Whole(required=False, min_value=60, max_value=7 * DAY)
    distress = serializers.ListField(
        child=Chosen(choices=Batch.Distress.choices),
        required=False,
        allow_null=True,
        max_length=7,
        help_text="What may distress: shown before a claim, offered only to those who chose it. []: nothing.",
    )
    conditions = Anything(
        required=False,
        help_text='What people must show: {"all": [{"fact": "approved", "op": ">=", "value": 50}, …]}; see the guide.',
    )
    audience = Chosen(
        required=False,
        choices=Batch.Audience.choices,
        help_text="Who may do it: everybody, a list, or by a link.",
    )


class NewBatch(DraftChanges):
    """A draft. `kind` names a ready form (`GET /kinds/`); `form` is one of your own, and goes before the kind's.

    Beside a kind everything else may be left out: title, instructions, seconds and overlap are then the kind's. What
    a batch is for and what it pays you alone know: a draft waits for them.
    """

    NEEDED = ("title", "purpose", "instructions", "form", "reward", "estimated_seconds")  # without a kind

    kind = KindKey(required=False, choices=[kind.key for kind in kinds.all_kinds()])
    template = Text(required=False, max_length=40, help_text="tpl_…, a form that the organisation kept.")

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        missing = [name for name in self.NEEDED if name not in attrs]
        if missing and not {"kind", "template"} & attrs.keys():
            sentence = _("Send this, or the name of a kind.")
            raise serializers.ValidationError({name: [sentence] for name in missing})
        return attrs


class NewGuests(serializers.Serializer[dict[str, object]]):
    people = serializers.ListField(
        child=Text(max_length=254),
        max_length=1_000,
        help_text="E-mail addresses, or wrk_… of people who worked for you.",
    )


class NewLink(serializers.Serializer[dict[str, object]]):
    people = Whole(
        required=False, min_value=1, max_value=10_000, help_text="How many may join; else as many as come."
    )
    days = Whole(
        required=False, min_value=1, max_value=365, help_text="How long it works; else while the batch lives."
    )


class Raise(serializers.Serializer[dict[str, object]]):
    reward = Amount(
        help_text="The new reward for one answer, higher than the present one, and at most 10000.00."
    )
    confirm = Flag(
        required=False,
        default=False,
        help_text="Needed where the answer was 409 `large_amount`: the batch would cost more than a person has looked "
        "at. `detail` says how much.",
    )


class ApproveMany(serializers.Serializer[dict[str, object]]):
    """Either the ids of submissions, or `all`: those that wait for review, the oldest first."""

    assignments = serializers.ListField(child=Text(max_length=40), required=False, max_length=10_000)
    all = Flag(required=False, default=False)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if attrs["all"] == bool(attrs.get("assignments")):
            raise serializers.ValidationError(_("Send either a list of assignments, or “all”: true."))
        return attrs


class NewBonus(serializers.Serializer[dict[str, object]]):
    worker = Text(
        max_length=60, allow_blank=True, help_text="wrk_… of a person, or asg_… of an answer of the batch."
    )
    amount = Text(max_length=40, allow_blank=True, help_text="Euros as a decimal string, in whole cents.")
    reason = Text(
        max_length=1_000, allow_blank=True, help_text="The worker reads it; at most 400 characters."
    )


class NewBonuses(serializers.Serializer[dict[str, object]]):
    bonuses = serializers.ListField(child=NewBonus(), min_length=1, max_length=1_000)


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
    gateway = Text(
        max_length=20,
        required=False,
        help_text="Which of the ways to pay that the funds page shows, such as `stripe`; the first one if left out.",
    )


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
