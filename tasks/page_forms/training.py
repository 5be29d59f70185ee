"""A training path as those who run a centre, or moderators, write it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base.models import User
from tasks.selectors import qualifications
from workers.models import Centre, TrainingPath
from workers.services import training


class PathForm(forms.Form):
    """A training path: words, and its steps in order. `step_1` … are as many as there may be."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write a title.")},
    )
    description = forms.CharField(
        label=gettext_lazy("What does one learn?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say what one learns here, in a few sentences.")},
    )
    opens = forms.CharField(
        label=gettext_lazy("What can one do afterwards?"),
        help_text=gettext_lazy("Which work it opens, for instance."),
        max_length=400,
        required=False,
    )

    def __init__(self, *args: Any, steps: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("no further step")), *qualifications.teachable()]
        for place in range(1, min(max(steps + 3, 5), training.MOST_STEPS) + 1):
            self.fields[f"step_{place}"] = forms.ChoiceField(
                label=_("Step %(n)s") % {"n": place}, choices=choices, required=False
            )

    def step_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("step_")]

    def steps(self) -> list[str]:
        """The chosen qualifications, in order, without gaps."""
        names = [name for name in self.fields if name.startswith("step_")]
        return [self.cleaned_data[name] for name in names if self.cleaned_data.get(name)]

    def save(self, *, actor: User, centre: Centre | None, path: TrainingPath | None) -> TrainingPath:
        """Raises what `training.save` raises."""
        said = {name: self.cleaned_data[name] for name in ("title", "description", "opens")}
        return training.save(actor=actor, centre=centre, path=path, qualifications=self.steps(), **said)


def of(path: TrainingPath | None, data: Any = None) -> PathForm:
    """The form of a path (None: of a new one), with what was sent."""
    if path is None:
        return PathForm(data)
    steps = list(path.steps.select_related("qualification"))
    initial = {"title": path.title, "description": path.description, "opens": path.opens}
    initial |= {f"step_{step.position}": step.qualification.public_id for step in steps}
    return PathForm(data, initial=initial, steps=len(steps))
