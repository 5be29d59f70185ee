from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"
UNDO = """
DROP FUNCTION tasks_grant_uninvolved() CASCADE;
DROP FUNCTION tasks_payout_uninvolved() CASCADE;
DROP FUNCTION tasks_complaint_uninvolved() CASCADE;
DROP FUNCTION tasks_lift_uninvolved() CASCADE;
DROP FUNCTION tasks_restriction_uninvolved() CASCADE;
DROP FUNCTION tasks_award_contest_uninvolved() CASCADE;
DROP FUNCTION tasks_screened_uninvolved() CASCADE;
DROP FUNCTION tasks_of_batch_uninvolved() CASCADE;
DROP FUNCTION tasks_report_complaint_uninvolved() CASCADE;
DROP FUNCTION tasks_report_uninvolved() CASCADE;
DROP FUNCTION tasks_dispute_uninvolved() CASCADE;
DROP FUNCTION tasks_refuse_conflict(text, bigint, bigint[], bigint[], bigint, timestamptz);
DROP FUNCTION tasks_conflict(text, bigint, bigint, bigint[], bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0005_sharing_cases"),
        ("payments", "0012_given_up"),
        ("tasks", "0020_voice"),
        ("workers", "0008_two_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="needs_second",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="dispute",
            name="second_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=Q(needs_second=False) | Q(second_by__isnull=False) & ~Q(second_by=F("decided_by")),
                name="dispute_heavy_by_two",
            ),
        ),
        sqlfile.run(SQL / "conflicts.sql", UNDO),
    ]
