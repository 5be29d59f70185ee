"""Leaving for good (charter D3): the person is gone from every table and file, the books stay whole."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from marketplace.mydata import erasure, identity, residue, special, vault
from marketplace.mydata.models import SealedRecord
from tasks.models import Assignment
from tasks.services import disputes, reviews
from tests import market, mydata_world
from tests.mydata_world import NAME
from workers.models import Certificate

pytestmark = pytest.mark.django_db
# Where she is to be found before: if one is missing, the world does not hold what the erasure must find.
SURELY = {
    "base_user.email", "base_user.name", "payments_payee.iban", "tasks_dispute.reason", "tasks_dispute.statement",
    "tasks_contest.evidence", "tasks_contest.reply", "workers_certificate.name", "payments_bankline.counterparty_iban",
    "payments_payoutrun.content", "tasks_message.text", "tasks_report.text", "tasks_report.statement",
    "payments_helpgrant.words", "payments_helpgrant.decision", "workers_restriction.reason", "tasks_signal.note",
    "base_sentmail.body", "base_invitation.email", "tasks_batchguest.email", "base_apikey.name", "tasks_draft.answer",
    "account_emailaddress.email",
}  # fmt: skip


@pytest.fixture
def private(settings, tmp_path):
    """The operator's key; the site knows its public half."""
    key = X25519PrivateKey.generate()
    settings.ARCHIVE_KEY = vault.public_text(key)
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return key


@pytest.fixture
def everything(private, settings, atelier, alice, dana, dora, erin, mailbox):
    """Rozenn, who did everything here, with nothing open any more."""
    mydata_world.bank(settings)
    user = mydata_world.rozenn()
    batch = mydata_world.works(user, atelier, alice)
    mydata_world.argues(user, batch, alice, dana, dora)
    mydata_world.asks(user, batch, dana, dora)
    mydata_world.is_paid(user, dana, erin)
    return user


def left():
    """Where Rozenn can still be found, in the database and in the files."""
    traces = mydata_world.traces()
    return residue.in_database(traces) | dict.fromkeys(residue.in_media(traces), 1)


@pytest.mark.slow
def test_D3_after_an_erasure_nothing_finds_the_person_and_the_books_are_whole(
    everything, private, django_capture_on_commit_callbacks
):
    before = left()
    assert set(before) >= SURELY
    market.assert_sound()
    paid = Assignment.objects.filter(worker=everything).count()
    with django_capture_on_commit_callbacks(execute=True):
        figures = erasure.erase(everything)
    assert figures["rows"] > 20 and figures["files"] == 1
    assert left() == {}
    market.assert_sound()
    call_command("selfcheck")
    assert Assignment.objects.filter(worker=everything).count() == paid
    everything.refresh_from_db()
    assert special.is_erased(everything) and not everything.is_active
    opened = vault.opened(SealedRecord.objects.get(), private)
    assert opened["payee"]["legal_name"] == NAME and opened["payee"]["tin"] == mydata_world.TIN
    assert (
        opened["payouts"][0]["state"] == "paid"
        and sum(map(float, opened["years"]["2026"]["consideration"])) == 40
    )
    assert special.remembered() == [everything.pk]
    page = Client().get(reverse("certificate", args=[Certificate.objects.get().pk])).content.decode()
    assert (
        NAME not in page and "[erased]" not in page
    )  # a certificate that was taken back shows nothing of it


def test_a_name_in_others_words_goes_and_a_namesakes_first_name_stays():
    known = identity.Known(("rozenn@example.test", "3012345678901"), ("Rozenn Quillivic", "Rozenn"))
    about, anywhere = identity.pattern(known.all), identity.pattern(known.alone)
    text = "Rozenn (ROZENN@example.test) and Rozennick, says Rozenn Quillivic."
    assert identity.taken_out(text, about) == "[erased] ([erased]) and Rozennick, says [erased]."
    assert identity.taken_out(text, anywhere) == "Rozenn ([erased]) and Rozennick, says [erased]."
    assert identity.taken_out({"a": ["Rozenn", 3]}, about) == {"a": ["[erased]", 3]}
    assert identity.pattern(()) is None


def test_a_written_decision_is_rewritten_by_nothing_but_an_erasure(atelier, alice, bob, dana):
    row = market.submitted(bob, market.open_batch(atelier, alice))
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Half of it is missing.")
    disputes.reply(assignment=row, worker=bob, text="It is all there.")
    disputes.decide(dispute=row.disputes.get(), moderator=dana, outcome="reject", reason="Half is missing.")
    with connection.cursor() as cursor:
        for erasing, change in (
            ("off", {"reason": "[erased]"}),
            ("on", {"reason": "Something else."}),
            ("on", {"statement": "Other words."}),
            ("on", {"outcome": "approve"}),
            ("on", {"decided_by": None}),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(f"SET LOCAL tessera.erasing = '{erasing}'")
                row.disputes.update(**change)
    assert row.disputes.get().reason == "Half is missing."
