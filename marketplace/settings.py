"""All settings. Values come from the environment through `env`; docs/how-to/deploy.md lists them.

TESSERA_ENV says which of three lives this is: `production` (also when unset beside a DATABASE_URL), `demo`
(one machine, local services, stored mail, simulated money; the default) or `test`.
"""

import base64
import datetime as dt
import hashlib
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from . import embedded, env
from .base import vat_areas

BASE_DIR = Path(__file__).resolve().parent.parent

ENVIRONMENT = env.text("TESSERA_ENV", "production" if os.environ.get("DATABASE_URL") else "demo")
if ENVIRONMENT not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"TESSERA_ENV must be production, demo or test, not {ENVIRONMENT!r}.")
PRODUCTION = ENVIRONMENT == "production"
DEMO = ENVIRONMENT == "demo"
DEBUG = False

HOME = Path(env.text("TESSERA_HOME", str(BASE_DIR / ".tessera"))).absolute()
PORT = env.whole("PORT", 8000, least=1)
BASE_URL = env.text(
    "BASE_URL", None if PRODUCTION else f"http://127.0.0.1:{PORT}", hint="https://… as people type it."
)
MEDIA_ROOT = Path(env.text("TESSERA_MEDIA", str(HOME / "media")))

# --- Secrets ------------------------------------------------------------------------------------------

_made_up = (
    {}
    if PRODUCTION
    else embedded.local_secrets(
        HOME, "SECRET_KEY", "TESSERA_ID_KEY", "TESSERA_CERTIFICATE_KEY", "TESSERA_ARCHIVE_KEY"
    )
)
SECRET_KEY = env.text("SECRET_KEY", _made_up.get("SECRET_KEY"), hint="A random text of 50 letters or more.")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Makes public ids (bat_…, wrk_…). Changing it changes every address and pseudonym: never do that.
ID_KEY = env.text(
    "TESSERA_ID_KEY", _made_up.get("TESSERA_ID_KEY"), hint="A random text; choose once, keep for ever."
)
# Signs certificates: PEM, or 32 bytes in base64; without it none is issued. Keys that signed before it stay listed.
_seed = hashlib.sha256(_made_up.get("TESSERA_CERTIFICATE_KEY", "").encode()).digest()
CERTIFICATE_KEY = env.text("TESSERA_CERTIFICATE_KEY", "" if PRODUCTION else base64.b64encode(_seed).decode())
CERTIFICATE_OLD_KEYS = env.words("TESSERA_CERTIFICATE_OLD_KEYS")


def _public_half(seed: str) -> str:
    private = X25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


# What tax law has kept of people who are gone is sealed to this public key (X25519, 32 bytes in base64). The private
# half is never here: whoever runs the site keeps it elsewhere. A demonstration
# makes a pair up and leaves the other half in secrets.json.
ARCHIVE_KEY = env.text(
    "TESSERA_ARCHIVE_KEY",
    "" if PRODUCTION else _public_half(_made_up["TESSERA_ARCHIVE_KEY"]),
)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
# A file that holds the shift of the clock in seconds; tests and demonstrations only.
CLOCK_FILE = None if PRODUCTION else env.text("TESSERA_CLOCK_FILE", "") or None

# --- Applications -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "marketplace.apps.StaticConfig",
    "django.contrib.postgres",
    "marketplace.apps.MarketplaceConfig",
    "marketplace.base",
    "marketplace.web",
    "marketplace.api",
    "marketplace.console",
    "marketplace.delivery",
    "marketplace.mydata",
    "tasks",
    "workers",
    "payments",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]
MIDDLEWARE = [
    "marketplace.middleware.Probes",
    "marketplace.middleware.Measure",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "marketplace.middleware.BodyLimit",
    "marketplace.middleware.ContentPolicy",
    "django.middleware.gzip.GZipMiddleware",
    "marketplace.middleware.NoStore",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "marketplace.web.middleware.Zone",
    "marketplace.web.middleware.SecondFactor",
    "marketplace.web.standing.Standing",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "marketplace.web.middleware.Refusals",
]
ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "marketplace.base.context.nav",
            ],
        },
    },
]

