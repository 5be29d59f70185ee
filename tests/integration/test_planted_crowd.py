"""A bad third among good workers: better results, fewer answers of theirs, each of them paid or decided by a person."""

import io
import json
import re

import pytest
from django.core.management import CommandError, call_command

from marketplace.simulation import planted
from payments.services import earnings, holdings
from tasks.models import Assignment, BatchPause, GoldScore
from tests import market

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = planted.Plan(tasks=80, workers=18, gold_rate=0.2, seed=3)


def bad(outcome):
    return [person for person in outcome.people if person.kind != "good"]


def test_P4_the_engine_gives_better_results_and_every_answer_of_a_bad_worker_is_paid_or_decided_by_a_person():
    off, on = planted.run(PLAN, engine=False), planted.run(PLAN, engine=True)
    assert len(bad(on)) == 6 and {person.kind for person in bad(on)} == set(planted.SHARE)
    assert on.accuracy > off.by_votes + 0.1
    assert on.accuracy > 0.93
    assert sum(one.answers for one in bad(on)) < sum(one.answers for one in bad(off))
    stopped = [one for one in bad(on) if one.rested_after is not None]
    assert len(stopped) >= 4
    assert all(one.checked >= 3 for one in stopped)  # nobody is stopped by one slip
    for outcome in (off, on):
        for person in outcome.people:
            _paid_or_decided(outcome.batch, person)
        assert holdings.held(outcome.batch.public_id) >= 0
    market.assert_sound()


def _paid_or_decided(batch, person):
    """Every answer ended approved, with its reward in the ledger, or refused by a moderator who wrote why."""
    rows = Assignment.objects.filter(batch=batch, worker=person.user, answer__isnull=False)
    assert rows.count() == person.answers
    owed = 0
    for row in rows:
        if row.state == "approved":
            owed += row.reward_micros
        else:
            decision = row.disputes.get()
            assert row.state == "rejected" and decision.outcome == "reject"
            assert decision.decided_by.is_moderator and decision.reason
    assert earnings.summary(person.user).payable == owed


def test_a_rest_stops_claims_of_one_batch_and_nothing_else():
    on = planted.run(PLAN, engine=True)
    for pause in BatchPause.objects.filter(batch=on.batch):
        person = next(one for one in on.people if one.user.pk == pause.worker_id)
        missed = GoldScore.objects.filter(batch=on.batch, worker=person.user, right=False).count()
        assert missed and not person.user.restrictions.exists()


def test_the_same_seed_tells_the_same_story():
    small = planted.Plan(tasks=40, workers=12, gold_rate=0.2, seed=5)
    stories = [planted.run(small, engine=True) for _ in range(2)]
    first, second = ([(one.kind, one.answers, one.rested_after) for one in story.people] for story in stories)
    assert first == second and stories[0].accuracy == stories[1].accuracy


def test_the_command_prints_its_tables_or_one_object():
    out = io.StringIO()
    call_command("planted", tasks=40, workers=12, json=True, stdout=out)
    found = json.loads(out.getvalue())
    assert set(found) == {"off", "on"} and found["on"]["accuracy"] > 0.5
    out = io.StringIO()
    call_command("planted", tasks=40, workers=12, stdout=out)
    assert re.search(r"\| \d+\.\d\d EUR \|", out.getvalue()), "money in cents"
    assert "| off: most votes win |" in out.getvalue() and "Answers of bad workers:" in out.getvalue()
    with pytest.raises(CommandError, match="--tasks"):
        call_command("planted", tasks=5)
