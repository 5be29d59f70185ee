"""Many messages of one person at the same moment: no more of them than a day allows, and nobody else's wait."""

import pytest
from django.db import connection

from tasks.errors import TooManyMessages
from tasks.models import Message
from tasks.services import messages
from tests import market
from tests.payments_helpers import together
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)
MOST, THREADS = 3, 8


@pytest.fixture
def batch(atelier, alice, settings):
    settings.MESSAGES_A_DAY = MOST
    return market.open_batch(atelier, alice, rows=20)


def write(batch, bob):
    return lambda index: messages.send(batch=batch, worker=bob, author=bob, text=f"Question {index}?")


def test_M11_of_many_at_once_no_more_are_sent_than_a_day_allows(batch, bob):
    results = together(THREADS, write(batch, bob))
    assert sum(isinstance(each, Message) for each in results) == MOST
    assert sum(isinstance(each, TooManyMessages) for each in results) == THREADS - MOST
    assert Message.objects.count() == MOST


def test_control_counted_without_the_lock_more_pass(batch, bob, monkeypatch):
    import threading

    gate, count = threading.Barrier(THREADS), messages._check_often

    def look(author, now):
        """As it was: count, and go on when all have counted."""
        found = Message.objects.filter(author=author).count()
        gate.wait(30)
        if found >= MOST:
            raise TooManyMessages(most=MOST)

    assert count is not look
    monkeypatch.setattr(messages, "_check_often", look)
    together(THREADS, write(batch, bob))
    assert Message.objects.count() > MOST


def test_what_one_writes_holds_up_nobody_else(batch, bob):
    """Different people write at once while one of them holds their own place."""
    bea = make_worker("writer")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"messages:{bob.pk}"])
        try:
            (sent,) = together(1, write(batch, bea))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"messages:{bob.pk}"])
    assert isinstance(sent, Message)
