"""Refusals: one class for each reason why the house says no.

`code` is stable and is what programs read; `detail` is the sentence a person reads, translated, and says
what to do next; `status` is the HTTP status every face answers with. Named values for the sentence go in
as keyword arguments and come back in `params`.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Something was asked for that the rules do not allow."""

    code = "refused"
    detail: Any = _("This can't be done.")
    status = 409

    def __init__(
        self, detail: Any = None, *, fields: dict[str, list[Any]] | None = None, **params: Any
    ) -> None:
        super().__init__(self.code)
        self.params = params
        self.fields = fields or {}
        if detail is not None:
            self.detail = detail

    @property
    def message(self) -> str:
        """The sentence in the active language, with its values filled in."""
        text = str(self.detail)
        return text % self.params if self.params else text

    def __str__(self) -> str:
        return self.message


class NotFound(Refusal):
    """Missing and forbidden look alike: neither tells a stranger what exists."""

    code = "not_found"
    detail = _("There is nothing here, or it is not yours.")
    status = 404


class Forbidden(Refusal):
    """The person may see the thing but not do this to it."""

    code = "forbidden"
    detail = _("Your role does not allow this. Ask an owner of the organisation.")
    status = 403


class Invalid(Refusal):
    """What was sent can't be read; `fields` says where."""

    code = "invalid"
    detail = _("Some of what you sent can't be used. Look at the marked fields.")
    status = 400


class Lost(Refusal):
    """A compare-and-swap touched no row: somebody else moved the thing first."""

    code = "state_changed"
    detail = _("This changed while you were looking at it. Reload the page and look again.")


class SwitchedOff(Refusal):
    """An administrator has switched this part of the market off for a while."""

    code = "switched_off"
    detail = _("This is switched off for a short while. Nothing is lost; please come back later.")
    status = 503
