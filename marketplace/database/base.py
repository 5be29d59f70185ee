"""The connection to PostgreSQL, whose health check asks the socket before it asks the server.

Django asks `SELECT 1` before the first query of a request. But a server that went away has closed its end, which
the kernel knows without a round trip: then the socket of an idle connection has something to read.
"""

import select

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL


class DatabaseWrapper(PostgreSQL):
    def is_usable(self) -> bool:
        """Whether the connection works. The server is asked after an error, or when something waits to be read."""
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred or self._something_to_read():
            return bool(super().is_usable())
        return True

    def _something_to_read(self) -> bool:
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return bool(waiting.poll(0))
