"""What people who used the site for a day stumbled over, each once."""

import pytest
from django.core.management import CommandError, call_command

from marketplace.base import teams
from marketplace.base.models import User
from marketplace.simulation.demo import market, people
from tasks.models import Batch


@pytest.mark.django_db
def test_the_demonstration_can_be_filled_where_batches_begin_with_a_pilot(settings, monkeypatch):
    settings.PILOT = True
    seen = list[bool]()
    organisation = market.organisation

    def first(*words):
        seen.append(settings.PILOT)
        return organisation(*words)

    monkeypatch.setattr(market, "organisation", first)
    monkeypatch.setattr(people, "write", lambda *words: None)
    call_command("demo")
    assert set(seen) == {False} and settings.PILOT
    assert Batch.objects.filter(title="Read a line of a receipt", state=Batch.State.COMPLETED).exists()


@pytest.mark.django_db
def test_a_demonstration_that_was_interrupted_while_it_was_filled_says_so_instead_of_being_ready(alice):
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    teams.create(actor=alice, name="Atelier Nord", country="FR", description="")
    with pytest.raises(CommandError, match="wants an empty one"):
        call_command("demo")
