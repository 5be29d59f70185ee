"""Marks of a person, and what waits for what: erasing while details are given, and lists that meet crosswise."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.db import transaction

from marketplace.base import clock
from marketplace.base.errors import NotFound
from marketplace.mydata import erasure, requests, special, vault
from marketplace.mydata.models import ErasureRequest
from payments.models import Payee, PersonAccount, PersonMark, PersonPair
from payments.services import bonuses, cap, payees
from tests.payments_helpers import DETAILS, EUR, forget_behaviours, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def world(settings, tmp_path):
    settings.ARCHIVE_KEY = vault.public_text(X25519PrivateKey.generate())
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    forget_behaviours()
    yield
    forget_behaviours()


def test_D3_details_given_in_the_instant_of_an_erasure_neither_stop_it_nor_stay(bob, monkeypatch):
    payees.save(user=bob, details=DETAILS, actor=bob)
    leave = special.persons.leave

    def slowly(*args, **kwargs):
        time.sleep(1)
        leave(*args, **kwargs)

    monkeypatch.setattr(special.persons, "leave", slowly)

    def act(index):
        if index == 0:
            return erasure.erase(bob)
        time.sleep(0.5)
        return payees.save(user=bob, details=DETAILS, actor=bob)

    erased, saved = together(2, act)
    assert isinstance(erased, dict) and isinstance(saved, NotFound), (erased, saved)
    assert not Payee.objects.filter(user=bob).exists()
    assert not PersonMark.objects.filter(user=bob, keep_until__isnull=True).exists()


def test_D3_whoever_finds_the_same_details_meanwhile_waits_for_the_erasure(bob, bea, monkeypatch):
    payees.save(user=bob, details=DETAILS, actor=bob)
    now = clock.now()
    row = ErasureRequest.objects.create(
        user=bob, asked_at=now, state=ErasureRequest.State.COOLING, cooling_until=now, goodbye_at=now
    )
    erase = erasure.erase

    def slowly(user):
        time.sleep(1)
        return erase(user)

    monkeypatch.setattr(erasure, "erase", slowly)

    def act(index):
        if index == 0:
            return requests._carry_out(row)
        time.sleep(0.5)
        return payees.save(user=bea, details=DETAILS, actor=bea)

    erased, saved = together(2, act)
    assert erased is True and isinstance(saved, Payee), (erased, saved)
    assert PersonPair.objects.get().keep_until is not None
    assert PersonAccount.objects.count() == 2


def test_lists_of_bonuses_that_meet_crosswise_wait_for_each_other_in_one_direction(
    bob, bea, ben, charlie, monkeypatch
):
    a, b, c, d = sorted(user.pk for user in (bob, bea, ben, charlie))
    for user, holder in ((a, a), (d, a), (b, b), (c, b)):
        PersonAccount.objects.create(user_id=user, holder_id=holder)
    reserve = cap.reserve

    def slowly(**values):
        done = reserve(**values)
        time.sleep(0.5)
        return done

    monkeypatch.setattr(cap, "reserve", slowly)

    def give(index):
        workers = ((c, d), (a, b))[index]
        lines = [
            bonuses.Line(place, "list", place, worker, "bat_x", EUR, "Well done.")
            for place, worker in enumerate(workers, 1)
        ]
        with transaction.atomic():
            return bonuses._within_cap(lines, 2026, bonuses.Given())

    assert [len(found) for found in together(2, give)] == [2, 2]
