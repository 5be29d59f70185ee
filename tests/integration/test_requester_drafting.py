"""A new batch in four steps, through its pages: nothing typed is lost, strangers see nothing, viewers only look."""

import io

import pytest
from django.urls import reverse
from django.utils.html import escape

from tasks import kinds
from tasks.models import Batch, Import
from tasks.services import batches, imports
from tests import market
from tests.personas import join, make_organisation, make_person

pytestmark = pytest.mark.django_db
EUR = market.EUR


def at(name, batch):
    return reverse(name, args=[batch.public_id])


def typed(batch, **changes):
    """What the page of step 1 sends for a batch as it is, with changes."""
    from tasks.page_forms.editor import Editor

    words = {name: getattr(batch, name) for name in ("title", "purpose", "instructions")}
    return words | Editor.from_spec(batch.form).typed() | changes


@pytest.fixture
def draft(atelier, alice):
    kind = kinds.get("compare_records")
    return batches.create_draft(
        organisation=atelier,
        actor=alice,
        kind=kind.key,
        form=kind.form(),
        instructions=str(kind.instructions),
    )


def test_the_empty_list_teaches_and_offers_the_first_batch(client_of, alice):
    page = client_of(alice).get(reverse("batches"))
    assert page.status_code == 200
    assert b"Post a first batch" in page.content and reverse("batch-new").encode() in page.content


def test_choosing_a_kind_makes_a_draft_with_its_form(client_of, alice, atelier):
    client = client_of(alice)
    page = client.get(reverse("batch-new"))
    assert all(escape(str(kind.title)) in page.content.decode() for kind in kinds.all_kinds())
    answer = client.post(reverse("batch-new"), {"kind": "compare_records"})
    batch = Batch.objects.get(organisation=atelier)
    assert answer.url == at("batch-what", batch)
    assert [field["name"] for field in batch.form["fields"]] == ["same"]
    assert batch.estimated_seconds == kinds.get("compare_records").seconds


def test_an_unknown_kind_is_refused_with_the_known_ones(client_of, alice):
    answer = client_of(alice).post(reverse("batch-new"), {"kind": "nonsense"})
    assert answer.status_code == 400 and not Batch.objects.exists()


def test_words_and_form_are_stored_and_the_next_step_comes(client_of, alice, draft):
    answer = client_of(alice).post(
        at("batch-what", draft), typed(draft, title="Same product?", purpose="A catalogue.", do="next")
    )
    assert answer.status_code == 302 and answer.url == at("batch-data", draft)
    draft.refresh_from_db()
    assert (draft.title, draft.purpose) == ("Same product?", "A catalogue.")


def test_parts_are_added_moved_and_removed_by_plain_buttons(client_of, alice, draft):
    client = client_of(alice)
    first = [entry["column"] for entry in draft.form["show"]]
    answer = client.post(at("batch-what", draft), typed(draft, do="add:fields:text"))
    assert answer.url.endswith("#fields-1")
    draft.refresh_from_db()
    assert [field["widget"] for field in draft.form["fields"]] == ["choice", "text"]
    client.post(at("batch-what", draft), typed(draft, do="up:fields:1"))
    draft.refresh_from_db()
    assert [field["widget"] for field in draft.form["fields"]] == ["text", "choice"]
    client.post(at("batch-what", draft), typed(draft, do="remove:fields:0"))
    draft.refresh_from_db()
    client.post(at("batch-what", draft), typed(draft, do="down:show:0"))
    draft.refresh_from_db()
    assert [field["widget"] for field in draft.form["fields"]] == ["choice"]
    assert [entry["column"] for entry in draft.form["show"]] == [first[1], first[0], *first[2:]]


@pytest.mark.parametrize(
    "order", ["up:fields:99", "remove:nothing:0", "add:fields:unheard", "add", "down:show:-1", "up:show:0"]
)
def test_an_order_that_fits_nothing_changes_nothing(client_of, alice, draft, order):
    before = draft.form
    client_of(alice).post(at("batch-what", draft), typed(draft, do=order))
    draft.refresh_from_db()
    assert draft.form == before


def test_every_part_can_be_added_and_works_at_once(client_of, alice, draft):
    from tasks import widgets

    client = client_of(alice)
    for name, known in (("show", widgets.all_shown()), ("fields", widgets.all_widgets())):
        for key in known:
            before = len(draft.form[name])
            client.post(at("batch-what", draft), typed(draft, do=f"add:{name}:{key}"))
            draft.refresh_from_db()
            assert len(draft.form[name]) == before + 1, key
    page = client.get(at("batch-what", draft)).content.decode()
    assert "Everything is saved." in page


