import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0018_what_may_be_asked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="pilot",
            field=models.CharField(
                blank=True,
                choices=[
                    ("running", "a first small run"),
                    ("held", "waiting for a higher price"),
                    ("opening", "the rest is being opened"),
                    ("over", "all of it is open"),
                    ("stopped", "ended with the batch"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="pilot_countries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=2), blank=True, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="pilot_decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="pilot_row",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="reviewed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="reviewed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("pilot__in", ["running", "held", "opening"])),
                fields=["id"],
                name="batch_piloted",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("pilot__in", ["", "running", "held", "opening", "over", "stopped"])),
                name="batch_pilot_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pilot", ""),
                    models.Q(("pilot_row__isnull", False), ("reviewed_at__isnull", False)),
                    _connector="OR",
                ),
                name="batch_pilot_after_a_review",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("pilot__in", ["running", "held", "opening"]), _negated=True),
                    ("state__in", ["screening", "published", "paused"]),
                    _connector="OR",
                ),
                name="batch_pilot_ends_with_the_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("pilot__in", ["held", "opening", "over"]), _negated=True),
                    ("pilot_decided_at__isnull", False),
                    _connector="OR",
                ),
                name="batch_pilot_decided_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewed_at__isnull", True), ("reviewed_by__isnull", True)),
                    models.Q(("reviewed_at__isnull", False), ("reviewed_by__isnull", False)),
                    _connector="OR",
                ),
                name="batch_reviewed_by_and_at",
            ),
        ),
    ]
