#!/usr/bin/env python
"""The command line. Without DATABASE_URL or REDIS_URL it first starts, or joins, the local services."""

import os
import sys

# These change or look after the schema, so they connect with the role that owns it.
AS_OWNER = {
    "migrate", "makemigrations", "sqlmigrate", "squashmigrations", "showmigrations", "roles", "flush",
    "backup", "restore", "drill", "simulate_year",
}  # fmt: skip
# These never touch a database or a queue.
WITHOUT_SERVICES = {
    "help",
    "version",
    "collectstatic",
    "compile_messages",
    "messages",
    "findstatic",
    "diffsettings",
    "consensus",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in AS_OWNER:
        os.environ["TESSERA_DATABASE_ROLE"] = "owner"
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python. Run `make setup`, then use .venv/bin/python manage.py …"
        )

    from marketplace import embedded

    try:
        if command not in WITHOUT_SERVICES and not {"-h", "--help", "--version"} & set(sys.argv):
            embedded.join_missing()
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, embedded.ServiceError) as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
