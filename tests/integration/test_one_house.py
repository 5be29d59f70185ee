"""People of a work centre share a connection and devices: nothing may count against them for it (docs/adr/0071)."""

import re
import time
from types import SimpleNamespace

import pytest
from allauth.core.internal import ratelimit
from django.test import Client

from marketplace.web import rate
from tests import centre_world as made
from tests import market
from tests.personas import PASSWORD, log_in, make_worker
from tests.sources import ROOT

pytestmark = pytest.mark.django_db
EUR = market.EUR
# Who asks the address of a caller: rate limits by network, and nothing else.
MAY_ASK = {
    "marketplace/api/throttles.py",
    "marketplace/web/rate.py",
    "marketplace/health.py",  # who may read the metrics
    "tasks/media/fetching.py",  # as whom we ask for files
}


def test_nothing_but_the_rate_limits_knows_from_which_network_or_device_somebody_comes():
    known = re.compile(r"REMOTE_ADDR|FORWARDED_FOR|get_client_ip|get_ident|USER_AGENT|User-Agent")
    found = {
        str(path.relative_to(ROOT))
        for app in ("marketplace", "tasks", "workers", "payments")
        for path in (ROOT / app).rglob("*.py")
        if known.search(path.read_text())
    }
    assert found <= MAY_ASK, found


def test_a_whole_house_logs_in_within_a_minute_and_one_account_is_guarded_all_the_same(settings, monkeypatch):
    from marketplace import settings as as_written

    # One moment for all of it: on a busy machine forty log-ins take longer than the minute that is counted.
    now = time.time()
    still = SimpleNamespace(time=lambda: now, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(ratelimit, "time", still)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = as_written.rates(as_written.SIGN_INS_A_MINUTE)
    people = [make_worker(f"member{number}") for number in range(40)]
    for person in people:
        answer = Client().post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        assert answer.status_code == 302, person.email
    for _try in range(5):
        Client().post("/accounts/login/", {"login": people[0].email, "password": "not mine, 42"})
    refused = Client()
    refused.post("/accounts/login/", {"login": people[0].email, "password": PASSWORD})
    assert "_auth_user_id" not in refused.session


def test_people_who_are_logged_in_are_counted_each_for_themselves(rf, bob, bea):
    def ask(person):
        request = rf.post("/report/")
        request.user = person
        rate.limit(request, "reports", 2)

    for person in (bob, bea):
        ask(person)
        ask(person)
    with pytest.raises(rate.TooOften):
        ask(bob)


def test_two_members_work_and_earn_on_one_device_one_after_the_other(charlie, dana, bob, bea, atelier, alice):
    centre = made.opened(charlie, dana)
    for person in (bob, bea):
        made.join(centre, charlie, person)
    batch = market.open_batch(atelier, alice, rows=4, reward_micros=EUR, overlap=2)
    for person in (bob, bea):
        browser = log_in(person)
        answer = browser.post(f"/work/batches/{batch.public_id}/claim/", REMOTE_ADDR="203.0.113.7")
        assert answer.status_code == 302 and "/work/assignments/" in answer.headers["Location"]
        browser.post("/accounts/logout/")
