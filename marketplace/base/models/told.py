"""What people are told, by which mail and when (ADR 69); the editions of the public figures (ADR 68)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock

from .people import User


class Notice(models.Model):
    """Something a person must know, shown in the product and sent by mail, in their language.

    `kind` names the template; `data` holds ids and amounts, from which the text is made when it is read.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)  # while it waits for the morning or the digest

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_by_person"),
            models.Index(
                fields=["mail_due_at"], name="notice_mail_waits", condition=Q(mail_due_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(mailed_at__isnull=True) | Q(mail_due_at__isnull=True),
                name="notice_mailed_waits_no_more",
            )
        ]


class SentMail(models.Model):
    """A mail as the demonstration "sent" it; only the demo's e-mail backend writes here."""

    at = models.DateTimeField(default=clock.now)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    body = models.TextField()


class MailHours(models.Model):
    """When mails that may wait reach a person, by the clock of where they live. Without a row the usual hours hold."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="mail_hours")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest_at = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="mail_hours_quiet_from_and_until",
            )
        ]


class MailChoice(models.Model):
    """How a person wants the mails of one topic that may wait (`marketplace.base.mail.WAITING`)."""

    class Way(models.TextChoices):
        NOW = "now", _("a mail for each, when it happens")
        DIGEST = "digest", _("one mail a day with all of them")
        PRODUCT = "product", _("no mail: only here, under Notices")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_choices")
    topic = models.CharField(max_length=12)
    way = models.CharField(max_length=7, choices=Way.choices)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "topic"], name="mail_choice_once_per_topic"),
            models.CheckConstraint(
                condition=Q(way__in=["now", "digest", "product"]), name="mail_choice_way_known"
            ),
            # What a person must hear of can't be switched off (Directive (EU) 2024/2831, article 11).
            models.CheckConstraint(
                condition=~Q(topic__in=["money", "decision", "deadline", "security", "erasure"]),
                name="mail_choice_never_of_what_must_be_told",
            ),
        ]


class PublishedFigures(models.Model):
    """One edition of the public figures of a half-year (charter D4): added, never changed, never deleted (triggers).

    A closed edition is the last of its half-year; a trigger refuses any after it.
    """

    period = models.CharField(max_length=7)  # 2026-H2, in Europe/Paris
    counted_at = models.DateTimeField(default=clock.now)
    is_closed = models.BooleanField(default=False)
    figures = models.JSONField()  # as published: what is hidden there is not in here either

    class Meta:
        indexes = [models.Index(fields=["period", "-counted_at"], name="figures_of_half_year")]
        constraints = [
            models.UniqueConstraint(
                fields=["period"], condition=Q(is_closed=True), name="figures_closed_once"
            ),
            models.CheckConstraint(
                condition=Q(period__regex=r"^[0-9]{4}-H[12]$"), name="figures_period_is_a_half_year"
            ),
        ]
