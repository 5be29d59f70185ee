from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """A question that was set aside stays closed in a test too, when somebody gives it back."""

    dependencies = [("tasks", "0013_chains")]
    operations = [migrations.RunSQL((SQL / "claims.sql").read_text(encoding="utf-8"))]
