"""Asking to be erased: what it waits for, days to think, the last mail, coming back with a backup (charter D3)."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base.errors import Lost
from marketplace.base.models import Membership, Notice, User
from marketplace.mydata import checks, erasure, requests, special, vault, waiting
from marketplace.mydata.models import ErasureRequest, SealedRecord
from payments.models import AccountKind, Payout
from payments.services import ledger, payees
from tasks.services import reviews
from tests import market
from tests.payments_helpers import DETAILS, EUR, earn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    key = X25519PrivateKey.generate()
    settings.ARCHIVE_KEY = vault.public_text(key)
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return key


def codes(user, **more):
    return [reason.code for reason in waiting.reasons(user, **more)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leaves_rest", [False, True])
def test_D3_what_is_due_is_paid_however_little_before_anybody_is_erased(
    bob, atelier, clock, mailbox, leaves_rest
):
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 3 * EUR, atelier, reference="asg_little")  # under the least payout
    row = requests.ask(user=bob, leaves_rest=leaves_rest)
    payout = Payout.objects.get()
    assert payout.amount_micros == 3 * EUR
    assert row.state == "waiting" and row.waits_for == ["payout"]
    Payout.objects.filter(pk=payout.pk).update(state="paid", sent_at=clock.now(), paid_at=clock.now())
    requests.follow_all()
    row.refresh_from_db()
    assert row.state == "cooling" and row.cooling_until > clock.now() + dt.timedelta(days=13)
    clock.forward(days=13)
    assert requests.follow_all()["erased"] == 0
    clock.forward(days=1, minutes=1)
    assert requests.follow_all()["erased"] == 1
    bob.refresh_from_db()
    assert special.is_erased(bob)
    row.refresh_from_db()
    assert row.state == "done" and row.goodbye_at
    assert all(check.ok for check in checks.run())


def test_it_waits_for_answers_and_says_until_when(bob, atelier, alice):
    batch = market.open_batch(atelier, alice)
    row = market.submitted(bob, batch)
    market.claimed(bob, batch)
    assert codes(bob) == ["in_hand", "answers"]
    assert waiting.reasons(bob)[1].until == row.review_due_at.date()
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Half of it is missing.")
    assert "answers" in codes(bob)


def test_money_without_details_waits_unless_the_person_leaves_it(bob, atelier):
    earn(bob, 3 * EUR, atelier, reference="asg_rest")
    assert codes(bob) == ["payee"] and codes(bob, leaves_rest=True) == []


def test_the_last_owner_hands_over_first_and_so_does_a_moderator(alice, atelier, vera, dana, charlie):
    assert codes(alice) == ["owner"]
    Membership.objects.filter(user=vera).update(role="owner")
    assert codes(alice) == []
    assert codes(dana) == ["role"] and codes(charlie) == []


def test_somebody_alone_in_an_organisation_waits_while_it_has_money(charlie):
    from tests.personas import make_organisation

    organisation = make_organisation("Charlie alone", owner=charlie)
    assert codes(charlie) == []
    market.fund(organisation)
    assert codes(charlie) == ["owner"]


def test_it_can_be_taken_back_until_the_last_mail_and_asked_for_once(bob, clock):
    row = requests.ask(user=bob, leaves_rest=False)
    assert row.state == "cooling"
    with pytest.raises(requests.AlreadyAsked):
        requests.ask(user=bob, leaves_rest=False)
    requests.withdraw(user=bob)
    with pytest.raises(Lost):
        requests.withdraw(user=bob)
    clock.forward(days=20)
    requests.follow_all()
    bob.refresh_from_db()
    assert bob.is_active and not special.is_erased(bob)
    assert {"erasure_asked", "erasure_cooling", "erasure_withdrawn"} <= set(
        Notice.objects.values_list("kind", flat=True)
    )
    again = requests.ask(user=bob, leaves_rest=False)
    ErasureRequest.objects.filter(pk=again.pk).update(goodbye_at=clock.now())
    with pytest.raises(Lost):
        requests.withdraw(user=bob)


def test_what_comes_up_in_the_days_to_think_begins_them_anew(bob, atelier, alice, clock):
    requests.ask(user=bob, leaves_rest=False)
    market.claimed(bob, market.open_batch(atelier, alice))
    clock.forward(days=15)
    requests.follow_all()
    row = ErasureRequest.objects.get()
    assert row.state == "waiting" and row.waits_for == ["in_hand"] and row.cooling_until is None


@pytest.mark.django_db(transaction=True)
def test_the_last_mail_leaves_before_the_address_goes_and_a_mail_that_fails_stops_it(
    charlie, clock, settings, mailbox
):
    requests.ask(user=charlie, leaves_rest=False)
    clock.forward(days=15)
    settings.EMAIL_BACKEND = "tests.integration.test_mydata_leaving.Broken"
    with pytest.raises(OSError):
        requests.follow_all()
    charlie.refresh_from_db()
    assert charlie.is_active and ErasureRequest.objects.get().goodbye_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    from django.core import mail

    requests.follow_all()
    (letter,) = [each for each in mail.outbox if "erased" in each.subject]
    assert letter.to == ["charlie@example.test"]
    charlie.refresh_from_db()
    assert special.is_erased(charlie)


class Broken:
    """A mail server that is down."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise OSError


