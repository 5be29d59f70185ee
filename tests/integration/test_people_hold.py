"""Who would harm people by what protects them: leaving, taking data along, ratings, centres (charter D3, M7, M11)."""

import datetime as dt
import io
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core import mail
from django.db import transaction
from django.urls import reverse

from marketplace.base.models import Notice, User
from marketplace.delivery import relay
from marketplace.mydata import checks, erasure, reading, requests, residue, retention, special, vault, waiting
from marketplace.mydata.models import ErasureRequest
from marketplace.web.centres import figures
from payments.models import AccountKind, Bonus
from payments.services import ledger, payees
from tasks.models import Rating
from tasks.services import bonuses, claims, disputes, guarantee, messages, objections, ratings, reviews
from tests import centre_world, market, mydata, voice
from tests.payments_helpers import DETAILS, EUR
from tests.personas import make_person, make_worker
from workers.models import CentreMembership
from workers.services import centre_members

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def archive(settings, tmp_path):
    settings.ARCHIVE_KEY = vault.public_text(X25519PrivateKey.generate())
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    settings.MEDIA_ROOT = str(tmp_path / "media")


# --- Leaving ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_D3_whoever_gets_the_number_of_somebody_erased_after_a_restore_stays(charlie):
    """A backup from before a person came brings the counter of the numbers back too: the next to sign up has theirs."""
    number, joined = charlie.pk, charlie.date_joined
    erasure.erase(charlie)
    ErasureRequest.objects.all().delete()  # as the old backup has it: nobody of this number was there yet
    User.objects.filter(pk=number).update(
        email="nour@example.test", name="Nour", is_active=True, date_joined=joined + dt.timedelta(days=3)
    )
    assert requests.follow_all()["again"] == 0
    nour = User.objects.get(pk=number)
    assert nour.email == "nour@example.test" and nour.is_active
    User.objects.filter(pk=number).update(date_joined=joined)  # the very person, out of a later backup
    assert requests.follow_all()["again"] == 1


@pytest.mark.django_db(transaction=True)
def test_D3_a_task_taken_while_the_last_mail_leaves_is_not_lost(
    bob, atelier, alice, clock, mailbox, monkeypatch
):
    batch = market.open_batch(atelier, alice)
    requests.ask(user=bob, leaves_rest=False)
    clock.forward(days=15)
    sent = mail.EmailMessage.send
    taken = []

    def takes_one_meanwhile(self, *args, **more):
        taken.append(claims.claim(batch=batch, worker=bob))
        return sent(self, *args, **more)

    monkeypatch.setattr(mail.EmailMessage, "send", takes_one_meanwhile)
    requests.follow_all()
    monkeypatch.undo()
    bob.refresh_from_db()
    assert taken and bob.is_active and not special.is_erased(bob)
    row = ErasureRequest.objects.get()
    assert row.state == "waiting" and row.waits_for == ["in_hand"]
    requests.withdraw(user=bob)  # and it is open to them again, as any that waits


def test_D3_P14_a_week_that_is_still_to_be_held_against_the_floor_keeps_the_person_until_then(
    bob, atelier, alice, clock
):
    payees.save(user=bob, details=DETAILS, actor=bob)
    row = market.submitted(bob, market.open_batch(atelier, alice))
    reviews.approve(batch=row.batch, assignments=[row.pk], actor=alice)
    (week,) = [each for each in waiting.reasons(bob) if each.code == "week"]
    assert [each.code for each in waiting.reasons(bob, leaves_rest=True)].count("week") == 1
    clock.set(dt.datetime.combine(week.until - dt.timedelta(days=1), dt.time(12), tzinfo=dt.UTC))
    assert guarantee.hold_weeks()["weeks"] == 0
    assert "week" in [each.code for each in waiting.reasons(bob)]
    clock.set(dt.datetime.combine(week.until, dt.time(12), tzinfo=dt.UTC))
    assert guarantee.hold_weeks()["weeks"] == 1
    assert "week" not in [each.code for each in waiting.reasons(bob)]


def test_D3_nobody_gives_a_bonus_to_who_has_left_and_could_never_have_it(bob, atelier, alice):
    row = market.submitted(bob, market.open_batch(atelier, alice))
    reviews.approve(batch=row.batch, assignments=[row.pk], actor=alice)
    erasure.erase(bob)
    due = ledger.account(AccountKind.WORKER_PAYABLE, user=bob).balance
    listed = bonuses.take(batch=row.batch, rows=[(row.public_id, "2.00", "Thank you")], key="one")
    assert "worker" in listed.rows[0].problems
    given = bonuses.give(batch=row.batch, actor=alice, listed=listed)
    assert not given.bonuses and not Bonus.objects.exists()
    assert ledger.account(AccountKind.WORKER_PAYABLE, user=bob).balance == due


