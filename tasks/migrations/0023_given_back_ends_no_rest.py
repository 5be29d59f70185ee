from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """`tasks_turn` reads past tasks that were given back (charter C7)."""

    dependencies = [("tasks", "0022_admission")]

    operations = [
        migrations.RunSQL((SQL / "claims.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