# --- PostgreSQL ---------------------------------------------------------------------------------------

# Two roles: the application's can neither change the schema nor rewrite the ledger; the owner's migrates.
DATABASE_ROLE = env.text("TESSERA_DATABASE_ROLE", "owner" if ENVIRONMENT == "test" else "app")
_local_database = not env.text("DATABASE_URL", "")
DATABASE_URL = env.text(
    "DATABASE_OWNER_URL" if DATABASE_ROLE == "owner" else "DATABASE_URL",
    embedded.database_url(DATABASE_ROLE, HOME) if _local_database else None,
    hint="postgresql://role:password@host:5432/database of the role that owns the tables.",
)
env.KNOWN.setdefault("DATABASE_OWNER_URL", "required to migrate")


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgresql://role:password@host:5432/database."
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "marketplace.database",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or options.pop("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": env.whole("DATABASE_CONNECTION_SECONDS", 600),
        "CONN_HEALTH_CHECKS": True,  # so that a restarted PostgreSQL costs no request
        "OPTIONS": {"connect_timeout": 5, "application_name": "tessera"} | options,
    }


DATABASES = {"default": _database(DATABASE_URL)}

# --- Valkey: the cache and the queue ----------------------------------------------------------------------

REDIS_URL = env.text(
    "REDIS_URL",
    None if PRODUCTION else embedded.redis_url(HOME),
    hint="redis://:password@host:6379/0 of a Valkey or Redis.",
)
CACHES = {
    "default": {"BACKEND": "marketplace.cache.Patient", "LOCATION": REDIS_URL, "KEY_PREFIX": "tessera"},
}
SESSION_ENGINE = "marketplace.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# A message that a killed worker held comes back after this; every task must end well before.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1200,
    "socket_connect_timeout": 1,
    "socket_timeout": 10,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Ringing at a dead broker must not hold up a page: one more try at once, then the sweep will do.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False  # a doorbell that does not ring is heard at the next sweep
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # kilobytes
CELERY_TIMEZONE = "Europe/Paris"
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat-schedule")
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# --- People and log-in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "base.User"
AUTHENTICATION_BACKENDS = ["marketplace.web.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed of the test suite
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/start/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "marketplace.web.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True  # known and unknown addresses get equal answers
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 2  # the present one and the one it changes to
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.whole("REAUTHENTICATION_SECONDS", 300, least=30)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
SIGN_INS_A_MINUTE = env.whole("SIGN_INS_A_MINUTE", 120, least=10)


def rates(most: int) -> dict[str, str]:
    """`most` log-ins a minute from one network, since the people of a work centre share one and begin at the same hour.
    What guards an account is counted for the account: five wrong passwords, then five minutes."""
    return {
        "login": f"{most}/m/ip",
        "login_failed": f"{most // 4}/m/ip,5/300s/key",
        "signup": f"{most // 2}/m/ip",
        "reset_password": f"{most // 3}/m/ip,5/m/key",
    }


# Tests turn the limits off, but for those that test them.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = False if ENVIRONMENT == "test" else rates(SIGN_INS_A_MINUTE)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tessera"
MFA_TOTP_TOLERANCE = 1
TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXY_COUNT", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

# --- Safety in the browser ---------------------------------------------------------------------------------

_here = ["127.0.0.1", "localhost", "[::1]", "testserver"]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", urlsplit(BASE_URL).hostname or "") + ([] if PRODUCTION else _here)
CSRF_TRUSTED_ORIGINS = [BASE_URL.rstrip("/")]
if PRODUCTION:
    if urlsplit(BASE_URL).scheme != "https":
        raise ImproperlyConfigured("BASE_URL must begin with https:// in production.")
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", True)
    SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD", False)
    # Asking browsers to preload binds the whole domain for years: its owner's choice, not a default.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
    if TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
else:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "session", "csrf", "language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 31_536_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- Languages and time --------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ---------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static" if ENVIRONMENT == "test" else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/htmx", BASE_DIR / "node_modules" / "htmx.org" / "dist"),
    ("vendor/uplot", BASE_DIR / "node_modules" / "uplot" / "dist"),
    ("vendor/wavesurfer", BASE_DIR / "node_modules" / "wavesurfer.js" / "dist"),
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENVIRONMENT == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Media may lie in a bucket of our own instead of MEDIA_ROOT; browsers get them through us all the same.
S3_BUCKET = env.text("S3_BUCKET", "")
_bucket = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": env.text("S3_ENDPOINT_URL", "") or None,
    "region_name": env.text("S3_REGION", "") or None,
    "access_key": env.text("S3_ACCESS_KEY_ID", "") or None,
    "secret_key": env.text("S3_SECRET_ACCESS_KEY", "") or None,
    "default_acl": None,
    "file_overwrite": True,
}
if S3_BUCKET:
    STORAGES["default"] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _bucket}
