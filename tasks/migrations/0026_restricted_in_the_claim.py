from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """`tasks_claim` looks itself whether a moderator has restricted the person (charter M2)."""

    dependencies = [("tasks", "0025_person_uninvolved"), ("workers", "0009_admission")]

    operations = [
        migrations.RunSQL((SQL / "claims.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
