"""What our bank tells: statements and their lines, kept as they came."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids


class BankStatement(models.Model):
    """One CAMT.053 statement (or CAMT.052/054 notice) that was read; the same one is never read twice."""

    account = models.CharField(max_length=34)  # our own IBAN
    statement_id = models.CharField(max_length=60)  # Stmt/Id
    sha256 = models.CharField(max_length=64)
    opening_micros = models.BigIntegerField(null=True)
    closing_micros = models.BigIntegerField(null=True)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    imported_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "statement_id"], name="bank_statement_once"),
        ]


class BankLine(models.Model):
    """One booked movement on our account. `reason` says what it was taken for; suspense waits for a named person."""

    class Taken(models.TextChoices):
        DEPOSIT = "deposit", _("a deposit")
        RUN = "run", _("a payout file")
        RETURN = "return", _("a payout that came back")
        REFUND = "refund", _("a refund")
        FEE = "fee", _("a bank fee")
        GATEWAY = "gateway", _("money from or to a payment provider")
        SUSPENSE = "suspense", _("to be explained")
        LOSS = "loss", _("money lost")

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    # The bank's own name for the movement (AcctSvcrRef), else made from statement and place: once for ever.
    external_id = models.CharField(max_length=120)
    amount_micros = models.BigIntegerField()  # signed: plus came in
    booked_on = models.DateField()
    end_to_end_id = models.CharField(max_length=35, blank=True)
    # Personal data of who paid, kept only while a person must explain the line.
    remittance = models.CharField(max_length=420, blank=True)
    counterparty = models.CharField(max_length=140, blank=True)
    counterparty_iban = models.CharField(max_length=34, blank=True)
    taken_as = models.CharField(max_length=10, choices=Taken.choices)
    object_ref = models.CharField(max_length=80, blank=True)  # dep_…, run_…, pay_…, ref_…
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    explanation = models.CharField(max_length=400, blank=True)
    explained_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["booked_on"], name="bank_line_to_explain", condition=Q(taken_as="suspense"))
        ]
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="bank_line_once"),
            models.CheckConstraint(condition=~Q(amount_micros=0), name="bank_line_moves_something"),
            models.CheckConstraint(
                condition=Q(explained_at__isnull=True, explained_by__isnull=True)
                | Q(explained_at__isnull=False, explained_by__isnull=False) & ~Q(explanation=""),
                name="bank_line_explained_by_somebody",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("bln", self.pk)


class RunState(models.TextChoices):
    DRAFT = "draft", _("to be released by two people")
    RELEASED = "released", _("released: hand the file to the bank")
    BOOKED = "booked", _("taken by the bank")
    CANCELLED = "cancelled", _("cancelled")


RUN_MOVES: dict[str, frozenset[str]] = {
    RunState.DRAFT: frozenset({RunState.RELEASED, RunState.CANCELLED}),
    RunState.RELEASED: frozenset({RunState.BOOKED}),
    RunState.BOOKED: frozenset(),
    RunState.CANCELLED: frozenset(),
}


class PayoutRun(models.Model):
    """One file of payouts: pain.001 for a bank, or a table for a provider. Two different people release it.

    `content` holds names and account numbers: it is removed once the run is booked and its keeping time is over;
    its hash stays.
    """

    gateway = models.CharField(max_length=20)  # bank or provider
    state = models.CharField(max_length=9, choices=RunState.choices, default=RunState.DRAFT)
    payouts = models.PositiveIntegerField()
    amount_micros = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(null=True)
    execute_on = models.DateField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    first_at = models.DateTimeField(null=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    second_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(
                condition=Q(amount_micros__gt=0, payouts__gt=0), name="run_amount_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(first_by__isnull=True)
                | Q(second_by__isnull=True)
                | ~Q(first_by=models.F("second_by")),
                name="run_released_by_two_different_people",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"])
                | Q(first_by__isnull=False, second_by__isnull=False) & ~Q(sha256=""),
                name="run_released_has_two_names_and_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("run", self.pk)
