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
        OWN = "own", _("our own money")
        VAT = "vat", _("VAT handed over")
        BACK = "back", _("money sent back to who sent it")

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
    # The bank's codes and our own numbers as it carries them: what the line is recognised by, now or later.
    hints = models.JSONField(default=dict, db_default={})
    taken_as = models.CharField(max_length=10, choices=Taken.choices)
    object_ref = models.CharField(max_length=80, blank=True)  # dep_…, run_…, pay_…, ref_…
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    explanation = models.CharField(max_length=400, blank=True)
    explained_at = models.DateTimeField(null=True)
    # What the first person took a large line for; a second one looks at it before it counts.
    proposed_as = models.CharField(max_length=10, choices=Taken.choices, blank=True)
    proposed_ref = models.CharField(max_length=80, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Money that nobody can place goes back where it came from, in the next file.
    goes_back = models.BooleanField(default=False, db_default=False)
    run = models.ForeignKey("PayoutRun", null=True, on_delete=models.PROTECT, related_name="sent_back")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["booked_on"], name="bank_line_to_explain", condition=Q(taken_as="suspense")),
            models.Index(fields=["object_ref"], name="bank_line_by_object", condition=~Q(object_ref="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="bank_line_once"),
            models.CheckConstraint(condition=~Q(amount_micros=0), name="bank_line_moves_something"),
            models.CheckConstraint(
                condition=Q(explained_at__isnull=True, explained_by__isnull=True)
                | Q(explained_at__isnull=False, explained_by__isnull=False) & ~Q(explanation=""),
                name="bank_line_explained_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=True, proposed_as="")
                | Q(proposed_by__isnull=False) & ~Q(proposed_as=""),
                name="bank_line_proposed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=True)
                | Q(explained_by__isnull=True)
                | ~Q(explained_by=models.F("proposed_by")),
                name="bank_line_second_look_by_another",
            ),
            models.CheckConstraint(
                condition=Q(goes_back=False, run__isnull=True) | Q(goes_back=True, amount_micros__gt=0),
                name="bank_line_goes_back_only_when_it_came_in",
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
    # Cancelled: the bank refused the whole file, so that nothing of it left.
    RunState.RELEASED: frozenset({RunState.BOOKED, RunState.CANCELLED}),
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
    payouts = models.PositiveIntegerField()  # transfers in the file: payouts, refunds, what is sent back
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
    # Who says that a released file was never carried out, and why; it counts once another person says so too.
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    given_up_at = models.DateTimeField(null=True)
    given_up_reason = models.CharField(max_length=400, blank=True, default="", db_default="")
    given_up_second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(given_up_by__isnull=True, given_up_at__isnull=True, given_up_reason="")
                | Q(given_up_by__isnull=False, given_up_at__isnull=False) & ~Q(given_up_reason=""),
                name="run_given_up_by_somebody_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(given_up_second_by__isnull=True)
                | Q(given_up_by__isnull=False, state="cancelled")
                & ~Q(given_up_second_by=models.F("given_up_by")),
                name="run_given_up_by_two_different_people",
            ),
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
