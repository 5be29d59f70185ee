"""What is typed in step 2: a file, and which of its columns is which."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.models import Import


class UploadForm(forms.Form):
    """A file of rows; what is in it is judged by the import."""

    file = forms.FileField(
        label=_("File with one row for each task"),
        help_text=_("CSV, XLSX, or JSON with one object a line. The first row names the columns."),
        allow_empty_file=True,  # the import says it better
        max_length=500,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.json"}),
    )
    bad_rows = forms.ChoiceField(
        label=_("Rows that can't be used"),
        choices=[
            (Import.BadRows.STOP, _("Show them to me first")),
            (Import.BadRows.SKIP, _("Leave them out and go on")),
        ],
        initial=Import.BadRows.STOP,
        widget=forms.RadioSelect,
    )


class MappingForm(forms.Form):
    """For each column that the form needs, the column of the file that holds it. Field names are `column-<n>`."""

    def __init__(
        self, data: Any, *, needed: Sequence[str], headers: Sequence[str], mapping: Mapping[str, str]
    ) -> None:
        super().__init__(data)
        self.needed = list(needed)
        choices = [("", _("choose…")), *((header, header) for header in headers)]
        for number, column in enumerate(self.needed):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=column, choices=choices, required=True, initial=mapping.get(column, "")
            )

    def mapping(self) -> dict[str, str]:
        """{column of the form: header of the file}, after `is_valid`."""
        return {
            column: self.cleaned_data.get(f"column-{number}", "") for number, column in enumerate(self.needed)
        }

    def names(self) -> dict[str, str]:
        """{column of the form: its field}, for the problems that the import finds."""
        return {column: f"column-{number}" for number, column in enumerate(self.needed)}
