"""What else runs: PostgreSQL, Valkey with the queue, mail."""

from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from marketplace import embedded, env

from .place import BASE_URL, ENVIRONMENT, HOME, PRODUCTION

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
