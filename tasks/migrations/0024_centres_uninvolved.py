from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """A centre, too, is decided about by nobody who has a part in it (charter M2)."""

    dependencies = [
        ("tasks", "0023_given_back_ends_no_rest"),
        ("workers", "0009_admission"),
    ]

    operations = [
        sqlfile.run(SQL / "conflicts_centres.sql", "DROP FUNCTION tasks_centre_uninvolved() CASCADE;"),
    ]
