"""A database beside the real one, for drills and simulations: made, used through the usual connection, dropped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from psycopg2 import sql

from marketplace import embedded


@contextmanager
def database(purpose: str) -> Iterator[str]:
    """An empty database of the owner's, called after `purpose` and this process; dropped at the end.

    Raises CommandError where nobody may make one.
    """
    name = f"{purpose}_{os.getpid()}"
    owner = connection.settings_dict["USER"]
    with _server() as cursor:
        try:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
            )
        except psycopg2.errors.InsufficientPrivilege:
            raise CommandError(
                f"The role {owner} may not make databases. Let it, as an administrator of PostgreSQL:"
                f" ALTER ROLE {owner} CREATEDB"
            ) from None
        try:
            yield name
        finally:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Everything in this process uses the database `name` inside the block."""
    before = connection.settings_dict["NAME"]
    _point(name)
    try:
        yield
    finally:
        _point(before)


def _point(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[Any]:
    """A cursor of who may make databases: of the local server its administrator, else the owner."""
    if os.environ.get("DATABASE_URL"):
        link = psycopg2.connect(**connection.get_connection_params())
    else:
        link = psycopg2.connect(embedded.database_url("admin", settings.HOME))
    try:
        link.autocommit = True
        with link.cursor() as cursor:
            yield cursor
    finally:
        link.close()
