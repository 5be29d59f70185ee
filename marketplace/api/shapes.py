"""What comes back, for the description at /api/v1/schema/: the views build these shapes themselves."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
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

from tasks import kinds
from tasks.models import Assignment, Batch, Contest, Dispute, Import

Values = dict[str, Any]


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2,6}$", "example": "0.10"})
class Euros(serializers.Field):
    """A decimal string in EUR."""


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Json(serializers.Field):
    """A JSON object."""


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
)
class Problems(serializers.Field):
    """{place: [sentences]}."""


class Missing(Serializer[Values]):
    what = CharField()
    qualifications = ListField(child=CharField(), help_text="Any of these would do, qua_…")


class Error(Serializer[Values]):
    code = CharField(help_text="Stable; for programs.")
    detail = CharField(help_text="A sentence, in the language of Accept-Language.")
    fields = Problems(required=False)  # type: ignore[assignment]
    missing = Missing(many=True, required=False, help_text="With not_qualified: what the batch asks for.")


def page_of(row: type[Serializer[Any]], name: str) -> type[Serializer[Any]]:
    """The shape of a list by cursor."""
    links = {
        link: serializers.URLField(allow_null=True, help_text="Address of the neighbouring page.")
        for link in ("next", "previous")
    }
    return type(
        name,
        (Serializer,),
        {
            **links,
            "results": row(many=True),
        },
    )


class Quote(Serializer[Values]):
    rewards = Euros()
    reserve = Euros(help_text="In case the work takes longer than estimated; what is left comes back.")
    fee = Euros()
    vat = Euros()
    total = Euros()
    currency = ChoiceField(choices=["EUR"])


class Counts(Serializer[Values]):
    tasks = IntegerField()
    answers = IntegerField(help_text="Answers asked for so far.")
    open = IntegerField(help_text="Answers that can still be claimed.")
    claimed = IntegerField()
    submitted = IntegerField(help_text="To review.")
    contested = IntegerField(help_text="Contested, or with a moderator.")
    approved = IntegerField()


class Media(Serializer[Values]):
    """Files that the rows name; publishing waits until all are ready (`media_not_ready`)."""

    waiting = IntegerField()
    ready = IntegerField()
    failed = IntegerField()


class Quality(Serializer[Values]):
    agreement = FloatField(allow_null=True, help_text="0 to 1; null before a task has two answers.")
    workers = IntegerField()
    median_seconds = IntegerField(allow_null=True)


class KindOf(Serializer[Values]):
    key = CharField(help_text="Send it as `kind`.")
    group = ChoiceField(choices=kinds.Group.values)
    title = CharField()
    description = CharField()
    columns = ListField(child=CharField(), help_text="The columns that rows need.")
    form = Json()
    answer = Json(help_text="JSON schema of an answer.")
    instructions = CharField(help_text="Markdown to start from.")
    estimated_seconds = IntegerField(help_text="A first guess.")
    overlap = IntegerField(help_text="How many answers a task usually needs.")
    examples = ListField(child=Json(), help_text="Rows to try the form with.")


class KindPage(Serializer[Values]):
    results = KindOf(many=True)


class Template(Serializer[Values]):
    id = CharField(help_text="Send it as `template`.")
    name = CharField()
    kind = CharField(allow_blank=True)
    title = CharField(allow_blank=True)
    purpose = CharField(allow_blank=True)
    instructions = CharField(allow_blank=True)
    form = Json()
    estimated_seconds = IntegerField()


class TemplatePage(Serializer[Values]):
    results = Template(many=True)


class Crowd(Serializer[Values]):
    invited = IntegerField(help_text="Addresses and wrk_… on the list.")
    joined = IntegerField(help_text="How many said yes; who they are is not told.")


class CrowdLink(Serializer[Values]):
    url = CharField(help_text="Give it to the people you want.")
    people = IntegerField(allow_null=True)
    expires_at = DateTimeField(allow_null=True)


class BatchRow(Serializer[Values]):
    id = CharField()
    state = ChoiceField(choices=Batch.State.values)
    title = CharField()
    purpose = CharField()
    kind = CharField(allow_blank=True)
    reward = Euros()
    estimated_seconds = IntegerField()
    measured_seconds = IntegerField(allow_null=True)
    hourly_rate = Euros(
        help_text="Euros an hour, by the measured seconds when they are longer than the estimate."
    )
    overlap = IntegerField()
    overlap_most = IntegerField(
        allow_null=True, help_text="How many answers a task may get while it is not sure."
    )
    confidence = FloatField(allow_null=True, help_text="How sure a result must be to ask nobody further.")
    gold_rate = FloatField(help_text="Share of tasks that are check questions.")
    gold_pass = FloatField(help_text="Share of check questions to be right.")
    countries = ListField(child=CharField(), allow_null=True)
    role = ChoiceField(choices=Batch.Role.values)
    distress = ListField(
        child=ChoiceField(choices=Batch.Distress.values),
        allow_null=True,
        help_text="What may distress; null: not said.",
    )
    conditions = Json(help_text="What people must show; {} asks nothing.")
    audience = ChoiceField(choices=Batch.Audience.values)
    time_limit_seconds = IntegerField()
    pilot = ChoiceField(
        choices=Batch.Pilot.values,
        allow_null=True,
        help_text="How far its first small run is; null: it has none. While `running` or `held` the rest is shut.",
    )
    quote = Quote(help_text="At most: all answers that a disagreement may ask for included.")
    quote_least = Quote(
        help_text="When nobody disagrees; of a published batch, for the answers asked for by now."
    )
    counts = Counts()
    counted_at = DateTimeField(help_text="When `counts` and `quality` were counted.")
    quality = Quality()
    spent = Euros(help_text="Rewards of approved answers.")
    created_at = DateTimeField()
    published_at = DateTimeField(allow_null=True)
    closed_at = DateTimeField(allow_null=True)


WARNINGS = "What can be published but is hardly meant, such as an example address that was left as it is."


class PilotFigures(Serializer[Values]):
    tasks = IntegerField()
    slots = IntegerField(help_text="Answers that the first small run asks for.")
    answers = IntegerField()
    people = IntegerField()
    median_seconds = IntegerField(allow_null=True)
    hourly_rate = Euros(help_text="Euros an hour, by the median, or by the estimate before there is one.")
    reward_needed = Euros(help_text="The price at which the rest opens.")


class BatchWhole(BatchRow):
    instructions = CharField()
    form = Json()
    columns = ListField(child=CharField())
    media = Media()
    warnings = ListField(child=CharField(), help_text=WARNINGS)
    pilot_figures = PilotFigures(allow_null=True, help_text="While the first small run holds the rest back.")


class BatchState(Serializer[Values]):
    id = CharField()
    state = ChoiceField(choices=Batch.State.values)
    reward = Euros()
    warnings = ListField(child=CharField(), help_text=WARNINGS)


class Approved(Serializer[Values]):
    approved = IntegerField(help_text="How many were approved by this call.")
    waiting = IntegerField(help_text="How many of the batch still wait for review.")


class BonusGiven(Serializer[Values]):
    id = CharField()
    worker = CharField()
    amount = Euros()
    reason = CharField()


class BonusRefused(Serializer[Values]):
    row = IntegerField(help_text="Its place in the list, from 1.")
    code = CharField()
    detail = CharField()


class BonusesGiven(Serializer[Values]):
    given = BonusGiven(many=True)
    total = Euros()
    known = IntegerField(help_text="How many of the list were given before.")
    refused = BonusRefused(many=True)


class BadRow(Serializer[Values]):
    row = IntegerField(help_text="From 1, without the header.")
    column = CharField(allow_blank=True)
    reason = CharField()


class ImportStarted(Serializer[Values]):
    id = CharField()
    state = ChoiceField(choices=Import.State.values)


class ImportWhole(ImportStarted):
    batch = CharField()
    done = IntegerField(help_text="Rows read so far.")
    total = IntegerField(allow_null=True, help_text="An estimate while the file is being read.")
    good = IntegerField()
    bad = IntegerField()
    errors = BadRow(many=True, help_text="The first bad rows.")  # type: ignore[assignment]
    failure = CharField(allow_blank=True, help_text="Why nothing was loaded.")


class TaskOf(Serializer[Values]):
    id = CharField()
    row = IntegerField()
    data = Json()  # type: ignore[assignment]


class ContestOf(Serializer[Values]):
    reason = ChoiceField(choices=Contest.Reason.values)
    evidence = CharField()
    opened_at = DateTimeField()
    reply_due_at = DateTimeField()
    reply = CharField(allow_blank=True)
    redone_at = DateTimeField(allow_null=True)


class Submission(Serializer[Values]):
    id = CharField()
    batch = CharField()
    task = TaskOf()
    worker = CharField(
        help_text="wrk_…: the same person is the same in your organisation, and another one elsewhere."
    )
    state = ChoiceField(choices=[str(state) for state in Assignment.ANSWERED])
    answer = Json()
    reward = Euros()
    worked_seconds = IntegerField()
    submitted_at = DateTimeField()
    review_due_at = DateTimeField(allow_null=True, help_text="Approved by the clock then.")
    reviewed_at = DateTimeField(allow_null=True)
    contest = ContestOf(allow_null=True)


class AssignmentState(Serializer[Values]):
    id = CharField()
    state = ChoiceField(choices=Assignment.State.values)


class DepositOf(Serializer[Values]):
    id = CharField()
    state = ChoiceField(choices=["started", "settled", "failed", "cancelled"])
    amount = Euros()
    pay_url = CharField(allow_blank=True, help_text="The page where the deposit is paid.")
    created_at = DateTimeField()


class InvoiceLine(Serializer[Values]):
    batch = CharField(allow_blank=True, help_text="Empty for what is carried from one invoice to the next.")
    description = CharField()
    net = Euros()
    vat = Euros()


class InvoiceOf(Serializer[Values]):
    id = CharField()
    number = CharField()
    kind = ChoiceField(choices=["invoice", "credit_note"])
    credits = CharField(allow_null=True, help_text="The invoice that a credit note takes a part of back.")
    period = CharField(help_text="The month it is about: 2026-11.")
    issued_at = DateTimeField()
    treatment = ChoiceField(choices=["domestic", "reverse_charge", "outside_eu"])
    vat_rate = CharField()
    net = Euros()
    vat = Euros()
    total = Euros()
    workers_pay = Euros(help_text="Passed on to workers; not part of the invoice.")
    lines = InvoiceLine(many=True)
    page = CharField(help_text="Where a person sees it, and keeps it as PDF.")


class Funds(Serializer[Values]):
    available = Euros()
    set_aside = Euros(help_text="For batches that run.")
    owed = Euros(help_text="Top-ups that the platform advanced; repay them before the next publication.")
    currency = ChoiceField(choices=["EUR"])
    deposits = DepositOf(many=True, help_text="The last ones, newest first.")


class DisputeOf(Serializer[Values]):
    id = CharField()
    appeal = BooleanField()
    state = ChoiceField(choices=["waiting", "decided"])
    opened_at = DateTimeField()
    decide_by = DateTimeField()
    assignment = CharField()
    batch = CharField()
    title = CharField()
    instructions = CharField()
    form = Json()
    task = TaskOf()
    answer = Json()
    contested_answer = Json()
    reward = Euros()
    contest = ContestOf()
    statement = CharField(allow_blank=True, help_text="The worker's words with an appeal.")
    outcome = ChoiceField(choices=Dispute.Outcome.values, allow_null=True)
    reason = CharField(allow_blank=True)
    decided_at = DateTimeField(allow_null=True)
