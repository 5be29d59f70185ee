"""Which of its three lives this is, where it lives, and its secrets."""

import base64
import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.exceptions import ImproperlyConfigured

from marketplace import embedded, env

BASE_DIR = Path(__file__).resolve().parents[2]

ENVIRONMENT = env.text("TESSERA_ENV", "production" if os.environ.get("DATABASE_URL") else "demo")
if ENVIRONMENT not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"TESSERA_ENV must be production, demo or test, not {ENVIRONMENT!r}.")
PRODUCTION = ENVIRONMENT == "production"
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
BACKUP_PASSPHRASE = env.text("BACKUP_PASSPHRASE", "")  # encrypts backups; kept elsewhere than they are
