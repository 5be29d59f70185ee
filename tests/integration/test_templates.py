"""An organisation keeps its own forms, starts batches from them, and takes forms out and in as JSON."""

import io
import json

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base.errors import Invalid
from marketplace.base.models import AuditEvent
from tasks import kinds
from tasks.forms import compile_form
from tasks.models import Batch, FormTemplate
from tasks.services import batches, templates
from tests import market
from tests.api_client import Program
from tests.personas import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(atelier, alice):
    return market.draft(atelier, alice, kind="classify_text")


@pytest.fixture
def kept(draft, alice):
    return templates.keep(batch=draft, actor=alice, name="Same product")


# --- keeping ---------------------------------------------------------------------------------------------------


def test_a_form_is_kept_with_its_words_and_starts_a_batch(client_of, alice, draft):
    client = client_of(alice)
    answer = client.post(reverse("batch-keep", args=[draft.public_id]), {"name": "  Same   product "})
    assert answer.url == reverse("batch-what", args=[draft.public_id])
    kept = FormTemplate.objects.get()
    assert kept.name == "Same product" and kept.organisation == draft.organisation
    assert "Same product" in client.get(reverse("batch-new")).content.decode()
    answer = client.post(reverse("template-start", args=[kept.public_id]))
    made = Batch.objects.exclude(pk=draft.pk).get()
    assert answer.url == reverse("batch-what", args=[made.public_id])
    for field in templates.KEPT:
        assert getattr(made, field) == getattr(draft, field), field
    assert made.reward_micros == 0 and not made.tasks.exists()
    assert {event.tag for event in AuditEvent.objects.filter(subject=kept.public_id)} == {
        "tasks:template:keep"
    }


@pytest.mark.parametrize(
    ("name", "words"), [("", "Give it a name"), ("SAME product", "already"), ("x" * 81, "80")]
)
def test_a_name_is_there_short_and_the_only_one(client_of, alice, draft, kept, name, words):
    answer = client_of(alice).post(reverse("batch-keep", args=[draft.public_id]), {"name": name})
    assert answer.status_code == 400 and FormTemplate.objects.count() == 1
    with pytest.raises(Invalid) as refused:
        templates.keep(batch=draft, actor=alice, name=name)
    assert words in str(refused.value.fields["name"][0])


def test_another_organisation_may_use_the_same_name(draft, kept, charlie):
    elsewhere = make_organisation("Elsewhere", owner=charlie)
    other = market.draft(elsewhere, charlie)
    assert templates.keep(batch=other, actor=charlie, name=kept.name).pk
    assert list(templates.of(elsewhere)) != list(templates.of(draft.organisation))


def test_a_draft_without_questions_is_no_template(atelier, alice):
    empty = batches.create_draft(organisation=atelier, actor=alice)
    with pytest.raises(Invalid):
        templates.keep(batch=empty, actor=alice, name="Nothing")


def test_a_template_is_renamed_and_deleted_and_batches_stay(client_of, alice, draft, kept):
    client = client_of(alice)
    made = templates.start(template=kept, actor=alice)
    assert (
        client.post(reverse("template-rename", args=[kept.public_id]), {"name": "Doubles"}).status_code == 302
    )
    assert (
        client.post(reverse("template-rename", args=[kept.public_id]), {"name": "doubles"}).status_code == 302
    )
    templates.keep(batch=draft, actor=alice, name="Other")
    wrong = client.post(reverse("template-rename", args=[kept.public_id]), {"name": "other"})
    assert wrong.status_code == 400 and b"already" in wrong.content
    assert client.post(reverse("template-delete", args=[kept.public_id])).status_code == 302
    assert [each.name for each in templates.of(draft.organisation)] == ["Other"]
    made.refresh_from_db()
    assert made.form == draft.form


def test_there_is_a_bound(draft, kept, alice, monkeypatch):
    monkeypatch.setattr(templates, "MOST", 1)
    with pytest.raises(templates.TooManyTemplates):
        templates.keep(batch=draft, actor=alice, name="One more")


def test_a_reader_sees_templates_and_changes_none(client_of, vera, draft, kept):
    client = client_of(vera)
    page = client.get(reverse("templates"))
    assert page.status_code == 200 and b"Same product" in page.content and b"Delete" not in page.content
    for name in ("template-start", "template-rename", "template-delete"):
        assert client.post(reverse(name, args=[kept.public_id]), {"name": "x"}).status_code == 403
    assert client.post(reverse("batch-keep", args=[draft.public_id]), {"name": "x"}).status_code == 403


def test_the_rows_have_named_rules(kept):
    values = {field: getattr(kept, field) for field in (*templates.KEPT, "organisation", "created_by")}
    for name, rule in (("sAME PRODUCT", "template_name_once_in_organisation"), ("", "template_has_a_name")):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            FormTemplate.objects.create(name=name, **values)