@pytest.mark.django_db(transaction=True)
def test_D3_somebody_whom_a_backup_brought_back_is_erased_again_without_asking(charlie):
    number = charlie.pk
    erasure.erase(charlie)
    assert special.remembered() == [number]
    ErasureRequest.objects.all().delete()  # as an old backup has it
    User.objects.filter(pk=number).update(email="charlie@example.test", name="Charlie", is_active=True)
    assert [check.ok for check in checks.run()] == [True, True, False]
    assert requests.follow_all()["again"] == 1
    assert special.is_erased(User.objects.get(pk=number))
    assert all(check.ok for check in checks.run())


def test_without_a_key_for_the_archive_nobody_who_earned_is_erased(bob, atelier, settings):
    earn(bob, 3 * EUR, atelier, reference="asg_key")
    settings.ARCHIVE_KEY = ""
    row = requests.ask(user=bob, leaves_rest=True)
    assert row.waits_for == ["archive"]
    with pytest.raises(vault.NoArchiveKey):
        erasure.erase(bob)
    bob.refresh_from_db()
    assert bob.is_active and bob.email == "bob@example.test"


def test_the_archive_opens_with_its_key_alone_and_is_destroyed_in_time(
    bob, atelier, private, clock, tmp_path, capsys
):
    earn(bob, 3 * EUR, atelier, reference="asg_seal")
    erasure.erase(bob)
    record = SealedRecord.objects.get()
    assert b"bob@example.test" not in bytes(record.sealed)
    with pytest.raises(vault.NotOpened):
        vault.opened(record, X25519PrivateKey.generate())
    key = tmp_path / "key"
    key.write_text(vault.private_text(private))
    call_command("mydata", "open", bob.public_id, key_file=key)
    assert "bob@example.test" in capsys.readouterr().out
    assert record.keep_until == dt.date(2036, 12, 31)
    clock.set(dt.datetime(2037, 1, 1, 12, tzinfo=dt.UTC))
    assert vault.destroy_due() == 1
    with pytest.raises(CommandError):
        call_command("mydata", "open", bob.public_id, key_file=key)


def test_the_tax_office_is_told_of_who_left_as_well(bob, atelier, private, settings, tmp_path, capsys):
    settings.DAC7_TIN = "123456789"
    payees.save(
        user=bob, details=replace(DETAILS, tin="3012345678901", birth_date=dt.date(1990, 5, 31)), actor=bob
    )
    earn(bob, 3 * EUR, atelier, reference="asg_dac7")
    erasure.erase(bob)
    key, out = tmp_path / "key", tmp_path / "dac7.xml"
    key.write_text(vault.private_text(private))
    call_command("dac7", 2026)
    assert "told us nothing yet" in capsys.readouterr().out
    call_command("dac7", 2026, out=out, archive_key_file=key)
    assert "Martin" in out.read_text() and "0 can't be carried" in capsys.readouterr().out


def test_somebody_is_erased_once_whoever_tries_again(bob, atelier):
    earn(bob, 3 * EUR, atelier, reference="asg_twice")
    assert erasure.erase(bob)["rows"] > 0
    assert erasure.erase(User.objects.get(pk=bob.pk)) == {"rows": 0, "files": 0}
    assert SealedRecord.objects.count() == 1


def test_the_money_of_the_books_stays_under_the_number(bob, atelier):
    earn(bob, 3 * EUR, atelier, reference="asg_books")
    erasure.erase(bob)
    assert ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=bob)) == 3 * EUR


def test_the_database_keeps_the_rules_of_leaving(bob, clock):
    for values in (
        {"state": "gone"},
        {"state": "cooling"},
        {"state": "done"},
        {"state": "waiting", "ended_at": clock.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ErasureRequest.objects.create(user=bob, **values)
    ErasureRequest.objects.create(user=bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        ErasureRequest.objects.create(user=bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        SealedRecord.objects.create(user=bob, key_id="k", sealed=None, keep_until=clock.now().date())


def test_a_person_asks_on_the_page_after_proving_who_they_are(charlie, client_of, monkeypatch):
    from marketplace.web import confirm

    client = client_of(charlie)
    monkeypatch.setattr(confirm, "recently", lambda request: False)
    assert "reauthenticate" in client.get(reverse("my-data-erase")).headers["Location"]
    monkeypatch.setattr(confirm, "recently", lambda request: True)
    assert client.post(reverse("my-data-erase"), {}).status_code == 400
    assert client.post(reverse("my-data-erase"), {"sure": "on"}).status_code == 302
    page = client.get(reverse("my-data")).content.decode()
    assert "Your account will be erased on" in page
    client.post(reverse("my-data-keep"))
    assert "Have my account erased" in client.get(reverse("my-data")).content.decode()
