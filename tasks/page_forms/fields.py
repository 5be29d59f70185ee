"""Fields that several pages share, and how a refusal of a service comes back into a form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from marketplace.base import formats, money
from marketplace.base.errors import Refusal


class LaterField(forms.Field):
    """May be left empty for now, without the page calling it optional. Its form sets `use_required_attribute` off."""

    def validate(self, value: Any) -> None:
        """Raises ValidationError for what stands there, never for what does not."""
        if value not in self.empty_values:
            super().validate(value)


class LaterText(LaterField, forms.CharField):
    pass


class LaterNumber(LaterField, forms.IntegerField):
    pass


class LaterChoice(LaterField, forms.ChoiceField):
    pass


class EuroField(forms.CharField):
    """An amount as a person types it ("0,12", "1 500.00"); the value is micros."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20})
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        """Micros, or None for an empty box. Raises ValidationError for what is no amount."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return money.parse_eur(text)
        except money.BadAmount as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from None

    def prepare_value(self, value: Any) -> Any:
        """Micros with the decimal sign of the language, so that they can be read back; what was typed stays."""
        if isinstance(value, int):
            sign = formats.locale().number_symbols.get("latn", {}).get("decimal", ".")
            text = money.to_string(value)
            if text[-4:-3] == ".":  # with three decimals it could be read as thousands
                text += "0"
            return text.replace(".", sign) if value else ""
        return value


class LaterEuro(LaterField, EuroField):
    pass


def tried(form: forms.Form, act: Callable[[dict[str, Any]], object], **renamed: str) -> int:
    """Do `act` with what was typed. The status of the page: 200 where it is done, 400 where it can't be read.

    What `act` refuses is put back into the form, as `put_back` does, with the status of the refusal.
    """
    if not form.is_valid():
        return 400
    try:
        act(form.cleaned_data)
    except Refusal as refusal:
        put_back(form, refusal, **renamed)
        return refusal.status
    return 200


def put_back(form: forms.Form, refusal: Refusal, **renamed: str) -> None:
    """Show a refusal in the form that caused it: at its fields where it names them, else on top.

    `renamed` gives the form's field for a name of the service, where they differ. The form must be bound.
    """
    form.is_valid()
    for name, messages in refusal.fields.items():
        field = renamed.get(name, name)
        for message in messages:
            form.add_error(field if field in form.fields else None, str(message))
    if not refusal.fields:
        form.add_error(None, refusal.message)
