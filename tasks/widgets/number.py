from collections.abc import Hashable, Sequence
from decimal import Decimal, localcontext
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import formats
from tasks import consensus
from tasks.consensus import Consensus

from . import decimals
from .base import Drawing, Widget
from .settings import Setting, Wrong

MOST_PLACES = 9
MOST_NOTCHES = 1000  # of a slider: more than a finger can tell apart
NEAR = Decimal(
    "0.05"
)  # of the range: two ratings this close count as agreeing, unless the form says otherwise


class Number(Widget):
    """A number, exact. The answer is its decimal string: "12", "-0.5"."""

    key = "number"
    family = "write"
    title = gettext_lazy("Number")
    scripts = ("js/widgets/number.js",)
    styles = ("css/widgets/number.css",)
    settings = (
        Setting("min", "decimal", gettext_lazy("Least")),
        Setting("max", "decimal", gettext_lazy("Most")),
        Setting("decimals", "count", gettext_lazy("Decimals"), most=MOST_PLACES,
                help=gettext_lazy("0 for whole numbers. Empty: any.")),
        Setting("step", "decimal", gettext_lazy("Step"), help=gettext_lazy("Such as 0.5: counted from the least.")),
        Setting("unit", "text", gettext_lazy("Unit"), most=20, default=""),
        Setting("slider", "flag", gettext_lazy("With a slider"), default=False,
                help=gettext_lazy("Needs a least and a most; the number can be typed too.")),
        Setting("tolerance", "decimal", gettext_lazy("Close enough"),
                help=gettext_lazy("Answers this near to each other agree. Empty: a twentieth of the range.")),
    )  # fmt: skip

    def check(self) -> Sequence[tuple[str, Any]]:
        least, most, step, near = (self._bound(name) for name in ("min", "max", "step", "tolerance"))
        found = []
        if least is not None and most is not None and least >= most:
            found.append(("max", _("The most must be more than the least.")))
        if step is not None and step <= 0:
            found.append(("step", _("The step must be more than 0.")))
        if near is not None and near < 0:
            found.append(("tolerance", _("This can't be less than 0.")))
        if self.options["slider"]:
            found += self._check_slider(least, most)
        return found

    def _check_slider(self, least: Decimal | None, most: Decimal | None) -> list[tuple[str, Any]]:
        if least is None or most is None:
            return [("slider", _("A slider needs a least and a most."))]
        if (most - least) / self._notch() > MOST_NOTCHES:
            return [
                (
                    "slider",
                    _("A slider has %(most)s places at most: take larger steps.") % {"most": MOST_NOTCHES},
                )
            ]
        return []

    def _notch(self) -> Decimal:
        """From one place of the slider to the next."""
        step = self._bound("step")
        return step if step and step > 0 else Decimal(1).scaleb(-(self.options["decimals"] or 0))

    def _bound(self, name: str) -> Decimal | None:
        text = self.options[name]
        return None if text is None else Decimal(text)

    @property
    def places(self) -> int:
        """The most decimals an answer may have."""
        decimals_set, step = self.options["decimals"], self._bound("step")
        if decimals_set is not None:
            return int(decimals_set)
        if step is None:
            return MOST_PLACES
        return max(decimals.places(step), decimals.places(self._bound("min") or Decimal(0)))

    @property
    def tolerance(self) -> Decimal:
        chosen, least, most = (self._bound(name) for name in ("tolerance", "min", "max"))
        if chosen is not None:
            return chosen
        return (most - least) * NEAR if least is not None and most is not None else Decimal(0)

    def clean(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, str) and self.options["unit"]:
            value = value.strip().removesuffix(self.options["unit"])
        try:
            number = decimals.read(value)
        except ValueError:
            raise Wrong(_("Write a number, such as 12 or 1.5.")) from None
        self._check_range(number)
        return decimals.write(number)

    def _check_range(self, number: Decimal) -> None:
        least, most, step = (self._bound(name) for name in ("min", "max", "step"))
        if least is not None and number < least:
            raise Wrong(_("The least is %(least)s.") % {"least": self.options["min"]})
        if most is not None and number > most:
            raise Wrong(_("The most is %(most)s.") % {"most": self.options["max"]})
        if decimals.places(number) > self.places:
            if self.places == 0:
                raise Wrong(_("Write a whole number."))
            raise Wrong(_("Write at most %(places)s decimals.") % {"places": self.places})
        if step is not None and not _is_on(number, least or Decimal(0), step):
            raise Wrong(_("Go in steps of %(step)s.") % {"step": self.options["step"]})

    def missing(self) -> str:
        return _("Write a number here.")

    def schema(self) -> dict[str, Any]:
        """A decimal string; a JSON number is read too."""
        return {"anyOf": [{"type": "string", "maxLength": decimals.LONGEST}, {"type": "number"}]}

    def same_as(self, value: Any) -> Hashable:
        return Decimal(value)

    def agree(self, one: Any, other: Any) -> float:
        return float(abs(Decimal(one) - Decimal(other)) <= self.tolerance)

    def consensus(self, values: Sequence[Any]) -> Consensus:
        """The median, which is itself an answer the form allows: on a step, with no more decimals than asked."""
        quantum, start = self._bound("step"), self._bound("min") or Decimal(0)
        if quantum is None and self.options["decimals"] is not None:
            quantum, start = Decimal(1).scaleb(-self.places), Decimal(0)
        above = [Decimal(value) - start for value in values]
        found = consensus.median(above, tolerance=self.tolerance, quantum=quantum)
        return Consensus(decimals.write(found.value + start), found.confidence)

    def literals(self, value: Any) -> list[str]:
        return ["null" if value is None else str(value)]  # a decimal string is a JSON number as it stands

    def as_text(self, value: Any) -> str:
        return f"{value} {self.options['unit']}".strip() if value is not None else ""

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {
                "label": _("How heavy is it?"), "min": "0", "max": "20", "step": "0.5", "unit": "kg", "slider": True,
                "required": True,
            },
            "answer": "7.5",
            "wrong": "7.3",
        }  # fmt: skip

    def _about(self) -> str:
        """Unit, range and steps, as a person reads them."""
        least, most, step = (_said(self.options[name]) for name in ("min", "max", "step"))
        said = []
        if self.options["unit"]:
            said.append(_("Unit: %(unit)s.") % {"unit": self.options["unit"]})
        if least and most:
            said.append(_("From %(least)s to %(most)s.") % {"least": least, "most": most})
        elif least or most:
            said.append((_("%(n)s or more.") if least else _("%(n)s or less.")) % {"n": least or most})
        if step:
            said.append(_("In steps of %(step)s.") % {"step": step})
        elif self.options["decimals"] is not None:
            places = self.options["decimals"]
            said.append(
                _("Whole numbers.") if not places else _("Decimals: %(places)s at most.") % {"places": places}
            )
        return " ".join(said)

    def input(self, drawing: Drawing) -> SafeString:
        """A text box with a keyboard of figures: type=number loses "1,5" in half of the browsers."""
        about = self._about()
        box = self._box(drawing, [drawing.id + "-about"] if about else [])
        if self.options["unit"]:
            box = format_html('<div class="with-unit">{}<span>{}</span></div>', box, self.options["unit"])
        if about:
            box = format_html('<p class="hint" id="{}-about">{}</p>{}', drawing.id, about, box)
        if not self.options["slider"]:
            return box
        options = {
            "least": self.options["min"],
            "most": self.options["max"],
            "step": decimals.write(self._notch()),
            "sign": _said("."),
            "unit": self.options["unit"],
        }
        return format_html('<div class="widget widget-number" {}>{}</div>', self.hooks(options), box)

    def _box(self, drawing: Drawing, about: Sequence[str]) -> SafeString:
        signed = self._bound("min") is None or (self._bound("min") or 0) < 0
        mode = "text" if signed else "decimal" if self.places else "numeric"
        return format_html(
            '<input type="text" class="short" inputmode="{}" name="{}" id="{}" maxlength="{}" autocomplete="off"{}{}'
            ' value="{}">',
            mode,
            drawing.id,
            drawing.id,
            decimals.LONGEST,
            SafeString(" required") if self.required else "",
            self.described(drawing, *about),
            "" if drawing.value is None else drawing.value,
        )


def _is_on(number: Decimal, least: Decimal, step: Decimal) -> bool:
    """Whether the number is whole steps away from the least, exactly, however many figures they have."""
    with localcontext(prec=4 * decimals.LONGEST):
        return not (number - least) % step


def _said(number: str | None) -> str:
    """A number with the decimal sign of the reader's language."""
    sign = formats.locale().number_symbols.get("latn", {}).get("decimal", ".")
    return "" if number is None else number.replace(".", sign)
