"""What is typed to pass results on: to which batch, which column from which, and which results."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import kinds
from tasks.forms import BadForm, compile_form
from tasks.models import Batch, Chain
from tasks.selectors import chains as selector
from tasks.services import chains

DRAFTS_SHOWN = 200
KIND = "kind:"  # before the key of a kind, where a public id of a draft could stand


class TargetForm(forms.Form):
    """Where the results go: a draft that is there, or a new one of a kind."""

    to = forms.ChoiceField(
        label=gettext_lazy("Who gets the results?"),
        error_messages={
            "required": gettext_lazy("Choose a draft, or what the new one should be."),
            "invalid_choice": gettext_lazy(
                "Choose one of the list: a draft that gets no results yet, or a kind."
            ),
        },
    )

    def __init__(self, *args: Any, source: Batch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drafts = [
            (each.public_id, each.title or _("Draft without a title"))
            for each in selector.drafts(source)[:DRAFTS_SHOWN]
        ]
        shown = [each for each in kinds.all_kinds() if compile_form(each.form()).columns]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose…")),
            *([(_("Your drafts"), drafts)] if drafts else []),
            (_("A new draft"), [(KIND + each.key, str(each.title)) for each in shown]),
        ]


class ChainForm(forms.Form):
    """Which column of the target is filled by which of the results, and which results go on."""

    use_required_attribute = False

    when = forms.ChoiceField(
        label=gettext_lazy("Which results go on?"),
        choices=Chain.When.choices,
        initial=Chain.When.ALWAYS,
        widget=forms.RadioSelect,
    )
    below_percent = forms.IntegerField(
        label=gettext_lazy("Under this confidence"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=gettext_lazy(
            "Only for results under a confidence: 90 passes on what is less than 90 % sure."
        ),
    )
    field = forms.ChoiceField(
        label=gettext_lazy("Question"),
        required=False,
        help_text=gettext_lazy("Only for results with one answer, with the answer beside it."),
    )
    value = forms.CharField(
        label=gettext_lazy("Answer"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("As it stands in the results file."),
    )

    def __init__(self, *args: Any, source: Batch, target: Batch, **kwargs: Any) -> None:
        """`target` need not be saved."""
        super().__init__(*args, **kwargs)
        self.needed = chains.needed(target)
        offered, suggested = chains.offered(source), chains.suggested(source, target)
        for number, column in enumerate(self.needed):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=column,
                choices=[("", _("Choose…")), *((name, name) for name in offered)],
                initial=suggested.get(column, ""),
                error_messages={"required": _("The form shows this column. Choose what fills it.")},
            )
        rest = [name for name in offered if name not in self.needed]
        if rest:
            self.fields["also"] = forms.MultipleChoiceField(
                label=_("Bring along"),
                required=False,
                choices=[(name, name) for name in rest],
                initial=[name for name in source.columns if name in rest and name not in suggested.values()],
                widget=forms.CheckboxSelectMultiple,
                help_text=_("The form doesn't show these; they come back with the results."),
            )
        self.fields["field"].choices = [("", _("Choose…")), *_questions(source)]  # type: ignore[attr-defined]

    @property
    def column_fields(self) -> list[Any]:
        return [self[f"column-{number}"] for number in range(len(self.needed))]

    @property
    def names(self) -> dict[str, str]:
        """The field of this form for each name that a refusal may give."""
        places = {f"mapping.{column}": f"column-{number}" for number, column in enumerate(self.needed)}
        return {**places, "below": "below_percent"}

    def values(self) -> dict[str, Any]:
        """What `chains.make` takes of it."""
        typed = self.cleaned_data
        mapping = {name: name for name in typed.get("also", [])}
        mapping |= {column: typed.get(f"column-{number}", "") for number, column in enumerate(self.needed)}
        when, below = typed["when"], typed.get("below_percent")
        return {
            "mapping": mapping,
            "when": when,
            "below": below / 100 if below is not None and when == Chain.When.UNSURE else None,
            "field": typed.get("field", "") if when == Chain.When.VALUE else "",
            "value": typed.get("value", "") if when == Chain.When.VALUE else "",
        }


def _questions(source: Batch) -> list[tuple[str, str]]:
    try:
        return [(widget.name, widget.label or widget.name) for widget in compile_form(source.form).fields]
    except BadForm:
        return []
