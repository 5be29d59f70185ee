"""Django's PostgreSQL backend with a cheaper health check (docs/adr/0005)."""
