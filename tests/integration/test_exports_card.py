"""The data card: what it tells of the batch, and what it never tells of a person."""

import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from marketplace.base import clock, ids
from tasks.models import Assignment, Batch, BatchModel, Gold, GoldScore
from tasks.services import exports, exports_card
from tests import market
from tests.api_client import Program
from tests.integration.test_exports import answer, refused, text
from tests.personas import make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier: Any, alice: Any) -> Batch:
    return market.open_batch(atelier, alice, rows=8, overlap=2, title="Lamps & <b>chairs</b>")


def crowd(batch: Batch, **by_country: int) -> list[Assignment]:
    """An approved answer of each of so many people of these countries, the first of row 1, the next of row 2, …"""
    made = []
    for country, number in by_country.items():
        for place in range(number):
            worker = make_worker(f"{country}{place}", country=country)
            made.append(answer(worker, batch, 1 + len(made) % 8, "approved", same="1"))
            Assignment.objects.filter(pk=made[-1].pk).update(country=country)
    return made


def test_the_card_says_who_what_when_at_what_pay_and_how(batch: Batch, bob: Any, bea: Any, dana: Any) -> None:
    rows = crowd(batch, FR=6, DE=5)
    Assignment.objects.filter(batch=batch).update(worked_seconds=130)
    refused(bob, batch, 7, dana, same="0")
    answer(bea, batch, 7, "contested", same="0")
    BatchModel.objects.create(
        batch=batch, field="same", method="dawid_skene", params={"w": {str(rows[0].worker_id): 1}}, alpha=0.81234,
        labels=11, fitted_at=clock.now(),
    )  # fmt: skip
    card = exports_card.facts(batch)
    assert card["batch"]["asked_by"] == "Atelier Nord"
    assert card["batch"]["purpose"] == "A test of the market."
    assert card["people"]["workers"] == 11
    told = [(each["country"], each["workers"], each["floor_an_hour"]) for each in card["people"]["countries"]]
    assert [one[:2] for one in told] == [("FR", 6), ("DE", 5)] and told[0][2] == "12.85"
    assert card["pay"]["reward"] == "0.65"
    assert (card["pay"]["median_seconds"], card["pay"]["median_an_hour"]) == (130, "18.00")
    assert card["answers"] == {
        "tasks": 8, "tasks_with_a_result": 8, "asked": 16, "used": 11, "used_a_task": 1.38,
        "tasks_by_answers": {"1": 5, "2": 3},
    }  # fmt: skip
    (field,) = card["agreement"]["fields"]
    assert (field["field"], field["method"], field["alpha"]) == ("same", "dawid_skene", 0.8123)
    assert card["left_out"] == {"refused": 1, "undecided": 1}
    assert card["when"]["first_answer"] and card["made_with"] == f"Tessera {exports_card.version()}"


@pytest.mark.parametrize(
    ("people", "workers", "told", "others"),
    [
        ({"FR": 4}, None, [], None),
        ({"FR": 7, "DE": 3}, 10, [], 10),  # 10 less 7 would tell of the three
        ({"FR": 9, "DE": 6, "IT": 2}, 17, [("FR", 9)], 8),
        ({"FR": 5, "DE": 3, "IT": 2}, 10, [("FR", 5)], 5),
    ],
)
def test_few_people_are_told_neither_directly_nor_by_subtraction(
    batch: Batch, people: dict[str, int], workers: int | None, told: Any, others: int | None
) -> None:
    crowd(batch, **people)
    card = exports_card.facts(batch)
    found = card["people"]
    assert found["workers"] == workers
    assert [(each["country"], each["workers"]) for each in found["countries"]] == told
    assert found["in_other_countries"] == others
    assert (card["pay"]["median_an_hour"] is None) == (workers is None)


