"""Production says what it lacks, and is strict about cookies and addresses."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "SECRET_KEY": secrets.token_urlsafe(60),
    "TESSERA_ID_KEY": "an-example-key",
    "BASE_URL": "https://tessera.example",
    "DATABASE_URL": "postgresql://a:b%40c@db.example:5433/t?sslmode=require",
    "REDIS_URL": "redis://queue.example:6379/0",
    "EMAIL_URL": "smtp://me:secret@mail.example:587",
    "PAYMENT_GATEWAY": "simulated",
}
NAMES = (
    "ENVIRONMENT SESSION_COOKIE_NAME CSRF_COOKIE_NAME LANGUAGE_COOKIE_NAME SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE "
    "SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS ALLOWED_HOSTS CLOCK_FILE WORK_API_KEYS DATABASES EMAIL_HOST EMAIL_USE_TLS "
    "EMAIL_BACKEND"
)
SHOW = f"""
import json
from marketplace import settings
print(json.dumps({{name: getattr(settings, name, None) for name in {NAMES!r}.split()}}))
"""


def settings_of(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env=clean | environment, capture_output=True, text=True
    )


def test_a_database_of_ones_own_means_production_unless_told_otherwise() -> None:
    found = json.loads(settings_of(COMPLETE | {"TESSERA_CLOCK_FILE": "/tmp/clock"}).stdout)
    assert found["ENVIRONMENT"] == "production"
    assert found["CLOCK_FILE"] is None
    assert found["WORK_API_KEYS"] is False
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert found["LANGUAGE_COOKIE_NAME"].startswith("__Host-")
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["ALLOWED_HOSTS"] == ["tessera.example"]
    assert (found["EMAIL_HOST"], found["EMAIL_USE_TLS"]) == ("mail.example", True)
    database = found["DATABASES"]["default"]
    assert (database["USER"], database["PASSWORD"], database["PORT"]) == ("a", "b@c", "5433")
    assert database["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize("missing", [name for name in COMPLETE if name != "DATABASE_URL"])
def test_production_names_what_is_missing(missing: str) -> None:
    environment = {key: value for key, value in COMPLETE.items() if key != missing}
    done = settings_of(environment | {"TESSERA_ENV": "production"})
    assert done.returncode
    assert f"Set {missing}." in done.stderr


STRIPE = {
    "DEPOSIT_GATEWAYS": "stripe",
    "STRIPE_SECRET_KEY": "a key",
    "STRIPE_WEBHOOK_SECRET": "a secret",
    "SELLER_NAME": "Tessera",
    "SELLER_ADDRESS": "1 rue X, 75001 Paris",
    "SELLER_COUNTRY": "FR",
    "SELLER_VAT_NUMBER": "FR40303265045",
}


@pytest.mark.parametrize("missing", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_a_deployment_that_names_stripe_without_its_keys_does_not_start(missing: str) -> None:
    done = settings_of(COMPLETE | {key: value for key, value in STRIPE.items() if key != missing})
    assert done.returncode
    assert f"Set {missing}: DEPOSIT_GATEWAYS or PAYOUT_GATEWAYS names stripe." in done.stderr


def test_the_secret_of_workers_accounts_is_needed_where_stripe_pays_workers() -> None:
    assert not settings_of(COMPLETE | STRIPE).returncode
    done = settings_of(COMPLETE | STRIPE | {"PAYOUT_GATEWAYS": "stripe"})
    assert "Set STRIPE_CONNECT_WEBHOOK_SECRET" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("BASE_URL", "http://tessera.example", "must begin with https://"),
        ("DATABASE_URL", "mysql://a@b/c", "DATABASE_URL must look like"),
        ("EMAIL_URL", "mail.example", "EMAIL_URL must look like"),
        ("TESSERA_ENV", "staging", "must be production, demo or test"),
        ("FEE_RATE", "20", "FEE_RATE must be between 0 and 1"),
    ],
)
def test_production_refuses_a_bad_value_with_a_hint(name: str, value: str, sentence: str) -> None:
    done = settings_of(COMPLETE | {name: value})
    assert done.returncode
    assert sentence in done.stderr


SELLER = {
    "PAYMENT_GATEWAY": "stripe",
    "STRIPE_SECRET_KEY": "rk_test_one",
    "STRIPE_WEBHOOK_SECRET": "whsec_one",
    "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_two",
    "SELLER_NAME": "Les Mosaïques",
    "SELLER_ADDRESS": "1 rue de l'Exemple, 75011 Paris",
    "SELLER_COUNTRY": "FR",
    "SELLER_VAT_NUMBER": "FR12000000000",
}


@pytest.mark.parametrize("missing", [name for name in SELLER if name.startswith("SELLER_")])
def test_nobody_takes_real_money_without_saying_who_sells(missing: str) -> None:
    done = settings_of(COMPLETE | {key: value for key, value in SELLER.items() if key != missing})
    assert done.returncode
    assert f"Set {missing}." in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SELLER_COUNTRY", "US", "SELLER_COUNTRY must be one of AT, BE"),
        ("SELLER_VAT_NUMBER", "FR1", "is not written as a VAT number of FR"),
        ("SELLER_VAT_NUMBER", "DE123456789", "is not written as a VAT number of FR"),
    ],
)
def test_a_seller_that_can_not_be_is_refused(name: str, value: str, sentence: str) -> None:
    done = settings_of(COMPLETE | SELLER | {name: value})
    assert done.returncode
    assert sentence in done.stderr


def test_a_seller_without_vat_needs_no_number() -> None:
    without = {key: value for key, value in SELLER.items() if key != "SELLER_VAT_NUMBER"}
    assert "SELLER_VAT_NUMBER" not in settings_of(COMPLETE | without | {"VAT_RATE": "0"}).stderr


def test_the_owner_role_needs_its_own_address() -> None:
    done = settings_of(COMPLETE | {"TESSERA_DATABASE_ROLE": "owner"})
    assert "Set DATABASE_OWNER_URL." in done.stderr


def test_every_variable_is_in_the_table_of_the_manual() -> None:
    table = (ROOT / "docs" / "how-to" / "deploy.md").read_text()
    show = "import marketplace.settings, marketplace.gunicorn_conf; from marketplace import env; print(*env.KNOWN)"
    clean = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}}
    done = subprocess.run(
        [sys.executable, "-c", show],
        cwd=ROOT,
        env=clean | COMPLETE,
        capture_output=True,
        text=True,
        check=True,
    )
    missing = [name for name in done.stdout.split() if f"| `{name}` |" not in table]
    assert not missing, f"describe in docs/how-to/deploy.md: {missing}"
