"""People, organisations, and the rows that every part of the house writes: audit, outbox, switches, notices."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from . import clock, ids


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who logs in with `email`; the address is stored in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_admin=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person, one account. What they may do follows from rows elsewhere: a worker profile, memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    locale = models.CharField(_("language"), max_length=8, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Paris")
    is_active = models.BooleanField(default=True)
    is_moderator = models.BooleanField(default=False)
    is_admin = models.BooleanField(default=False)
    # A moderator may have closed the account but for money, data and complaints: look for the restriction, which says
    # since when, until when and why. `is_active` is never a sanction: it is off when the person has left.
    is_suspended = models.BooleanField(default=False, db_default=False)
    # The newest version of the terms that the person agreed to; the first came with every account.
    terms_number = models.PositiveSmallIntegerField(default=1, db_default=1)
    works = models.BooleanField(default=False, help_text="has a worker profile")
    posts = models.BooleanField(default=False, help_text="belongs to an organisation")
    date_joined = models.DateTimeField(default=clock.now)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
            models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_its_case"),
        ]

    def __str__(self) -> str:
        return self.public_id  # never a name or an address: this string ends in logs

    @property
    def public_id(self) -> str:
        return ids.encode("usr", self.pk)

    @property
    def needs_second_factor(self) -> bool:
        return self.is_moderator or self.is_admin

    @property
    def short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class Organisation(models.Model):
    """A requester: who asks for work and pays for it."""

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("what it does"), max_length=400, blank=True)
    website = models.URLField(_("website"), blank=True)
    country = models.CharField(_("country"), max_length=2)
    # Set by a moderator who passed one of its batches, or looked at it: later batches publish at once.
    trusted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    members = models.ManyToManyField(User, through="Membership", related_name="organisations")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="organisation_country_is_iso"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="organisation_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("org", self.pk)


class Role(models.TextChoices):
    VIEWER = "viewer", _("viewer: reads")
    EDITOR = "editor", _("editor: posts, publishes and reviews")
    FINANCE = "finance", _("finance: handles funds and invoices")
    OWNER = "owner", _("owner: everything")


# What each role may do (DESIGN §3); checked by `access.py` of each app through `Membership.may`.
RIGHTS: dict[str, frozenset[str]] = {
    Role.VIEWER: frozenset({"read"}),
    Role.EDITOR: frozenset({"read", "edit"}),
    Role.FINANCE: frozenset({"read", "funds"}),
    Role.OWNER: frozenset({"read", "edit", "funds", "team"}),
}


class Membership(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once_per_person"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def may(self, right: str) -> bool:
        """Whether this role has `right`: read, edit, funds or team."""
        return right in RIGHTS[self.role]


class Invitation(models.Model):
    """An offer to join an organisation, sent by mail; only the hash of its token is kept."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=8, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_is_not_both_accepted_and_revoked",
            ),
        ]


class ApiKey(models.Model):
    """A bearer key of one person and, for requester scopes, one organisation. Only its hash is kept."""

    class Scope(models.TextChoices):
        READ = "read", _("read batches and results")
        WRITE = "write", _("post, publish and review batches")
        FUNDS = "funds", _("see and add funds")
        WORK = "work", _("claim and submit tasks")
        MODERATE = "moderate", _("decide disputes")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)  # the first letters, so that a person tells keys apart
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(scopes__overlap=["read", "write", "funds"]),
                name="api_key_of_a_requester_names_the_organisation",
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="api_key_has_a_scope"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("key", self.pk)


class AuditEvent(models.Model):
    """What was decided, by whom, about what. Ids only; never changed, never deleted (triggers)."""

    at = models.DateTimeField(default=clock.now)
    actor_id = models.BigIntegerField(
        null=True
    )  # null: the clock or a registered rule; no foreign key on purpose
    tag = models.CharField(max_length=60)  # source:subject:action, e.g. tasks:batch:publish
    subject = models.CharField(max_length=40)  # public id
    organisation_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_by_subject"),
            models.Index(fields=["organisation_id", "at"], name="audit_by_organisation"),
            # What moderators opened and did: a small part of all, listed on a page of its own.
            models.Index(fields=["-id"], condition=Q(tag__startswith="console:"), name="audit_of_console"),
        ]


class OutboxEvent(models.Model):
    """A promise to tell somebody, committed with the fact it tells. A queue message is only its doorbell."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120, unique=True)  # the same fact is promised once
    data = models.JSONField(default=dict)  # ids only
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(
        max_length=200, blank=True
    )  # class name only: messages may carry personal data
    done_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="outbox_waiting",
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(dead_at__isnull=True), name="outbox_done_or_dead"
            ),
        ]


class JobRun(models.Model):
    """One run of a clockwork job in one slot of time; the unique pair keeps two beats from running it twice."""

    name = models.CharField(max_length=60)
    slot = models.DateTimeField()
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "slot"], name="job_run_once_per_slot")]


class Switch(models.Model):
    """A kill switch. Present and off means off; absent means on."""

    class Name(models.TextChoices):
        CLAIMS = "claims", _("claiming tasks")
        PAYOUTS = "payouts", _("sending payouts")
        DEPOSITS = "deposits", _("taking deposits")
        SIGNUP = "signup", _("sign-up")
        PUBLISH = "publish", _("publishing batches")

    name = models.CharField(max_length=20, choices=Name.choices, unique=True)
    is_on = models.BooleanField(default=True)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)


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


class IdempotentAnswer(models.Model):
    """The answer to a POST that carried an `Idempotency-Key`, kept so that the same key gets it again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    path = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first request is under way
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_person")
        ]


# How people share the deciding: a file of its own.
from .case_models import CaseDraft, CaseLease, FormerMembership, SecondOpinion, Stake  # noqa: E402, F401

# What a person wants by mail, and the figures everybody may read.
from .told_models import MailChoice, MailHours, PublishedFigures  # noqa: E402, F401
