"""What the simulated gateway knows: the books of an outside world, written outside our transactions."""

from django.db import models


class SimulatedObject(models.Model):
    """A deposit or a payout as the simulated gateway sees it; `key` is the idempotency key we sent."""

    kind = models.CharField(max_length=10)  # deposit or payout
    key = models.CharField(max_length=80)
    amount_micros = models.BigIntegerField()
    state = models.CharField(max_length=12)  # open, processing, done, failed, returned, expired
    code = models.CharField(max_length=60, default="", db_default="")
    next_state = models.CharField(max_length=12, default="", db_default="")
    next_at = models.DateTimeField(null=True)
    calls = models.PositiveIntegerField(default=1, db_default=1)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["changed_at"], name="simulated_by_change")]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="simulated_object_once")]


class SimulatedBehaviour(models.Model):
    """How the simulated gateway treats a key, or (key '') every other object of the kind."""

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=80, default="", db_default="", blank=True)
    behaviour = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="simulated_behaviour_once")]
