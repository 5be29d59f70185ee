"""Workers and requesters write to each other about a task; nobody else reads it unless one of them reports it
(charter M11, M6; ILO 11, 12)."""

import datetime as dt
import re

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from marketplace.base import ids
from marketplace.base.errors import Forbidden, Invalid
from marketplace.base.models import AuditEvent, Notice
from marketplace.base.texts import read
from payments.models import Payout
from tasks.errors import Silenced, ThreadClosed, TooManyMessages
from tasks.models import Message, Objection, Thread
from tasks.selectors import messages as talk
from tasks.services import claims, closing, contact_data, messages, objections, reviews
from tests import market
from tests.personas import make_worker
from tests.sources import ROOT
from workers.models import Restriction

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=20)


@pytest.fixture
def thread(batch, alice, bob):
    """Bob asked, Alice answered."""
    write(bob, batch, bob, "Which side is the front?")
    write(alice, batch, bob, "The one with the label.")
    return Thread.objects.get()


def write(author, batch, worker, text="Hello.", **more):
    return messages.send(batch=batch, worker=worker, author=author, text=text, **more)


def told(user, kind):
    return [
        f"{text.subject} {' '.join(text.lines)}"
        for _row, text in read(Notice.objects.filter(user=user, kind=kind))
    ]


def texts_on(client, address):
    return client.get(address).content.decode()


def theirs(batch, worker):
    return reverse("thread", args=[batch.public_id, ids.worker_seen_by(worker.pk, batch.organisation_id)])


# --- writing ------------------------------------------------------------------------------------------------


def test_both_read_and_write_on_their_own_page_and_are_told(batch, alice, bob, client_of):
    mine = reverse("my-thread", args=[batch.public_id])
    answer = client_of(bob).post(mine, {"text": "Which side is the front?\nhttps://example.test/<b>"})
    assert answer.status_code == 302
    assert "wrote to you" in told(alice, "message_to_requester")[0]
    page = texts_on(client_of(alice), reverse("messages"))
    assert "Which side is the front?" in page and "1 new" in page
    page = texts_on(client_of(alice), theirs(batch, bob))
    assert "&lt;b&gt;" in page and 'href="https://example.test' not in page  # words, not links
    assert bob.name not in page and bob.email not in page
    assert "new</b>" not in texts_on(client_of(alice), reverse("messages"))
    assert client_of(alice).post(theirs(batch, bob), {"text": "The one with the label."}).status_code == 302
    assert "wrote to you about" in told(bob, "message_to_worker")[0]
    assert "A requester wrote to you." in texts_on(client_of(bob), reverse("board"))
    page = texts_on(client_of(bob), mine)
    assert "The one with the label." in page and "Atelier" in page and "Alice" in page
    assert alice.email not in page
    assert "A requester wrote to you." not in texts_on(client_of(bob), reverse("board"))


def test_several_messages_that_nobody_read_are_one_notice(batch, alice, bob):
    for _time in range(3):
        write(bob, batch, bob)
    assert Notice.objects.filter(user=alice, kind="message_to_requester").count() == 1
    messages.read(thread=Thread.objects.get(), side="requester")
    write(bob, batch, bob)
    assert Notice.objects.filter(user=alice, kind="message_to_requester").count() == 2


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x00b"])
def test_what_says_nothing_or_too_much_is_refused_and_stays_in_the_form(batch, bob, client_of, text):
    with pytest.raises(Invalid):
        write(bob, batch, bob, text)
    answer = client_of(bob).post(reverse("my-thread", args=[batch.public_id]), {"text": text})
    assert answer.status_code == 400 and not Message.objects.exists()
    if len(text) > 100:
        assert text in answer.content.decode()


def test_one_person_sends_so_many_a_day_and_no_more(batch, bob, settings, clock):
    settings.MESSAGES_A_DAY = 2
    write(bob, batch, bob)
    write(bob, batch, bob)
    with pytest.raises(TooManyMessages):
        write(bob, batch, bob)
    clock.forward(days=1, seconds=1)
    write(bob, batch, bob)


