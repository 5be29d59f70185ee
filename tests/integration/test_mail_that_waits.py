"""Mails that must come at once, mails that may wait, and the link that stops some of them (docs/adr/0069)."""

import datetime as dt

import pytest
from django.core import mail as django_mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base import clock as house_clock
from marketplace.base import mail, mail_kinds, notices, outbox
from marketplace.base.errors import Invalid, NotFound
from marketplace.base.models import MailChoice, Notice, OutboxEvent
from marketplace.base.texts import Text, writers
from marketplace.delivery import digests, jobs, relay
from tests.personas import make_worker

pytestmark = pytest.mark.django_db
NIGHT = (dt.time(21), dt.time(8))
EIGHT = dt.time(8)


@pytest.fixture
def box(settings, monkeypatch):
    """What left by mail, as Django's messages with their headers; reports have words that need no report."""
    monkeypatch.setitem(
        writers,
        "report_received",
        lambda _data, _things: Text("It arrived", ("Thank you.",), "/work/", "Go on"),
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    django_mail.outbox = []
    return django_mail.outbox


def at(clock, text):
    """Move the clock to a moment (UTC)."""
    clock.set(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))


def want(user, quiet=None, digest_at=EIGHT, **chosen):
    mail.choose(user=user, chosen=chosen, quiet=quiet, digest_at=digest_at)


def passed(user, key="a"):
    """Something that may wait."""
    notices.tell(user.pk, "report_received", key, report="rep_x")


def paid(user, key="a"):
    notices.tell(user.pk, "payout_failed", key, payout="pay_x", amount=5_000_000)


def tick():
    jobs.mail_waiting.by_hand()
    relay.drain()


# --- Classes ------------------------------------------------------------------------------------------


def test_every_kind_of_notice_has_a_class():
    assert set(writers) - set(mail_kinds.KINDS) == set(), "give each a line in marketplace/base/mail_kinds.py"


def test_every_class_is_one_that_is_known_and_no_kind_has_two():
    assert set(mail_kinds.KINDS.values()) <= set(mail_kinds.AT_ONCE) | set(mail_kinds.WAITING)
    assert len(mail_kinds.KINDS) == sum(len(kinds) for kinds in mail_kinds._BY_TOPIC.values())


def test_M3_decisions_against_a_person_are_mailed_at_once_and_nobody_can_switch_them_off(bob):
    for kind in ("contested", "decided", "restricted", "gold_paused", "award_revoked"):
        assert mail.topic_of(kind) in mail_kinds.AT_ONCE
    with pytest.raises(Invalid):
        want(bob, decision="product")
    with pytest.raises(IntegrityError, match="mail_choice_never_of_what_must_be_told"), transaction.atomic():
        MailChoice.objects.create(user=bob, topic="decision", way="product")


def test_a_kind_that_nobody_classed_is_told_at_once():
    assert mail.topic_of("unheard_of") == "decision"


# --- When ---------------------------------------------------------------------------------------------


def test_at_night_money_comes_at_once_and_the_rest_in_the_morning(bob, box, clock):
    want(bob, quiet=NIGHT)
    at(clock, "2026-12-01T22:30")  # half past eleven in Paris
    paid(bob)
    passed(bob)
    relay.drain()
    assert [letter.subject for letter in box] == [box[0].subject]
    assert "List-Unsubscribe" not in box[0].extra_headers
    tick()
    assert len(box) == 1
    at(clock, "2026-12-02T07:00:30")
    tick()
    assert len(box) == 2
    assert Notice.objects.filter(mailed_at__isnull=True).count() == 0
    tick()
    assert len(box) == 2


def test_a_digest_comes_once_a_day_at_the_chosen_hour_in_the_readers_language_and_zone(bob, box, clock):
    bob.locale, bob.time_zone = "fr", "America/Lima"
    bob.save()
    want(bob, digest_at=dt.time(18), reports="digest")
    at(clock, "2026-12-01T15:00")
    passed(bob, "a")
    passed(bob, "b")
    relay.drain()
    at(clock, "2026-12-01T22:59")
    tick()
    assert box == []
    at(clock, "2026-12-01T23:00:30")  # 18:00 in Lima
    tick()
    (letter,) = box
    assert letter.to == [bob.email]
    assert letter.body.count("\n* ") == 2
    assert "/me/mail/" in letter.body
    (html, sort) = letter.alternatives[0]
    assert sort == "text/html"
    assert html.count("<h3>") == 2
    assert '<html lang="fr">' in html
    assert "<img" not in html


def test_what_was_read_in_the_product_is_left_out_of_the_digest(bob, box, clock):
    want(bob, reports="digest")
    passed(bob)
    relay.drain()
    notices.mark_read(user_id=bob.pk)
    clock.forward(days=2)
    tick()
    assert box == []
    assert Notice.objects.get().mail_due_at is None


def test_only_in_the_product_means_no_mail(bob, box, clock):
    want(bob, reports="product")
    passed(bob)
    clock.forward(days=2)
    tick()
    assert box == []
    assert Notice.objects.filter(user=bob, read_at__isnull=True).exists()


def test_a_change_of_the_settings_moves_what_waits(bob, box, clock):
    want(bob, reports="digest")
    passed(bob)
    relay.drain()
    want(bob, reports="now")
    tick()
    assert len(box) == 1


def test_moving_to_another_time_zone_moves_the_morning(bob, box, clock):
    from marketplace.base import people

    want(bob, quiet=NIGHT)
    at(clock, "2026-12-01T22:30")
    passed(bob)
    relay.drain()
    people.update(user=bob, name=bob.name, locale=bob.locale, time_zone="America/Lima")  # 17:30 there
    tick()
    assert len(box) == 1