# --- JSON ------------------------------------------------------------------------------------------------------


def test_what_goes_out_comes_in_again(client_of, alice, draft, kept):
    client = client_of(alice)
    for address in (
        reverse("batch-json", args=[draft.public_id]),
        reverse("template-json", args=[kept.public_id]),
    ):
        sent = client.get(address)
        assert "attachment" in sent["Content-Disposition"]
        before = set(Batch.objects.values_list("pk", flat=True))
        upload = io.BytesIO(b"\xef\xbb\xbf" + sent.content)
        upload.name = "form.json"
        assert client.post(reverse("form-import"), {"file": upload}).status_code == 302
        made = Batch.objects.exclude(pk__in=before).get()
        for field in templates.KEPT:
            assert getattr(made, field) == getattr(draft, field), field


def test_a_bare_form_can_be_pasted(client_of, alice):
    answer = client_of(alice).post(reverse("form-import"), {"text": json.dumps(market.FORM)})
    assert answer.status_code == 302
    assert Batch.objects.get().form == compile_form(market.FORM).spec


@pytest.mark.parametrize("kind", [kind.key for kind in kinds.all_kinds()])
def test_the_form_of_every_kind_goes_out_and_in(atelier, alice, kind):
    found = kinds.get(kind)
    batch = batches.create_draft(organisation=atelier, actor=alice, kind=kind, form=found.form())
    values = templates.read(templates.as_json(batch))
    assert values["form"] == batch.form and values["kind"] == kind


BAD = {
    "form": {
        "show": [{"as": "text"}],
        "fields": [{"widget": "choice", "name": "a"}, {"widget": "nope"}],
        "x": 1,
    },
    "title": "t" * 121,
    "kind": "unheard",
    "estimated_seconds": "ten",
    "colour": "blue",
}


def test_every_problem_of_a_file_is_named_by_its_place_and_nothing_typed_is_lost(client_of, alice):
    text = json.dumps(BAD, indent=1)
    page = client_of(alice).post(reverse("form-import"), {"text": text})
    assert page.status_code == 400 and not Batch.objects.exists()
    words = page.content.decode()
    for place in (
        "form.show[0].column", "form.fields[0].options", "form.fields[0].label", "form.fields[1].widget", "form.x",
        "title", "kind", "estimated_seconds", "colour",
    ):  # fmt: skip
        assert f"{place}: " in words, place
    assert "t" * 121 in words and "&quot;colour&quot;" in words


def test_a_file_that_is_refused_comes_back_as_text(client_of, alice):
    upload = io.BytesIO(b'{"show": [],\n "fields": [}')
    upload.name = "form.json"
    page = client_of(alice).post(reverse("form-import"), {"file": upload})
    assert page.status_code == 400
    assert "line 2, character" in page.content.decode() and "&quot;fields&quot;: [}" in page.content.decode()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", "[" * 100_000, '{"form": []}', '{"form": {"fields": {}}}',
     '{"format": "other", "form": {}}', '{"title": 1, "form": {}}', '{"version": 2, "form": {}}',
     '{"instructions": "\\u0000", "form": {}}'],
)  # fmt: skip
def test_what_is_no_form_is_refused(text):
    with pytest.raises(Invalid) as refused:
        templates.read(text)
    assert refused.value.fields


def test_half_of_a_surrogate_is_no_text():
    with pytest.raises(Invalid) as caught:
        templates.read('{"title": "\\ud800", "form": {"fields": []}}')
    assert "text" in caught.value.fields


def test_a_form_is_bounded_in_size():
    with pytest.raises(Invalid) as refused:
        templates.read("x" * (templates.MOST_BYTES + 1))
    assert list(refused.value.fields) == ["text"]


# --- for programs ----------------------------------------------------------------------------------------------


def test_a_program_lists_templates_and_drafts_from_one(draft, kept, alice, atelier):
    program = Program(alice, "read", "write", organisation=atelier)
    (row,) = program.get("/templates/")["results"]
    assert row["id"] == kept.public_id and row["form"] == draft.form
    made = program.post("/batches/", {"template": kept.public_id, "reward": "0.65", "title": "Mine"}, 201)
    assert (made["title"], made["purpose"], made["form"]) == ("Mine", draft.purpose, draft.form)


def test_a_template_of_another_organisation_is_not_there(kept, alice):
    elsewhere = make_organisation("Elsewhere", owner=alice)
    program = Program(alice, "read", "write", organisation=elsewhere)
    assert program.get("/templates/")["results"] == []
    program.post("/batches/", {"template": kept.public_id}, 404)
