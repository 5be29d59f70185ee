import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import marketplace.base.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DataExport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("size", models.BigIntegerField(default=0)),
                ("made_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-asked_at"], name="export_by_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at__isnull", True), ("made_at__isnull", True), ("path", "")),
                            models.Q(
                                ("expires_at__isnull", False),
                                ("made_at__isnull", False),
                                models.Q(("path", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="export_made_is_somewhere_until_a_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("made_at__isnull", True)),
                        fields=("user",),
                        name="export_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErasureRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for what is still open"),
                            ("cooling", "will be carried out"),
                            ("withdrawn", "taken back"),
                            ("done", "carried out"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                (
                    "waits_for",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                ("leaves_rest", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("cooling_until", models.DateTimeField(null=True)),
                ("goodbye_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "cooling", "withdrawn", "done"])),
                        name="erasure_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "cooling"), _negated=True),
                            models.Q(("cooling_until__isnull", False), ("waits_for__len", 0)),
                            _connector="OR",
                        ),
                        name="erasure_cools_until_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state__in", ["waiting", "cooling"])),
                            models.Q(("ended_at__isnull", False), ("state__in", ["withdrawn", "done"])),
                            _connector="OR",
                        ),
                        name="erasure_ended_when_it_is_over",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "cooling", "done"])),
                        fields=("user",),
                        name="erasure_once_per_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(max_length=43)),
                ("sealed", models.BinaryField(null=True)),
                ("keep_until", models.DateField()),
                ("made_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("destroyed_at", models.DateTimeField(null=True)),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destroyed_at__isnull", True), ("sealed__isnull", False)),
                            models.Q(("destroyed_at__isnull", False), ("sealed__isnull", True)),
                            _connector="OR",
                        ),
                        name="sealed_until_destroyed",
                    )
                ],
            },
        ),
    ]
