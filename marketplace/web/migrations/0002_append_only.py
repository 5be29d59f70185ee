from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"
REVERSE = " ".join(
    f"DROP TRIGGER {name}_append_only ON {table}; DROP TRIGGER {name}_no_truncate ON {table};"
    for name, table in (
        ("rule_version", "web_ruleversion"),
        ("terms_version", "web_termsversion"),
        ("terms_answer", "web_termsanswer"),
    )
)


class Migration(migrations.Migration):
    dependencies = [("web", "0001_rules_and_terms"), ("base", "0002_append_only")]
    operations = [sqlfile.run(SQL / "append_only.sql", REVERSE)]
