"""Fields that take what their name says and nothing that merely looks like it: no "5" for 5, no 1 for true."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.base import countries, money

AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
# A JSON number wider than this is not a number of anything here; it also keeps conversions cheap.
GREATEST = 2**31 - 1


class Text(serializers.CharField):
    """A JSON string."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Chosen(serializers.ChoiceField):
    """A JSON string out of a few."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A JSON number without a fraction (1.0 is one); bounded, so that no column overflows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": GREATEST, **options})

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != data // 1:
            self.fail("invalid")
        return int(data)


class Share(serializers.FloatField):
    """A JSON number from 0 to 1, such as 0.95."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 1, **options})

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return float(data)


class Flag(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,6})?$", "example": "0.10"})
class Amount(serializers.Field):
    """Euros as a decimal string, such as "0.10"; micros inside. A JSON number is refused: it may be a float."""

    default_error_messages = {
        "invalid": _('Write the amount in euros as a string, such as "0.10", with at most six decimals.')
    }

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or not AMOUNT.fullmatch(data):
            self.fail("invalid")
        try:
            return money.parse_plain(data)
        except money.BadAmount:
            self.fail("invalid")


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Anything(serializers.Field):
    """A JSON object whose inside somebody else checks: a form, an answer."""

    default_error_messages = {"invalid": _("Send a JSON object.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return dict(data)


class Country(Text):
    """An ISO 3166-1 code of two capital letters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=2, max_length=2, **options)

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if not countries.is_country(code):
            raise serializers.ValidationError(_("Use the two capital letters of a country, such as FR."))
        return code
