from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Whether two accounts are one person's, too, is decided by nobody who has a part in it (charter M2)."""

    dependencies = [
        ("tasks", "0024_centres_uninvolved"),
        ("payments", "0013_one_person"),
    ]

    operations = [
        sqlfile.run(SQL / "conflicts_person.sql", "DROP FUNCTION tasks_person_uninvolved() CASCADE;"),
    ]
