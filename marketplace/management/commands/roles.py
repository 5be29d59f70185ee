"""Make the application's database role, in a PostgreSQL of one's own. Run it as the owner, before `migrate`."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg2 import sql

from marketplace import embedded


class Command(BaseCommand):
    help = "Create the role that DATABASE_URL names, with rights to use but not to change what DATABASE_OWNER_URL owns."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        url = urlsplit(os.environ.get("DATABASE_URL", ""))
        if not url.username or not url.password:
            raise CommandError("DATABASE_URL must name the application's role and its password.")
        owner, role, password = connection.settings_dict["USER"], unquote(url.username), unquote(url.password)
        if owner == role:
            raise CommandError("DATABASE_URL and DATABASE_OWNER_URL name the same role; choose two.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
            cursor.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
            for text in embedded.DEFAULT_PRIVILEGES:
                cursor.execute(sql.SQL(text).format(owner=sql.Identifier(owner), app=sql.Identifier(role)))
        self.stdout.write(f"role {role}: {'kept' if verb == 'ALTER' else 'made'}")