def test_nobody_is_named_or_numbered_on_the_card(batch: Batch, bob: Any, atelier: Any) -> None:
    answer(bob, batch, 1, "approved", same="1")
    said = text(exports.results(batch, "card")) + text(exports.results(batch, "card_md"))
    for secret in (
        bob.email,
        bob.name,
        bob.public_id,
        ids.worker_seen_by(bob.pk, atelier.pk),
        "wrk_",
        "asg_",
    ):
        assert secret not in said


def test_check_questions_are_told_by_their_rate_and_the_share_that_was_right(
    batch: Batch, alice: Any
) -> None:
    assert exports_card.facts(batch)["check_questions"] is None
    rows = crowd(batch, FR=8)
    Batch.objects.filter(pk=batch.pk).update(gold_rate=0.1)
    batch.refresh_from_db()
    task = batch.tasks.get(row_number=8)
    batch.tasks.filter(pk=task.pk).update(is_gold=True)
    gold = Gold.objects.create(
        task=task, batch=batch, answers=[{"same": "1"}], explanation="So.", created_by=alice
    )
    for place, row in enumerate(rows):
        GoldScore.objects.create(
            assignment=row, gold=gold, batch=batch, worker=row.worker, right=place < 6, scored_at=clock.now()
        )
    found = exports_card.facts(batch)["check_questions"]
    assert found == {"rate": 0.1, "questions": 1, "answers": 8, "right_share": 0.75}


def test_the_card_is_markdown_in_the_readers_language_and_no_words_become_signs(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(instructions="# Not a heading\n<script>")
    batch.refresh_from_db()
    with translation.override("en"):
        said = text(exports.results(batch, "card_md"))
    assert said.startswith("# Data card: Lamps & \\<b\\>chairs\\</b\\>\n")
    assert "\n> # Not a heading\n" in said
    headings = [line for line in said.splitlines() if line.startswith("## ")]
    assert headings[:2] == ["## What was asked", "## Who answered"]
    assert "**Answers refused by a moderator, left out**: 0" in said
    assert json.loads(said[said.index("    {") :])["fields"]


def test_the_card_names_the_method_and_does_not_call_agreement_confidence(batch: Batch, alice: Any) -> None:
    crowd(batch, FR=6)
    BatchModel.objects.create(
        batch=batch,
        field="same",
        method="dawid-skene",
        params={},
        alpha=None,
        labels=6,
        fitted_at=clock.now(),
    )
    (field,) = exports_card.facts(batch)["agreement"]["fields"]
    assert field["rule"].startswith("for each person, what they tend to answer")
    with translation.override("en"):
        said = text(exports.results(batch, "card_md"))
    assert "Dawid–Skene: for each person" in said and "what most people answered" not in said
    assert (
        "Answers to a task that say the same as its result (mean)" in said
        and "confidence" not in said.lower()
    )


def test_the_secrets_of_a_form_are_not_on_the_card(atelier: Any, alice: Any) -> None:
    code = {"name": "code", "widget": "code", "label": "Your code?", "url": "https://survey.example.org/"}
    form = {"show": [], "fields": [{**code, "check": "code", "codes": [{"code": "S3CRET", "note": ""}]}]}
    batch = market.draft(atelier, alice, form=form, rows=1)
    assert "S3CRET" not in json.dumps(exports_card.facts(batch))


def test_the_page_shows_the_card_and_both_files_are_there(
    batch: Batch, alice: Any, client_of: Any, bob: Any, atelier: Any
) -> None:
    answer(bob, batch, 1, "approved", same="1")
    browser = client_of(alice)
    page = browser.get(reverse("results-card", args=[batch.public_id])).content.decode()
    assert "Who answered" in page and "fewer than 5" in page and "&lt;b&gt;chairs" in page
    assert "results/card/" in browser.get(reverse("results", args=[batch.public_id])).content.decode()
    program = Program(alice, "read", organisation=atelier)
    assert program.get(f"/batches/{batch.public_id}/results/", format="card")["card"] == 1
    program.get(f"/batches/{batch.public_id}/results/", format="card_md")
    assert program.last["Content-Type"] == "text/markdown; charset=utf-8"
