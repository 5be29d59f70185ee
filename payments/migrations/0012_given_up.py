"""A released file that was never carried out is given up by two different people."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_birth_country"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "payoutrun",
            "given_up_by",
            models.ForeignKey(
                null=True, on_delete=models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField("payoutrun", "given_up_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "payoutrun",
            "given_up_reason",
            models.CharField(blank=True, db_default="", default="", max_length=400),
        ),
        migrations.AddField(
            "payoutrun",
            "given_up_second_by",
            models.ForeignKey(
                null=True, on_delete=models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            "payoutrun",
            models.CheckConstraint(
                condition=Q(given_up_by__isnull=True, given_up_at__isnull=True, given_up_reason="")
                | Q(given_up_by__isnull=False, given_up_at__isnull=False) & ~Q(given_up_reason=""),
                name="run_given_up_by_somebody_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            "payoutrun",
            models.CheckConstraint(
                condition=Q(given_up_second_by__isnull=True)
                | Q(given_up_by__isnull=False, state="cancelled") & ~Q(given_up_second_by=F("given_up_by")),
                name="run_given_up_by_two_different_people",
            ),
        ),
    ]