def test_one_address_sends_so_many_a_minute(batch, bob, settings, client_of):
    settings.MESSAGES_A_MINUTE = 1
    client, mine = client_of(bob), reverse("my-thread", args=[batch.public_id])
    assert client.post(mine, {"text": "One."}).status_code == 302
    again = client.post(mine, {"text": "Two, typed with care."})
    assert again.status_code == 429 and "Two, typed with care." in again.content.decode()


def test_a_requester_writes_only_to_who_had_a_task_or_asked(batch, alice, bob, bea, client_of):
    with pytest.raises(Forbidden):
        write(alice, batch, bob)
    assert client_of(alice).post(theirs(batch, bob), {"text": "Hello."}).status_code == 404
    market.claimed(bob, batch)
    assert client_of(alice).post(theirs(batch, bob), {"text": "Hello."}).status_code == 302
    write(bea, batch, bea)
    assert write(alice, batch, bea).thread.worker == bea


def test_a_message_names_the_answer_that_it_is_about(batch, alice, bob, bea, client_of):
    row, other = market.submitted(bob, batch), market.submitted(bea, batch)
    mine = reverse("my-thread", args=[batch.public_id])
    assert f'value="{row.public_id}"' in texts_on(client_of(bob), f"{mine}?about={row.public_id}")
    client_of(bob).post(mine, {"text": "Was it right?", "about": row.public_id})
    client_of(bob).post(mine, {"text": "And this?", "about": other.public_id})  # not theirs: about nothing
    assert [each.assignment for each in Message.objects.order_by("pk")] == [row, None]
    assert reverse("submission", args=[batch.public_id, row.public_id]) in texts_on(
        client_of(alice), theirs(batch, bob)
    )


def test_M11_a_restricted_worker_writes_about_their_own_cases(batch, bob, dana, clock):
    market.submitted(bob, batch)
    Restriction.objects.create(
        user=bob, decided_by=dana, reason="A look at it.", ends_at=clock.now() + dt.timedelta(days=2)
    )
    assert write(bob, batch, bob).pk


def test_who_only_reads_for_the_organisation_writes_nothing(thread, batch, vera, bob, client_of):
    assert "Which side is the front?" in texts_on(client_of(vera), theirs(batch, bob))
    assert client_of(vera).post(theirs(batch, bob), {"text": "Me too."}).status_code == 403


# --- nobody else --------------------------------------------------------------------------------------------


def test_M6_nobody_else_reads_a_conversation(thread, batch, bob, bea, charlie, dana, client_of):
    for person in (bea, charlie, dana):
        page = client_of(person).get(theirs(batch, bob))
        assert page.status_code in (302, 404) and "front" not in page.content.decode()
    assert "front" not in texts_on(client_of(bea), reverse("my-thread", args=[batch.public_id]))


def test_M6_no_rule_reads_messages():
    """Nothing that screens, signals, ranks or lets in knows the tables; only these modules do."""
    named = {
        str(path.relative_to(ROOT))
        for app in ("marketplace", "tasks", "workers", "payments")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        and re.search(r"\b(?:Message|Thread)\b(?!s)", _imports(path.read_text())) is not None
    }
    assert {path for path in named if path.startswith(("tasks/", "workers/", "payments/"))} == {
        "tasks/models/__init__.py",
        "tasks/models/message.py",
        "tasks/services/messages.py",
        "tasks/services/objections.py",
        "tasks/selectors/messages.py",
        "tasks/texts/voice.py",
    }


def _imports(source):
    """The lines that bring names from the models."""
    return " ".join(
        re.findall(r"from (?:tasks)?\.+(?:models|message)[^\n]* import (?:\([^)]*\)|[^\n]*)", source)
    ) + ("class Message Thread" if "class Thread(" in source else "")


def test_M11_no_side_changes_or_removes_a_message(thread):
    row = Message.objects.first()
    for change in ({"text": "Something else."}, {"side": "requester"}):
        with pytest.raises(DatabaseError, match="stays as it was sent"), transaction.atomic():
            Message.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError, match="stays as it was sent"), transaction.atomic():
        Message.objects.filter(pk=row.pk).delete()
    Message.objects.filter(thread=thread).update(text="[erased]")  # as an erasure of the worker does


def test_M11_a_message_is_by_one_of_the_two(thread, bea, charlie):
    for author, side in ((bea, "worker"), (charlie, "requester")):
        with pytest.raises(IntegrityError, match="not theirs to write in"), transaction.atomic():
            Message.objects.create(thread=thread, side=side, author=author, text="Hello.")


