from pathlib import Path

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import marketplace.base.clock
from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"
# Who is here already was let in when they came.
LET_IN = "UPDATE workers_workerprofile SET admitted_at = created_at"
UNDO = "DROP FUNCTION workers_admitted_in_order() CASCADE"


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0008_two_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gate",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("open_micros", models.BigIntegerField(default=0)),
                ("active_workers", models.PositiveIntegerField(default=0)),
                ("room", models.PositiveIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(id=1), name="gate_is_one"),
                    models.CheckConstraint(condition=Q(open_micros__gte=0), name="gate_work_not_negative"),
                ],
            },
        ),
        migrations.AddField(
            model_name="workerprofile",
            name="admitted_at",
            field=models.DateTimeField(null=True, default=marketplace.base.clock.now),
        ),
        migrations.RunSQL(LET_IN, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="workerprofile",
            index=models.Index(
                condition=Q(admitted_at=None), fields=["created_at", "user"], name="worker_waiting"
            ),
        ),
        sqlfile.run(SQL / "admission.sql", UNDO),
    ]
