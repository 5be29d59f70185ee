"""What the outbox promised is carried out once, again after a failure, and laid aside when it never works."""

import datetime as dt

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from marketplace.base import notices, outbox
from marketplace.base.models import Notice, OutboxEvent
from marketplace.delivery import relay

pytestmark = pytest.mark.django_db


@pytest.fixture
def probe(monkeypatch):
    """A kind of event whose handler notes what it saw, and fails as often as it is told."""
    seen = []
    failures = []

    def handle(event):
        if failures:
            raise failures.pop()
        seen.append(event.data)

    monkeypatch.setitem(outbox.handlers, "test.probe", handle)
    handle.seen, handle.failures = seen, failures
    return handle


def test_an_event_is_carried_out_once(probe):
    outbox.emit("test.probe", "a", number=1)
    outbox.emit("test.probe", "a", number=2)  # the same promise again
    assert relay.drain()["done"] == 1
    assert relay.drain()["done"] == 0
    assert probe.seen == [{"number": 1}]
    row = OutboxEvent.objects.get()
    assert row.done_at
    assert row.lease_until is None


def test_an_event_that_is_not_due_waits(probe, clock):
    outbox.emit("test.probe", "later", due_at=clock.now() + dt.timedelta(hours=1))
    assert relay.drain()["done"] == 0
    clock.forward(hours=1, seconds=1)
    assert relay.drain()["done"] == 1


def test_a_failure_is_tried_again_after_a_growing_pause(probe, clock):
    probe.failures.extend([ConnectionError("x"), ConnectionError("x")])
    outbox.emit("test.probe", "a")
    assert relay.drain() == {"done": 0, "failed": 1, "dead": 0}
    assert relay.drain() == {"done": 0, "failed": 0, "dead": 0}
    clock.forward(seconds=6)
    assert relay.drain()["failed"] == 1
    clock.forward(seconds=6)
    assert relay.drain() == {"done": 0, "failed": 0, "dead": 0}
    clock.forward(seconds=20)
    assert relay.drain()["done"] == 1
    assert OutboxEvent.objects.get().attempts == 3


def test_the_reason_of_a_failure_is_kept_without_its_words(probe):
    probe.failures.append(ValueError("alice@example.test is no number"))
    outbox.emit("test.probe", "a")
    relay.drain()
    assert OutboxEvent.objects.get().last_error == "ValueError"


def test_after_eight_attempts_an_event_is_laid_aside(probe, clock):
    probe.failures.extend(ConnectionError("x") for _ in range(20))
    outbox.emit("test.probe", "a")
    for _ in range(12):
        relay.drain()
        clock.forward(hours=7)
    row = OutboxEvent.objects.get()
    assert row.attempts == relay.MOST_ATTEMPTS == 8
    assert row.dead_at
    assert not row.done_at
    assert len(probe.failures) == 12


def test_an_event_of_a_relay_that_died_comes_back_when_its_lease_is_over(probe, clock):
    outbox.emit("test.probe", "a")
    assert len(relay.take()) == 1  # and then it is killed
    assert relay.drain()["done"] == 0
    clock.forward(seconds=121)
    assert relay.drain()["done"] == 1


def test_an_event_that_kills_every_relay_is_laid_aside(probe, clock):
    outbox.emit("test.probe", "a")
    for _ in range(8):
        assert len(relay.take()) == 1
        clock.forward(seconds=121)
    assert relay.drain() == {"done": 0, "failed": 0, "dead": 1}
    assert probe.seen == []


def test_the_end_of_a_lost_lease_writes_nothing(probe, clock):
    outbox.emit("test.probe", "a")
    (slow,) = relay.take()
    clock.forward(seconds=121)
    (other,) = relay.take()
    probe.failures.append(ConnectionError("x"))
    assert relay.carry_out(slow) == "failed"
    assert OutboxEvent.objects.get().lease_until == other.lease_until


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_take_different_events(probe):
    import psycopg2

    outbox.emit("test.probe", "a")
    outbox.emit("test.probe", "b")
    first = OutboxEvent.objects.order_by("pk").first()
    known = connection.settings_dict
    other = psycopg2.connect(
        dbname=known["NAME"],
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
    )
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM base_outboxevent WHERE id = %s FOR UPDATE", [first.pk])
            assert [row.pk for row in relay.take()] == [first.pk + 1]
    finally:
        other.close()


def test_a_kind_without_a_handler_is_a_failure_and_not_lost():
    outbox.emit("test.unheard_of", "a")
    assert relay.drain()["failed"] == 1
    assert OutboxEvent.objects.get().last_error == "KeyError"


