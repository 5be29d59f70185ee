from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [
        sqlfile.run(
            SQL / "append_only.sql",
            "DROP TRIGGER audit_append_only ON base_auditevent; DROP TRIGGER audit_no_truncate ON base_auditevent;"
            " DROP FUNCTION base_refuse_change();",
        )
    ]