def test_somebody_whose_account_is_closed_hears_of_decisions_and_money_only(bob, box):
    bob.is_active = False
    bob.save()
    paid(bob)
    passed(bob)
    relay.drain()
    assert len(box) == 1


def test_who_was_erased_gets_no_mail_at_all(bob, box, clock):
    bob.email, bob.is_active = "erased-1@erased.invalid", False
    bob.save()
    paid(bob)
    passed(bob)
    clock.forward(days=1)
    tick()
    assert box == []


# --- Never twice, never lost --------------------------------------------------------------------------


def test_a_relay_that_dies_before_sending_loses_no_mail(bob, box, clock):
    paid(bob)
    assert len(relay.take()) == 1  # taken, and then killed
    clock.forward(seconds=121)
    relay.drain()
    assert len(box) == 1


def test_a_relay_that_dies_between_sending_and_marking_sends_once_more_under_the_same_name(
    bob, box, clock, monkeypatch
):
    want(bob, reports="digest")
    passed(bob, "a")
    passed(bob, "b")
    relay.drain()
    clock.forward(days=1)
    jobs.mail_waiting.by_hand()

    class Killed(BaseException):
        """No handler of failures sees it, as with a process that is gone."""

    def die():
        raise Killed

    (event,) = [row for row in relay.take() if row.kind == "notices.mail"]
    with monkeypatch.context() as patch:
        patch.setattr("marketplace.delivery.handlers.clock.now", die)
        with pytest.raises(Killed):
            outbox.handlers[event.kind](event)
    clock.forward(seconds=121)
    relay.drain()
    relay.drain()
    assert [letter.extra_headers["Message-ID"] for letter in box] == [box[0].extra_headers["Message-ID"]] * 2


def test_gathering_twice_promises_one_mail(bob, box, clock):
    want(bob, reports="digest")
    passed(bob)
    relay.drain()
    clock.forward(days=1)
    assert digests.gather_all() == 1
    assert digests.gather_all() == 0
    assert OutboxEvent.objects.filter(kind="notices.mail").count() == 1


def test_one_that_waited_alone_comes_as_its_own_mail(bob, box, clock):
    want(bob, reports="digest")
    passed(bob)
    relay.drain()
    clock.forward(days=1)
    tick()
    assert not getattr(box[0], "alternatives", [])


def test_a_mail_that_waits_has_no_mark_of_having_been_sent(bob):
    with pytest.raises(IntegrityError, match="notice_mailed_waits_no_more"), transaction.atomic():
        now = house_clock.now()
        Notice.objects.create(
            user=bob, kind="report_received", key="x", mailed_at=now, mail_due_at=now, created_at=now
        )


# --- Unsubscribe (RFC 8058) ---------------------------------------------------------------------------


@pytest.fixture
def link(bob, box):
    passed(bob)
    relay.drain()
    headers = box[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return "/" + headers["List-Unsubscribe"].strip("<>").split("/", 3)[3]


def test_one_click_of_the_mail_program_stops_that_topic_only_without_a_log_in(bob, box, link):
    from django.test import Client

    program = Client(enforce_csrf_checks=True)
    answer = program.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200  # no redirect, says the RFC
    assert mail.ways(bob)["reports"] == "product"
    assert {way for topic, way in mail.ways(bob).items() if topic != "reports"} <= {"now", "digest"}
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    passed(bob, "later")
    paid(bob)
    relay.drain()
    assert len(box) == 2  # the first, and the money


def test_opening_the_link_only_asks(bob, client, link):
    page = client.get(link).content.decode()
    assert "<form" in page
    assert mail.ways(bob)["reports"] == "now"


def test_a_forged_link_is_refused(bob, client, link):
    other = make_worker("oscar")
    forged = mail.stop_token(other, ["reports"]).split(":")[0] + ":" + link.rstrip("/").split(":")[1]
    address = reverse("mail-stop", args=[forged])
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert mail.ways(other)["reports"] == "now"
    with pytest.raises(NotFound):
        mail.stop(mail.stop_token(bob, ["decision"]))  # not even one of ours stops decisions


# --- The page -----------------------------------------------------------------------------------------


def test_a_person_chooses_on_the_page(bob, client_of):
    browser = client_of(bob)
    page = browser.get("/me/mail/").content.decode()
    assert "Top-ups of single answers" in page
    assert "How your batches go" not in page  # Bob posts nothing
    form = {name: "now" for name, topic in mail_kinds.WAITING.items() if topic.side != "posts"}
    form |= {
        "offers": "product",
        "quiet": "on",
        "quiet_from": "20:30",
        "quiet_until": "09:00",
        "digest_at": "07:15",
    }
    assert browser.post("/me/mail/", form).status_code == 302
    assert mail.ways(bob)["offers"] == "product"
    assert mail.hours(bob) == mail.Hours(dt.time(20, 30), dt.time(9), dt.time(7, 15))
    wrong = browser.post("/me/mail/", form | {"quiet_until": "20:30"})
    assert wrong.status_code == 400
    assert "another time" in wrong.content.decode()
    assert browser.post("/me/mail/", form | {"quiet_from": ""}).status_code == 400


def test_a_top_up_waits_for_the_digest_unless_the_worker_wants_it_at_once(bob):
    assert mail.ways(bob)["top_ups"] == "digest"


def test_the_usual_night_is_a_setting(bob, settings):
    settings.QUIET_HOURS = NIGHT
    assert mail.hours(bob) == mail.Hours(*NIGHT, EIGHT)


def test_a_mail_that_waits_past_its_time_is_named_by_selfcheck(bob, box, clock):
    from marketplace.delivery import checks

    want(bob, reports="digest")
    passed(bob)
    relay.drain()
    assert checks.run()[0].ok
    clock.forward(days=2)
    assert not checks.run()[0].ok
    tick()
    assert checks.run()[0].ok
