"""Who is paid: the one place where a worker's legal name, address and bank details live."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock


class Payee(models.Model):
    """Personal data. Never copied into audit events, outbox, ledger, logs or gateway news."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="payee")
    legal_name = models.CharField(_("legal name"), max_length=140)
    address = models.CharField(_("street and number"), max_length=140)
    town = models.CharField(_("town"), max_length=70)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)  # some countries have none
    country = models.CharField(_("country"), max_length=2)
    tax_residence = models.CharField(_("country of tax residence"), max_length=2)
    tin = models.CharField(_("tax identification number"), max_length=40, blank=True)
    account_holder = models.CharField(_("account holder"), max_length=140)
    # One of the two, as the way of the country asks: neither where the provider keeps the bank details itself.
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    mobile_number = models.CharField(_("mobile money number"), max_length=20, blank=True)
    mobile_provider = models.CharField(_("mobile money provider"), max_length=40, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    birth_place = models.CharField(
        _("place of birth"), max_length=70, blank=True
    )  # asked where there is no TIN, with its country
    birth_country = models.CharField(
        _("country of birth"), max_length=2, blank=True, default="", db_default=""
    )
    # What the bank says of holder and IBAN together (verification of payee): match, close, no_match, unknown.
    name_check = models.CharField(max_length=10, blank=True)
    name_checked_at = models.DateTimeField(null=True)
    # When the place the money goes to last changed after it was first given: payouts rest for a while (A change
    # of account is what a thief does first.)
    destination_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="payee_country_is_iso"),
            models.CheckConstraint(
                condition=Q(tax_residence__regex=r"^[A-Z]{2}$"), name="payee_residence_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(birth_country="") | Q(birth_country__regex=r"^[A-Z]{2}$"),
                name="payee_birth_country_is_iso",
            ),
            models.CheckConstraint(
                condition=Q(iban="") | Q(iban__regex=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"),
                name="payee_iban_looks_like_one",
            ),
            models.CheckConstraint(
                condition=Q(mobile_number="") | Q(mobile_number__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="payee_mobile_number_is_e164",
            ),
            models.CheckConstraint(
                condition=Q(name_check__in=["", "match", "close", "no_match", "unknown"]),
                name="payee_name_check_known",
            ),
            models.CheckConstraint(
                condition=~Q(legal_name="") & ~Q(address="") & ~Q(town="") & ~Q(account_holder=""),
                name="payee_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"payee of {self.user_id}"  # never a name: this string ends in logs

    @property
    def iban_ending(self) -> str:
        """What a page may show of the account number."""
        return self.iban[-4:]
