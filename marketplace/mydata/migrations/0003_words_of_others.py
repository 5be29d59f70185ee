"""Lets the name of somebody who is erased go out of what others said in disputes of their own."""

from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("mydata", "0002_words_in_decisions")]
    operations = [
        sqlfile.run(SQL / "words_of_others.sql", (SQL / "decisions.sql").read_text(encoding="utf-8"))
    ]
