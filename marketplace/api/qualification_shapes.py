"""What is sent and what comes back about qualifications, tests and attempts."""

from typing import Any

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

from tasks.models import Batch

from .fields import Chosen, Flag, Share, Text, Whole
from .shapes import Euros, page_of
from .work_shapes import Refused

Values = dict[str, Any]
TESTS = [(role.value, role.label) for role in (Batch.Role.TEST, Batch.Role.TRAINING)]


# --- sent ---------------------------------------------------------------------------------------------------------


class NewQualification(serializers.Serializer[dict[str, object]]):
    name = Text(max_length=80)
    description = Text(max_length=2_000, help_text="What it shows; people read it before they take the test.")
    valid_days = Whole(
        required=False, allow_null=True, min_value=1, max_value=3_650, help_text="Null: for good."
    )
    by_hand = Flag(
        required=False, default=False, help_text="It may be granted without a test, with a reason."
    )


class QualificationChanges(serializers.Serializer[dict[str, object]]):
    """What a qualification says; what is left out stays as it is."""

    name = Text(required=False, max_length=80)
    description = Text(required=False, max_length=2_000)
    valid_days = Whole(
        required=False, allow_null=True, min_value=1, max_value=3_650, help_text="Null: for good."
    )
    by_hand = Flag(required=False, help_text="It may be granted without a test, with a reason.")


class NewTest(serializers.Serializer[dict[str, object]]):
    """A draft that becomes a test or training: its rows are the questions, each with a known answer."""

    batch = Text(max_length=40, help_text="Id of a draft, bat_…")
    role = Chosen(choices=TESTS)
    questions = Whole(min_value=1, max_value=200, help_text="Drawn for one attempt.")
    pass_mark = Share(help_text="The share of them to be right, above 0.")
    time_limit_seconds = Whole(
        required=False, allow_null=True, min_value=60, max_value=86_400, help_text="Null: no clock."
    )
    attempts = Whole(required=False, default=1, min_value=1, max_value=20)
    retry_after_hours = Whole(required=False, default=24, max_value=8_760)
    shows_answers = Flag(
        required=False, default=False, help_text="At the end of a test; a training always does."
    )


class NewGrant(serializers.Serializer[dict[str, object]]):
    people = serializers.ListField(
        child=Text(max_length=40), max_length=1_000, help_text="wrk_… of your results."
    )
    reason = Text(max_length=2_000, help_text="They read it.")


class Revoke(serializers.Serializer[dict[str, object]]):
    worker = Text(max_length=40, help_text="wrk_…")
    reason = Text(max_length=2_000, help_text="The person reads it, and can ask a moderator to look.")


# --- comes back ---------------------------------------------------------------------------------------------------


class Qualification(Serializer[Values]):
    id = CharField()
    name = CharField()
    description = CharField()
    valid_days = IntegerField(allow_null=True)
    by_hand = BooleanField()
    holders = IntegerField(help_text="How many people hold it now.")
    tests_open = IntegerField()
    retired_at = DateTimeField(allow_null=True)


class QualificationList(Serializer[Values]):
    results = Qualification(many=True)


class Test(Serializer[Values]):
    batch = CharField()
    qualification = CharField()
    role = ChoiceField(choices=TESTS)
    questions = IntegerField()
    pass_mark = FloatField()
    time_limit_seconds = IntegerField(allow_null=True)
    attempts = IntegerField()
    retry_after_hours = IntegerField()
    shows_answers = BooleanField()


class Holder(Serializer[Values]):
    worker = CharField(help_text="wrk_…")
    score = FloatField(allow_null=True, help_text="Null: granted by hand.")
    granted_at = DateTimeField()
    expires_at = DateTimeField(allow_null=True)


HolderPage = page_of(Holder, "HolderPage")


class Granted(Serializer[Values]):
    granted = IntegerField()


class Held(Serializer[Values]):
    id = CharField()
    qualification = CharField()
    name = CharField()
    by = CharField()
    score = FloatField(allow_null=True)
    granted_at = DateTimeField()
    expires_at = DateTimeField(allow_null=True)
    state = ChoiceField(choices=["held", "ended", "revoked"])
    revoked_because = CharField(allow_blank=True)


class TestOffer(Test):
    name = CharField()
    by = CharField()
    seconds = IntegerField(help_text="What a whole attempt takes.")
    pays = Euros(help_text="For a whole attempt.")
    hourly_rate = Euros()
    places = IntegerField(help_text="Attempts that are paid for already.")
    tries_left = IntegerField()
    attempt = CharField(allow_null=True, help_text="The one you are in the middle of.")
    opens = ListField(child=CharField(), help_text="Open batches that ask for it.")
    refused = Refused(allow_null=True, help_text="Why you can't begin just now.")


class OwnQualifications(Serializer[Values]):
    awards = Held(many=True)
    tests = TestOffer(many=True)


class Attempt(Serializer[Values]):
    id = CharField()
    batch = CharField()
    qualification = CharField()
    questions = IntegerField()
    answered = IntegerField()
    started_at = DateTimeField()
    ends_at = DateTimeField(allow_null=True)
    finished_at = DateTimeField(allow_null=True)
    right = IntegerField(allow_null=True, help_text="Null until it is finished.")
    passed = BooleanField(allow_null=True)
    again_at = DateTimeField(allow_null=True, help_text="When you may try again.")
