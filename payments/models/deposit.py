"""Money an organisation brings in through a gateway."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation


class DepositState(models.TextChoices):
    STARTED = "started", _("waiting for the payment")
    SETTLED = "settled", _("received")
    FAILED = "failed", _("refused by the bank")
    CANCELLED = "cancelled", _("not paid")


DEPOSIT_MOVES: dict[str, frozenset[str]] = {
    DepositState.STARTED: frozenset({DepositState.SETTLED, DepositState.FAILED, DepositState.CANCELLED}),
    DepositState.SETTLED: frozenset(),
    DepositState.FAILED: frozenset(),
    DepositState.CANCELLED: frozenset(),
}


class Deposit(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    amount_micros = models.BigIntegerField()
    gateway = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=DepositState.choices, default=DepositState.STARTED)
    external_ref = models.CharField(max_length=120, null=True)  # the gateway's name for it, once it gave one
    pay_url = models.CharField(max_length=500, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    method = models.CharField(
        max_length=20, blank=True
    )  # card, sepa_debit, bank_transfer … as the gateway calls it
    # What funds transfers and refunds at the gateway, and what it took for itself; known once it was paid.
    charge_ref = models.CharField(max_length=120, null=True)
    fee_micros = models.BigIntegerField(default=0, db_default=0)
    fee_pending = models.BooleanField(default=False, db_default=False)  # paid, and the fee not told yet
    # Whether who pays it asked that the way they pay may be kept, for deposits that make themselves.
    keeps_method = models.BooleanField(default=False, db_default=False)
    # Nobody: it made itself (auto-top-up), or came by bank transfer.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="deposit_by_organisation"),
            models.Index(fields=["created_at"], name="deposit_started", condition=Q(state="started")),
            models.Index(fields=["ended_at"], name="deposit_fee_pending", condition=Q(fee_pending=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_ref"], name="deposit_external_ref_once"),
            models.UniqueConstraint(fields=["gateway", "charge_ref"], name="deposit_charge_ref_once"),
            models.CheckConstraint(condition=Q(fee_micros__gte=0), name="deposit_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(fee_pending=False) | Q(state="settled", fee_micros=0),
                name="deposit_fee_pending_only_when_received",
            ),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="deposit_amount_above_zero"),
            models.CheckConstraint(
                condition=Q(amount_micros=F("amount_micros") / 10_000 * 10_000),
                name="deposit_amount_is_whole_cents",
            ),
            models.CheckConstraint(condition=Q(state__in=DepositState.values), name="deposit_state_known"),
            models.CheckConstraint(
                condition=Q(state="started", ended_at__isnull=True)
                | ~Q(state="started") & Q(ended_at__isnull=False),
                name="deposit_ended_when_it_is_over",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("dep", self.pk)