def test_D3_what_a_member_signed_and_what_others_wrote_of_somebody_goes_too(
    bob, ben, atelier, alice, vera, dana, clock
):
    """The words of the other side name the person as often as their own."""
    User.objects.filter(pk=vera.pk).update(name="Vera Quillivic")
    User.objects.filter(pk=bob.pk).update(name="Robert Quillivic")
    atelier.memberships.filter(user=vera).update(role="editor")
    batch = market.open_batch(atelier, alice, rows=8)
    voice.raters(batch, alice, [(3, 3, 3)] * 4, words="It was good")
    voice.paid(bob, batch, alice)
    rating = ratings.rate(worker=bob, organisation=atelier, pay=1, clarity=1, fairness=1, words="No.")
    thread = messages.send(
        batch=batch, worker=bob, author=vera, text="Hello Bob, yours, Vera Quillivic, vera@example.test"
    ).thread
    voice.show(clock)
    rating.refresh_from_db()
    made = objections.object_to(
        actor=alice,
        side="requester",
        reason="insult",
        rating=rating,
        text="Surely Robert Quillivic wrote it.",
    )
    row = market.submitted(ben, batch)
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Half of it is missing.")
    disputes.reply(assignment=row, worker=ben, text="Robert Quillivic said so.")
    row.disputes.update(statement="Robert Quillivic said so.")  # as an appeal has words
    disputes.decide(dispute=row.disputes.get(), moderator=dana, outcome="approve", reason="It is all there.")
    vera.refresh_from_db()
    erasure.erase(vera)
    assert thread.messages.get().text == "Hello Bob, yours, [erased], [erased]"
    bob.refresh_from_db()
    erasure.erase(bob)
    assert residue.in_database(["Quillivic", "vera@example.test", "bob@example.test"]) == {}
    made.refresh_from_db()
    assert made.text == "Surely [erased] wrote it."
    assert row.disputes.get().statement == "[erased] said so."
    assert thread.messages.get().text == "[erased]"


@pytest.mark.django_db(transaction=True)
def test_D3_news_for_somebody_who_has_left_is_told_to_nobody_and_leaves_nothing(
    bob, atelier, alice, clock, mailbox
):
    batch = market.open_batch(atelier, alice, rows=8)
    voice.raters(batch, alice, [(3, 3, 3)] * 4, words="It was good")
    voice.paid(bob, batch, alice)
    rating = ratings.rate(worker=bob, organisation=atelier, pay=4, clarity=4, fairness=4, words="Good.")
    voice.show(clock)
    erasure.erase(bob)
    rating.refresh_from_db()
    ratings.answer(rating=rating, actor=alice, text="Thank you.")
    relay.drain()
    assert not Notice.objects.filter(user=bob).exists()
    assert all(check.ok for check in checks.run())
    assert not [each for each in mail.outbox if "erased.invalid" in str(each.to)]


def test_no_address_can_be_taken_that_stands_for_somebody_erased(client):
    number = make_person("dries").pk
    answer = client.post(
        reverse("account_signup"), {"email": special.address_of(number), "password1": "a long one 4 me"}
    )
    assert answer.status_code == 200 and "email" in answer.context["form"].errors
    assert not User.objects.filter(email=special.address_of(number)).exists()


# --- Taking data along --------------------------------------------------------------------------------------------


def _zip(**files: bytes) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    out.seek(0)
    return out


MANIFEST = b'{"schema": "tessera-my-data", "sha256": {}}'


@pytest.mark.parametrize(
    "files",
    [
        {"manifest_json": MANIFEST, "signature_jws": b"0" * 20_000_000},
        {"manifest_json": b'{"schema": "tessera-my-data", "sha256": 7}'},
        {"manifest_json": b'{"schema": "tessera-my-data", "sha256": [["a"]]}'},
        {"manifest_json": b"[" * 200_000},
    ],
    ids=["a signature as large as memory", "sums are a number", "sums are lists", "nested without end"],
)
def test_M7_a_file_made_to_break_who_looks_at_it_is_called_unreadable(files, monkeypatch):
    read = zipfile.ZipFile.read

    def not_that_much(self, name, *args, **more):
        found = read(self, name, *args, **more)
        assert len(found) < 10_000_000, "read into memory as a whole"
        return found

    monkeypatch.setattr(zipfile.ZipFile, "read", not_that_much)
    assert reading.read(_zip(**files)).standing == reading.Standing.UNREADABLE


def test_M7_a_file_that_was_damaged_on_its_way_is_called_unreadable():
    content = bytearray(_zip(manifest_json=MANIFEST + b" " * 3_000 + bytes(range(256))).getvalue())
    for place in range(50, 80):
        content[place] ^= 0x5A
    assert reading.read(io.BytesIO(bytes(content))).standing == reading.Standing.UNREADABLE


@pytest.fixture
def hidden(atelier, alice, bob, dana, clock):
    """A rating of bob's that was hidden at the wish of the requester, and his complaint."""
    batch = market.open_batch(atelier, alice, rows=8)
    voice.raters(batch, alice, [(3, 3, 3)] * 4, words="It was good")
    voice.paid(bob, batch, alice)
    rating = ratings.rate(worker=bob, organisation=atelier, pay=1, clarity=1, fairness=1, words="Hopeless.")
    voice.show(clock)
    rating.refresh_from_db()
    made = objections.object_to(
        actor=alice, side="requester", reason="insult", rating=rating, text="It insults."
    )
    objections.decide(objection=made, moderator=dana, outcome="hidden", statement="It does.")
    made.refresh_from_db()
    objections.complain(objection=made, actor=bob, text="I am the one who typed the tables on Monday.")
    made.refresh_from_db()
    return made


