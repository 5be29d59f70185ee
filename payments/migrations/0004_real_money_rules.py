"""What SQL says about real money: stored balances, closed months, numbered documents."""

from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_real_money")]
    operations = [
        sqlfile.run(SQL / "real_money.sql", (SQL / "real_money_reverse.sql").read_text(encoding="utf-8"))
    ]
