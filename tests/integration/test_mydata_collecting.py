"""Nothing is collected while nobody works, and what is needed no more goes by itself (charter M6)."""

import logging

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.urls import reverse

from marketplace.base.models import ApiKey, Invitation, Notice, OutboxEvent, SentMail
from marketplace.mydata import columns, retention
from marketplace.sessions import SessionStore
from payments.models import BankLine, BankStatement
from tests import market

pytestmark = pytest.mark.django_db
ADDRESS, AGENT = "203.0.113.77", "Mozilla/5.0 (Curious 42)"
PAGES = ("board", "history", "earnings", "rights", "my-data", "me", "notices", "charter", "transparency")


def rows():
    """How many rows each table has."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models(include_auto_created=True)
    }


def test_M6_reading_pages_writes_no_row_and_keeps_no_address_and_no_browser(
    bob, atelier, alice, client_of, caplog
):
    market.open_batch(atelier, alice)
    client = client_of(bob)
    client.get(reverse("board"))
    before = rows()
    with caplog.at_level(logging.DEBUG):
        for name in PAGES:
            answer = client.get(reverse(name), REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=AGENT)
            assert answer.status_code == 200, name
    assert rows() == before
    kept = [str(SessionStore().decode(row.session_data)) for row in Session.objects.all()]
    said = [record.getMessage() + str(vars(record)) for record in caplog.records]
    assert kept and not [text for text in kept + said if ADDRESS in text or AGENT in text]


def test_M6_no_column_is_for_a_network_address_a_browser_or_a_place():
    assert not [column for column in columns.register().values() if column.kind == "device"]
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            assert not {"ip", "agent", "browser", "latitude", "longitude"} & set(field.name.split("_")), (
                model._meta.label,
                field.name,
            )


def test_M6_what_is_needed_no_more_goes_when_its_days_are_over(bob, atelier, alice, clock):
    now = clock.now()
    Notice.objects.create(user=bob, kind="x", key="old")
    OutboxEvent.objects.create(kind="x", key="x:done", done_at=now)
    OutboxEvent.objects.create(kind="x", key="x:open")
    SentMail.objects.create(recipient=bob.email, subject="Hello", body="Hello")
    ApiKey.objects.create(user=bob, name="k", prefix="k", key_hash="k", scopes=["work"], expires_at=now)
    Invitation.objects.create(
        organisation=atelier,
        email="x@example.test",
        role="viewer",
        token_hash="t",
        invited_by=alice,
        expires_at=now,
    )
    statement = BankStatement.objects.create(account="FR00", statement_id="1", sha256="0" * 64)
    for place, taken in enumerate(("deposit", "suspense")):
        BankLine.objects.create(
            statement=statement, external_id=f"l{place}", amount_micros=1, booked_on=now.date(), taken_as=taken,
            counterparty="Ann Payer", counterparty_iban="FR7612345",
        )  # fmt: skip
    assert retention.run() == {}
    clock.forward(days=91)
    assert retention.run() == {"outbox": 1, "mailbox": 1, "invitations": 1}
    clock.forward(days=310)
    assert retention.run() == {"bank-names": 1, "keys": 1}
    assert (
        BankLine.objects.get(taken_as="suspense").counterparty == "Ann Payer"
    )  # somebody must still explain it
    clock.forward(days=330)
    assert retention.run() == {"notices": 1}
    assert OutboxEvent.objects.count() == 1


def test_every_clock_has_its_setting_and_the_page_shows_it(bob, client_of, settings):
    settings.KEEP_NOTICES_DAYS = 77
    page = client_of(bob).get(reverse("my-data")).content.decode()
    assert "77 days" in page
    for each in retention.CLOCKS:
        assert each.number >= 1 and each.unit in {"days", "years"}
        assert str(each.what) in page.replace("&#x27;", "'").replace("&amp;", "&")


def test_the_moment_a_thing_is_due_is_counted_in_whole_days(bob, clock, settings):
    settings.KEEP_NOTICES_DAYS = 2
    Notice.objects.create(user=bob, kind="x", key="two days")
    clock.forward(days=2, seconds=-5)
    assert retention.run() == {}
    clock.forward(seconds=10)
    assert retention.run() == {"notices": 1}
