"""Books that close: months, what the outside world says of each movement, and differences with an owner."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids

from .ledger import Account, Transaction


class Period(models.Model):
    """A closed month (Europe/Paris). A trigger refuses transactions dated in it."""

    year = models.SmallIntegerField()
    month = models.SmallIntegerField()
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(default=clock.now)
    transactions = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)  # of the month's journal, as the accountant's CSV

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "month"], name="period_closed_once"),
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="period_month_known"),
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"


class PeriodBalance(models.Model):
    """What was on an account at the end of a closed month, and what moved in it (micros)."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="balances")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    opening_micros = models.BigIntegerField()
    added_micros = models.BigIntegerField()
    taken_micros = models.BigIntegerField()
    closing_micros = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "account"], name="period_balance_once"),
            models.CheckConstraint(
                condition=Q(
                    closing_micros=models.F("opening_micros")
                    + models.F("added_micros")
                    - models.F("taken_micros")
                ),
                name="period_balance_adds_up",
            ),
        ]


class ExternalObject(models.Model):
    """One movement of our money as a gateway or bank reports it: charge, fee, transfer, refund, dispute, bank line.

    Exactly one ledger transaction stands for it, and each transaction that moves money at that gateway
    has exactly one of these. `amount_micros` is signed as the money moves for us: plus came in.
    """

    gateway = models.CharField(max_length=20)
    external_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    amount_micros = models.BigIntegerField()
    happened_at = models.DateTimeField()
    object_ref = models.CharField(max_length=80, blank=True)  # our key, as the gateway carries it
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["happened_at"], name="external_object_loose", condition=Q(transaction__isnull=True)
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_id"], name="external_object_once"),
            models.UniqueConstraint(
                fields=["gateway", "transaction"], name="external_object_one_per_transaction"
            ),
        ]


class Difference(models.Model):
    """Something the books and the world disagree about, with an age and an owner until it is explained."""

    class Kind(models.TextChoices):
        ONLY_OUTSIDE = "only_outside", _("not in our books")
        ONLY_INSIDE = "only_inside", _("not at the gateway")
        AMOUNT = "amount", _("another amount")

    gateway = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    external_id = models.CharField(max_length=120, blank=True)
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.PROTECT, related_name="+")
    amount_micros = models.BigIntegerField()  # outside less inside
    found_at = models.DateTimeField(default=clock.now)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=400, blank=True)
    ended_at = models.DateTimeField(null=True)  # it went away by itself, or a person explained it
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "kind", "external_id", "transaction"],
                nulls_distinct=False,
                condition=Q(ended_at__isnull=True),
                name="difference_open_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True) | Q(ended_at__isnull=False) & ~Q(note=""),
                name="difference_ended_by_a_person_says_why",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("dif", self.pk)