# --- personal data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Write to me at jane.doe@example.test",
        "jane (at) example (dot) org",
        "Call +33 6 12 34 56 78",
        "06.12.34.56.78 c'est mon numéro",
        "What is your phone number?",
        "Quel est votre numéro de téléphone ?",
        "Send me your e-mail",
        "Join us on WhatsApp",
        "Donnez-moi votre adresse",
    ],
)
def test_W5_contact_data_is_noticed(text):
    assert contact_data.asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Which side is the front?",
        "Row 1234 of 2026-11-22 says 12,50 €",
        "The price is 1 234 567 €.",
        "The field “phone number” is empty in row 12: leave it so?",
        "Faut-il recopier l'adresse de la facture ?",
        "I am at home @ noon",
        "Signal words are marked in red.",
    ],
)
def test_what_belongs_to_the_work_is_not_taken_for_contact_data(text):
    assert not contact_data.asks(text)


def test_W5_contact_data_warns_both_and_is_sent_all_the_same(thread, batch, alice, bob, client_of):
    asks = "Send me your phone number, please."
    warned = client_of(alice).post(theirs(batch, bob), {"text": asks})
    assert warned.status_code == 400 and asks in warned.content.decode()
    assert "Send it as it is" in warned.content.decode()
    assert not Message.objects.filter(text=asks).exists()
    assert client_of(alice).post(theirs(batch, bob), {"text": asks, "sure": "1"}).status_code == 302
    page = texts_on(client_of(bob), reverse("my-thread", args=[batch.public_id]))
    assert "You need not give any" in page
    assert not Objection.objects.exists()  # a rule tells nobody
    one_click = client_of(bob).post(
        reverse("my-thread-report", args=[batch.public_id]), {"reason": "personal_data"}
    )
    assert one_click.status_code == 302
    assert Objection.objects.get().reason == "personal_data"


# --- a moderator reads only what was reported ---------------------------------------------------------------


@pytest.fixture
def reported(thread, bob):
    return objections.object_to(actor=bob, side="worker", reason="insult", thread=thread, text="They shout.")


def test_M6_a_moderator_reads_a_conversation_only_once_it_is_reported_and_it_is_written_down(
    reported, batch, dana, client_of
):
    case = reverse("console-objection", args=[reported.public_id])
    page = texts_on(client_of(dana), case)
    assert "Which side is the front?" in page and "They shout." in page
    assert (
        AuditEvent.objects.filter(
            tag="tasks:thread:look", actor_id=dana.pk, subject=reported.public_id
        ).count()
        == 1
    )


def test_a_moderator_who_has_a_part_in_it_reads_nothing(reported, atelier, dana, client_of):
    atelier.memberships.create(user=dana, role="viewer")
    page = texts_on(client_of(dana), reverse("console-objection", args=[reported.public_id]))
    assert "front" not in page
    assert not AuditEvent.objects.filter(tag="tasks:thread:look").exists()


def test_a_moderator_decides_with_reasons_and_the_silenced_side_writes_no_more(
    reported, batch, alice, bob, dana, dora, client_of
):
    page = client_of(dana).post(
        reverse("console-objection", args=[reported.public_id]),
        {"outcome": "silenced", "reason": "Nobody is shouted at here."},
    )
    assert page.status_code == 302
    thread = Thread.objects.get()
    assert thread.silenced == "requester"
    with pytest.raises(Silenced):
        write(alice, batch, bob)
    with pytest.raises(IntegrityError, match="not theirs to write in"), transaction.atomic():
        Message.objects.create(thread=thread, side="requester", author=alice, text="Ha.")
    assert write(bob, batch, bob, "Thank you.").pk
    assert "Nobody is shouted at here." in told(alice, "objection_decided")[0]
    assert "Nobody is shouted at here." in told(bob, "objection_decided")[0]
    address = reverse("objection", args=[reported.public_id])
    assert client_of(bob).post(address, {"text": "More."}).status_code == 403
    assert client_of(alice).post(address, {"text": "I did not."}).status_code == 302
    client_of(dora).post(
        reverse("console-objection", args=[reported.public_id]),
        {"outcome": "warned", "reason": "Rough, and once."},
    )
    assert Thread.objects.get().silenced == ""
    write(alice, batch, bob, "Sorry.")


