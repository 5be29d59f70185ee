"""What is typed about check questions: why an answer is right, how far off it may be, a file of them, a decision."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.forms import Form
from tasks.known import numeric_fields
from tasks.models import Gold, GoldContest, Import
from tasks.services.gold_questions import MOST_WORDS, judged


class WhyForm(forms.Form):
    """What stands beside the right answers: why, the fields that count, and for numbers how far off is near enough."""

    use_required_attribute = False

    explanation = forms.CharField(
        label=gettext_lazy("Why is this right?"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "In plain words. Who answered it reads this afterwards, and learns from it; nobody sees it before."
        ),
        error_messages={
            "required": gettext_lazy("Say why, in plain words: whoever gets it wrong learns from it.")
        },
    )

    def __init__(self, *args: Any, form: Form, choose: bool = True, **kwargs: Any) -> None:
        """`choose` asks which of several questions count."""
        super().__init__(*args, **kwargs)
        labels = {widget.name: widget.label for widget in judged(form)}
        self.tolerances = [name for name in numeric_fields(form) if name in labels]
        for name in self.tolerances:
            self.fields[f"tolerance-{name}"] = forms.CharField(
                label=_("How far off may “%(question)s” be?") % {"question": labels[name]},
                required=False,
                max_length=40,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                help_text=_("Leave it empty where only the very number is right."),
            )
        if choose and len(labels) > 1:
            self.fields["counts"] = forms.MultipleChoiceField(
                label=_("Which questions count?"),
                choices=list(labels.items()),
                initial=list(labels),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Only these are compared; what people answer to the others is not judged."),
            )

    @classmethod
    def of(cls, known: Gold, form: Form) -> "WhyForm":
        tolerances = {f"tolerance-{name}": value for name, value in known.tolerance.items()}
        return cls(form=form, choose=False, initial={"explanation": known.explanation, **tolerances})

    def tolerance(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(f"tolerance-{name}", "") for name in self.tolerances}

    def counting(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The part of a typed answer that counts."""
        if "counts" not in self.fields:
            return dict(answer)
        return {name: value for name, value in answer.items() if name in self.cleaned_data.get("counts", [])}


class GoldFileForm(forms.Form):
    """A file of questions with known answers."""

    file = forms.FileField(
        label=gettext_lazy("File of check questions"),
        help_text=gettext_lazy("CSV, XLSX, or JSON with one object a line."),
        allow_empty_file=True,  # the reader says it better
        max_length=500,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.json"}),
    )
    bad_rows = forms.ChoiceField(
        label=gettext_lazy("Rows that can't be used"),
        choices=[
            (Import.BadRows.STOP, gettext_lazy("Show them to me first")),
            (Import.BadRows.SKIP, gettext_lazy("Leave them out and go on")),
        ],
        initial=Import.BadRows.STOP,
        widget=forms.RadioSelect,
    )


class FairForm(forms.Form):
    """The requester's answer to a worker who says that a check question was unfair."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided?"),
        choices=[
            (GoldContest.Outcome.RIGHT_TOO, gettext_lazy("This answer is right too")),
            (GoldContest.Outcome.SET_ASIDE, gettext_lazy("Set the question aside")),
            (GoldContest.Outcome.KEPT, gettext_lazy("Keep the question as it is")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the three.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The worker reads it, word for word."),
        error_messages={"required": gettext_lazy("Write the reason; the worker will read it.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choice_hints = {  # type: ignore[attr-defined]
            GoldContest.Outcome.RIGHT_TOO: _("It is added to the right answers, for everybody who gave it."),
            GoldContest.Outcome.SET_ASIDE: _("Nobody is asked it any more, and it counts for nobody."),
            GoldContest.Outcome.KEPT: _("It counts as before. The worker can ask a moderator about a pause."),
        }