WHITENOISE_USE_FINDERS = ENVIRONMENT == "test"
WHITENOISE_AUTOREFRESH = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "png", "jpg", "webp", "woff2", "gz", "br"]

# --- Mail -----------------------------------------------------------------------------------------------------


def _smtp(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must look like smtp://user:password@host:587 or smtps://…:465.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        # STARTTLS, unless the address says otherwise for a relay on the same machine: smtp://localhost:25?tls=0
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parse_qs(parts.query).get("tls") != ["0"],
        "EMAIL_TIMEOUT": 10,
    }


EMAIL_URL = env.text("EMAIL_URL", None if PRODUCTION else "", hint="smtp://user:password@host:587.")
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"Tessera <no-reply@{urlsplit(BASE_URL).hostname}>")
# Read by a person: complaints, questions about data, security. Answers to our mails go there.
CONTACT_EMAIL = env.text("CONTACT_EMAIL", f"help@{urlsplit(BASE_URL).hostname}")
# Who runs this market, as the terms and the privacy page name them; empty: "the people behind this site".
OPERATOR = env.text("OPERATOR", "")
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(_smtp(EMAIL_URL))
else:
    EMAIL_BACKEND = "marketplace.delivery.mailbox.EmailBackend"  # kept in the database, shown at /demo/mail/

# --- REST -----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tessera",
    "DESCRIPTION": "A fair microtask marketplace: post batches, claim and submit tasks, review, pay.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are used: many fields are called "state"
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
# A market of people does not invite bots: worker calls by key are for tests and the demonstration.
WORK_API_KEYS = env.flag("WORK_API_KEYS", not PRODUCTION)
# Calls a minute, of one key or browser, and of one address without a valid one; a demonstration is driven by programs.
API_RATE_PER_KEY = env.whole("API_RATE_PER_KEY", 1_200 if PRODUCTION else 60_000, least=1)
API_RATE_PER_ADDRESS = env.whole("API_RATE_PER_ADDRESS", 60 if PRODUCTION else 6_000, least=1)

# --- Logs: an event name and ids, one line each, never personal data ----------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "marketplace.logs.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": sys.stderr}},
    "root": {
        "handlers": ["stderr"],
        "level": env.text("LOG_LEVEL", "WARNING" if ENVIRONMENT == "test" else "INFO"),
    },
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "celery.app.trace": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}

# --- The rules of the market (amounts in euros, rates as fractions, durations in the unit of the name) --------------

