"""What a card and transfer provider keeps for us, beside deposits and payouts: accounts, parts of payouts,
refunds, disputed payments. Ids and states only."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation

from .deposit import Deposit
from .payout import Payout

_WHOLE_CENTS = Q(amount_micros__gt=0) & Q(amount_micros=F("amount_micros") / 10_000 * 10_000)


class ConnectedAccount(models.Model):
    """A worker's account at the provider, as it said when we last asked."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20, default="stripe")
    # Empty between writing the row and the provider's answer: the row's number is the key of the call.
    account_ref = models.CharField(max_length=120, null=True, unique=True)
    country = models.CharField(max_length=2)
    transfers_active = models.BooleanField(default=False)
    payouts_enabled = models.BooleanField(default=False)
    disabled_reason = models.CharField(max_length=80, blank=True)
    requirements_due = models.JSONField(default=list)  # the provider's codes, to be put into words
    requirements_deadline = models.DateTimeField(null=True)
    under_review = models.BooleanField(
        default=False, db_default=False
    )  # the provider looks at what was given
    last_bank_failure = models.CharField(max_length=60, blank=True)  # of its own payouts to the worker's bank
    # How far its balance is under nothing: the provider keeps the next payments until it is made up.
    below_zero_micros = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=clock.now)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="connected_country_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(below_zero_micros__gte=0), name="connected_is_below_zero_or_not"
            ),
            models.CheckConstraint(
                condition=Q(account_ref__isnull=False) | Q(transfers_active=False, payouts_enabled=False),
                name="connected_is_ready_only_when_it_exists",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("cac", self.pk)

    @property
    def can_be_paid(self) -> bool:
        return bool(
            self.account_ref and self.transfers_active and self.payouts_enabled and not self.disabled_reason
        )


class PartState(models.TextChoices):
    WAITING = "waiting", _("to be sent")
    SENT = "sent", _("sent, no answer yet")
    DONE = "done", _("arrived")
    REFUSED = "refused", _("refused")
    REVERSED = "reversed", _("taken back")


PART_MOVES: dict[str, frozenset[str]] = {
    PartState.WAITING: frozenset({PartState.SENT, PartState.REFUSED}),
    PartState.SENT: frozenset({PartState.DONE, PartState.REFUSED}),
    PartState.DONE: frozenset({PartState.REVERSED}),
    PartState.REFUSED: frozenset(),
    PartState.REVERSED: frozenset(),
}


class PayoutPart(models.Model):
    """The part of a payout that one deposit's charge funds: one transfer at the provider.

    Deposits are used up oldest first. The ledger carries no provenance: these rows do.
    """

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="parts")
    position = models.PositiveSmallIntegerField()  # 1, 2, 3 …: part of the key
    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="parts")
    amount_micros = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=PartState.choices, default=PartState.WAITING)
    external_ref = models.CharField(max_length=120, null=True, unique=True)  # the transfer
    failure_code = models.CharField(max_length=60, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["deposit"], name="payout_part_by_deposit"),
            models.Index(
                fields=["created_at"],
                name="payout_part_under_way",
                condition=Q(state__in=["waiting", "sent"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["payout", "position"], name="payout_part_once"),
            models.CheckConstraint(condition=Q(state__in=PartState.values), name="payout_part_state_known"),
            models.CheckConstraint(condition=_WHOLE_CENTS, name="payout_part_is_whole_cents"),
            models.CheckConstraint(
                condition=Q(state="waiting", sent_at__isnull=True)
                | Q(state="refused")
                | Q(state__in=["sent", "done", "reversed"], sent_at__isnull=False),
                name="payout_part_sent_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent"], ended_at__isnull=True)
                | Q(state__in=["done", "refused", "reversed"], ended_at__isnull=False),
                name="payout_part_ended_when_it_is_over",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "reversed"]) | Q(external_ref__isnull=False),
                name="payout_part_done_has_its_transfer",
            ),
        ]

    @property
    def key(self) -> str:
        return f"{self.payout.public_id}:{self.position}"


class GatewayCustomer(models.Model):
    """An organisation as a gateway that keeps customers knows it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    customer_ref = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "gateway"], name="gateway_customer_once"),
            models.UniqueConstraint(fields=["gateway", "customer_ref"], name="gateway_customer_is_one_only"),
        ]


class RefundState(models.TextChoices):
    STARTED = "started", _("on its way back")
    SETTLED = "settled", _("paid back")
    FAILED = "failed", _("refused by the bank")


# A bank may send money back after it took it.
REFUND_MOVES: dict[str, frozenset[str]] = {
    RefundState.STARTED: frozenset({RefundState.SETTLED, RefundState.FAILED}),
    RefundState.SETTLED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
}


class Refund(models.Model):
    """Unspent money of an organisation on its way back to where it came from."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="refunds")
    amount_micros = models.BigIntegerField()
    gateway = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=RefundState.choices, default=RefundState.STARTED)
    external_ref = models.CharField(max_length=120, null=True)
    failure_code = models.CharField(max_length=60, blank=True)
    # The file it leaves in, where no call sends it.
    run = models.ForeignKey("PayoutRun", null=True, on_delete=models.PROTECT, related_name="refunds")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    tried_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="refund_started", condition=Q(state="started"))]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_ref"], name="refund_external_ref_once"),
            models.CheckConstraint(condition=_WHOLE_CENTS, name="refund_is_whole_cents"),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_known"),
            models.CheckConstraint(
                condition=Q(state="started", ended_at__isnull=True)
                | ~Q(state="started") & Q(ended_at__isnull=False),
                name="refund_ended_when_it_is_over",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("ref", self.pk)


class ChargebackState(models.TextChoices):
    OPEN = "open", _("disputed")
    WON = "won", _("decided for us")
    LOST = "lost", _("decided against us")


CHARGEBACK_MOVES: dict[str, frozenset[str]] = {
    ChargebackState.OPEN: frozenset({ChargebackState.WON, ChargebackState.LOST}),
    ChargebackState.WON: frozenset(),
    ChargebackState.LOST: frozenset(),
}


class Chargeback(models.Model):
    """A payment that its card holder or bank disputes. It freezes what is left, never a worker's pay."""

    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="chargebacks")
    gateway = models.CharField(max_length=20)
    external_ref = models.CharField(max_length=120)
    amount_micros = models.BigIntegerField()
    frozen_micros = models.BigIntegerField(default=0)  # moved out of the free funds so far
    state = models.CharField(max_length=4, choices=ChargebackState.choices, default=ChargebackState.OPEN)
    reason = models.CharField(max_length=60, blank=True)  # the provider's code
    evidence_due = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_ref"], name="chargeback_once"),
            models.CheckConstraint(
                condition=Q(state__in=ChargebackState.values), name="chargeback_state_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_micros__gt=0, frozen_micros__gte=0)
                & Q(frozen_micros__lte=F("amount_micros")),
                name="chargeback_freezes_at_most_itself",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | Q(state__in=["won", "lost"], ended_at__isnull=False),
                name="chargeback_ended_when_it_is_over",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("cbk", self.pk)
