"""What is typed in the four steps of a new batch."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.base import countries
from tasks.models import Batch

from .fields import EuroField, LaterEuro, LaterNumber, LaterText

SURE = 0.95  # what a result is asked to reach when nobody says anything else


class TextsForm(forms.Form):
    """Step 1, the words around the form. A draft may be unfinished."""

    use_required_attribute = False

    title = LaterText(
        label=_("Title"),
        max_length=120,
        help_text=_("What to do, as people read it on the board: “Is it the same product?”"),
    )
    purpose = LaterText(
        label=_("What the answers are for"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Everybody who works for you sees this. People have a right to know what they work for."),
    )
    instructions = LaterText(
        label=_("Instructions"),
        max_length=settings.INSTRUCTIONS_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_(
            "Markdown: ## for a heading, - for a list, **bold**. Write {{column}} to show a value of the row. "
            "Say what to do when something is unclear."
        ),
    )

    @classmethod
    def of(cls, batch: Batch) -> "TextsForm":
        return cls(initial={name: getattr(batch, name) for name in ("title", "purpose", "instructions")})


class PriceForm(forms.Form):
    """Step 3: price, time, how many people, where."""

    use_required_attribute = False

    reward = LaterEuro(label=_("Reward for one answer"))
    estimated_seconds = LaterNumber(label=_("Time one task takes"), min_value=1, max_value=86_400)
    overlap = forms.IntegerField(
        label=_("Different people for each task"),
        min_value=1,
        max_value=100,
        help_text=_("With three, two can outvote a slip; with one, you see every answer once."),
    )
    overlap_most = forms.IntegerField(
        label=_("At most, where they disagree"),
        required=False,
        min_value=2,
        max_value=100,
        help_text=_("A task that is not sure asks one more person, up to so many. Empty: never more."),
    )
    confidence_percent = LaterNumber(
        label=_("Until a result is this sure"),
        min_value=50,
        max_value=99,
        help_text=_(
            "How likely it is that the result is right, worked out from who said what. "
            "What is not needed of the money goes back to you."
        ),
    )
    gold_rate = forms.DecimalField(
        label=_("Check questions among all tasks"),
        required=False,
        min_value=0,
        max_value=50,
        decimal_places=1,
        help_text=_(
            "Questions whose answer you know, mixed in by chance and paid like any other. Often 5 to 10 %; 0 for none."
        ),
    )
    gold_pass = forms.IntegerField(
        label=_("Of these a person should get right"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_(
            "Who is clearly under it takes a break from this batch. It never touches the pay of what they did."
        ),
    )
    time_limit_minutes = forms.IntegerField(
        label=_("Time limit"),
        min_value=1,
        max_value=7 * 24 * 60,
        help_text=_(
            "How long a person may keep a task. At least three times what it takes: nobody should hurry."
        ),
    )
    where = forms.ChoiceField(
        label=_("Where people live"),
        widget=forms.RadioSelect,
        choices=[
            ("all", _("Wherever the price meets the floor")),
            ("some", _("Only in the countries I choose")),
        ],
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["countries"].choices = countries.choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("where") == "some" and not cleaned.get("countries") and "countries" not in self.errors:
            self.add_error("countries", _("Choose at least one country, or let the price decide."))
        return cleaned

    @classmethod
    def of(cls, batch: Batch) -> "PriceForm":
        return cls(
            initial={
                "reward": batch.reward_micros or None,
                "estimated_seconds": batch.estimated_seconds or None,
                "overlap": batch.overlap,
                "overlap_most": batch.overlap_most,
                "confidence_percent": round(100 * (batch.confidence or SURE)),
                "gold_rate": f"{100 * batch.gold_rate:.1f}".removesuffix(".0"),
                "gold_pass": round(100 * batch.gold_pass),
                "time_limit_minutes": max(1, round(batch.time_limit_seconds / 60)),
                "where": "some" if batch.countries else "all",
                "countries": batch.countries or [],
            }
        )

    def changes(self) -> dict[str, Any]:
        """The values that could be read, as `batches.update_draft` takes them."""
        read = self.cleaned_data
        found: dict[str, Any] = {}
        if read.get("reward") is not None:
            found["reward_micros"] = read["reward"]
        for name in ("estimated_seconds", "overlap"):
            if read.get(name):
                found[name] = read[name]
        if "overlap_most" in read:
            found["overlap_most"] = read["overlap_most"]
            sure = (read.get("confidence_percent") or 100 * SURE) / 100
            found["confidence"] = sure if read["overlap_most"] else None
        if "gold_rate" in self.data and "gold_rate" in read:
            found["gold_rate"] = float(read["gold_rate"] or 0) / 100
        if read.get("gold_pass"):
            found["gold_pass"] = read["gold_pass"] / 100
        if read.get("time_limit_minutes"):
            found["time_limit_seconds"] = read["time_limit_minutes"] * 60
        if read.get("where") == "all":
            found["countries"] = None
        elif read.get("countries"):
            found["countries"] = sorted(read["countries"])
        return found


class RaiseForm(forms.Form):
    """A higher reward for the answers still open."""

    reward = EuroField(label=_("New reward for one answer"))
