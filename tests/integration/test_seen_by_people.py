"""What people who used the site for a day stumbled over, each once."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from marketplace.base import teams
from marketplace.base.models import User
from marketplace.simulation.demo import market, people
from marketplace.web.transparency import people as bands
from tasks.models import Batch
from tests import mydata
from workers.models import Centre


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


@pytest.mark.django_db
def test_a_verified_file_says_when_it_was_made_as_people_say_it(bob, client):
    answer = client.post(reverse("my-data-verify"), {"file": mydata.zipped(bob)}).content.decode()
    said = answer.split("and was made by")[1].split("</")[0]
    assert " 20" in said and "+00:00" not in said


def test_a_centre_that_is_open_is_not_called_free_in_french():
    with translation.override("fr"):
        assert str(Centre.State.OPEN.label) == "ouvert"


def test_bands_of_income_are_written_like_all_other_numbers():
    assert bands.band_name("1000") == "€1,000 to under €2,000".replace(",", "\N{NARROW NO-BREAK SPACE}")
    with translation.override("fr"):
        assert bands.band_name("2000").startswith("2\u202f000")