def test_every_kind_that_the_code_emits_has_a_handler():
    from tests.sources import calls_of

    kinds = {call.args[0].value for _, call in calls_of("emit") if getattr(call.args[0], "value", None)}
    conditional = {
        part.value
        for _, call in calls_of("emit")
        if hasattr(call.args[0], "orelse")
        for part in (call.args[0].body, call.args[0].orelse)
    }
    assert {"notice.mail", "import.run"} <= kinds | conditional | {"import.run"}
    assert kinds | conditional <= set(outbox.handlers)


# --- Mails --------------------------------------------------------------------------------------------


def test_a_notice_is_mailed_once_in_the_language_of_its_reader(bob, mailbox):
    bob.locale = "en"
    bob.save()
    notices.tell(bob.pk, "deposit_settled", "dep_x", deposit="dep_x", amount=12_500_000)
    notices.tell(bob.pk, "deposit_settled", "dep_x", deposit="dep_x", amount=12_500_000)
    relay.drain()
    letter = mailbox.get()
    assert letter.recipient == bob.email
    assert letter.subject == "€12.50 arrived in your funds"
    assert "Hello Bob," in letter.body
    assert "/funds/" in letter.body
    assert Notice.objects.get().mailed_at


def test_a_notice_is_never_mailed_twice_even_when_its_event_runs_twice(bob, mailbox):
    notices.tell(bob.pk, "deposit_settled", "dep_x", deposit="dep_x", amount=12_500_000)
    relay.drain()
    OutboxEvent.objects.update(done_at=None)  # the relay was killed before it could note the end
    assert relay.drain()["done"] == 1
    assert mailbox.count() == 1


class Broken(BaseEmailBackend):
    """A mail server that refuses everything, and names whom it was for, as servers do."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError(f"refused: {email_messages[0].to}")


def test_a_mail_that_could_not_be_sent_is_sent_later(bob, mailbox, settings, clock):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    notices.tell(bob.pk, "deposit_settled", "dep_x", deposit="dep_x", amount=12_500_000)
    assert relay.drain()["failed"] == 1
    assert Notice.objects.get().mailed_at is None
    settings.EMAIL_BACKEND = "marketplace.delivery.mailbox.EmailBackend"
    clock.forward(seconds=10)
    assert relay.drain()["done"] == 1
    assert mailbox.count() == 1


def test_the_same_notice_has_the_same_message_id(bob):
    from marketplace.delivery import letters

    notices.tell(bob.pk, "deposit_settled", "dep_x", deposit="dep_x", amount=12_500_000)
    row = Notice.objects.get()
    assert letters.notice(row).extra_headers["Message-ID"] == letters.notice(row).extra_headers["Message-ID"]


def test_an_invitation_is_mailed_and_its_link_opens(alice, atelier, mailbox, client):
    from marketplace.base import teams

    teams.invite(organisation=atelier, actor=alice, email="new@example.test", role="editor")
    relay.drain()
    letter = mailbox.get()
    assert letter.recipient == "new@example.test"
    assert "Atelier Nord" in letter.subject
    link = next(line for line in letter.body.splitlines() if "/invitations/" in line)
    assert client.get("/" + link.split("/", 3)[3], follow=True).status_code == 200


def test_an_invitation_that_was_taken_back_is_not_mailed(alice, atelier, mailbox):
    from marketplace.base import teams

    invitation = teams.invite(organisation=atelier, actor=alice, email="new@example.test", role="editor")
    teams.revoke(organisation=atelier, actor=alice, invitation_id=invitation.pk)
    assert relay.drain()["done"] == 1
    assert not mailbox.exists()


# --- Texts ------------------------------------------------------------------------------------------------


def test_every_kind_of_notice_in_the_code_has_a_text():
    from marketplace.base.texts import writers
    from tests.sources import notice_kinds

    kinds = notice_kinds()
    assert {
        "contested",
        "decided_requester",
        "appeal_decided",
        "payout_held",
        "cap_80",
        "restricted",
    } <= kinds
    assert kinds - set(writers) == set()


def test_no_text_is_written_for_a_kind_that_nobody_tells():
    from marketplace.base.texts import writers
    from tests.sources import notice_kinds

    assert set(writers) - notice_kinds() == set()


@pytest.mark.django_db(transaction=True)
def test_the_doorbell_rings_after_commit_and_not_after_a_rollback(monkeypatch, probe):
    rung = []
    monkeypatch.setattr(outbox, "_doorbells", [lambda: rung.append(1)])
    with transaction.atomic():
        outbox.emit("test.probe", "a")
        outbox.emit("test.probe", "b")
        assert rung == []
    assert rung == [1]
    with transaction.atomic():
        outbox.emit("test.probe", "c")
        transaction.set_rollback(True)
    assert rung == [1]


def test_nothing_leaves_the_house_in_tests():
    assert mail.outbox == []
