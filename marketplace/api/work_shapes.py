"""What comes back to those who work: the board, what they hold, what they earned."""

from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    FloatField,
    IntegerField,
    Serializer,
)

from tasks.models import Assignment

from .shapes import ContestOf, Euros, Json, Missing, Values


class Marks(Serializer[Values]):
    raters = IntegerField()
    pay = FloatField(help_text="Mean, from 1 to 5, of the latest rating of each.")
    clarity = FloatField()
    fairness = FloatField()


class WorkBatch(Serializer[Values]):
    id = CharField()
    title = CharField()
    purpose = CharField()
    requester = CharField()
    reward = Euros()
    seconds = IntegerField(help_text="What a task takes: measured, or estimated before that.")
    measured = BooleanField()
    hourly_rate = Euros()
    time_limit_seconds = IntegerField()
    first_run = BooleanField(
        help_text="Only the first small run of the batch is open; the rest opens by itself."
    )
    left = IntegerField(allow_null=True, help_text="Open tasks as last counted; null before the first count.")
    ratings = Marks(
        allow_null=True,
        help_text="What people who were paid by the requester say of it; null before enough of them did.",
    )


class Closed(Serializer[Values]):
    batch = CharField()
    code = CharField()
    detail = CharField()
    missing = Missing(many=True, required=False)


class InHand(Serializer[Values]):
    assignment = CharField()
    batch = CharField()
    expires_at = DateTimeField()
    reward = Euros()


class Board(Serializer[Values]):
    open = IntegerField(help_text="How many tasks you hold.")
    in_hand = InHand(many=True)
    available = WorkBatch(many=True)
    blocked = Closed(many=True)


class ClaimTask(Serializer[Values]):
    id = CharField()
    data = Json()  # type: ignore[assignment]


class Claim(Serializer[Values]):
    assignment = CharField()
    batch = CharField()
    task = ClaimTask()
    form = Json()
    expires_at = DateTimeField()
    reward = Euros()


class Refused(Serializer[Values]):
    code = CharField()
    detail = CharField()
    missing = Missing(many=True, required=False)


class Submitted(Serializer[Values]):
    state = ChoiceField(choices=Assignment.State.values)
    next = Claim(allow_null=True)
    next_refused = Refused(required=False, help_text="Why there is no next task, when one was asked for.")
    paid = Euros(required=False, help_text="For the time it took, where the task ended as a screen-out.")
    attempt = Json(required=False, help_text="Of a test or training: how far it is.")
    feedback = Json(required=False, help_text="Of a training: right, known, explanation.")


class Moved(Serializer[Values]):
    state = ChoiceField(choices=Assignment.State.values)


class OwnAssignment(Claim):
    state = ChoiceField(choices=Assignment.State.values)
    instructions = CharField()
    answer = Json(allow_null=True)
    contest = ContestOf(allow_null=True)
    decision = CharField(allow_blank=True, help_text="The moderator's reason.")


class CapOf(Serializer[Values]):
    year = IntegerField()
    limit = Euros()
    used = Euros(help_text="Earned, reserved and owed beside.")


class Month(Serializer[Values]):
    year = IntegerField()
    month = IntegerField()
    earned = Euros()
    topups = Euros()
    given = Euros(help_text="Bonuses of requesters, grants of the help fund.")
    paid = Euros()


class HeldPayout(Serializer[Values]):
    id = CharField()
    amount = Euros()
    by = CharField(help_text="A person's name, or that a published rule holds it.")
    rule = CharField(allow_blank=True)
    reason = CharField()
    until = DateTimeField(allow_null=True, help_text="null: until a person lets it go.")


class Earnings(Serializer[Values]):
    payable = Euros(help_text="Yours and not yet on its way.")
    pending = Euros(help_text="Submitted and not yet approved.")
    reserved = Euros(help_text="What tasks in hand and answers not yet approved keep of the cap.")
    in_transit = Euros(help_text="On its way to your bank.")
    paid = Euros()
    available = Euros(help_text="What can be paid out today.")
    currency = ChoiceField(choices=["EUR"])
    cap = CapOf()
    held = HeldPayout(many=True, help_text="Payouts that are held at present.")
    months = Month(many=True)
