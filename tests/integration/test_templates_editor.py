"""The form editor: every part is added valid, found under its heading, copied, and put back after a removal."""

import pytest
from django.urls import reverse

from tasks import widgets
from tasks.forms import compile_form
from tasks.page_forms.editor import FAMILIES, MOST_REMOVED, Editor
from tests import market

pytestmark = pytest.mark.django_db
KNOWN = {"show": widgets.all_shown(), "fields": widgets.all_widgets()}
EVERY = [(name, key) for name, known in KNOWN.items() for key in known]


@pytest.fixture
def draft(atelier, alice):
    return market.draft(atelier, alice)


def at(draft):
    return reverse("batch-what", args=[draft.public_id])


def typed(draft, **changes):
    draft.refresh_from_db()
    words = {name: getattr(draft, name) for name in ("title", "purpose", "instructions")}
    return words | Editor.from_spec(draft.form).typed() | changes


@pytest.mark.parametrize("columns", [(), ("photo",), ("photo", "title", "place")])
@pytest.mark.parametrize(("name", "key"), EVERY)
def test_a_new_part_can_stand_at_once_and_can_be_copied(name, key, columns):
    editor = Editor()
    editor.apply("add:fields:text", columns)
    editor.apply(f"add:{name}:{key}", columns)
    assert editor.now == ("show-0" if name == "show" else "fields-1")
    editor.apply(f"copy:{name}:{len(editor.rows[name]) - 1}")
    form = compile_form(editor.spec())
    assert len(form.show if name == "show" else form.fields) == len(editor.rows[name])
    if columns and name == "show" and key not in {"record"}:
        assert set(form.columns) <= set(columns)


def test_every_part_stands_under_a_heading():
    homeless = [key for known in KNOWN.values() for key, part in known.items() if part.family not in FAMILIES]
    assert homeless == []
    offered = [
        offer["order"] for shown in Editor().view() for group in shown["offers"] for offer in group["parts"]
    ]
    assert sorted(offered) == sorted(f"add:{name}:{key}" for name, key in EVERY)


def test_a_part_that_names_no_family_is_offered_all_the_same(monkeypatch):
    monkeypatch.setattr(KNOWN["fields"]["text"], "family", "unheard of")
    last = Editor().view()[1]["offers"][-1]
    assert last["title"] == FAMILIES[""] and last["parts"][0]["order"] == "add:fields:text"


def test_what_was_removed_is_put_back_where_it_was_with_all_that_was_typed(client_of, alice, draft):
    client = client_of(alice)
    client.post(at(draft), typed(draft, do="add:fields:text"))
    client.post(at(draft), typed(draft, **{"fields-0-label": "Kept words", "do": "remove:fields:0"}))
    draft.refresh_from_db()
    assert [field["widget"] for field in draft.form["fields"]] == ["text"]
    page = client.get(at(draft)).content.decode()
    assert "Removed: " in page and "Kept words" in page and "Put it back" in page
    answer = client.post(at(draft), typed(draft, do="restore"))
    assert answer.url.endswith("#fields-0")
    draft.refresh_from_db()
    assert [field["label"] for field in draft.form["fields"]] == ["Kept words", "Question 2"]
    assert "Put it back" not in client.get(at(draft)).content.decode()


def test_removals_come_back_in_turn_the_last_one_first(client_of, alice, draft):
    client = client_of(alice)
    for _n in range(2):
        client.post(at(draft), typed(draft, do="add:fields:number"))
    before = typed(draft)
    for _n in range(2):
        client.post(at(draft), typed(draft, do="remove:fields:1"))
    for _n in range(3):  # one more than there is changes nothing
        client.post(at(draft), typed(draft, do="restore"))
    assert typed(draft) == before


def test_a_form_without_questions_keeps_the_removed_one_at_hand(client_of, alice, draft):
    client = client_of(alice)
    client.post(at(draft), typed(draft, do="remove:fields:0"))
    page = client.get(at(draft)).content.decode()
    assert "Put it back" in page
    restored = client.post(at(draft), {"title": draft.title, "do": "restore", **only_shown(draft)})
    assert restored.status_code == 302
    draft.refresh_from_db()
    assert draft.form["fields"][0]["name"] == "same"


def only_shown(draft):
    editor = Editor.from_spec(draft.form)
    editor.rows["fields"] = []
    return editor.typed()


def test_going_on_forgets_what_was_removed(client_of, alice, draft):
    client = client_of(alice)
    client.post(at(draft), typed(draft, do="add:fields:text"))
    client.post(at(draft), typed(draft, do="remove:fields:1"))
    client.post(at(draft), typed(draft, do="next"))
    assert "Put it back" not in client.get(at(draft)).content.decode()


def test_few_removals_are_remembered():
    editor = Editor()
    for _n in range(MOST_REMOVED + 3):
        editor.apply("add:fields:text")
        editor.apply("remove:fields:0")
    assert len(editor.removed) == MOST_REMOVED


def test_a_copy_has_a_name_of_its_own():
    editor = Editor.from_spec(market.FORM)
    for _n in range(3):
        editor.apply("copy:fields:0")
    assert [row.typed["name"] for row in editor.rows["fields"]] == ["same", "same_4", "same_3", "same_2"]
    compile_form(editor.spec())


def test_the_preview_draws_every_part_as_it_is_typed(client_of, alice, draft):
    client = client_of(alice)
    for name, key in EVERY:
        client.post(at(draft), typed(draft, do=f"add:{name}:{key}"))
    answer = client.post(at(draft), typed(draft, do="preview"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "Everything is saved." in page
    for number in range(len(KNOWN["fields"])):
        assert f"Question {number + 2}" in page