FEE_RATE = env.decimal("FEE_RATE", "0.20", most="1")
VAT_RATE = env.decimal("VAT_RATE", "0.20", most="1")
RESERVE_RATE = env.decimal("RESERVE_RATE", "0.20", most="10")
HELP_FUND_RATE = env.decimal("HELP_FUND_RATE", "0.05", most="1")
CAP_EUR = env.decimal("CAP_EUR", "3000")
FLOOR_ABSOLUTE_EUR = env.decimal("FLOOR_ABSOLUTE_EUR", "2.25")
FLOOR_MULTIPLIER_HOME = env.decimal("FLOOR_MULTIPLIER_HOME", "1")
FLOOR_MULTIPLIER_ELSEWHERE = env.decimal("FLOOR_MULTIPLIER_ELSEWHERE", "2")
FLOOR_OVERRIDES: dict[str, Decimal] = env.pairs("FLOOR_OVERRIDES", "FR=12.85")
FLOOR_MEASURE_SUBMISSIONS = env.whole("FLOOR_MEASURE_SUBMISSIONS", 10, least=1)
FLOOR_MEASURE_WORKERS = env.whole("FLOOR_MEASURE_WORKERS", 3, least=1)
# Days after a week's end when it is held against the floor: there must have been time to approve its answers.
GUARANTEE_AFTER_DAYS = env.whole("GUARANTEE_AFTER_DAYS", 14, least=1)
OUTAGE_LEAST_MINUTES = env.whole(
    "OUTAGE_LEAST_MINUTES", 5, least=2
)  # a shorter silence of the clock is no outage
# Shares and runs (charter C4). Off for batches and markets too small for it to help anybody.
ROTATION = env.flag("ROTATION", True)
ROTATION_LEAST_SLOTS = env.whole("ROTATION_LEAST_SLOTS", 30, least=1)
ROTATION_LEAST_WORKERS = env.whole("ROTATION_LEAST_WORKERS", 200)
SHARE_PERCENT = env.whole("SHARE_PERCENT", 10, least=1)
SHARE_LEAST = env.whole("SHARE_LEAST", 20, least=1)
RUN_TASKS = env.whole("RUN_TASKS", 50, least=1)
RUN_MINUTES = env.whole("RUN_MINUTES", 60, least=1)
RUN_REST_MINUTES = env.whole("RUN_REST_MINUTES", 10, least=1)
# The pilot of a batch (charter W2): its first tasks alone, until they are measured. Programs that fill a demonstration
# or a test with answers would only wait for it.
PILOT = env.flag("PILOT", PRODUCTION)
PILOT_LEAST_SLOTS = env.whole("PILOT_LEAST_SLOTS", 30, least=1)
PILOT_TASKS = env.whole("PILOT_TASKS", 10, least=1)
PILOT_QUIET_HOURS = env.whole(
    "PILOT_QUIET_HOURS", 24, least=1
)  # without an answer: its requester is told what to do
# The line at the door (charter C4): off in a market of few people, where one more only helps.
ADMISSION = env.flag("ADMISSION", PRODUCTION)
ADMISSION_LEAST_WORKERS = env.whole("ADMISSION_LEAST_WORKERS", 200)
ADMISSION_LEAST_EUR = env.decimal(
    "ADMISSION_LEAST_EUR", "10", least="0.01"
)  # of open work for each active worker
ADMISSION_DAYS = env.whole("ADMISSION_DAYS", 14, least=1)  # who took a task since then is active
AUTO_APPROVE_DAYS = env.whole("AUTO_APPROVE_DAYS", 7, least=1)
REDO_DAYS = env.whole("REDO_DAYS", 5, least=1)
REJECTED_HOLD_DAYS = env.whole("REJECTED_HOLD_DAYS", 30)
APPEAL_DAYS = env.whole("APPEAL_DAYS", 183, least=1)
MAX_OPEN_ASSIGNMENTS = env.whole("MAX_OPEN_ASSIGNMENTS", 5, least=1)
LEASE_DEFAULT_SECONDS = env.whole("LEASE_DEFAULT_SECONDS", 1800, least=60)
PAYOUT_MINIMUM_EUR = env.decimal("PAYOUT_MINIMUM_EUR", "5.00", least="0.01")
PAYOUT_CHANGE_HOLD_HOURS = env.whole("PAYOUT_CHANGE_HOLD_HOURS", 72, least=1)  # after new payout details
SAME_ACCOUNT_HOLD_DAYS = env.whole("SAME_ACCOUNT_HOLD_DAYS", 7, least=1)  # another account is paid to the same place
PAYOUT_AUTOMATIC_EUR = env.decimal("PAYOUT_AUTOMATIC_EUR", "20.00", least="0.01")
# Who moves the money. `simulated` moves none: right for a demonstration, never for real people.
PAYMENT_GATEWAY = env.text(
    "PAYMENT_GATEWAY",
    None if PRODUCTION else "simulated",
    hint="Who moves the money; `simulated` moves none.",
)
# Where both lists are left out the one gateway does both. Each list names gateways in the order they are offered.
DEPOSIT_GATEWAYS = env.words("DEPOSIT_GATEWAYS", PAYMENT_GATEWAY)
PAYOUT_GATEWAYS = env.words("PAYOUT_GATEWAYS", PAYMENT_GATEWAY)
# Stripe's keys: the secret one, and one for each of the two addresses that Stripe sends its news to.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_CONNECT_WEBHOOK_SECRET = env.text("STRIPE_CONNECT_WEBHOOK_SECRET", "")
# Tests speak to a stand-in; a real deployment only ever to Stripe.
STRIPE_API_BASE = "" if PRODUCTION else env.text("STRIPE_API_BASE", "")
if STRIPE_SECRET_KEY:
    # A form of ours may lead there: browsers ask this of what a form redirects to as well.
    _stripe = ["https://checkout.stripe.com", "https://connect.stripe.com", STRIPE_API_BASE]
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] = [SELF, *filter(None, _stripe)]
if "stripe" in DEPOSIT_GATEWAYS + PAYOUT_GATEWAYS:
    for _name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET"):
        if not locals()[_name] and (_name != "STRIPE_CONNECT_WEBHOOK_SECRET" or "stripe" in PAYOUT_GATEWAYS):
            raise ImproperlyConfigured(
                f"Set {_name}: DEPOSIT_GATEWAYS or PAYOUT_GATEWAYS names stripe. See deploy.md."
            )
