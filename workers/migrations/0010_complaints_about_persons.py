"""Whether two accounts are one person's is decided in a way that can be complained about (charter M4)."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0009_admission"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="complaint",
            name="complaint_about_known",
        ),
        migrations.AlterField(
            model_name="complaint",
            name="about",
            field=models.CharField(
                choices=[
                    ("restriction", "A restriction"),
                    ("hold", "A held payout"),
                    ("grant", "A request to the help fund"),
                    ("screening", "A batch that was handed back"),
                    ("person", "Accounts counted as one person’s"),
                ],
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="complaint",
            constraint=models.CheckConstraint(
                condition=models.Q(("about__in", ["restriction", "hold", "grant", "screening", "person"])),
                name="complaint_about_known",
            ),
        ),
    ]
