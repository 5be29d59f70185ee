"""Where the log-in library meets the house: who may sign up, in which language, where people go, how mails leave."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.base import context, switches
from marketplace.base.errors import Refusal
from marketplace.base.leavers import GONE
from marketplace.base.models import User
from marketplace.web import terms

log = logging.getLogger(__name__)


class MailAway(Refusal):
    """The mail server did not take a mail that somebody waits for."""

    code = "mail_away"
    detail = _("We could not send you the mail for this. Nothing is lost: please try again in a few minutes.")
    status = 503


def place_of(user: User) -> str:
    """The first page of a person: that of the side they have, or the choice of one."""
    sides = user.works or user.posts or user.is_moderator or user.is_admin
    return context.build(user, "").home if sides else reverse("start")


class AccountAdapter(DefaultAccountAdapter):
    """Set by settings.ACCOUNT_ADAPTER."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return switches.is_on("signup")

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.locale = (get_language() or "en").partition("-")[0]
        saved: User = super().save_user(request, user, form, commit=commit)
        if commit:
            terms.agree_at_sign_up(saved)  # the form says so, with a link
        return saved

    def clean_email(self, email: str) -> str:
        """Nobody takes the address that will stand where somebody's was: their erasure could not be carried out."""
        if email.strip().lower().endswith(f"@{GONE}"):
            raise ValidationError(_("Write an e-mail address such as name@example.org."))
        return str(super().clean_email(email))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return place_of(request.user)  # type: ignore[arg-type]

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("start")

    def send_account_already_exists_mail(self, email: str) -> None:
        """Hash something, as the sign-up of a new address does: the time it takes would tell who has an account."""
        make_password(email)
        super().send_account_already_exists_mail(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Codes and links are secrets, so these mails go out at once instead of through the outbox."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:  # its words may hold the address
            log.error(
                "account_mail_failed", extra={"template": template_prefix, "error": type(error).__name__}
            )
            raise MailAway from None


@receiver(authenticator_added)
def remember_second_factor(
    request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any
) -> None:
    """Who has just typed a code of the new device has proved it: this session counts as confirmed."""
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


@receiver(authenticator_removed)
def forget_second_factor(request: HttpRequest, authenticator: Authenticator, **_rest: Any) -> None:
    """Without the device the session no longer counts as confirmed."""
    if authenticator.type == Authenticator.Type.TOTP:
        records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            record for record in records if record.get("method") != "mfa"
        ]
