"""Each kind from a program's first call to the results: listed, drafted by its name alone, loaded, worked, exported."""

import csv
import io
import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from marketplace.base import clock
from tasks import kinds
from tasks.forms import compile_form
from tasks.kinds import Kind
from tasks.models import Assignment, Batch, Import
from tasks.services import aggregation, imports, media, media_work, submissions
from tests import market
from tests.api_client import Program

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda kind: kind.key)

# What somebody might answer; each widget of a kind has one.
PLAUSIBLE: dict[str, Any] = {
    "name_objects": {"objects": [{"object": "cup", "count": "1"}], "clear": "yes"},
    "sort_photos": {"category": "furniture"},
    "outline_object": {"outline": [{"points": [[1000, 1000], [6000, 1200], [4000, 7000]]}], "hidden": "no"},
    "boxes_objects": {"boxes": [{"x": 100, "y": 200, "w": 3000, "h": 2500, "label": "car"}]},
    "check_keywords": {"verdict": "some", "wrong": "tea pot"},
    "transcribe_voice": {"text": "The key is under the blue pot.", "sound": "clear"},
    "rate_media": {"quality": 4, "clarity": 5, "audience": ["beginners"], "why": "It was easy to follow."},
    "classify_text": {"class": "positive"},
    "mark_names": {"names": [{"start": 0, "end": 4, "label": "person"}]},
    "tag_keywords": {"keywords": "table\nto sand\nwood oil", "subject": "home"},
    "translate_text": {"translation": "Je suis crevé, on remet ça ?", "tone": "slang"},
    "compare_records": {"same": "1"},
    "verify_record": {"verdict": "wrong", "part": ["address"], "correction": "14 Mill Lane"},
    "find_detail": {"found": "yes", "detail": "1987", "source": "https://www.example.org/about"},
    "transcribe_text": {"name": "Bakery Lemaire", "date": "2026-03-31", "amount": "19.60", "complete": "yes"},
    "transcribe_handwriting": {"text": "Dear Ruth,\nthe key is under the blue pot.", "legible": 5},
    "transcribe_invoice": {
        "sender": "Mill Lane Joinery", "number": "2026-0412", "date": "2026-03-14", "total": "391.92",
        "lines": [{"item": "Oak shelf, 120 cm", "quantity": "2", "price": "86.50"}],
    },
    "moderate_post": {"verdict": "remove", "rules": ["advert"], "severity": "2", "quote": "No work"},
    "judge_search": {"relevance": "4", "why": "It says so at once."},
    "judge_ad": {"relevance": "3", "problems": []},
    "rate_number": {"rating": "80"},
    "choose_ai_answer": {"better": "a", "reasons": ["correct"], "why": "It answers the question."},
    "check_ai_answer": {"verdict": "partly", "corrected": "A mile is longer: about 1.6 kilometres."},
    "survey": {
        "consent": "yes", "often": "weekly", "content": 6, "matters": ["quality", "price", "time", "nearness"],
        "household": "3", "wish": "More of them.",
    },
    "outside_survey": {"code": "KXR4-7TQ2"},
    "own": {"answer": "yes", "count": "3"},
}  # fmt: skip


@pytest.fixture
def program(alice: Any, atelier: Any) -> Program:
    market.fund(atelier, 1000)
    atelier.trusted_at = clock.now()
    atelier.save(update_fields=["trusted_at"])
    return Program(alice, "read", "write", organisation=atelier)


def load(program: Program, path: str, rows: Any) -> None:
    """Send rows as a program does, then do what the jobs do."""
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    source = program.send(f"{path}rows/", body, "application/x-ndjson")["id"]
    for waiting in Import.objects.filter(state="queued"):
        imports.run(waiting.pk)
        media.collect(waiting.batch_id)
    media_work.work()
    assert program.get(f"/imports/{source}/")["good"] == 3


@every_kind
def test_a_kind_is_posted_answered_approved_and_exported(program: Program, bob: Any, kind: Kind) -> None:
    draft = program.post("/batches/", {"kind": kind.key, "overlap": 1, "distress": []}, 201)
    path = f"/batches/{draft['id']}/"
    with translation.override("en"):
        rows, form = kind.example_rows(), compile_form(kind.form())
        assert (draft["title"], draft["instructions"]) == (str(kind.title), kind.words())
    assert (draft["form"], draft["estimated_seconds"]) == (form.spec, kind.seconds)
    load(program, path, rows)
    program.post(path, {"purpose": "To see that it works.", "reward": f"{kind.seconds * 0.006:.2f}"})
    assert program.post(f"{path}publish/")["state"] == "published"

    batch = Batch.objects.get()
    answered = market.claimed(bob, batch)
    submissions.submit(assignment=answered, worker=bob, answer=PLAUSIBLE[kind.key])
    assert Assignment.objects.get().answer == form.clean(PLAUSIBLE[kind.key])
    assert program.post(f"{path}approve/", {"all": True}) == {"approved": 1, "waiting": 0}
    aggregation.validate()

    made = [
        name for widget in form.fields for name in (*widget.export_columns(), f"{widget.name}_confidence")
    ]
    table = list(csv.DictReader(io.StringIO(program.get(f"{path}results/", format="csv").lstrip("\ufeff"))))
    assert list(table[0])[-len(made) - 1 :] == [*made, "answers"]
    assert len(list(table[0])) == len(form.columns) + len(made) + 1
    done = next(row for row in table if row["answers"] == "1")
    lines = [json.loads(line) for line in program.get(f"{path}results/", format="jsonl").splitlines()]
    one = next(line for line in lines if line["answers"] == 1)
    for widget in form.fields:
        given = form.clean(PLAUSIBLE[kind.key]).get(widget.name)
        names = widget.export_columns()
        assert [one[name] for name in names] == [json.loads(text) for text in widget.literals(given)]
        assert [done[name] for name in names] == [
            "" if cell is None else str(cell) for cell in widget.cells(given)
        ]
    market.assert_sound()


