"""The organisation's own forms: keep one, list, rename, delete, begin a batch with one; a form as a file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from marketplace.base.errors import Forbidden, Invalid, Refusal
from marketplace.base.views import current_membership, render, requester_page, signed_in
from tasks import access
from tasks.models import Batch, FormTemplate
from tasks.page_forms.fields import put_back
from tasks.services import batches, templates


class NameForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class JsonForm(forms.Form):
    """A file or pasted text; what is wrong is said below the text, which stays as it is."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("A file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or the text of one"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 16, "spellcheck": "false", "autocapitalize": "none", "dir": "ltr"}
        ),
    )


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The templates of the organisation."""
    return _index(request)


def _index(
    request: HttpRequest, renamed: FormTemplate | None = None, form: NameForm | None = None, status: int = 200
) -> HttpResponse:
    membership = current_membership(request)
    rows = [
        {
            "template": each,
            "form": form
            if renamed and form and each.pk == renamed.pk
            else NameForm({"name": each.name}, auto_id=f"id_{each.public_id}_%s"),
            "open": bool(renamed and each.pk == renamed.pk),
        }
        for each in templates.of(membership.organisation)
    ]
    context = {"rows": rows, "may_edit": membership.may("edit"), "organisation": membership.organisation}
    return render(request, "tasks/requester/templates.html", context, status)


@signed_in
@require_POST
def keep(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keep the form of a batch."""
    found = access.batch(request.user, public_id, "edit")
    form = NameForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            template = templates.keep(batch=found, actor=request.user, name=form.cleaned_data["name"])
        except Refusal as refusal:
            put_back(form, refusal)
            status = refusal.status
        else:
            words = _("Kept as “%(name)s”. You find it whenever you begin a batch.")
            messages.success(request, words % {"name": template.name})
            return redirect("batch-what" if found.state == Batch.State.DRAFT else "batch", found.public_id)
    return render(request, "tasks/requester/templates_keep.html", {"batch": found, "form": form}, status)


@signed_in
@require_POST
def rename(request: HttpRequest, public_id: str) -> HttpResponse:
    """Another name."""
    found = access.template(request.user, public_id, "edit")
    form = NameForm(request.POST, auto_id=f"id_{public_id}_%s")
    if form.is_valid():
        try:
            templates.rename(template=found, actor=request.user, name=form.cleaned_data["name"])
        except Invalid as refusal:
            put_back(form, refusal)
        else:
            messages.success(request, _("Renamed."))
            return redirect("templates")
    return _index(request, found, form, 400)


@signed_in
@require_POST
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Forget it."""
    templates.delete(template=access.template(request.user, public_id, "edit"), actor=request.user)
    messages.success(request, _("The template is gone. Batches that began with it stay as they are."))
    return redirect("templates")


@signed_in
@require_POST
def start(request: HttpRequest, public_id: str) -> HttpResponse:
    """Begin a batch with it."""
    found = access.template(request.user, public_id, "edit")
    batch = templates.start(template=found, actor=request.user)
    return redirect("batch-what", batch.public_id)


@signed_in
@require_safe
def template_json(request: HttpRequest, public_id: str) -> HttpResponse:
    """The template as a file."""
    return _file(access.template(request.user, public_id))


@signed_in
@require_safe
def batch_json(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form of a batch as a file."""
    return _file(access.batch(request.user, public_id))


def _file(source: Batch | FormTemplate) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="form-{source.public_id}.json"'}
    return HttpResponse(templates.as_json(source), "application/json; charset=utf-8", headers=headers)


@requester_page
def from_json(request: HttpRequest) -> HttpResponse:
    """Begin a batch with a form from a file, or from pasted text."""
    membership = current_membership(request)
    if not membership.may("edit"):
        raise Forbidden
    if request.method != "POST":
        return _import_page(request, JsonForm())
    text, problems = _sent(request), {}
    try:
        values = templates.read(text)
    except Invalid as refusal:
        problems = refusal.fields
    if problems:
        form = JsonForm({"text": text[: templates.MOST_BYTES]})
        form.is_valid()
        return _import_page(request, form, problems, 400)
    batch = batches.create_draft(organisation=membership.organisation, actor=membership.user, **values)
    messages.success(request, _("The form is in. Look at it, then add your data."))
    return redirect("batch-what", batch.public_id)


def _sent(request: HttpRequest) -> str:
    """The text of the file where one was sent, else what was pasted; bytes that are no UTF-8 show as such."""
    upload = request.FILES.get("file")
    if upload is None:
        return str(request.POST.get("text", ""))
    return str(upload.read(templates.MOST_BYTES + 1).decode("utf-8-sig", "replace"))


def _import_page(
    request: HttpRequest, form: JsonForm, problems: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    lines = [
        ("id_text", str(line) if place == "text" else f"{place}: {line}")
        for place, found in sorted((problems or {}).items())
        for line in found
    ]
    return render(request, "tasks/requester/templates_import.html", {"form": form, "lines": lines}, status)
