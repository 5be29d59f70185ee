from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from marketplace.base import clock, sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=12)),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("now", "a mail for each, when it happens"),
                            ("digest", "one mail a day with all of them"),
                            ("product", "no mail: only here, under Notices"),
                        ],
                        max_length=7,
                    ),
                ),
                ("changed_at", models.DateTimeField(default=clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="MailHours",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="mail_hours",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("digest_at", models.TimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PublishedFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period", models.CharField(max_length=7)),
                ("counted_at", models.DateTimeField(default=clock.now)),
                ("is_closed", models.BooleanField(default=False)),
                ("figures", models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name="notice",
            name="mail_due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("mail_due_at__isnull", False)),
                fields=["mail_due_at"],
                name="notice_mail_waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mailed_at__isnull", True), ("mail_due_at__isnull", True), _connector="OR"
                ),
                name="notice_mailed_waits_no_more",
            ),
        ),
        migrations.AddField(
            model_name="mailchoice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mail_choices",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="mailhours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quiet_from__isnull", True), ("quiet_until__isnull", True)),
                    models.Q(
                        ("quiet_from__isnull", False),
                        ("quiet_until__isnull", False),
                        models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="mail_hours_quiet_from_and_until",
            ),
        ),
        migrations.AddIndex(
            model_name="publishedfigures",
            index=models.Index(fields=["period", "-counted_at"], name="figures_of_half_year"),
        ),
        migrations.AddConstraint(
            model_name="publishedfigures",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_closed", True)), fields=("period",), name="figures_closed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="publishedfigures",
            constraint=models.CheckConstraint(
                condition=models.Q(("period__regex", "^[0-9]{4}-H[12]$")),
                name="figures_period_is_a_half_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailchoice",
            constraint=models.UniqueConstraint(fields=("user", "topic"), name="mail_choice_once_per_topic"),
        ),
        migrations.AddConstraint(
            model_name="mailchoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["now", "digest", "product"])), name="mail_choice_way_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailchoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("topic__in", ["money", "decision", "deadline", "security", "erasure"]), _negated=True
                ),
                name="mail_choice_never_of_what_must_be_told",
            ),
        ),
        sqlfile.run(
            SQL / "published_figures.sql",
            "DROP TRIGGER figures_append_only ON base_publishedfigures;"
            " DROP TRIGGER figures_no_truncate ON base_publishedfigures;"
            " DROP TRIGGER figures_closed_stay ON base_publishedfigures; DROP FUNCTION base_figures_after_close();",
        ),
    ]
