"""Conditions: who may claim a batch, what they are told, how many it reaches; and what can't be asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given as drawn_from
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from marketplace.base.errors import Invalid
from tasks.errors import NotQualified
from tasks.models import Assignment, Batch, Gold, GoldScore
from tasks.selectors import board
from tasks.services import batches, claims, conditions, eligibility, reviews, submissions
from tasks.services.conditions_form import FACTS, clean, lines
from tests import market, qualifying
from tests.api_client import DRAFT, Program
from tests.personas import make_organisation, make_worker
from workers.models import WorkerProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(atelier, alice):
    return market.open_batch(atelier, alice)


def ask(batch, *leaves, either=False):
    """Conditions for a batch that is open already, checked as those of a draft are."""
    spec = clean(
        {"any" if either else "all": list(leaves)}, organisation_id=batch.organisation_id, kind=batch.kind
    )
    Batch.objects.filter(pk=batch.pk).update(conditions=spec)
    batch.conditions = spec
    return spec


def leaf(fact, op, value, **more):
    return {"fact": fact, "op": op, "value": value, **more}


def meets(worker, batch):
    return not conditions.lacking(worker.pk, [batch])[batch.pk]


# --- facts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "value", "met"),
    [
        (">=", 2, True), (">=", 3, False), (">", 1, True), (">", 2, False), ("=", 2, True), ("=", 1, False),
        ("!=", 2, False), ("!=", 3, True), ("<", 3, True), ("<", 2, False), ("<=", 2, True), ("<=", 1, False),
        (">=", 0, True), ("<", 0, False),
    ],
)  # fmt: skip
def test_approved_answers_are_counted_and_compared(live, bob, alice, op, value, met):
    rows = [market.submitted(bob, live) for _ in range(3)]
    reviews.approve(batch=live, assignments=[row.pk for row in rows[:2]], actor=alice)
    ask(live, leaf("approved", op, value))
    assert meets(bob, live) is met


def test_answers_for_this_requester_and_of_this_kind_are_counted_apart(atelier, alice, bob, charlie):
    other = make_organisation("Other", owner=charlie)
    elsewhere = market.open_batch(other, charlie, kind="classify_text")
    row = market.submitted(bob, elsewhere)
    reviews.approve(batch=elsewhere, assignments=[row.pk], actor=charlie)
    here = market.open_batch(atelier, alice, kind="classify_text")
    ask(here, leaf("approved_here", ">=", 1))
    assert not meets(bob, here)
    ask(here, leaf("approved_kind", ">=", 1))
    assert meets(bob, here)
    Batch.objects.filter(pk=elsewhere.pk).update(kind="survey")
    assert not meets(bob, here)


def test_answers_to_tests_are_no_work_of_a_kind(atelier, alice, bob, live):
    given = qualifying.qualification(atelier, alice)
    qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1111")
    ask(live, leaf("approved", ">=", 1))
    assert not meets(bob, live)


def test_tenure_country_and_languages(live, bob, clock):
    ask(live, leaf("tenure_days", ">=", 30))
    assert not meets(bob, live)
    clock.forward(days=30, minutes=1)
    assert meets(bob, live)
    ask(live, leaf("country", "in", ["BE", "FR"]), leaf("language", "=", "fr"))
    assert meets(bob, live)
    ask(live, leaf("country", "!=", "FR"))
    assert not meets(bob, live)
    ask(live, leaf("language", "in", ["de", "it"]))
    assert not meets(bob, live)


def test_a_qualification_counts_while_it_holds_and_its_score_is_compared(atelier, alice, bob, live, clock):
    given = qualifying.qualification(atelier, alice, valid_days=10)
    ask(live, leaf("qualification", "=", given.public_id))
    assert not meets(bob, live)
    qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1110")
    assert meets(bob, live)
    for op, value, met in [
        (">=", 0.75, True),
        (">", 0.75, False),
        ("=", 0.75, True),
        ("!=", 0.75, False),
        ("<", 0.8, True),
    ]:
        ask(live, leaf("score", op, value, qualification=given.public_id))
        assert meets(bob, live) is met, op
    ask(live, leaf("qualification", "=", given.public_id))
    clock.forward(days=10, minutes=1)
    assert not meets(bob, live)


def test_a_grant_by_hand_is_held_and_has_no_score(atelier, alice, bob, live):
    from workers.services import awards

    given = qualifying.qualification(atelier, alice, by_hand=True)
    awards.grant(qualification=given, actor=alice, workers=[bob.pk], reason="Known to be good.")
    ask(live, leaf("qualification", "=", given.public_id))
    assert meets(bob, live)
    ask(live, leaf("score", "<=", 1, qualification=given.public_id))
    assert not meets(bob, live)


def test_check_questions_count_from_twenty_on_and_without_those_set_aside(atelier, alice, bob, clock):
    work = market.open_batch(atelier, alice, rows=21, kind="classify_text")
    rows = []
    for number, task in enumerate(work.tasks.all()):
        row = Assignment.objects.create(
            task=task, batch=work, worker=bob, state="released", claimed_at=clock.now(), lease_until=clock.now(),
            reward_micros=1, country="FR", cap_year=2026,
        )  # fmt: skip
        gold = Gold.objects.create(task=task, batch=work, answers=[{"same": "1"}], explanation="So it is.")
        rows.append(
            GoldScore.objects.create(
                assignment=row, gold=gold, batch=work, worker=bob, right=number >= 4, scored_at=clock.now()
            )
        )
    ask(work, leaf("gold_accuracy", ">=", 0.8))
    assert meets(bob, work)  # 17 of 21
    ask(work, leaf("gold_accuracy", ">=", 0.82))
    assert not meets(bob, work)
    Gold.objects.filter(pk=rows[0].gold_id).update(aside="often_failed", aside_at=clock.now())
    assert meets(bob, work)  # 17 of 20
    Gold.objects.filter(pk=rows[1].gold_id).update(aside="often_failed", aside_at=clock.now())
    assert not meets(bob, work)  # too few to say anything


# --- claiming -----------------------------------------------------------------------------------------------------


def test_who_lacks_something_is_told_what_and_claims_nothing(live, bob, alice, atelier):
    given = qualifying.qualification(atelier, alice)
    ask(live, leaf("qualification", "=", given.public_id), leaf("approved", ">=", 50))
    with pytest.raises(NotQualified) as refused:
        claims.claim(worker=bob, batch=live)
    assert [lack.qualifications for lack in refused.value.lacks] == [(given.public_id,), ()]
    assert "Sees doubles" in refused.value.message and "50" in refused.value.message
    assert not Assignment.objects.exists()


def test_what_is_in_hand_may_be_finished_when_conditions_are_not_met_any_more(live, bob):
    held = market.claimed(bob, live)
    ask(live, leaf("approved", ">=", 50))
    held.batch.conditions = live.conditions
    done = submissions.submit(assignment=held, worker=bob, answer={"same": "1"}, next=True)
    assert done.state == "submitted" and done.next is None and done.next_refused.code == "not_qualified"


def test_of_an_any_one_is_enough_and_all_that_would_do_are_named(live, bob, atelier, alice):
    given = qualifying.qualification(atelier, alice)
    ask(live, leaf("qualification", "=", given.public_id), leaf("approved", ">=", 50), either=True)
    (lack,) = conditions.lacking(bob.pk, [live])[live.pk]
    assert "Sees doubles" in lack.text and "50" in lack.text and lack.qualifications == (given.public_id,)
    qualifying.take(bob, qualifying.open_test(given, atelier, alice), "1111")
    assert meets(bob, live)


def test_a_batch_without_conditions_asks_the_database_nothing_more(live, bob):
    who = eligibility.standing(bob)
    with CaptureQueriesContext(connection) as asked:
        eligibility.check(who, live)
    assert len(asked) == 0
    ask(live, leaf("approved", ">=", 0), leaf("country", "=", "FR"), leaf("tenure_days", ">=", 0))
    with CaptureQueriesContext(connection) as asked:
        eligibility.check(who, live)
    assert len(asked) == 1


def test_the_board_asks_once_for_all_batches_with_conditions(atelier, alice, bob):
    many = [market.open_batch(atelier, alice) for _ in range(5)]
    with CaptureQueriesContext(connection) as before:
        assert board.board(bob).count == 5
    for number, batch in enumerate(many):
        ask(batch, leaf("approved", ">=", number + 1))
    with CaptureQueriesContext(connection) as after:
        shown = board.board(bob)
    assert shown.count == 0 and {offer.refusal.code for offer in shown.closed} == {"not_qualified"}
    assert len(after) == len(before)  # one more for the conditions, one fewer for the open tasks


def test_a_person_without_a_profile_lacks_everything(live, charlie):
    ask(live, leaf("approved", ">=", 0))
    assert not meets(charlie, live)


def test_the_reach_counts_those_who_meet_all_of_it(live, bob, bea, ben, erin):
    make_worker("eve", country="BE")
    ask(live, leaf("country", "=", "FR"))
    assert conditions.reached(live, ["FR", "BE"]) == 3
    ask(live, leaf("country", "=", "BE"), leaf("approved", ">=", 1), either=True)
    assert conditions.reached(live, ["FR", "BE"]) == 1
    assert conditions.reached(live, ["FR"]) == 0
    Batch.objects.filter(pk=live.pk).update(conditions={})
    live.conditions = {}
    assert conditions.reached(live, ["FR", "BE"]) == 4


# --- all and any --------------------------------------------------------------------------------------------------

LEAVES = st.sampled_from(
    [
        leaf("country", "=", "FR"), leaf("country", "!=", "FR"), leaf("country", "in", ["BE", "DE"]),
        leaf("language", "=", "fr"), leaf("language", "in", ["de", "en"]), leaf("tenure_days", "<", 1),
        leaf("tenure_days", ">=", 1), leaf("approved", "=", 0), leaf("approved", ">", 0),
    ]
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda parts: st.builds(
        lambda name, found: {name: found},
        st.sampled_from(["all", "any"]),
        st.lists(parts, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
TRUE_OF = {  # of somebody in France who reads French and English, on the first day
    "country": {"=": True, "!=": False, "in": False},
    "language": {"=": True, "in": True},
    "tenure_days": {"<": True, ">=": False},
    "approved": {"=": True, ">": False},
}


def holds(node):
    """The condition read by hand."""
    if "fact" in node:
        return TRUE_OF[node["fact"]][node["op"]]
    (name,) = node
    return (all if name == "all" else any)(holds(part) for part in node[name])


@hypothesis_settings(max_examples=60, deadline=None)
@drawn_from(tree=TREES)
def test_a_person_meets_a_condition_exactly_when_it_holds_read_by_hand_and_then_counts_in_the_reach(tree):
    worker = WorkerProfile.objects.filter(country="FR").first()
    person = worker.user if worker else make_worker("zoe")
    batch = Batch(pk=1, organisation_id=1, kind="")
    batch.conditions = tree if "fact" not in tree else {"all": [tree]}
    assert meets(person, batch) is holds(tree)
    assert conditions.reached(batch, ["FR"]) == int(holds(tree))


# --- what can be asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        [], {"all": []}, {"all": [], "any": []}, {"some": []}, {"all": "x"}, {"all": [1]}, {"fact": "gender"},
        {"fact": "declined", "op": "<", "value": 5}, {"fact": ["approved"]}, leaf("approved", ">=", "many"),
        leaf("approved", ">=", -1), leaf("approved", ">=", True), leaf("approved", "in", [1]), leaf("approved", "~", 1),
        leaf("country", "=", "XX"), leaf("country", "=", "France"), leaf("country", "in", []),
        leaf("country", "in", "FR"), leaf("language", "!=", "fr"), leaf("language", "=", "klingon"),
        leaf("score", ">=", 0.5), leaf("approved", ">=", 1, who="x"), leaf("score", ">=", 80, qualification="qua_0"),
        leaf("qualification", "=", "qua_nothing"), leaf("gold_accuracy", ">=", 2),
        leaf("approved_kind", ">=", 1), {"all": [{"any": [{"all": [{"any": [leaf("approved", ">=", 1)]}]}]}]},
        {"all": [leaf("approved", ">=", 1)] * 21},
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_with_a_sentence(atelier, spec):
    with pytest.raises(Invalid) as refused:
        clean(spec, organisation_id=atelier.pk, kind="")
    assert refused.value.fields["conditions"]


def test_W4_no_fact_stands_for_a_protected_trait_nor_for_what_was_declined(atelier):
    """Charter C7 and M8 too: the list is closed, and changing it changes this test."""
    assert set(FACTS) == {
        "approved_here", "approved", "approved_kind", "gold_accuracy", "tenure_days", "qualification", "score",
        "language", "country",
    }  # fmt: skip


def test_only_qualifications_of_the_organisation_or_the_platform_can_be_asked_for(
    atelier, alice, charlie, dana
):
    foreign = qualifying.qualification(make_organisation("Other", owner=charlie), charlie)
    with pytest.raises(Invalid):
        clean(leaf("qualification", "=", foreign.public_id), organisation_id=atelier.pk, kind="")
    general = qualifying.qualification(None, dana)
    spec = clean(leaf("qualification", "=", general.public_id), organisation_id=atelier.pk, kind="")
    assert spec == {"all": [leaf("qualification", "=", general.public_id)]}


def test_conditions_of_a_draft_are_checked_kept_and_said_in_words(atelier, alice):
    draft = market.draft(atelier, alice)
    with pytest.raises(Invalid):
        batches.update_draft(batch=draft, actor=alice, conditions={"fact": "gender"})
    batches.update_draft(batch=draft, actor=alice, conditions=leaf("approved", ">=", 50))
    draft.refresh_from_db()
    assert lines(draft.conditions) == ["at least 50 approved answers"]
    batches.update_draft(batch=draft, actor=alice, conditions={})
    draft.refresh_from_db()
    assert draft.conditions == {}


# --- REST ---------------------------------------------------------------------------------------------------------


def test_a_program_asks_for_something_and_a_worker_is_told_what_is_missing(atelier, alice, bob):
    given = qualifying.qualification(atelier, alice)
    program = Program(alice, "read", "write", organisation=atelier)
    spec = {"all": [{"fact": "qualification", "value": given.public_id}]}
    made = program.post("/batches/", {**DRAFT, "conditions": spec}, 201)
    assert (
        made["conditions"] == {"all": [leaf("qualification", "=", given.public_id)]}
        and made["role"] == "work"
    )
    refused = program.post("/batches/", {**DRAFT, "conditions": {"fact": "gender"}}, 400)
    assert "conditions" in refused["fields"]
    live = market.open_batch(atelier, alice)
    ask(live, leaf("qualification", "=", given.public_id))
    worker = Program(bob, "work")
    refused = worker.post("/work/claims/", {"batch": live.public_id}, 409)
    assert refused["code"] == "not_qualified"
    assert refused["missing"] == [
        {"what": "the qualification “Sees doubles”", "qualifications": [given.public_id]}
    ]
    (blocked,) = worker.get("/work/")["blocked"]
    assert blocked["code"] == "not_qualified" and blocked["missing"] == refused["missing"]
