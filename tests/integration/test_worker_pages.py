"""Earnings, profile, payout details, rights and one's own data."""

import datetime as dt
import json

import pytest
from django.urls import reverse

from marketplace.base import clock as house
from marketplace.delivery import relay
from payments.models import Payee
from payments.services import payouts
from tasks.models import AnswerFile
from tasks.services import audiences, disputes, reviews
from tests import crowds, market, mydata
from tests.personas import make_person
from workers.models import WorkerProfile

IBAN = "FR7630006000011234567890189"
DETAILS = {
    "legal_name": "Bob Martin", "address": "3 rue des Tuiles", "postcode": "35000", "town": "Rennes",
    "country": "FR", "tax_residence": "FR", "tin": "", "account_holder": "Bob Martin", "iban": IBAN,
}  # fmt: skip
PROFILE = {
    "country": "FR",
    "languages": ["fr", "en"],
    "birth_date": "1990-05-31",
    "time_zone": "Europe/Paris",
}


def earn(worker, batch, actor, times=1):
    rows = [market.submitted(worker, batch).pk for _ in range(times)]
    reviews.approve(batch=batch, assignments=rows, actor=actor)


def give_details(client):
    assert client.post(reverse("payee"), DETAILS).status_code == 302


# --- Earnings -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_earnings_show_due_waiting_reserved_paid_and_the_limit(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=20)
    earn(bob, batch, alice, times=8)
    market.submitted(bob, batch)
    market.claimed(bob, batch)
    answer = client_of(bob).get(reverse("earnings"))
    text = answer.content.decode()
    for words in ("€5.20", "€0.65", "€1.30", "€3\u202f000.00", "1 January", "Tell us where your money goes"):
        assert words in text, words
    assert answer.context["waiting_micros"] == 650_000 == answer.context["in_hand_micros"]


@pytest.mark.django_db
def test_nothing_earned_yet_teaches_where_to_begin(bob, client_of):
    text = client_of(bob).get(reverse("earnings")).content.decode()
    assert "Nothing is waiting." in text and "No payout yet." in text and "€0.00" in text


@pytest.mark.django_db(transaction=True)
def test_p12_a_payout_from_five_euros_on_is_made_when_asked_for(atelier, alice, bob, client_of):
    batch = market.open_batch(atelier, alice, rows=10)
    earn(bob, batch, alice, times=8)
    client = client_of(bob)
    ask = reverse("payout-request")
    refused = client.post(ask)
    assert refused.status_code == 409 and "Tell us first where to send your money" in refused.content.decode()
    give_details(client)
    assert "Pay out €5.20" in client.get(reverse("earnings")).content.decode()
    text = client.post(ask, follow=True).content.decode()
    assert "A payout of €5.20 is made." in text and "It leaves with the next run" in text
    again = client.post(ask)
    assert again.status_code == 409 and "You can ask for a payout from €5.00 on" in again.content.decode()
    assert client.get(ask).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_held_payout_says_who_why_and_until_when(atelier, alice, bob, dana, client_of):
    earn(bob, market.open_batch(atelier, alice, rows=10), alice, times=8)
    client = client_of(bob)
    give_details(client)
    made = payouts.request(user=bob, actor=bob)
    until = house.now() + dt.timedelta(days=3)
    payouts.hold(payout=made, actor=dana, reason="The account is new.", until=until)
    text = client.get(reverse("earnings")).content.decode()
    assert "Held by Dana: The account is new." in text and "at the latest." in text


@pytest.mark.django_db
def test_one_persons_earnings_are_nobody_elses(atelier, alice, bob, bea, client_of):
    earn(bob, market.open_batch(atelier, alice), alice)
    assert "€0.65" not in client_of(bea).get(reverse("earnings")).content.decode()


# --- Profile ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_person_fills_in_the_profile_and_goes_on_to_where_they_were_going(charlie, client_of):
    client = client_of(charlie)
    assert "Before your first task" in client.get("/work/profile/?next=/work/earnings/").content.decode()
    answer = client.post("/work/profile/", {**PROFILE, "next": "/work/earnings/"})
    assert answer.headers["Location"] == "/work/earnings/"
    saved = WorkerProfile.objects.get(user=charlie)
    assert (saved.country, saved.languages) == ("FR", ["fr", "en"])
    assert client.get("/work/").status_code == 200


