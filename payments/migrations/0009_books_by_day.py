"""Months of the books are found by the day of their transactions."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_kept_method")]
    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="transaction_by_day"
            ),
        ),
    ]