def test_what_cannot_stand_is_marked_and_kept_until_it_is_put_right(client_of, alice, draft):
    client = client_of(alice)
    sent = typed(
        draft, **{"title": "Kept title", "fields-0-label": "", "fields-0-options": "only one", "do": "next"}
    )
    answer = client.post(at("batch-what", draft), sent)
    assert answer.status_code == 400
    assert b"only one" in answer.content and b"aria-invalid" in answer.content
    draft.refresh_from_db()
    assert (
        draft.title == "Kept title" and draft.form["fields"][0]["label"]
    )  # the words could stand, the form not
    back = client.get(at("batch-what", draft)).content.decode()
    assert "only one" in back
    review = client.get(at("batch-review", draft)).content.decode()
    assert "could not be kept yet" in review
    client.post(at("batch-what", draft), typed(draft, title="Kept title", do="next"))
    assert "only one" not in client.get(at("batch-what", draft)).content.decode()


def test_the_live_preview_shows_the_form_as_it_is_typed(client_of, alice, draft):
    answer = client_of(alice).post(
        at("batch-what", draft),
        typed(draft, **{"fields-0-label": "A <b>new</b> question", "do": "preview"}),
        headers={"HX-Request": "true"},
    )
    text = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in text
    assert "A &lt;b&gt;new&lt;/b&gt; question" in text and 'id="preview"' in text


def test_an_editor_button_by_htmx_answers_with_the_editor_alone(client_of, alice, draft):
    answer = client_of(alice).post(
        at("batch-what", draft), typed(draft, do="add:fields:number"), headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert 'id="editor"' in text and 'id="fields-1"' in text and "<html" not in text


def test_trying_three_tasks_proposes_their_middle_as_the_estimate(client_of, alice, draft, clock):
    client = client_of(alice)
    for seconds in (10, 30, 20):
        page = client.get(at("batch-preview", draft))
        clock.forward(seconds=seconds)
        answer = client.post(at("batch-preview", draft), {"shown": page.context["shown"], "answer-same": "1"})
        assert answer.status_code == 302
    page = client.get(at("batch-preview", draft))
    assert page.context["median"] in range(19, 23)
    client.post(at("batch-preview", draft), {"do": "use"})
    draft.refresh_from_db()
    assert draft.estimated_seconds in range(19, 23)


def test_an_unanswered_try_says_what_is_missing(client_of, alice, draft):
    answer = client_of(alice).post(at("batch-preview", draft), {"shown": "forged"})
    assert answer.status_code == 400 and "Choose one option." in answer.content.decode()


# --- Data ------------------------------------------------------------------------------------------


def send(client, batch, text, name="rows.csv", **more):
    file = io.BytesIO(text.encode())
    file.name = name
    return client.post(at("batch-data", batch), {"file": file, "bad_rows": "stop", **more})


def test_a_file_whose_columns_fit_is_loaded_while_the_page_watches(client_of, alice, atelier):
    client, batch = client_of(alice), market.draft(atelier, alice, rows=0)
    answer = send(client, batch, "name;more\nlamp;1\nchair;2\n")
    source = Import.objects.get(batch=batch)
    assert answer.url == reverse("import", args=[source.public_id])
    waiting = client.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" in waiting
    imports.run(source.pk)
    done = client.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" not in done and "2 rows are in the batch." in done
    page = client.get(at("batch-data", batch)).content.decode()
    assert "lamp" in page and "rows.csv" in page


def test_columns_with_other_names_are_asked_for(client_of, alice, atelier):
    client, batch = client_of(alice), market.draft(atelier, alice, rows=0)
    answer = send(client, batch, "titel,x\nlamp,1\n")
    source = Import.objects.get(batch=batch)
    page = client.get(answer.url)
    assert page.context["mapping_form"].needed == ["name"]
    refused = client.post(reverse("import-remap", args=[source.public_id]), {"column-0": ""})
    assert refused.status_code == 400
    client.post(reverse("import-remap", args=[source.public_id]), {"column-0": "titel"})
    imports.run(source.pk)
    assert batch.tasks.get().data["name"] == "lamp"


def test_bad_rows_are_listed_downloaded_and_left_out_on_demand(client_of, alice, atelier):
    shown = [{"as": "text", "column": "name", "required": True}, {"as": "text", "column": "x"}]
    form = {"show": shown, "fields": market.FORM["fields"]}
    client, batch = client_of(alice), market.draft(atelier, alice, rows=0, form=form)
    answer = send(client, batch, "name,x\nlamp,1\n,2\nchair,3\n")
    source = Import.objects.get(batch=batch)
    imports.run(source.pk)
    page = client.get(answer.url).content.decode()
    source.refresh_from_db()
    assert source.state == "needs_decision", (source.state, source.failure)
    assert "This cell is empty." in page and "<code>name</code>" in page and "Go on with 2 rows" in page
    file = client.get(reverse("import-bad-rows", args=[source.public_id]))
    assert "This cell is empty." in b"".join(file.streaming_content).decode()
    client.post(reverse("import-go-on", args=[source.public_id]))
    imports.run(source.pk)
    assert batch.tasks.count() == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "This file is empty"), ("a,a\n1,2\n", "Two columns are called"), ("name\n", "no row under them")],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(client_of, alice, atelier, text, said):
    client, batch = client_of(alice), market.draft(atelier, alice, rows=0)
    answer = send(client, batch, text)
    assert answer.status_code == 400 and said in answer.content.decode() and not Import.objects.exists()


