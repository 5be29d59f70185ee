"""The ledger: accounts, transactions and their signed entries (DESIGN §4).

Rows are added and never changed: the triggers of `payments/sql/ledger.sql` refuse everything else, keep
the stored balances, and let no transaction commit that does not sum to zero.
"""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from marketplace.base.models import Organisation


class AccountKind(models.TextChoices):
    ORGANISATION_AVAILABLE = "organisation_available", _("funds of an organisation")
    ORGANISATION_FROZEN = "organisation_frozen", _("kept while a payment is disputed")
    REFUND_IN_TRANSIT = "refund_in_transit", _("on its way back to an organisation")
    BATCH_HOLDING = "batch_holding", _("set aside for a batch")
    WORKER_PAYABLE = "worker_payable", _("due to a worker")
    PAYOUT_IN_TRANSIT = "payout_in_transit", _("on its way to a worker")
    PLATFORM_FEES = "platform_fees", _("platform fees")
    HELP_FUND = "help_fund", _("help fund of the workers")
    VAT_DUE = "vat_due", _("VAT to hand over")
    GATEWAY_CLEARING = "gateway_clearing", _("money at a gateway")
    GATEWAY_COSTS = "gateway_costs", _("what a gateway charges")
    PLATFORM_COSTS = "platform_costs", _("failures, guarantees and shortfalls we bear")
    LOSSES = "losses", _("money lost")
    SUSPENSE = "suspense", _("money to be explained")
    OWN_MONEY = "own_money", _("what we put in of our own, less what we drew")


# Balances kept on the row and tested at every posting; the others are summed from entries when asked for.
STORED_KINDS = (
    AccountKind.ORGANISATION_AVAILABLE,
    AccountKind.ORGANISATION_FROZEN,
    AccountKind.REFUND_IN_TRANSIT,
    AccountKind.BATCH_HOLDING,
    AccountKind.WORKER_PAYABLE,
    AccountKind.PAYOUT_IN_TRANSIT,
)
# Kinds whose sum is never above zero; those that go either way; every other kind is never below zero.
DEBIT_KINDS = (
    AccountKind.GATEWAY_CLEARING,
    AccountKind.GATEWAY_COSTS,
    AccountKind.PLATFORM_COSTS,
    AccountKind.LOSSES,
)
# VAT that was handed over and then credited to a customer is owed to us until the next return.
EITHER_WAY_KINDS = (AccountKind.SUSPENSE, AccountKind.OWN_MONEY, AccountKind.VAT_DUE)

_OF_ORGANISATION = Q(organisation__isnull=False)
_OF_USER = Q(user__isnull=False)
_NO_ORGANISATION = Q(organisation__isnull=True)
_NO_USER = Q(user__isnull=True)
_NO_REFERENCE = Q(reference="")
_NO_GATEWAY = Q(gateway="")

# Who owns an account follows from its kind. `platform_costs` with an organisation is what that
# organisation owes us (a reserve that did not suffice), and so is `losses` (a payment its bank took back);
# without one they are our own.
_OWNER_FITS = (
    Q(
        kind__in=[
            AccountKind.ORGANISATION_AVAILABLE,
            AccountKind.ORGANISATION_FROZEN,
            AccountKind.REFUND_IN_TRANSIT,
        ]
    )
    & _OF_ORGANISATION
    & _NO_USER
    & _NO_REFERENCE
    & _NO_GATEWAY
    | Q(kind=AccountKind.BATCH_HOLDING) & _OF_ORGANISATION & _NO_USER & ~_NO_REFERENCE & _NO_GATEWAY
    | Q(kind__in=[AccountKind.WORKER_PAYABLE, AccountKind.PAYOUT_IN_TRANSIT])
    & _NO_ORGANISATION
    & _OF_USER
    & _NO_REFERENCE
    & _NO_GATEWAY
    | Q(kind__in=[AccountKind.PLATFORM_COSTS, AccountKind.LOSSES]) & _NO_USER & _NO_REFERENCE & _NO_GATEWAY
    | Q(kind__in=[AccountKind.GATEWAY_CLEARING, AccountKind.GATEWAY_COSTS])
    & _NO_ORGANISATION
    & _NO_USER
    & _NO_REFERENCE
    & ~_NO_GATEWAY
    | Q(
        kind__in=[
            AccountKind.PLATFORM_FEES,
            AccountKind.HELP_FUND,
            AccountKind.VAT_DUE,
            AccountKind.SUSPENSE,
            AccountKind.OWN_MONEY,
        ]
    )
    & _NO_ORGANISATION
    & _NO_USER
    & _NO_REFERENCE
    & _NO_GATEWAY
)


