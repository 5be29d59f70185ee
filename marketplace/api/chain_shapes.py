"""Chains over REST: what may be sent, and what comes back."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers as rest
from rest_framework.serializers import (
    CharField,
    DateTimeField,
    FloatField,
    IntegerField,
    JSONField,
    Serializer,
)

from tasks.models import Chain

from . import shapes
from .fields import Anything, Chosen, Share, Text

Values = dict[str, Any]


class NewChain(Serializer[Values]):
    target = Text(help_text="A draft of yours that gets no results yet.")
    mapping = Anything(
        required=False,
        help_text="{column of the target: column of this batch's results}; without it, equal names are matched.",
    )
    when = Chosen(
        choices=Chain.When.choices, required=False, help_text="Which results go on; all, when it is left out."
    )
    below = Share(required=False, help_text="For `unsure`: the lowest confidence of a result is under it.")
    field = Text(required=False, max_length=40, help_text="For `value`: the name of a question.")  # type: ignore[assignment]
    value = Text(required=False, max_length=200, help_text="For `value`: what the result says.")

    def validate_mapping(self, sent: Any) -> dict[str, str]:
        pairs = sent.items() if isinstance(sent, dict) else [(None, None)]
        if not all(isinstance(name, str) and isinstance(column, str) for name, column in pairs):
            raise rest.ValidationError(_("Send an object with the name of a column for each column."))
        return dict(sent)


class ChainOf(Serializer[Values]):
    id = CharField()
    source = CharField(help_text="The batch whose results go on.")  # type: ignore[assignment]
    target = CharField(help_text="The batch that gets them as rows.")
    mapping = JSONField()
    when = CharField()
    below = FloatField(allow_null=True)
    field = CharField()  # type: ignore[assignment]
    value = CharField()
    gone_on = IntegerField(help_text="Results that became rows.")
    left_out = IntegerField(help_text="By the rule, by the form of the target, or by hand.")
    waiting = IntegerField(help_text="Rows that are not open yet.")
    waiting_price = shapes.Euros()
    created_at = DateTimeField()
    ended_at = DateTimeField(allow_null=True)


class Opened(Serializer[Values]):
    opened = IntegerField()
    waiting = IntegerField(help_text="Rows that are still not open.")
