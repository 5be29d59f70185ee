from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import marketplace.base.clock
from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"
UNDO = """
DROP TRIGGER second_opinion_stays ON base_secondopinion;
DROP FUNCTION base_opinion_stays();
DROP FUNCTION base_conflict(text, bigint, bigint, bigint[], bigint, timestamptz);
DROP FUNCTION base_organisations_of(bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0004_standing_and_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=3)),
                ("number", models.BigIntegerField()),
                ("values", models.JSONField(default=dict)),
                ("saved_at", models.DateTimeField(default=marketplace.base.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="CaseLease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=3)),
                ("number", models.BigIntegerField()),
                ("taken_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("until", models.DateTimeField()),
                ("left_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FormerMembership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ended_at", models.DateTimeField(default=marketplace.base.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="SecondOpinion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=3)),
                ("number", models.BigIntegerField()),
                ("question", models.TextField()),
                ("act", models.CharField(blank=True, max_length=20)),
                ("act_until", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("answered_at", models.DateTimeField(null=True)),
                ("agrees", models.BooleanField(null=True)),
                ("answer", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="Stake",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=3)),
                ("number", models.BigIntegerField()),
                ("declared_at", models.DateTimeField(default=marketplace.base.clock.now)),
            ],
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("tag__startswith", "console:")), fields=["-id"], name="audit_of_console"
            ),
        ),
        migrations.AddField(
            model_name="casedraft",
            name="moderator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="caselease",
            name="moderator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="formermembership",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="base.organisation"
            ),
        ),
        migrations.AddField(
            model_name="formermembership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="secondopinion",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="secondopinion",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="secondopinion",
            name="asked_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stake",
            name="moderator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="casedraft",
            constraint=models.UniqueConstraint(
                fields=("kind", "number", "moderator"), name="case_draft_once_per_person"
            ),
        ),
        migrations.AddIndex(
            model_name="caselease",
            index=models.Index(fields=["moderator", "until"], name="case_lease_by_person"),
        ),
        migrations.AddConstraint(
            model_name="caselease",
            constraint=models.UniqueConstraint(fields=("kind", "number"), name="case_lease_one_per_case"),
        ),
        migrations.AddConstraint(
            model_name="caselease",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gte", models.F("taken_at"))), name="case_lease_ends"
            ),
        ),
        migrations.AddIndex(
            model_name="formermembership",
            index=models.Index(fields=["user", "ended_at"], name="former_membership_by_person"),
        ),
        migrations.AddIndex(
            model_name="secondopinion",
            index=models.Index(fields=["kind", "number"], name="second_opinion_of_case"),
        ),
        migrations.AddIndex(
            model_name="secondopinion",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True)),
                fields=["asked_at"],
                name="second_opinion_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondopinion",
            constraint=models.CheckConstraint(
                condition=models.Q(("question", ""), _negated=True), name="second_opinion_asks_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="secondopinion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("asked_of__isnull", True),
                    models.Q(("asked_of", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="second_opinion_asked_of_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondopinion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("agrees__isnull", True),
                        ("answer", ""),
                        ("answered_at__isnull", True),
                        ("answered_by__isnull", True),
                    ),
                    models.Q(
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="second_opinion_answered_by_and_at_in_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondopinion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_by__isnull", True),
                    models.Q(
                        models.Q(("answered_by", models.F("asked_by")), _negated=True),
                        models.Q(
                            ("asked_of__isnull", True), ("answered_by", models.F("asked_of")), _connector="OR"
                        ),
                    ),
                    _connector="OR",
                ),
                name="second_opinion_by_who_was_asked",
            ),
        ),
        migrations.AddConstraint(
            model_name="stake",
            constraint=models.UniqueConstraint(
                fields=("kind", "number", "moderator"), name="stake_once_per_case"
            ),
        ),
        sqlfile.run(SQL / "conflicts.sql", UNDO),
    ]