def test_M7_M11_the_rated_never_reads_in_their_export_what_the_rater_complained(hidden, alice, bob):
    assert "typed the tables" not in mydata.raw(alice)
    (row,) = [each for each in mydata.of(alice)["ratings"] if each["objection"]]
    assert row["your_words"] == "It insults." and row["objection"]["complaint"] == ""
    (own,) = [each for each in mydata.of(bob)["ratings"] if each["objection"]]  # and the rater has their own
    assert own["objection"]["complaint"] == "I am the one who typed the tables on Monday."
    assert own["your_words"] == "" and "It insults." not in mydata.raw(bob)


# --- Ratings ------------------------------------------------------------------------------------------------------


def test_M11_the_rater_reads_nothing_of_another_reader_and_uses_up_no_complaint_of_theirs(
    atelier, alice, bob, bea, dana, clock, client_of
):
    batch = market.open_batch(atelier, alice, rows=8)
    voice.raters(batch, alice, [(3, 3, 3)] * 4, words="It was good")
    voice.paid(bob, batch, alice)
    rating = ratings.rate(worker=bob, organisation=atelier, pay=1, clarity=1, fairness=1, words="Hopeless.")
    voice.show(clock)
    rating.refresh_from_db()
    made = objections.object_to(
        actor=bea, side="worker", reason="insult", rating=rating, text="He sat beside me in Lorient."
    )
    address = reverse("objection", args=[made.public_id])
    assert client_of(bob).get(address).status_code == 404  # not decided: nobody's but hers
    objections.decide(objection=made, moderator=dana, outcome="stays", statement="Harsh, and no insult.")
    made.refresh_from_db()
    page = client_of(bob).get(address).content.decode()
    assert "Lorient" not in page and "Harsh" in page
    assert objections.may_complain(made, bea) and not objections.may_complain(made, bob)


@pytest.mark.django_db(transaction=True)
def test_M11_one_who_takes_theirs_back_as_the_set_is_shown_leaves_no_set_too_small_to_hide_in(
    atelier, alice, clock, monkeypatch
):
    batch = market.open_batch(atelier, alice, rows=8)
    people = voice.raters(batch, alice, [(3, 3, 3)] * 5, words="It was good")
    last = ratings.own(people[-1], atelier)
    atomic = transaction.atomic
    clock.forward(days=62)

    def taken_back_first(*args, **more):
        monkeypatch.undo()
        ratings.take_back(
            rating=last, worker=people[-1]
        )  # another process, between the count and the showing
        return atomic(*args, **more)

    monkeypatch.setattr(ratings.transaction, "atomic", taken_back_first)
    assert ratings.show_due() == 0
    assert not Rating.objects.filter(shown_in__isnull=False).exists()


# --- Centres ------------------------------------------------------------------------------------------------------


def test_a_centres_figures_tell_nothing_of_the_one_who_keeps_their_earnings_to_themselves(
    charlie, dana, atelier, alice, bob, bea, ben
):
    """Who runs it sees what the others earned: a figure of few others would tell of the one person."""
    centre = centre_world.opened(charlie, dana)
    batch = market.open_batch(atelier, alice, rows=12, reward_micros=20 * EUR)
    people = [bob, bea, ben, *(make_worker(f"other{number}") for number in range(7))]
    for person in people:
        centre_world.join(centre, charlie, person, shares_earnings=person is not bob)
        voice.paid(person, batch, alice)
    figures.count()
    centre.refresh_from_db()
    assert centre.figures["members"] == 10
    assert centre.figures["median_hourly"] is None and "paid" not in centre.figures
    CentreMembership.objects.update(shares_earnings=True)
    figures.count()
    centre.refresh_from_db()
    assert centre.figures["median_hourly"]


def test_a_moment_that_no_calendar_has_books_nothing_and_breaks_nothing(charlie, dana, bob, client_of):
    centre = centre_world.opened(charlie, dana)
    centre_world.join(centre, charlie, bob)
    centre_world.lend(centre, charlie)
    page = client_of(bob)
    for act in ("book", "wait", "stop_waiting"):
        for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
            answer = page.post(reverse("centre-hours", args=[centre.public_id]), {act: moment})
            assert answer.status_code < 500, (act, moment)


def test_an_address_that_a_centre_invited_and_that_never_came_is_forgotten(charlie, dana, clock, settings):
    centre = centre_world.opened(charlie, dana)
    centre_members.invite(centre=centre, actor=charlie, email="stranger@example.test")
    clock.forward(days=settings.KEEP_INVITATIONS_DAYS - 1)
    retention.run()
    assert residue.in_database(["stranger@example.test"])
    clock.forward(days=15)
    retention.run()
    assert residue.in_database(["stranger@example.test"]) == {}
