"""People: one person, one account. What they may do follows from rows elsewhere."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids


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