# Where Stripe lets a platform of the European Economic Area transfer to accounts out of payments it took itself
# ("cross-border transfers", docs.stripe.com/connect/account-capabilities; looked up in November 2026): the EEA but for
# Iceland, Gibraltar, the United Kingdom, Switzerland, the United States and Canada.
STRIPE_PAYOUT_COUNTRIES = frozenset(
    env.words(
        "STRIPE_PAYOUT_COUNTRIES",
        "AT,BE,BG,CA,CH,CY,CZ,DE,DK,EE,ES,FI,FR,GB,GI,GR,HR,HU,IE,IT,LI,LT,LU,LV,MT,NL,NO,PL,PT,RO,SE,SI,SK,US",
    )
)
# Who sells, on invoices, statements and files for tax offices: needed before real money moves.
_seller_needed = PRODUCTION and bool({*DEPOSIT_GATEWAYS, *PAYOUT_GATEWAYS} - {"simulated"})
SELLER_NAME = env.text(
    "SELLER_NAME", None if _seller_needed else OPERATOR or "Tessera (demonstration)",
    hint="The legal name of who runs this market, as invoices must show it.",
)  # fmt: skip
SELLER_ADDRESS = env.words(
    "SELLER_ADDRESS", None if _seller_needed else "1 rue de l'Exemple, 75000 Paris",
    hint="Street and town, separated by commas: 1 rue de l'Exemple, 75000 Paris.",
)  # fmt: skip
SELLER_COUNTRY = env.choice(
    "SELLER_COUNTRY", None if _seller_needed else "FR", vat_areas.EU,
    hint="Two letters of an EU country, such as FR: its VAT is the one we hand over.",
)  # fmt: skip
# May stay empty only where no VAT is charged at all (VAT_RATE=0).
SELLER_VAT_NUMBER = env.text(
    "SELLER_VAT_NUMBER", (None if VAT_RATE else "") if _seller_needed else "FR12000000000",
    hint="Our own VAT number, such as FR12000000000; it may be left out only with VAT_RATE=0.",
).replace(" ", "").upper()  # fmt: skip
if SELLER_VAT_NUMBER and not vat_areas.is_number(SELLER_VAT_NUMBER, SELLER_COUNTRY):
    raise ImproperlyConfigured(f"SELLER_VAT_NUMBER is not written as a VAT number of {SELLER_COUNTRY}.")
