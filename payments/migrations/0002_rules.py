"""What SQL says about money: triggers of the ledger and the cap, and who may write."""

from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("base", "0002_append_only")]
    operations = [
        sqlfile.run(SQL / f"{name}.sql", (SQL / f"{name}_reverse.sql").read_text(encoding="utf-8"))
        for name in ("ledger", "cap", "grants")
    ]
