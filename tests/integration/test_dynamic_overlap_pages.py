"""Dynamic overlap as requesters meet it: the third step, the page of a live batch, a program."""

import pytest
from django.urls import reverse

from tasks.models import Batch
from tasks.services import aggregation
from tests import market
from tests.api_client import DRAFT, Program
from tests.personas import make_worker

pytestmark = pytest.mark.django_db
PRICE = {
    "reward": "1.00", "estimated_seconds": "60", "overlap": "2", "overlap_most": "5", "confidence_percent": "90",
    "time_limit_minutes": "30", "where": "all",
}  # fmt: skip


@pytest.fixture
def draft(atelier, alice):
    return market.draft(atelier, alice, rows=10, reward_micros=market.EUR, estimated_seconds=60)


def test_the_price_is_a_range_from_everybody_agreeing_to_everybody_asked(client_of, alice, draft):
    client = client_of(alice)
    address = reverse("batch-price", args=[draft.public_id])
    page = client.post(address, PRICE, headers={"HX-Request": "true"}).content.decode()
    draft.refresh_from_db()
    assert (draft.overlap, draft.overlap_most, draft.confidence) == (2, 5, 0.9)
    assert "Between €28.80, if everybody agrees, and €72.00" in page
    assert "at most 50 answers at €1.00" in page
    review = client.get(reverse("batch-review", args=[draft.public_id])).content.decode()
    assert "2 to 5, until the result is 90\u202f% sure" in review


def test_without_a_most_every_task_asks_as_many(client_of, alice, draft):
    client = client_of(alice)
    client.post(reverse("batch-price", args=[draft.public_id]), PRICE)
    client.post(reverse("batch-price", args=[draft.public_id]), {**PRICE, "overlap_most": ""})
    draft.refresh_from_db()
    assert (draft.overlap, draft.overlap_most, draft.confidence) == (2, None, None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"overlap_most": "2"}, "overlap_most"),
        ({"overlap_most": "101"}, "overlap_most"),
        ({"confidence_percent": "100"}, "confidence_percent"),
        ({"confidence_percent": "30"}, "confidence_percent"),
    ],
)
def test_a_range_that_can_not_be_is_refused_at_its_field(client_of, alice, draft, wrong, field):
    answer = client_of(alice).post(reverse("batch-price", args=[draft.public_id]), {**PRICE, **wrong})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode() or answer.context["form"].errors[field]


def test_the_page_of_a_live_batch_says_what_was_asked_for_and_what_was_not(client_of, alice, atelier):
    batch = market.open_batch(
        atelier, alice, rows=3, reward_micros=market.EUR, estimated_seconds=60, overlap=2, overlap_most=4,
        confidence=0.8,
    )  # fmt: skip
    workers = [make_worker(f"crew{number}") for number in range(3)]
    for worker in workers[:2]:
        for _ in range(3):
            market.submitted(worker, batch)
    aggregation.validate()
    aggregation.refresh(batch)
    page = client_of(alice).get(reverse("batch", args=[batch.public_id])).content.decode()
    assert "of 12 at most: 2 to 4 a task, until it is 80\u202f% sure" in page
    assert "6 answers not asked for" in page


def test_a_program_says_how_far_and_how_sure_and_reads_both_ends_of_the_price(alice, atelier):
    program = Program(alice, "read", "write", "funds", organisation=atelier)
    made = program.post("/batches/", {**DRAFT, "overlap": 2, "overlap_most": 4, "confidence": 0.95}, 201)
    assert (made["overlap"], made["overlap_most"], made["confidence"]) == (2, 4, 0.95)
    market.add_rows(Batch.objects.get(), 5)
    read = program.get(f"/batches/{made['id']}/")
    assert (read["quote"]["rewards"], read["quote_least"]["rewards"]) == ("13.00", "6.50")
    listed = program.get("/batches/")["results"][0]
    assert (listed["quote"], listed["quote_least"]) == (read["quote"], read["quote_least"])
    program.post("/batches/", {**DRAFT, "overlap_most": None, "confidence": None}, 201)
    for wrong in ({"overlap_most": 4}, {"confidence": 0.9}, {"overlap_most": 4, "confidence": "0.9"}):
        refused = program.post("/batches/", {**DRAFT, **wrong}, 400)
        assert refused["fields"]