def test_sending_nothing_says_so(client_of, alice, atelier):
    batch = market.draft(atelier, alice, rows=0)
    answer = client_of(alice).post(at("batch-data", batch), {"bad_rows": "stop"})
    assert answer.status_code == 400 and "Choose a file, or paste the rows" in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "name\nchair\ntable\n",
        "name\tplace\nchair\there\ntable\tthere\n",
        '{"name": "chair"}\n{"name": "table"}\n',
    ],
)
def test_pasted_rows_go_the_way_of_a_file(client_of, alice, atelier, text):
    batch = market.draft(atelier, alice, rows=0)
    answer = client_of(alice).post(at("batch-data", batch), {"rows": text, "bad_rows": "stop"})
    source = Import.objects.get(batch=batch)
    assert answer.url == reverse("import", args=[source.public_id])
    imports.run(source.pk)
    assert [task.data["name"] for task in batch.tasks.order_by("row_number")] == ["chair", "table"]


def test_what_is_wrong_with_pasted_rows_is_said_at_their_box(client_of, alice, atelier):
    batch, client = market.draft(atelier, alice, rows=0), client_of(alice)
    text = client.post(at("batch-data", batch), {"rows": "[1, 2]", "bad_rows": "stop"}).content.decode()
    assert 'id="id_rows-error"' in text and "[1, 2]" in text and not Import.objects.exists()
    both = {"rows": "name\nx", "bad_rows": "stop", "file": io.BytesIO(b"name\ny\n")}
    assert "one or the other" in client.post(at("batch-data", batch), both).content.decode()


def test_the_example_rows_of_a_kind_are_loaded_by_one_button_while_they_fit(client_of, alice, draft):
    client = client_of(alice)
    text = client.get(at("batch-data", draft)).content.decode()
    assert "Use the example rows" in text and "(optional)" not in text
    client.post(at("batch-data", draft), {"do": "example"})
    imports.run(Import.objects.get(batch=draft).pk)
    rows = kinds.get(draft.kind).example_rows()
    assert [task.data for task in draft.tasks.order_by("row_number")] == rows
    other = market.draft(draft.organisation, alice, rows=0)
    assert "Use the example rows" not in client.get(at("batch-data", other)).content.decode()
    assert client.post(at("batch-data", other), {"do": "example"}).status_code == 400


def test_rows_can_be_taken_out_of_a_draft(client_of, alice, atelier):
    batch = market.draft(atelier, alice, rows=3)
    client_of(alice).post(at("batch-data", batch), {"do": "clear"})
    assert batch.tasks.count() == 0


def test_the_example_file_has_the_columns_the_form_needs(client_of, alice, draft):
    answer = client_of(alice).get(at("batch-example", draft))
    first = answer.content.decode("utf-8-sig").splitlines()[0]
    assert first == "name_a,description_a,price_a,name_b,description_b,price_b"


# --- Who may ---------------------------------------------------------------------------------------

STEPS = ("batch-what", "batch-data", "batch-price", "batch-review", "batch-preview", "batch-example")


@pytest.mark.parametrize("step", STEPS)
def test_strangers_find_nothing_and_viewers_see_no_buttons(client_of, atelier, alice, vera, charlie, step):
    batch = market.draft(atelier, alice)
    other = make_person("olga")
    make_organisation("Elsewhere", owner=other)
    assert client_of(charlie).get(at(step, batch)).status_code == 404
    assert client_of(other).get(at(step, batch)).status_code == 404
    page = client_of(vera).get(at(step, batch))
    assert page.status_code == 200
    assert b"Save and go on" not in page.content or step == "batch-what"


@pytest.mark.parametrize(
    "name", ["batch-what", "batch-data", "batch-price", "batch-publish", "batch-discard", "batch-duplicate"]
)
def test_a_viewer_changes_nothing(client_of, atelier, alice, vera, name):
    batch = market.draft(atelier, alice)
    assert client_of(vera).post(at(name, batch), {}).status_code == 403
    assert client_of(vera).post(reverse("batch-new"), {"kind": "own"}).status_code == 403
    assert Batch.objects.count() == 1


def test_finance_reads_batches_and_does_not_post(client_of, atelier, alice):
    fred = make_person("fred")
    join(atelier, fred, "finance")
    batch = market.draft(atelier, alice)
    assert client_of(fred).get(at("batch-review", batch)).status_code == 200
    assert client_of(fred).post(at("batch-publish", batch)).status_code == 403