class XactIdField(models.Field):
    """PostgreSQL's xid8: the number of the database transaction that wrote the row."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class CurrentXactId(Func):
    function = "pg_current_xact_id"
    output_field = XactIdField()


class Account(models.Model):
    kind = models.CharField(max_length=24, choices=AccountKind.choices)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=80, default="", blank=True)  # public id of the batch
    gateway = models.CharField(max_length=20, default="", blank=True)
    balance = models.BigIntegerField(default=0, db_default=0)  # micros; written by a trigger alone

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "organisation", "user", "reference", "gateway"],
                nulls_distinct=False,
                name="account_once_per_owner",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(kind=AccountKind.BATCH_HOLDING),
                name="account_one_holding_per_batch",
            ),
            models.CheckConstraint(condition=_OWNER_FITS, name="account_owner_fits_its_kind"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="account_balance_never_below_zero"),
            models.CheckConstraint(
                condition=Q(kind__in=STORED_KINDS) | Q(balance=0),
                name="account_balance_stored_where_it_is_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.pk} {self.kind}"

    @property
    def is_stored(self) -> bool:
        return self.kind in STORED_KINDS


class Transaction(models.Model):
    """One business fact. `(kind, reference)` is its name: the same fact is written once."""

    kind = models.CharField(max_length=30)
    reference = models.CharField(max_length=80)  # opaque: asg_…, asg_…:topup:2, pay_…
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    # The year whose cap the fact counts in (charter C3); only facts that move a cap have one.
    cap_year = models.SmallIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    actor_id = models.BigIntegerField(null=True)  # no foreign key: books outlive people
    # Which database transaction wrote it: entries are accepted from that one alone.
    xact_id = XactIdField(db_default=CurrentXactId(), editable=False)

    class Meta:
        # Rows are added in the order of time: months of the books are found by a few bytes for each 128 pages.
        indexes = [BrinIndex(fields=["created_at"], autosummarize=True, name="transaction_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="transaction_once_per_fact"),
            # A piece of work is paid once, in time or late.
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(kind__in=["approval", "late_approval"]),
                name="transaction_pays_work_once",
            ),
            models.CheckConstraint(condition=Q(kind__regex=r"^[a-z_]+$"), name="transaction_kind_is_a_word"),
            models.CheckConstraint(condition=~Q(reference=""), name="transaction_has_a_reference"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
                name="transaction_does_not_reverse_itself",
            ),
            # Earnings and only earnings name the year whose cap they count in.
            models.CheckConstraint(
                condition=Q(
                    kind__in=["approval", "late_approval", "topup", "compensation", "bonus"],
                    cap_year__isnull=False,
                )
                | ~Q(kind__in=["approval", "late_approval", "topup", "compensation", "bonus"])
                & Q(cap_year__isnull=True),
                name="transaction_of_earnings_names_its_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Entry(models.Model):
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries", db_index=False)
    amount = models.BigIntegerField()  # micros, signed: plus adds to the account
    currency = models.CharField(max_length=3, default="EUR", db_default="EUR")

    class Meta:
        indexes = [models.Index(fields=["account", "id"], name="entry_by_account")]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_amount_is_not_zero"),
            models.CheckConstraint(condition=Q(currency="EUR"), name="entry_is_in_euros"),
        ]
