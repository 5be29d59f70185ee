"""Safe from the first day: what the browser is told, what caches may keep, what the logs hold."""

import io
import json
import logging
import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from marketplace.delivery import relay
from marketplace.logs import Line
from tasks.models import Dispute
from tasks.services import disputes, reviews
from tests import market
from tests.access import world as market_of_all
from tests.access.matrix import PERSONAS, ROWS, ask, sessions
from tests.personas import PASSWORD, log_in
from tests.sources import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(alice, atelier, vera, bob, charlie, dana, erin, tmp_path, settings):
    """(who, path, answer) of every page of the site that somebody may open."""
    settings.MEDIA_ROOT = tmp_path
    world = market_of_all.build(alice, atelier, bob, dana, charlie)
    people = {"alice": alice, "vera": vera, "bob": bob, "charlie": charlie, "dana": dana, "erin": erin}
    browsers = {"visitor": {}, **sessions(people)}
    found = []
    for method, path, *expected in ROWS:
        for name, status in zip(PERSONAS, expected, strict=True):
            if method == "GET" and status in ("200", "404") and not path.startswith("/api/"):
                answer = ask(browsers[name], method, path.format_map(world))
                if answer.headers["Content-Type"].startswith("text/html"):
                    found.append((name, path, answer))
    return found


def test_pages_are_safe_in_the_browser(pages):
    """Every page, for every persona: a policy with a fresh nonce, nothing inline, kept or from elsewhere."""
    assert len(pages) > 200
    wrong, nonces = [], set()
    for name, path, answer in pages:
        html = answer.content.decode()
        wrong += [
            f"{name} {path}: {problem}"
            for problem in [*_policy(answer), *_inline(html), *_kept(name, answer)]
        ]
        nonces |= set(re.findall(r'<script[^>]* nonce="([^"]+)"', html)[:1])
    assert not wrong, "\n" + "\n".join(sorted(set(wrong))[:40])
    assert len(nonces) > 0.9 * len(pages)


