"""Sessions in PostgreSQL, read by one fixed statement: a log-out counts at once, whatever else is down (ADR 3)."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

TABLE = Session._meta.db_table
FIND = f"SELECT session_data FROM {TABLE} WHERE session_key = %s AND expire_date > %s"  # noqa: S608 - a constant


class SessionStore(db.SessionStore):
    """Django's own, but for the look-up that every request makes."""

    def load(self) -> dict[str, Any]:
        """What the session holds; empty, and the key forgotten, when there is none or it has ended."""
        with connection.cursor() as cursor:
            cursor.execute(FIND, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row:
            return self.decode(row[0])
        self._session_key = None
        return {}
