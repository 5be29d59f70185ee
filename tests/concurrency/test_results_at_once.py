"""A moderator refuses an answer while the results of its task are being made: it is delivered for no moment longer."""

import threading

import pytest
from django.db import connection

from marketplace.base.models import User
from tasks.forms import Form
from tasks.models import Result
from tasks.services import aggregation, disputes, reviews
from tests import market

pytestmark = pytest.mark.django_db(transaction=True)


def test_P9_an_answer_refused_while_results_are_made_is_in_none_of_them(
    atelier, alice, bob, bea, dana, monkeypatch
):
    batch = market.open_batch(atelier, alice, rows=1, overlap=2)
    wrong = market.submitted(bob, batch, "1")
    reviews.contest(assignment=wrong, actor=alice, reason="wrong_answer", evidence="It is not the same one.")
    wrong.refresh_from_db()
    disputes.reply(assignment=wrong, worker=bob, text="It is.")
    market.submitted(bea, batch, "0")
    dispute = wrong.disputes.get()

    def refuse() -> None:
        try:
            moderator = User.objects.get(pk=dana.pk)
            disputes.decide(
                dispute=dispute, moderator=moderator, outcome="reject", reason="It is another one."
            )
        finally:
            connection.close()

    decision = threading.Thread(target=refuse)
    plain = Form.consensus

    def slow(form, answers, *who):
        if not decision.ident:  # the answers were read; now the decision comes
            decision.start()
            decision.join(2)
        return plain(form, answers, *who)

    monkeypatch.setattr(Form, "consensus", slow)
    aggregation.validate()
    decision.join(30)
    result = Result.objects.get(batch=batch)
    assert (result.answers, result.values["same"]["value"]) == (1, "0")
    market.assert_sound()
