"""A payment to a worker (DESIGN §5 "payout")."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids


class PayoutState(models.TextChoices):
    PENDING = "pending", _("about to be sent")
    HELD = "held", _("held")
    SENT = "sent", _("on its way")
    PAID = "paid", _("paid")
    FAILED = "failed", _("refused by the bank")
    RETURNED = "returned", _("sent back by the bank")


# `paid → returned`: a bank may send money back days after it said the payment was done.
PAYOUT_MOVES: dict[str, frozenset[str]] = {
    PayoutState.PENDING: frozenset({PayoutState.HELD, PayoutState.SENT}),
    PayoutState.HELD: frozenset({PayoutState.PENDING}),
    PayoutState.SENT: frozenset({PayoutState.PAID, PayoutState.FAILED, PayoutState.RETURNED}),
    PayoutState.PAID: frozenset({PayoutState.RETURNED}),
    PayoutState.FAILED: frozenset(),
    PayoutState.RETURNED: frozenset(),
}


class Payout(models.Model):
    """Whole cents taken out of what is due to a worker. Its public id is the key the gateway knows it by.

    The hold columns tell the last hold; while `state` is held it is in force. A hold is a named person's
    with a reason, or a registered rule's until a date that the worker sees (charter M2).
    """

    class AskedBy(models.TextChoices):
        WORKER = "worker", _("the worker")
        CLOCK = "clock", _("the calendar")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount_micros = models.BigIntegerField()
    gateway = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=PayoutState.choices, default=PayoutState.PENDING)
    asked_by = models.CharField(max_length=6, choices=AskedBy.choices)
    # The file it leaves in, for gateways that take files.
    run = models.ForeignKey("PayoutRun", null=True, on_delete=models.PROTECT, related_name="lines")
    # Who let it go although the bank says that the name and the account don't belong together.
    name_passed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    external_ref = models.CharField(max_length=120, null=True)
    failure_code = models.CharField(max_length=60, blank=True)
    # Why one that may leave does not: the worker's account can't take it yet, or too little lies at the gateway.
    waits_for = models.CharField(
        max_length=7,
        blank=True,
        default="",
        db_default="",
        choices=[("account", _("the worker's account")), ("funds", _("money at the gateway"))],
    )
    # What of a payout that left in parts is due to the worker again: parts taken back, or that never could leave.
    back_micros = models.BigIntegerField(default=0, db_default=0)

    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    held_rule = models.CharField(max_length=60, blank=True)
    held_reason = models.CharField(max_length=500, blank=True)
    held_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True)

    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)  # handed to the gateway for the first time
    tried_at = models.DateTimeField(null=True)  # the last call
    tries = models.PositiveSmallIntegerField(default=0)
    paid_at = models.DateTimeField(null=True)
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="payout_by_worker"),
            models.Index(
                fields=["created_at"],
                name="payout_under_way",
                condition=Q(state__in=["pending", "held", "sent"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_ref"], name="payout_external_ref_once"),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="payout_amount_above_zero"),
            models.CheckConstraint(
                condition=Q(amount_micros=F("amount_micros") / 10_000 * 10_000),
                name="payout_amount_is_whole_cents",
            ),
            models.CheckConstraint(condition=Q(state__in=PayoutState.values), name="payout_state_known"),
            models.CheckConstraint(
                condition=Q(asked_by__in=["worker", "clock"]), name="payout_asked_by_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(held_at__isnull=False, released_at__isnull=True),
                name="payout_held_has_a_hold_in_force",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_by__isnull=True, held_rule="", held_reason="")
                | Q(held_at__isnull=False, held_by__isnull=False) & ~Q(held_reason="")
                | Q(held_at__isnull=False, held_until__isnull=False) & ~Q(held_rule="") & ~Q(held_reason=""),
                name="payout_hold_names_a_person_or_a_rule_and_its_end",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False),
                name="payout_released_by_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(name_passed_by__isnull=True) | ~Q(name_passed_by=F("user")),
                name="payout_name_not_passed_by_who_is_paid",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "held"], sent_at__isnull=True)
                | Q(state__in=["sent", "paid", "failed", "returned"], sent_at__isnull=False),
                name="payout_sent_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | Q(state="returned")
                | Q(state__in=["pending", "held", "sent", "failed"], paid_at__isnull=True),
                name="payout_paid_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(waits_for="")
                | Q(waits_for__in=["account", "funds"], state__in=["pending", "held", "sent"]),
                name="payout_waits_only_before_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(back_micros__gte=0, back_micros__lt=F("amount_micros"))
                | Q(back_micros=F("amount_micros"), state="returned"),
                name="payout_gives_back_at_most_itself",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["failed", "returned"], reversed_at__isnull=False)
                | Q(state__in=["pending", "held", "sent", "paid"], reversed_at__isnull=True),
                name="payout_reversed_has_its_date",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("pay", self.pk)

    @property
    def key(self) -> str:
        """The idempotency key of every call to the gateway about this payout: made from our own row."""
        return self.public_id