def test_M2_nobody_is_silenced_without_a_decision(thread):
    with pytest.raises(IntegrityError, match="without a decision"), transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(silenced="worker")


def test_one_report_at_a_time_for_each_side(reported, batch, bob, alice, client_of):
    again = client_of(bob).post(reverse("my-thread-report", args=[batch.public_id]), {"reason": "insult"})
    assert again.status_code == 409
    assert client_of(alice).post(f"{theirs(batch, bob)}report/", {"reason": "insult"}).status_code == 302


# --- how long -----------------------------------------------------------------------------------------------


def test_a_thread_stays_open_until_all_is_paid_out_and_thirty_days_more(batch, alice, bob, clock):
    row = market.submitted(bob, batch)
    closing.close(batch=batch, actor=alice)
    batch.refresh_from_db()
    assert messages.closed_since(batch, bob.pk) is None
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    clock.forward(days=90)
    assert messages.closed_since(batch, bob.pk) is None  # decided, not paid out
    write(bob, batch, bob)
    paid = Payout.objects.create(
        user=bob, amount_micros=10_000, gateway="simulated", asked_by="worker", state="paid", paid_at=clock.now(),
        created_at=clock.now(), sent_at=clock.now(),
    )  # fmt: skip
    assert (messages.closed_since(batch, bob.pk) - paid.paid_at).days == 30
    clock.forward(days=29)
    write(bob, batch, bob)
    clock.forward(days=2)
    with pytest.raises(ThreadClosed):
        write(bob, batch, bob)
    with pytest.raises(ThreadClosed):
        write(alice, batch, bob)


def test_where_nothing_was_earned_the_end_of_the_batch_counts(batch, alice, bob, clock):
    claims.release(assignment=market.claimed(bob, batch), worker=bob)
    closing.close(batch=batch, actor=alice)
    batch.refresh_from_db()
    assert (messages.closed_since(batch, bob.pk) - batch.closed_at).days == 30


# --- answers that help others -------------------------------------------------------------------------------


def test_a_question_is_answered_for_everybody_who_works_on_the_batch(
    thread, batch, alice, bob, bea, client_of
):
    address = f"{theirs(batch, bob)}publish/"
    form = texts_on(client_of(alice), address)
    assert "Which side is the front?" in form and "The one with the label." in form
    assert client_of(alice).post(address, {"question": "The front?", "answer": ""}).status_code == 400
    client_of(alice).post(address, {"question": "Where is the front?", "answer": "At the label."})
    for place in (
        reverse("work-batch", args=[batch.public_id]),
        reverse("my-thread", args=[batch.public_id]),
    ):
        page = texts_on(client_of(bea), place)
        assert "Where is the front?" in page and "At the label." in page
        assert ids.worker_seen_by(bob.pk, batch.organisation_id) not in page
    question = batch.questions.get()
    client_of(alice).post(reverse("question-out", args=[batch.public_id, question.public_id]))
    assert not batch.questions.exists()


def test_how_soon_a_requester_answers_is_shown_from_five_questions_on(
    batch, alice, atelier, clock, client_of
):
    people = [make_worker(f"asker{n}") for n in range(5)]
    for n, person in enumerate(people[:4]):
        write(person, batch, person, "How?")
        write(person, batch, person, "I mean, how exactly?")  # the same question goes on
        clock.forward(hours=n + 1)
        write(alice, batch, person, "So.")
    assert talk.answer_time(atelier) is None
    write(people[4], batch, people[4], "How?")
    found = talk.answer_time(atelier)
    assert (found.questions, found.answered, round(found.median_hours, 1)) == (5, 4, 2.5)
    page = texts_on(client_of(people[4]), reverse("work-batch", args=[batch.public_id]))
    assert "They answered 4 of 5 questions in the last half year" in page


def test_a_draft_is_nobodys_to_write_about(atelier, alice, bob, client_of):
    draft = market.draft(atelier, alice)
    assert client_of(bob).post(reverse("my-thread", args=[draft.public_id]), {"text": "?"}).status_code == 404
