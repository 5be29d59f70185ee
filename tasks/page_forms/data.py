"""What is typed in step 2: a file, and which of its columns is which."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _

from tasks.models import Import

MOST_PASTED = 1_000_000  # characters; more is a file


class UploadForm(forms.Form):
    """A file of rows, or the rows themselves as text; what is in them is judged by the import."""

    file = forms.FileField(
        label=_("File with one row for each task"),
        help_text=_("CSV, XLSX, or JSON with one object a line. The first row names the columns."),
        allow_empty_file=True,  # the import says it better
        required=False,
        max_length=500,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.json"}),
    )
    rows = forms.CharField(
        label=_("Or paste the rows"),
        help_text=_(
            "As you copy them from a spreadsheet, with the names of the columns first; CSV or JSON lines too."
        ),
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "dir": "auto"}),
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("file", "rows"):  # one of them is needed, so that neither is called optional
            self.fields[name].either = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = dict(super().clean() or {})
        file, rows = found.get("file"), found.get("rows", "").strip()
        if file and rows:
            self.add_error("rows", _("There is a file too. Send one or the other."))
        elif not file and not rows and not self.errors:
            self.add_error("file", _("Choose a file, or paste the rows below."))
        return found

    def upload(self) -> File:  # type: ignore[type-arg]
        """What was sent, as a file, after `is_valid`."""
        return self.cleaned_data["file"] or ContentFile(
            self.cleaned_data["rows"].encode(), name=str(_("pasted rows"))
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
