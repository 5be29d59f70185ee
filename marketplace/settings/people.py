"""Accounts, log-in, and how often one may try."""

from urllib.parse import urlsplit

from marketplace import env

from .place import BASE_URL, ENVIRONMENT

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
