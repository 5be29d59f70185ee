"""Forms that an organisation keeps, and forms as JSON: out of one market, into another (docs/adr/0029)."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit, clock
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.models import Organisation, User
from tasks import kinds
from tasks.forms import compile_form
from tasks.models import Batch, FormTemplate

from . import batches

MOST = 200  # templates of one organisation
MOST_BYTES = 1_000_000  # of a form as JSON; a form itself is bounded by `compile_form`
KEPT = ("kind", "title", "purpose", "instructions", "form", "estimated_seconds")
FORMAT, VERSION = "tessera-form", 1
_TEXTS = {"kind": 40, "title": 120, "purpose": 400, "instructions": settings.INSTRUCTIONS_MAX_CHARS}


class TooManyTemplates(Refusal):
    """As many templates as an organisation may keep."""

    code = "too_many_templates"
    detail = gettext_lazy("You keep %(most)s templates. Delete one that you no longer use.")


def of(organisation: Organisation) -> Any:
    """The templates of an organisation, by name."""
    return FormTemplate.objects.filter(organisation=organisation).order_by(Lower("name"))


@transaction.atomic
def keep(*, batch: Batch, actor: User, name: str) -> FormTemplate:
    """Keep a batch's form and words under `name`. Raises Invalid with `fields`, TooManyTemplates."""
    organisation = _locked(batch.organisation_id)
    name = _free(organisation, name)
    if of(organisation).count() >= MOST:
        raise TooManyTemplates(most=MOST)
    values = {field: getattr(batch, field) for field in KEPT}
    compile_form(values["form"])  # a draft may be without questions, a template not
    now = clock.now()
    template = FormTemplate.objects.create(
        organisation=organisation, name=name, created_by=actor, created_at=now, updated_at=now, **values
    )
    _record("keep", template, actor)
    return template


@transaction.atomic
def rename(*, template: FormTemplate, actor: User, name: str) -> FormTemplate:
    """Give a template another name. Raises Invalid with `fields`."""
    organisation = _locked(template.organisation_id)
    template.name = _free(organisation, name, besides=template)
    template.updated_at = clock.now()
    template.save(update_fields=["name", "updated_at"])
    _record("rename", template, actor)
    return template


@transaction.atomic
def delete(*, template: FormTemplate, actor: User) -> None:
    """Forget a template; batches that began from it stay as they are."""
    _record("delete", template, actor)
    template.delete()


def values(template: FormTemplate) -> dict[str, Any]:
    """What a draft takes from a template, for `batches.create_draft`."""
    return {field: getattr(template, field) for field in KEPT}


def start(*, template: FormTemplate, actor: User) -> Batch:
    """A new draft with the form and the words of a template. Raises Invalid when this version can't read its form."""
    return batches.create_draft(organisation=template.organisation, actor=actor, **values(template))


# --- JSON -----------------------------------------------------------------------------------------------------


def as_json(source: Batch | FormTemplate) -> str:
    """The form with its words, for a file; `read` takes it back."""
    whole = {"format": FORMAT, "version": VERSION, **{field: getattr(source, field) for field in KEPT}}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def read(text: str) -> dict[str, Any]:
    """The values of a draft in a form as JSON: what `as_json` wrote, or a bare {"show": …, "fields": …}.

    Raises Invalid with `fields`, every problem under its place, such as "form.fields[1].options" or "title".
    """
    if len(text.encode()) > MOST_BYTES:
        raise Invalid(
            fields={"text": [_("This is more than a form can be: %(n)s bytes at most.") % {"n": MOST_BYTES}]}
        )
    try:
        found = json.loads(text.removeprefix("\ufeff"))
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate can't be stored or shown
    except (ValueError, RecursionError) as error:
        raise Invalid(fields={"text": [_not_json(error)]}) from None
    if not isinstance(found, dict):
        raise Invalid(fields={"text": [_("A form is an object: it begins with { and ends with }.")]})
    bare = "form" not in found and found.keys() & {"show", "fields"}
    whole: dict[str, Any] = {"form": found} if bare else dict(found)
    fields: dict[str, list[Any]] = {}
    if whole.pop("format", FORMAT) != FORMAT or whole.pop("version", VERSION) != VERSION:
        fields["format"] = [_("This file is not a form that this version of Tessera can read.")]
    for name in whole.keys() - set(KEPT):
        fields[str(name)] = [_("There is no such entry in a form.")]
    fields |= _check_words(whole) | _check_form(whole.get("form"), "" if bare else "form.")
    if fields:
        raise Invalid(fields=fields)
    return {name: whole[name] for name in KEPT if name in whole}


def _not_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        place = {"line": error.lineno, "column": error.colno}
        return _("This is not JSON: it can't be read from line %(line)s, character %(column)s on.") % place
    return _("This is not JSON.")


def _check_words(whole: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What is wrong with everything but the form itself."""
    fields: dict[str, list[Any]] = {}
    for name, most in _TEXTS.items():
        word = whole.get(name, "")
        if not isinstance(word, str):
            fields[name] = [_("This must be a text.")]
        elif len(word) > most:
            fields[name] = [_("Keep it under %(most)s characters.") % {"most": most}]
        elif "\x00" in word:
            fields[name] = [_("There is a character in it that can't be shown.")]
    if whole.get("kind") and "kind" not in fields:
        try:
            kinds.get(whole["kind"])
        except Invalid as refusal:
            fields["kind"] = refusal.fields["kind"]
    seconds = whole.get("estimated_seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= 86_400:
        fields["estimated_seconds"] = [_("A microtask takes between 1 second and 24 hours.")]
    return fields


def _check_form(form: Any, prefix: str) -> dict[str, list[Any]]:
    """What `compile_form` says, with places that begin with `prefix`."""
    try:
        compile_form(form)
    except Invalid as refusal:
        return {
            place if place == "form" else f"{prefix}{place}": list(lines)
            for place, lines in refusal.fields.items()
        }
    return {}


def _free(organisation: Organisation, name: str, besides: FormTemplate | None = None) -> str:
    """The name, trimmed, if no other template of the organisation has it. Raises Invalid."""
    name = " ".join(name.split())
    problem = ""
    if not name:
        problem = _("Give it a name by which you will know it.")
    elif len(name) > 80:
        problem = _("Keep the name under 80 characters.")
    else:
        others = FormTemplate.objects.filter(organisation=organisation, name__iexact=name)
        if others.exclude(pk=besides.pk if besides else 0).exists():
            problem = _("You have a template of this name already. Choose another one.")
    if problem:
        raise Invalid(fields={"name": [problem]})
    return name


def _locked(organisation_id: int) -> Organisation:
    """The organisation; two names at once wait for each other."""
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def _record(action: str, template: FormTemplate, actor: User) -> None:
    audit.record(
        f"tasks:template:{action}", template.public_id, actor=actor, organisation_id=template.organisation_id
    )