SELLER_REGISTRATION = env.text("SELLER_REGISTRATION", "")  # RCS Paris 000 000 000
SELLER_FOOTER = env.text("SELLER_FOOTER", "")  # legal form, capital: the small print of every document
# The EU's register of VAT numbers (VIES, REST); empty: nobody is asked, and a named person decides with a proof.
VAT_REGISTER_URL = env.text(
    "VAT_REGISTER_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api" if PRODUCTION else ""
)
# Our own bank account, for transfers in and payout files out (gateway `bank`), and who holds it.
BANK_NAME = env.text("BANK_NAME", "")
BANK_HOLDER = env.text("BANK_HOLDER", "")
BANK_IBAN = env.text("BANK_IBAN", "")
BANK_BIC = env.text("BANK_BIC", "")
BANK_HOLDER_STREET = env.text("BANK_HOLDER_STREET", "")
BANK_HOLDER_POSTCODE = env.text("BANK_HOLDER_POSTCODE", "")
BANK_HOLDER_TOWN = env.text("BANK_HOLDER_TOWN", "")
BANK_HOLDER_COUNTRY = env.text("BANK_HOLDER_COUNTRY", "FR")
BANK_MONEY_FROM = env.words("BANK_MONEY_FROM", "Stripe")  # names or IBANs of the card provider on statements
BANK_SECOND_LOOK_EUR = env.decimal("BANK_SECOND_LOOK_EUR", "1000")
BANK_FILE_MAX_BYTES = env.whole("BANK_FILE_MAX_BYTES", 50_000_000, least=1)
RUN_MOST_PAYOUTS = env.whole("RUN_MOST_PAYOUTS", 20_000, least=1)
RUN_KEEP_DAYS = env.whole("RUN_KEEP_DAYS", 90)  # then the names and accounts in a payout file are removed
# A provider of mobile money or bank payments that takes tables (gateway `provider`); payments/gateways/provider.py.
PROVIDER_COUNTRIES = [code.upper() for code in env.words("PROVIDER_COUNTRIES")]
PROVIDER_COLUMNS = env.words("PROVIDER_COLUMNS", "reference,name,msisdn,amount,currency")
PROVIDER_HEADERS = env.words("PROVIDER_HEADERS")
PROVIDER_DELIMITER = env.text("PROVIDER_DELIMITER", "comma")
PROVIDER_AMOUNTS = env.text("PROVIDER_AMOUNTS", "point")
PROVIDER_NUMBERS = env.text("PROVIDER_NUMBERS", "plus")
PROVIDER_KNOWN_AS = env.words("PROVIDER_KNOWN_AS")  # its names or IBANs on our bank's statements
PROVIDER_ANSWER_HEADERS = env.words("PROVIDER_ANSWER_HEADERS", "reference,status,reason")
PROVIDER_PAID = env.words("PROVIDER_PAID", "paid,success,successful,completed")
PROVIDER_FAILED = env.words("PROVIDER_FAILED", "failed,rejected,returned")
DEPOSIT_MINIMUM_EUR = env.decimal("DEPOSIT_MINIMUM_EUR", "1.00", least="0.01")
DEPOSIT_MAXIMUM_EUR = env.decimal("DEPOSIT_MAXIMUM_EUR", "50000.00", least="1")
DEPOSIT_OPEN_FOR = dt.timedelta(hours=24)  # then a deposit that nobody paid is cancelled
PAYOUT_RETRY_AFTER = dt.timedelta(minutes=2)  # a call without an answer is made again after this,
PAYOUT_RESEND_FOR = dt.timedelta(hours=23)  # and no longer than gateways remember its key
BACKUP_PASSPHRASE = env.text("BACKUP_PASSPHRASE", "")  # encrypts backups; kept elsewhere than they are
# How long a movement and its booking may wait for each other before they are a difference.
RECONCILE_GRACE = dt.timedelta(hours=env.whole("RECONCILE_GRACE_HOURS", 24))
ACCOUNT_NUMBERS = env.words("ACCOUNT_NUMBERS")  # of the accountant, such as platform_fees=706100
IMPORT_MAX_BYTES = env.whole("IMPORT_MAX_BYTES", 200_000_000, least=1)
IMPORT_MAX_ROWS = env.whole("IMPORT_MAX_ROWS", 1_000_000, least=1)
IMPORT_MAX_CELLS = env.whole("IMPORT_MAX_CELLS", 20_000_000, least=1)
IMPORT_MAX_CELL_CHARS = env.whole("IMPORT_MAX_CELL_CHARS", 100_000, least=1)
MEDIA_MAX_FILE_BYTES = env.whole("MEDIA_MAX_FILE_BYTES", 200_000_000, least=1)
MEDIA_MAX_ZIP_BYTES = env.whole("MEDIA_MAX_ZIP_BYTES", 2_000_000_000, least=1)
MEDIA_MAX_FILES = env.whole("MEDIA_MAX_FILES", 20_000, least=1)  # of one batch
MEDIA_MAX_BATCH_BYTES = env.whole("MEDIA_MAX_BATCH_BYTES", 20_000_000_000, least=1)
WORKER_MINIMUM_AGE = env.whole("WORKER_MINIMUM_AGE", 18, least=18)  # years
BOOKING_AHEAD_DAYS = env.whole(
    "BOOKING_AHEAD_DAYS", 14, least=1
)  # days for which centres' equipment can be booked
PAUSE_SUGGESTED_MINUTES = env.whole("PAUSE_SUGGESTED_MINUTES", 120, least=1)  # of work without a break
LEASE_RENEWALS = env.whole("LEASE_RENEWALS", 4, least=1)  # a lease lives at most so many time limits
DECISION_DAYS = env.whole("DECISION_DAYS", 14, least=1)  # a moderator's promise, for disputes and appeals
COMPLAINT_DAYS = env.whole("COMPLAINT_DAYS", 14, least=1)  # within which a complaint is answered
TERMS_NOTICE_DAYS = env.whole("TERMS_NOTICE_DAYS", 30, least=30)  # before a change of the terms is in force
TERMS_FOLDER = Path(env.text("TERMS_FOLDER", str(BASE_DIR / "marketplace" / "web" / "terms_texts")))
DISTRESS_LEAVES_PAID = env.whole(
    "DISTRESS_LEAVES_PAID", 3
)  # tasks of one batch that a worker leaves with pay
# Two people stand for a restriction that lasts longer, and for refusing more than this in one case.
SECOND_LOOK_DAYS = env.whole("SECOND_LOOK_DAYS", 30)
SECOND_LOOK_EUR = env.decimal("SECOND_LOOK_EUR", "20")
CASE_LEASE_MINUTES = env.whole("CASE_LEASE_MINUTES", 30, least=1)  # how long a moderator has a case they took
REPORT_DAYS = env.whole("REPORT_DAYS", 7, least=1)  # within which a report is decided
REPORTS_A_MINUTE = env.whole("REPORTS_A_MINUTE", 5, least=1)  # reports and complaints from one address
RATING_LEAST = env.whole("RATING_LEAST", 5, least=2)  # raters from which ratings of a requester are shown
RATING_EDIT_DAYS = env.whole(
    "RATING_EDIT_DAYS", 14, least=1
)  # a rating waits at least so long before it is shown
MESSAGES_A_DAY = env.whole("MESSAGES_A_DAY", 60, least=1)  # of one person
MESSAGES_A_MINUTE = env.whole(
    "MESSAGES_A_MINUTE", 10, least=1
)  # from one address, ratings and objections included
THREAD_OPEN_DAYS = env.whole(
    "THREAD_OPEN_DAYS", 30, least=0
)  # after the batch has ended and all of it is paid out
SCREENING_LARGE_EUR = env.decimal(
    "SCREENING_LARGE_EUR", "5000"
)  # a dearer batch is looked at by a person first
GOLD_LEAST = env.whole("GOLD_LEAST", 4, least=1)  # check questions of a batch before anything is concluded
GOLD_PAUSE_HOURS = env.whole(
    "GOLD_PAUSE_HOURS", 24, least=1
)  # how long claims of a batch rest after missed ones
GOLD_OFTEN_FAILED = env.whole(
    "GOLD_OFTEN_FAILED", 5, least=2
)  # good workers' answers before a question is doubted
INSTRUCTIONS_MAX_CHARS = env.whole("INSTRUCTIONS_MAX_CHARS", 20_000, least=100)
FIGURES_CLOSE_DAYS = env.whole(
    "FIGURES_CLOSE_DAYS", 31, least=14
)  # after a half-year: its figures are final then
# A public figure is hidden with fewer people behind it, or when more than this much of it is one person's.
FIGURES_LEAST_PEOPLE = env.whole("FIGURES_LEAST_PEOPLE", 10, least=5)
FIGURES_TOP_PERCENT = env.whole("FIGURES_TOP_PERCENT", 40, least=1, most=50)
# Mails that may wait are not sent in these hours of the reader's own clock, until they choose others; "-" for none.
QUIET_HOURS = env.hours("QUIET_HOURS", "21-8")
DIGEST_HOUR = env.whole("DIGEST_HOUR", 8, most=23)  # when the mail of a day comes, until a person chooses
# What the tax office is told of workers (DAC7): asked at the first earnings, reminded of twice, then payouts wait.
DAC7_TIN = env.text("DAC7_TIN", "" if PRODUCTION else "000000000")  # the operator's SIREN
TAX_REMINDER_DAYS = env.whole("TAX_REMINDER_DAYS", 20, least=1)
TAX_HOLD_AFTER_DAYS = env.whole("TAX_HOLD_AFTER_DAYS", 60, least=60)  # not sooner, says the directive
TAX_HOLD_DAYS = env.whole("TAX_HOLD_DAYS", 30, least=1)
HELP_GRANT_MOST_EUR = env.decimal("HELP_GRANT_MOST_EUR", "300")  # one grant of the help fund
# My data: files to take along, leaving, and how long what is needed no more is kept.
EXPORT_KEEP_DAYS = env.whole("EXPORT_KEEP_DAYS", 7, least=1)
EXPORT_EVERY_MINUTES = env.whole("EXPORT_EVERY_MINUTES", 30)
# What a file of data may unpack to when somebody has it verified, and how many files it may hold.
VERIFY_MOST_MB = env.whole("VERIFY_MOST_MB", 500, least=1)
VERIFY_MOST_FILES = env.whole("VERIFY_MOST_FILES", 20_000, least=100)
ERASURE_COOLING_DAYS = env.whole("ERASURE_COOLING_DAYS", 14)
TAX_KEEP_YEARS = env.whole("TAX_KEEP_YEARS", 10, least=5)
# Numbers of erased people, one a line, beside the database: whoever restores a backup erases them again.
ERASED_FILE = env.text("ERASED_FILE", str(HOME / "erased-people.txt"))
KEEP_NOTICES_DAYS = env.whole("KEEP_NOTICES_DAYS", 730, least=1)
KEEP_OUTBOX_DAYS = env.whole("KEEP_OUTBOX_DAYS", 30, least=1)
KEEP_MAILBOX_DAYS = env.whole("KEEP_MAILBOX_DAYS", 30, least=1)
KEEP_BANK_NAMES_DAYS = env.whole("KEEP_BANK_NAMES_DAYS", 400, least=1)
KEEP_EVENTS_DAYS = env.whole("KEEP_EVENTS_DAYS", 400, least=1)
KEEP_INVITATIONS_DAYS = env.whole("KEEP_INVITATIONS_DAYS", 90, least=1)
KEEP_KEYS_DAYS = env.whole("KEEP_KEYS_DAYS", 365, least=1)
