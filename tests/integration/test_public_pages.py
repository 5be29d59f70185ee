"""Pages for everybody: they tell what is true, and nothing about single persons."""

import datetime as dt

import pytest
from django.conf import settings as live
from django.core.cache import cache

from marketplace.base import clock as house_clock
from marketplace.base.models import Notice, SentMail
from tasks.services import aggregation, reviews
from tests import market
from tests.personas import log_in

EUR = market.EUR
pytestmark = pytest.mark.django_db
PUBLIC = ["/", "/charter/", "/transparency/", "/terms/", "/privacy/", "/accounts/login/", "/accounts/signup/"]


@pytest.mark.parametrize("page", PUBLIC)
def test_visitors_read_it(client, page):
    assert client.get(page).status_code == 200


# --- Home ----------------------------------------------------------------------------------------------------


def test_the_first_page_says_what_it_is_with_figures_of_the_settings(client, settings):
    settings.FEE_RATE = live.FEE_RATE * 2
    settings.AUTO_APPROVE_DAYS = 3
    page = client.get("/").content.decode()
    for words in ("Post work", "Do work", "€0.65", "€12.85", "40\u202f%", "3 days", "€3\u202f000.00"):
        assert words in page, words


def test_the_first_page_shows_a_real_batch_once_there_is_one(client, atelier, alice, bob):
    assert "At work right now" not in client.get("/").content.decode()
    batch = market.open_batch(atelier, alice, rows=4)
    market.submitted(bob, batch)
    aggregation.refresh(batch)
    cache.clear()
    page = client.get("/").content.decode()
    assert "At work right now" in page
    assert "1 to review" in page
    assert "3 open" in page
    assert "Atelier Nord" in page
    assert bob.email not in page


def test_the_first_page_groups_the_thousands_of_its_answers(client, atelier, alice):
    batch = market.open_batch(atelier, alice, rows=1000)
    aggregation.refresh(batch)
    cache.clear()
    assert "1\u202f000 answers are asked for" in client.get("/").content.decode()


def test_a_batch_that_is_not_open_is_not_shown(client, atelier, alice):
    market.fund(atelier)
    aggregation.refresh(market.draft(atelier, alice))
    assert "At work right now" not in client.get("/").content.decode()


# --- Notices ------------------------------------------------------------------------------------------------------


@pytest.fixture
def notice(bob):
    return Notice.objects.create(
        user=bob,
        kind="deposit_settled",
        key="k",
        data={"deposit": "dep_x", "amount": 5 * EUR},
        created_at=house_clock.now(),
    )


def test_a_notice_is_read_by_opening_it_and_leads_to_what_it_is_about(bob, notice):
    client = log_in(bob)
    page = client.get("/me/notices/").content.decode()
    assert "€5.00 arrived in your funds" in page
    notice.refresh_from_db()
    assert notice.read_at is None  # looking at the list changes nothing
    from marketplace.base import ids

    answer = client.post(f"/me/notices/{ids.encode('ntc', notice.pk)}/")
    assert answer.headers["Location"] == "/funds/"
    notice.refresh_from_db()
    assert notice.read_at


def test_the_notice_of_somebody_else_is_not_there(bea, notice):
    from marketplace.base import ids

    client = log_in(bea)
    assert "arrived in your funds" not in client.get("/me/notices/").content.decode()
    assert client.post(f"/me/notices/{ids.encode('ntc', notice.pk)}/").status_code == 404
    client.post("/me/notices/read/")
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_notices_are_marked_as_read_at_once(bob, notice):
    client = log_in(bob)
    assert client.post("/me/notices/read/").status_code == 302
    notice.refresh_from_db()
    assert notice.read_at
    assert "Mark all as read" not in client.get("/me/notices/").content.decode()


def test_no_notices_teach_what_comes_here(charlie):
    assert "No notices yet" in log_in(charlie).get("/me/notices/").content.decode()


def test_the_page_of_notices_asks_as_often_for_twenty_as_for_two(
    atelier, alice, bob, django_assert_max_num_queries
):
    batch = market.open_batch(atelier, alice, rows=20, reward_micros=EUR)
    for number in range(20):
        row = market.submitted(bob, batch)
        reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence=f"See number {number}.")
    client = log_in(bob)
    with django_assert_max_num_queries(8):
        page = client.get("/me/notices/").content.decode()
    assert page.count("was contested") >= 20


# --- The mail of the demonstration -----------------------------------------------------------------------------------


def test_sent_mail_is_shown_in_the_demonstration_and_can_be_narrowed(client):
    now = house_clock.now()
    SentMail.objects.create(
        at=now, recipient="a@example.test", subject="One", body="see https://example.test/x"
    )
    SentMail.objects.create(
        at=now + dt.timedelta(1), recipient="b@example.test", subject="Two", body="<script>"
    )
    page = client.get("/demo/mail/").content.decode()
    assert page.index("Two") < page.index("One")
    assert "<pre>&lt;script&gt;" in page
    narrowed = client.get("/demo/mail/", {"to": "A@example.test"}).content.decode()
    assert "One" in narrowed
    assert "Two" not in narrowed


@pytest.mark.parametrize(("name", "value"), [("PRODUCTION", True), ("EMAIL_URL", "smtp://mail.example:25")])
def test_sent_mail_is_shown_nowhere_else(client, settings, name, value):
    setattr(settings, name, value)
    assert client.get("/demo/mail/").status_code == 404
