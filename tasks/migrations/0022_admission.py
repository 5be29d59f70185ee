from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tasks", "0021_nobody_involved"), ("workers", "0009_admission")]

    operations = [
        migrations.RunSQL((SQL / "claims.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