@pytest.mark.django_db
def test_nobody_is_sent_to_another_site_after_saving(charlie, client_of):
    answer = client_of(charlie).post("/work/profile/", {**PROFILE, "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/work/"


@pytest.mark.django_db
def test_a_profile_with_mistakes_keeps_what_was_typed_and_names_each(charlie, client_of):
    wrong = {"country": "XX", "languages": ["mg"], "birth_date": "2020-01-01", "time_zone": "Europe/Paris"}
    answer = client_of(charlie).post("/work/profile/", wrong)
    text = answer.content.decode()
    assert answer.status_code == 400 and not WorkerProfile.objects.exists()
    assert 'value="mg" checked' in text and 'value="2020-01-01"' in text and 'href="#id_country"' in text
    text = client_of(charlie).post("/work/profile/", {**PROFILE, "birth_date": "2020-01-01"}).content.decode()
    assert "Tessera is for adults" in text


@pytest.mark.django_db
def test_w6_one_works_from_the_eighteenth_birthday_on(clock, client_of):
    clock.set(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC))
    client = client_of(make_person("young"))
    assert client.post("/work/profile/", {**PROFILE, "birth_date": "2008-11-22"}).status_code == 400
    assert client.post("/work/profile/", {**PROFILE, "birth_date": "2008-11-21"}).status_code == 302


# --- Payout details ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_payout_details_are_saved_and_the_account_number_is_not_shown_again(bob, client_of):
    client = client_of(bob)
    give_details(client)
    text = client.get(reverse("payee")).content.decode()
    assert IBAN not in text and "ends in 0189" in text and "3 rue des Tuiles" in text
    assert client.post(reverse("payee"), {**DETAILS, "town": "Brest", "iban": ""}).status_code == 302
    saved = Payee.objects.get(user=bob)
    assert (saved.town, saved.iban) == ("Brest", IBAN)


@pytest.mark.django_db
def test_payout_details_with_mistakes_keep_what_was_typed(bob, client_of):
    answer = client_of(bob).post(reverse("payee"), {**DETAILS, "iban": "FR00 1234", "town": ""})
    text = answer.content.decode()
    assert answer.status_code == 400 and "FR00 1234" in text and "3 rue des Tuiles" in text
    assert 'href="#id_town"' in text and not Payee.objects.exists()
    text = client_of(bob).post(reverse("payee"), {**DETAILS, "iban": "FR00 1234"}).content.decode()
    assert "This is not an IBAN" in text


# --- Rights and data -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_rights_are_said_with_the_figures_of_this_market(bob, client_of, settings):
    settings.AUTO_APPROVE_DAYS = 9
    text = client_of(bob).get(reverse("rights")).content.decode()
    for words in (
        "A requester has 9 days",
        "In France the floor is €12.85",
        "How to complain",
        "for 6 months",
    ):
        assert words in text, words


@pytest.mark.django_db
def test_m7_a_person_takes_all_their_data_and_nobody_elses(atelier, alice, bob, bea, dana, client_of):
    batch = market.open_batch(atelier, alice, rows=5)
    earn(bob, batch, alice)
    lost = market.submitted(bob, batch)
    reviews.contest(assignment=lost, actor=alice, reason="incomplete", evidence="Half of it.")
    disputes.reply(assignment=lost, worker=bob, text="Whole.")
    disputes.decide(dispute=lost.disputes.get(), moderator=dana, outcome="reject", reason="Half indeed.")
    other = market.submitted(bea, batch)
    give_details(client_of(bob))
    raw = mydata.raw(bob)
    found = json.loads(raw)
    assert found["account"]["email"] == bob.email and found["profile"]["country"] == "FR"
    assert found["payee"]["iban"] == IBAN
    assert [row["state"] for row in found["assignments"]] == ["approved", "rejected"]
    assert found["assignments"][0]["answer"] == {"same": "1"} and found["assignments"][0]["reward"] == "0.65"
    assert found["objections"][0]["reply"] == "Whole." and found["decisions"][0]["reason"] == "Half indeed."
    assert found["notices"] and found["payouts"] == [] and found["drafts"] == []
    assert other.public_id not in raw and alice.email not in raw and bea.email not in raw


@pytest.mark.django_db
def test_m7_invitations_and_files_that_were_sent_are_among_the_data(atelier, alice, bob, bea):
    listed = crowds.private(atelier, alice, people="bob@example.test\nbea@example.test", title="For few")
    market.draft(atelier, alice, audience="list", title="Not told yet").guests.create(email=bob.email)
    relay.drain()
    audiences.decline(batch=listed, worker=bob)
    held = market.claimed(bob, market.open_batch(atelier, alice))
    sent = AnswerFile.objects.create(assignment=held, kind="photo", path="answers/a.webp", size=12)
    raw = mydata.raw(bob)
    found = json.loads(raw)
    (invitation,) = found["invitations"]
    assert (invitation["title"], invitation["by"], invitation["address"]) == ("For few", "list", bob.email)
    assert invitation["declined_at"] and not invitation["accepted_at"]
    (file,) = found["sent_files"]
    assert file["id"] == sent.public_id and file["assignment"] == held.public_id and file["bytes"] == 12
    assert file["address"].endswith(reverse("answer-media", args=[sent.public_id]))
    assert "Not told yet" not in raw and bea.email not in raw
    others = mydata.of(bea)
    assert others["sent_files"] == [] and others["invitations"][0]["declined_at"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["board", "history", "earnings", "payee", "rights"])
def test_pages_of_work_are_personal_and_kept_by_no_cache(name, bob, charlie, client, client_of):
    assert client.get(reverse(name)).headers["Location"].startswith(reverse("account_login"))
    assert client_of(charlie).get(reverse(name)).headers["Location"].startswith(reverse("worker-profile"))
    answer = client_of(bob).get(reverse(name))
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
