"""What the application's role may do in a database: use everything, and rewrite nothing of the ledger.

A restored database has the owner of whoever restores it and no other rights: those are given anew here, as migrations
and `manage.py roles` give them.
"""

import os
from urllib.parse import unquote, urlsplit

from django.db import connection
from psycopg2 import sql

from marketplace import embedded

# Rows are added and never changed: payments/sql/grants.sql.
KEPT = ("payments_account", "payments_transaction", "payments_entry", "base_auditevent")
_GIVE = (
    "GRANT USAGE ON SCHEMA public TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {app}",
)


def application() -> str:
    """The application's role: the one DATABASE_URL names, or the local server's."""
    url = os.environ.get("DATABASE_URL", "")
    return unquote(urlsplit(url).username or "") if url else embedded.APP


def give() -> None:
    """Let the application use this database, and protect the ledger. Run as the owner."""
    owner = sql.Identifier(connection.settings_dict["USER"])
    app = sql.Identifier(application())
    with connection.cursor() as cursor:
        if application() != connection.settings_dict["USER"]:
            for text in (*_GIVE, *embedded.DEFAULT_PRIVILEGES):
                cursor.execute(sql.SQL(text).format(app=app, owner=owner))
        cursor.execute("SELECT payments_protect_ledger()")


def wrong() -> list[str]:
    """What the application's role may do and should not, or may not and should; empty when all is right."""
    app = application()
    if app == connection.settings_dict["USER"]:
        return [f"{app} owns the tables: name another role in DATABASE_URL"]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.tablename || ': may ' || p.name FROM pg_tables t
            CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p (name)
            WHERE t.schemaname = 'public' AND t.tablename = ANY (%(kept)s)
              AND has_table_privilege(%(app)s, format('public.%%I', t.tablename), p.name)
            UNION ALL
            SELECT t.tablename || ': may not ' || p.name FROM pg_tables t
            CROSS JOIN unnest(ARRAY['SELECT', 'INSERT']) p (name)
            WHERE t.schemaname = 'public'
              AND NOT has_table_privilege(%(app)s, format('public.%%I', t.tablename), p.name)
            ORDER BY 1
            """,
            {"app": app, "kept": list(KEPT)},
        )
        return [row[0] for row in cursor.fetchall()]