def test_every_kind_is_listed_with_all_that_a_program_needs(alice: Any, bob: Any) -> None:
    program = Program(bob, "work")  # whatever the key is for
    listed = program.get("/kinds/")["results"]
    assert [each["key"] for each in listed] == [kind.key for kind in kinds.all_kinds()]
    for each in listed:
        assert set(each) == {
            "key", "group", "title", "description", "columns", "form", "answer", "instructions",
            "estimated_seconds", "overlap", "examples",
        }  # fmt: skip
        assert compile_form(each["form"]).columns == each["columns"] == [*each["columns"]]
        assert each["answer"]["type"] == "object"
        assert all(set(row) == set(each["columns"]) for row in each["examples"])
    schema = next(each for each in listed if each["key"] == "boxes_objects")["answer"]
    assert schema["properties"]["boxes"]["items"]["properties"]["label"]["enum"][0] == "person"


def test_kinds_are_told_in_the_language_of_the_caller(bob: Any) -> None:
    program = Program(bob, "work")
    program.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    listed = {each["key"]: each for each in program.get("/kinds/")["results"]}
    assert listed["mark_names"]["examples"][0]["text"].startswith("Ruth Amaro a ouvert")


def test_an_unknown_kind_is_refused_with_those_there_are(program: Program) -> None:
    refused = program.post("/batches/", {"kind": "nonsense"}, 400)
    assert "mark_names" in refused["fields"]["kind"][0]
    assert list(program.post("/batches/", {"kind": 5}, 400)["fields"]) == ["kind"]


def test_a_draft_of_a_kind_alone_waits_for_its_purpose_and_its_price(program: Program) -> None:
    draft = program.post("/batches/", {"kind": "compare_records"}, 201)
    path = f"/batches/{draft['id']}/"
    assert (draft["purpose"], draft["reward"], draft["overlap"]) == ("", "0.00", 3)
    load(program, path, kinds.get("compare_records").example_rows())
    refused = program.post(f"{path}publish/", status=400)
    assert set(refused["fields"]) == {"purpose", "reward"}
    said = {"title": "Same kettle?", "purpose": "To find doubles.", "reward": "0.12", "countries": ["FR"]}
    changed = program.post(path, said)
    assert {name: changed[name] for name in said} == said
    assert changed["instructions"] == draft["instructions"]
    assert program.post(f"{path}publish/")["state"] == "published"
    assert program.post(path, {"title": "Another"}, 409)["code"] == "not_a_draft"


def test_without_a_kind_everything_is_needed_and_a_form_goes_before_the_kinds(program: Program) -> None:
    refused = program.post("/batches/", {"title": "Alone"}, 400)
    assert set(refused["fields"]) == {"purpose", "instructions", "form", "reward", "estimated_seconds"}
    both = program.post("/batches/", {"kind": "own", "form": market.FORM}, 201)
    assert [field["name"] for field in both["form"]["fields"]] == ["same"]


# --- The pages --------------------------------------------------------------------------------------------------


def test_kinds_are_searched_without_a_script_and_nothing_found_leads_back(client_of: Any, alice: Any) -> None:
    client, url = client_of(alice), reverse("batch-new")
    page = client.get(url, {"q": "invoice"}).content.decode()
    assert "Transcribe an invoice into fields" in page and "Name the objects" not in page
    part = client.get(url, {"q": "invoice"}, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="kinds"')
    assert "No kind has these words" in client.get(url, {"q": "<zeppelin>"}).content.decode()


@every_kind
def test_a_kind_is_looked_at_as_people_would_see_it(client_of: Any, alice: Any, kind: Kind) -> None:
    page = client_of(alice).get(reverse("batch-kind", args=[kind.key]), {"row": "2"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "preview-" in text and 'aria-current="page">Example 2' in text
    assert "{{" not in text


def test_a_look_at_no_kind_or_by_a_viewer_is_refused(client_of: Any, alice: Any, atelier: Any) -> None:
    from tests.personas import join, make_person

    assert client_of(alice).get(reverse("batch-kind", args=["nonsense"])).status_code == 404
    vera = make_person("vera")
    join(atelier, vera, "viewer")
    assert client_of(vera).get(reverse("batch-kind", args=["own"])).status_code == 403
