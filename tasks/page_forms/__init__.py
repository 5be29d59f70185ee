"""Django forms behind the requester's pages: they read what was typed; the services judge it."""
