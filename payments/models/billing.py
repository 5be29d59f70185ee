"""Who is billed, and the numbered documents they get. A document is written once and never changed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation


class VatTreatment(models.TextChoices):
    """Why an invoice carries VAT or none (Directive 2006/112/EC: articles 44, 196, 59)."""

    DOMESTIC = "domestic", _("our country's VAT")
    REVERSE_CHARGE = "reverse_charge", _("reverse charge: the customer accounts for the VAT")
    OUTSIDE_EU = "outside_eu", _("not subject to EU VAT: the customer is outside the EU")


class BillingProfile(models.Model):
    """What an invoice says about the customer."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="billing")
    legal_name = models.CharField(_("legal name"), max_length=140)
    address = models.CharField(_("street and number"), max_length=140)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    town = models.CharField(_("town"), max_length=70)
    country = models.CharField(_("country"), max_length=2)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    email = models.EmailField(_("where invoices are sent"), blank=True)
    reference = models.CharField(_("your reference"), max_length=60, blank=True)
    # When a register (or a named person with a proof) last confirmed the number as it stands.
    vat_checked_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="billing_country_is_iso"),
            models.CheckConstraint(
                condition=~Q(legal_name="") & ~Q(address="") & ~Q(town=""), name="billing_is_complete"
            ),
            models.CheckConstraint(
                condition=Q(vat_checked_at__isnull=True) | ~Q(vat_number=""),
                name="billing_checked_number_is_there",
            ),
        ]


class VatCheck(models.Model):
    """One question put to the register of VAT numbers, or to a person who looked at a proof, and the answer."""

    class Answer(models.TextChoices):
        WAITING = "waiting", _("not answered yet")
        VALID = "valid", _("valid")
        INVALID = "invalid", _("not valid")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    vat_number = models.CharField(max_length=20)
    answer = models.CharField(max_length=8, choices=Answer.choices, default=Answer.WAITING)
    consultation = models.CharField(max_length=60, blank=True)  # the register's own number for its answer
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    proof = models.CharField(max_length=400, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "vat_number"],
                condition=Q(answer="waiting"),
                name="vat_check_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(answer="waiting", answered_at__isnull=True)
                | Q(answer__in=["valid", "invalid"], answered_at__isnull=False),
                name="vat_check_answer_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(proof=""), name="vat_check_by_a_person_has_a_proof"
            ),
        ]


class BatchTerms(models.Model):
    """Under which VAT rule a batch was published, kept for the invoices on its fees. Batches before there were rules
    have none: they are domestic, at the rate of the settings."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    batch_ref = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=120)  # as the invoice's line says it
    treatment = models.CharField(max_length=14, choices=VatTreatment.choices)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4)
    why = models.CharField(max_length=20)  # code of the rule that applied
    set_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(treatment__in=VatTreatment.values), name="batch_terms_treatment_known"
            ),
            models.CheckConstraint(
                condition=Q(treatment="domestic", vat_rate__gte=0, vat_rate__lte=1) | Q(vat_rate=0),
                name="batch_terms_vat_only_when_domestic",
            ),
        ]


class Invoice(models.Model):
    """An invoice or credit note. Numbers run without a gap in (series, year): the unique row before it must exist.

    `lines` and `customer` are what was printed, as it was on that day. Amounts are micros of whole cents. A
    credit note's amounts are above zero too: its kind says which way they go.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")

    kind = models.CharField(max_length=11, choices=Kind.choices)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invoices")
    year = models.SmallIntegerField()  # of the issue, Europe/Paris
    number = models.PositiveIntegerField()  # 1, 2, 3 … within (kind, year)
    period_year = models.SmallIntegerField()
    period_month = models.SmallIntegerField()
    treatment = models.CharField(max_length=14, choices=VatTreatment.choices)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4)
    net_micros = models.BigIntegerField()
    vat_micros = models.BigIntegerField()
    passed_on_micros = models.BigIntegerField(default=0)  # workers' pay, shown beside; not our supply
    customer = models.JSONField()
    seller = models.JSONField()
    lines = models.JSONField()
    locale = models.CharField(max_length=8, default="en")
    credits = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credited_by")
    reason = models.CharField(max_length=400, blank=True)  # of a credit note
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-issued_at", "-pk"]
        indexes = [models.Index(fields=["organisation", "-issued_at"], name="invoice_by_organisation")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "number"], name="invoice_number_once"),
            # One invoice a month and treatment; a credit note names what it credits.
            models.UniqueConstraint(
                fields=["organisation", "period_year", "period_month", "treatment", "vat_rate"],
                condition=Q(kind="invoice"),
                name="invoice_once_per_month",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="invoice_number_from_one"),
            models.CheckConstraint(
                condition=Q(period_month__gte=1, period_month__lte=12), name="invoice_month_known"
            ),
            models.CheckConstraint(
                condition=Q(net_micros__gte=0, vat_micros__gte=0, passed_on_micros__gte=0)
                & (Q(net_micros__gt=0) | Q(vat_micros__gt=0)),
                name="invoice_amounts_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(net_micros=F("net_micros") / 10_000 * 10_000)
                & Q(vat_micros=F("vat_micros") / 10_000 * 10_000),
                name="invoice_amounts_are_whole_cents",
            ),
            models.CheckConstraint(
                condition=Q(treatment="domestic") | Q(vat_micros=0), name="invoice_vat_only_when_domestic"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", credits__isnull=True)
                | Q(kind="credit_note", credits__isnull=False) & ~Q(reason=""),
                name="invoice_credit_note_names_what_and_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return ids.encode("inv", self.pk)

    @property
    def name(self) -> str:
        """The number as it is printed: F-2026-0001, or A-2026-0001 for a credit note."""
        return f"{'F' if self.kind == self.Kind.INVOICE else 'A'}-{self.year}-{self.number:04d}"


class SpendingLimit(models.Model):
    """What a member may set aside in a month, or what any one batch may cost; set by an owner."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="spending_limits")
    # Empty: the limit of one batch, whoever posts it.
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    amount_micros = models.BigIntegerField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "member"], nulls_distinct=False, name="spending_limit_once"
            ),
            models.CheckConstraint(condition=Q(amount_micros__gte=0), name="spending_limit_not_negative"),
        ]


class AutoTopUp(models.Model):
    """Deposits that make themselves when funds run low. Off unless an owner asked for it, with a monthly limit."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="auto_top_up")
    is_on = models.BooleanField(default=False)
    below_micros = models.BigIntegerField()
    amount_micros = models.BigIntegerField()
    month_most_micros = models.BigIntegerField()
    customer_ref = models.CharField(
        max_length=120, blank=True
    )  # the gateway's names for who pays, and with what
    method_ref = models.CharField(max_length=120, blank=True)
    method_label = models.CharField(max_length=60, blank=True)
    stopped_code = models.CharField(max_length=60, blank=True)  # why it turned itself off
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(below_micros__gte=0, amount_micros__gt=0)
                & Q(month_most_micros__gte=F("amount_micros")),
                name="auto_top_up_amounts_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(is_on=False) | ~Q(method_ref=""), name="auto_top_up_on_has_a_method"
            ),
        ]
