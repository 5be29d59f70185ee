"""What a requester may never see again, and what a text of theirs may never do to us."""

import time

import pytest

from tasks import placeholders
from tasks.forms import compile_form
from tasks.models import Result
from tasks.services import aggregation, disputes, reviews
from tests import market


def decided(submission, *, requester, worker, moderator, outcome):
    """The submission, contested, disputed and decided."""
    reviews.contest(assignment=submission, actor=requester, reason="wrong_answer", evidence="See rule 2.")
    submission.refresh_from_db()
    disputes.reply(assignment=submission, worker=worker, text="I followed rule 2.")
    dispute = submission.disputes.get(is_appeal=False)
    disputes.decide(dispute=dispute, moderator=moderator, outcome=outcome, reason="Rule 2 says otherwise.")
    submission.refresh_from_db()
    return submission


def result_of(submission):
    row = Result.objects.filter(task_id=submission.task_id).first()
    return (row.values["same"]["value"], row.answers) if row else None


@pytest.fixture
def lonely(atelier, alice, bob):
    """The only answer to its task, counted."""
    submission = market.submitted(bob, market.open_batch(atelier, alice, rows=1), answer="1")
    aggregation.validate()
    assert result_of(submission) == ("1", 1)
    return submission


@pytest.mark.parametrize(("outcome", "shown"), [("reject", False), ("approve", True)])
def test_the_page_of_results_shows_an_answer_once_it_is_approved_and_never_a_refused_one(
    lonely, alice, bob, dana, client_of, outcome, shown
):
    page = f"/batches/{lonely.batch.public_id}/results/"
    assert "row 1" not in client_of(alice).get(page).content.decode()
    decided(lonely, requester=alice, worker=bob, moderator=dana, outcome=outcome)
    assert (result_of(lonely) is not None) == shown
    assert ("row 1" in client_of(alice).get(page).content.decode()) == shown


def test_an_answer_approved_by_a_moderator_stays_among_the_results(lonely, alice, bob, dana):
    decided(lonely, requester=alice, worker=bob, moderator=dana, outcome="approve")
    assert result_of(lonely) == ("1", 1)


def test_the_other_answers_alone_make_the_result_after_a_refusal(atelier, alice, bob, bea, dana):
    batch = market.open_batch(atelier, alice, rows=1, overlap=2)
    refused, other = market.submitted(bob, batch, answer="1"), market.submitted(bea, batch, answer="0")
    aggregation.validate()
    decided(refused, requester=alice, worker=bob, moderator=dana, outcome="reject")
    assert result_of(other) == ("0", 1)


def test_an_answer_that_won_its_appeal_counts_again(lonely, alice, bob, dana, dora):
    refused = decided(lonely, requester=alice, worker=bob, moderator=dana, outcome="reject")
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Rule 2 was misread.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="The worker is right.")
    assert result_of(lonely) == ("1", 1)


@pytest.mark.parametrize(
    "text", ["{{" + " " * 19_000, "{{a" + " " * 19_000, "{{" + "a " * 9_000, "{{" * 9_000]
)
def test_an_unfinished_placeholder_costs_no_more_than_reading_it(text):
    began = time.perf_counter()
    assert placeholders.names(text) == []
    assert time.perf_counter() - began < 1


def test_placeholders_may_have_blanks_around_and_inside_their_name():
    assert placeholders.names("{{ first name }} {{b}}{{\ta\t}} {{ }} {{}}") == ["first name", "b", "a"]


@pytest.mark.parametrize("cell", ["a|b\n-|-\n" + "|\n" * 49_000, "[" * 99_000, "<b>" * 33_000])
def test_a_huge_formatted_cell_is_shown_as_plain_text_at_once(cell):
    form = compile_form({**market.FORM, "show": [{"as": "markdown", "column": "name"}]})
    began = time.perf_counter()
    html = form.render_shown({"name": cell})
    assert time.perf_counter() - began < 1
    assert "<table" not in html and "<b>" not in html
    assert "<em>short</em>" in form.render_shown({"name": "*short*"})
