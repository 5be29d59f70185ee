from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0009_attempt_questions"),
    ]

    operations = [
        migrations.AddField(
            model_name="batchguest",
            name="declined_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="batchguest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declined_at__isnull", True),
                    models.Q(("accepted_at__isnull", True), ("worker__isnull", False)),
                    _connector="OR",
                ),
                name="guest_declines_in_person_or_accepts",
            ),
        ),
    ]
