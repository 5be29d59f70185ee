"""Lets the words of somebody who is erased go from decisions that are otherwise never rewritten."""

from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("mydata", "0001_initial"), ("tasks", "0018_what_may_be_asked")]
    operations = [
        sqlfile.run(SQL / "decisions.sql", (SQL / "decisions_reverse.sql").read_text(encoding="utf-8"))
    ]