def _policy(answer):
    policy = answer.headers.get("Content-Security-Policy", "")
    nonce = re.search(r"'nonce-([^']+)'", policy)
    html = answer.content.decode()
    if not nonce:
        yield "no nonce in the policy"
    elif set(re.findall(r' nonce="([^"]+)"', html)) - {nonce[1]}:
        yield "a nonce that is not the policy's"
    for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
        if word in policy:
            yield f"{word} in the policy"
    for needed in (
        "default-src",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        if needed not in policy:
            yield f"no {needed}"
    for header, value in (
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ):
        if answer.headers.get(header) != value:
            yield f"{header} is {answer.headers.get(header)}"
    if answer.headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        yield f"Referrer-Policy is {answer.headers.get('Referrer-Policy')}"


def _inline(html):
    if re.search(r"<[^>]+\sstyle\s*=", html):
        yield "a style attribute"
    if re.search(r"<[a-zA-Z][^>]*\son[a-z]+\s*=\s*[\"']", html):
        yield "a handler attribute"
    if re.search(r"<style(?![^>]*nonce=)", html):
        yield "a style element without nonce"
    if re.search(r"<script(?![^>]*nonce=)", html):
        yield "a script without nonce"
    if re.search(r"hx-(on|vals=.js)|javascript:", html):
        yield "a script in an attribute"
    if re.search(r"<(script|link|img|iframe|source)[^>]+(src|href)=[\"'](https?:)?//", html):
        yield "something from another site"
    if re.search(r"\{%|\{\{ |%\(\w+\)s", html):
        yield "an unfilled placeholder"


def _kept(name, answer):
    control = answer.headers.get("Cache-Control", "")
    if name != "visitor" and "no-store" not in control:
        yield f"may be kept: {control!r}"


def test_results_are_kept_by_no_cache(alice, atelier):
    batch = market.open_batch(atelier, alice)
    answer = log_in(alice).get(f"/batches/{batch.public_id}/results/download/?format=csv")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_cookies_and_headers_under_production_settings():
    """A process of its own, since the settings of this one are those of tests."""
    program = """
import json, django
django.setup()
from django.conf import settings
heads = ("SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE", "SECURE_")
names = [name for name in dir(settings) if name.startswith(heads)]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""
    environment = {
        **{key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")},
        "DJANGO_SETTINGS_MODULE": "marketplace.settings", "TESSERA_ENV": "production",
        "SECRET_KEY": "x" * 60, "TESSERA_ID_KEY": "y" * 40, "BASE_URL": "https://tessera.example",
        "DATABASE_URL": "postgresql://a:b@db.example/t", "REDIS_URL": "redis://queue.example:6379/0",
        "EMAIL_URL": "smtp://mail.example:587",
        "PAYMENT_GATEWAY": "simulated",
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    told = json.loads(ran.stdout)
    for cookie in ("SESSION", "CSRF", "LANGUAGE"):
        assert told[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert told[f"{cookie}_COOKIE_SECURE"] is True
        assert told[f"{cookie}_COOKIE_SAMESITE"] in ("Lax", "Strict")
        assert told.get(f"{cookie}_COOKIE_DOMAIN") is None
        assert told.get(f"{cookie}_COOKIE_PATH", "/") == "/"
    assert told["SESSION_COOKIE_HTTPONLY"] is True
    assert told["SECURE_SSL_REDIRECT"] is True
    assert told["SECURE_HSTS_SECONDS"] >= 31_536_000


def test_a_form_without_its_token_is_refused(bob):
    client = Client(enforce_csrf_checks=True)
    client.cookies = log_in(bob).cookies
    answer = client.post("/me/", {"name": "Mallory", "locale": "en", "time_zone": "UTC"})
    assert answer.status_code == 403
    bob.refresh_from_db()
    assert bob.name == "Bob"


def test_no_page_can_be_sent_to_another_site(client, bob):
    for path in ("/accounts/login/?next=https://evil.example/", "/accounts/login/?next=//evil.example/"):
        answer = client.post(path, {"login": bob.email, "password": PASSWORD})
        assert "evil" not in answer.headers.get("Location", "")
    answer = client.post("/i18n/setlang/", {"language": "fr", "next": "https://evil.example/"})
    assert "evil" not in answer.headers["Location"]
    answer = log_in(bob).get("/", headers={"Referer": "https://evil.example/"})
    assert "evil" not in answer.headers["Location"]


@pytest.mark.parametrize("html", [
    '<p style="color: red">', "<p onclick='x()'>", "<style>p{}</style>", "<script>x()</script>",
    '<a href="javascript:x()">', '<img src="https://elsewhere.example/x.png">', "<p>%(name)s</p>",
])  # fmt: skip
def test_the_search_for_what_is_inline_finds_it(html):
    assert list(_inline(html))
    assert not list(
        _inline('<p class="x"><script nonce="n" src="/static/x.js"></script><a href="https://x.example/">')
    )


@pytest.fixture
def log():
    """All that any logger says, as a line of the log would hold it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Line())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def test_logs_hold_no_address_no_name_and_no_answer(log, atelier, alice, bob, dana, mailbox, settings):
    """A day in the market: log-in and its failure, work, a dispute, mails, and a mail server that is away."""
    Client().post("/accounts/login/", {"login": "bob@example.test", "password": "wrong"})
    browser = Client()
    browser.post("/accounts/login/", {"login": "bob@example.test", "password": PASSWORD})
    browser.get("/work/")
    Client().post("/accounts/signup/", {"email": "newcomer@example.test", "password1": PASSWORD})
    Client().post("/accounts/password/reset/", {"email": "bob@example.test"})
    batch = market.open_batch(atelier, alice, title="Zebra crossings")
    row = market.submitted(bob, batch)
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Marmalade is missing.")
    disputes.reply(assignment=row, worker=bob, text="Marmalade is there.")
    log_in(dana).post(
        f"/console/disputes/{Dispute.objects.get().public_id}/",
        {"outcome": "approve", "reason": "Marmalade it is."},
    )
    log_in(dana).post("/console/people/", {"q": "bob@example.test"})
    relay.drain()
    settings.EMAIL_BACKEND = "tests.integration.test_delivery.Broken"
    reviews.contest(
        assignment=market.submitted(bob, batch), actor=alice, reason="incomplete", evidence="Marmalade again."
    )
    relay.drain()
    Client().post("/accounts/password/reset/", {"email": "bob@example.test"})
    log_in(bob).get("/no/such/page/?email=bob@example.test")
    assert mailbox.count() > 2
    said = log.getvalue()
    assert "outbox_failed" in said
    assert "account_mail_failed" in said
    for word in (
        "@example.test",
        "Bob",
        "Alice",
        "Dana",
        "Marmalade",
        "Zebra",
        PASSWORD,
        "wrong",
        "sessionid",
    ):
        assert word not in said, [line for line in said.splitlines() if word in line][:3]
