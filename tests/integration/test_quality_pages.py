"""What both sides see of quality: a batch's results and what gets mixed up; a worker's own answers by kind."""

import re

import pytest
from django.urls import reverse

from tasks.models import Result
from tasks.selectors import quality, requester
from tasks.services import aggregation, disputes, reviews
from tests import market, qualifying
from tests.personas import make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=4, overlap=3)


def answered(batch, bob, bea, ben):
    """Bob and Bea say yes everywhere, Ben says no everywhere."""
    for _row in range(4):
        market.submitted(bob, batch)
        market.submitted(bea, batch)
        market.submitted(ben, batch, "0")
    aggregation.validate()
    aggregation.refresh(batch)


def page(client, batch):
    answer = client.get(reverse("batch-quality", args=[batch.public_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_any_result_the_page_says_what_will_come(client_of, alice, batch):
    assert "No result yet" in page(client_of(alice), batch)


def test_the_page_shows_how_sure_results_are_what_is_mixed_up_and_who_answers_how(
    client_of, alice, bob, bea, ben, batch
):
    answered(batch, bob, bea, ben)
    text = page(client_of(alice), batch)
    found = quality.of(batch, 1_000_000)
    assert sum(found.bins) == found.results == 4 and found.answers == 12
    assert [(mix.result, mix.said, mix.count) for mix in found.asked[0].mixed] == [("Yes", "No", 4)]
    assert [(each.cases, each.agreed) for each in found.people] == [(4, 4), (4, 4), (4, 0)]
    assert "“No” where the result is “Yes”" in text and "All answers by result" in text
    assert not re.search(r"\b(bob|bea|ben)\b", text.casefold().partition("<main")[2]), "pseudonyms only"
    assert "The figures as a table" in text and "data-chart" in text


def test_a_sure_result_costs_what_was_spent_shared_out(alice, bob, bea, ben, batch):
    answered(batch, bob, bea, ben)
    Result.objects.filter(batch=batch).update(confidence=0.95)
    rows = batch.assignments.values_list("pk", flat=True)
    reviews.approve(batch=batch, assignments=rows, actor=alice)
    spent = requester.spent(batch)
    assert spent == 12 * (650_000 + 130_000 + 26_000)
    assert quality.of(batch, spent).cost_micros == spent // 4
    Result.objects.filter(batch=batch).update(confidence=0.5)
    assert quality.of(batch, spent).cost_micros is None


def test_refused_answers_are_in_none_of_the_figures(alice, bob, bea, ben, dana, batch):
    answered(batch, bob, bea, ben)
    bad = batch.assignments.filter(worker=ben).first()
    reviews.contest(
        assignment=bad, actor=alice, reason="wrong_answer", evidence="It says the opposite of the row."
    )
    bad.refresh_from_db()
    disputes.reply(assignment=bad, worker=ben, text="I looked twice and it differs.")
    case = bad.disputes.get()
    disputes.decide(
        dispute=case, moderator=dana, outcome="reject", reason="The row shows that both are the same."
    )
    found = quality.of(batch, 0)
    assert (
        sum(each.cases for each in found.people) == 9
    )  # its task has two answers left, which say too little
    assert found.asked[0].mixed[0].count == 3


def test_only_the_organisation_sees_it(client_of, charlie, bob, batch):
    for stranger in (charlie, bob):
        assert client_of(stranger).get(reverse("batch-quality", args=[batch.public_id])).status_code == 404


def test_workers_see_their_own_share_by_kind_with_the_number_of_cases(client_of, bob, bea, ben, batch):
    answered(batch, bob, bea, ben)
    assert [(own.cases, own.agreed) for own in quality.own(bob)] == [(4, 4)]
    assert [(own.cases, own.agreed) for own in quality.own(ben)] == [(4, 0)]
    text = client_of(ben).get(reverse("my-accuracy")).content.decode()
    assert "of 4 cases" in text and "How this is worked out" in text
    fresh = client_of(make_worker("fay")).get(reverse("my-accuracy")).content.decode()
    assert "Nothing to compare yet" in fresh


def test_check_questions_are_in_none_of_the_figures_and_nothing_points_at_who_missed_one(
    client_of, alice, bob, bea, ben, batch
):
    answered(batch, bob, bea, ben)
    whole = quality.of(batch, 0)
    assert len(requester.hardest(batch)) == 4
    task = batch.tasks.first()
    batch.tasks.filter(pk=task.pk).update(is_gold=True)
    found = quality.of(batch, 0)
    assert (found.results, found.answers) == (whole.results - 1, whole.answers - 3)
    assert [(each.cases, each.agreed) for each in found.people] == [(3, 3), (3, 3), (3, 0)]
    assert found.asked[0].mixed[0].count == 3
    assert [(own.cases, own.agreed) for own in quality.own(ben)] == [(3, 0)]
    assert len(requester.hardest(batch)) == 3 and task.public_id not in page(client_of(alice), batch)


def test_what_a_sure_result_costs_is_told_to_a_hundredth_of_a_cent_and_not_before_there_is_one(
    client_of, alice, bob, bea, ben, batch
):
    answered(batch, bob, bea, ben)
    Result.objects.filter(batch=batch).update(confidence=0.95)
    assert quality.of(batch, 1_000_001).cost_micros == 250_000
    Result.objects.filter(batch=batch).update(confidence=0.5)
    text = page(client_of(alice), batch)
    assert "not known before one is sure" in text and "shared out over them" not in text


def test_a_test_leads_to_its_questions_and_passes_nothing_on(client_of, atelier, alice):
    given = qualifying.qualification(atelier, alice)
    test = qualifying.open_test(given, atelier, alice, rows=2)
    client = client_of(alice)
    answer = client.get(reverse("batch-quality", args=[test.batch.public_id]))
    board = reverse("batch-gold", args=[test.batch.public_id])
    assert (answer.status_code, answer.headers["Location"]) == (302, board)
    text = client.get(reverse("batch", args=[test.batch.public_id])).content.decode()
    assert board in text and reverse("batch-chains", args=[test.batch.public_id]) not in text


def test_the_page_of_ones_own_accuracy_says_what_is_due_as_every_page_of_work_does(client_of, bob, batch):
    row = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[row.pk], actor=batch.created_by)
    assert "€0.65 due" in client_of(bob).get(reverse("my-accuracy")).content.decode()
