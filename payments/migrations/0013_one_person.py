"""Which accounts are one person's, and one cap for all of them (charter C1, W6)."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import marketplace.base.clock
from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0005_sharing_cases"),
        ("payments", "0012_given_up"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonAccount",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("holder__lte", models.F("user"))),
                        name="person_is_named_by_the_first_account",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("tin", "tax number"),
                            ("account_and_name", "account or mobile number, with the legal name"),
                            ("account", "account or mobile number"),
                        ],
                        max_length=16,
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("first_seen_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("last_seen_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("keep_until", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["digest"], name="person_mark_by_digest"),
                    models.Index(
                        condition=models.Q(("keep_until__isnull", False)),
                        fields=["keep_until"],
                        name="person_mark_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "kind", "digest"), name="person_mark_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["tin", "account_and_name", "account"])),
                        name="person_mark_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_seen_at__gte", models.F("first_seen_at"))),
                        name="person_mark_seen_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_tin", models.BooleanField(default=False)),
                ("by_name", models.BooleanField(default=False)),
                ("by_account", models.BooleanField(default=False)),
                ("found_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("changed_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("held_until", models.DateTimeField(null=True)),
                ("objection", models.TextField(blank=True, db_default="", default="")),
                ("objected_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("one", "one person"), ("two", "two people")],
                        db_default="",
                        default="",
                        max_length=3,
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("decided_at", models.DateTimeField(null=True)),
                ("keep_until", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "objected_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["second"], name="person_pair_by_second")],
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="person_pair_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="person_pair_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("by_tin", True), ("by_name", True), ("by_account", True), _connector="OR"
                        ),
                        name="person_pair_has_something_equal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("objected_at__isnull", True),
                                ("objected_by__isnull", True),
                                ("objection", ""),
                            ),
                            models.Q(
                                ("objected_at__isnull", False),
                                ("objected_by__isnull", False),
                                models.Q(("objection", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="person_pair_objection_is_somebodys",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("outcome", ""),
                                ("reason", ""),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("outcome__in", ["one", "two"]),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="person_pair_decided_by_a_named_person_with_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(
                                models.Q(("decided_by", models.F("first")), _negated=True),
                                models.Q(("decided_by", models.F("second")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="person_pair_decided_by_somebody_else",
                    ),
                ],
            },
        ),
        sqlfile.run(SQL / "person.sql", (SQL / "person_reverse.sql").read_text(encoding="utf-8")),
    ]
