"""Ground for every test: own services, a fresh database from a template, one clock, no outside world.

The tests' PostgreSQL and Valkey live under `<TESSERA_HOME>/test`; their data folder is kept between runs.
`make test` runs two processes side by side: each has services and a clock of its own, since tests stop the ones
and move the other. What shares a long start (the browser's world, the schema's driver) stays in one process.
"""

import datetime as dt
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
# A process of a run inherits TESSERA_HOME as its parent changed it below.
_ASKED = os.environ.setdefault("TESSERA_TEST_HOME", os.environ.get("TESSERA_HOME") or str(ROOT / ".tessera"))
HOME = Path(_ASKED).absolute() / os.environ.get("PYTEST_XDIST_WORKER", "") / "test"

# Before Django reads its settings; processes that tests start inherit all of it.
os.environ.update(
    TESSERA_ENV="test",
    TESSERA_HOME=str(HOME),
    TESSERA_CLOCK_FILE=str(HOME / "clock"),
    TESSERA_MEDIA=str(HOME / "media"),
    DJANGO_SETTINGS_MODULE="marketplace.settings",
    QUIET_HOURS="-",  # a test that is run at night reads its mails at once
)

from marketplace import embedded  # noqa: E402

embedded.join_missing(HOME)
(HOME / "static").mkdir(
    parents=True, exist_ok=True
)  # stays empty: tests read static files where they are written

import django  # noqa: E402

django.setup()  # pytest-django looked for settings before this file named them

import psycopg2  # noqa: E402
import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402

from marketplace.base import clock as house_clock  # noqa: E402
from marketplace.management.commands.compile_messages import compile_stale  # noqa: E402

for folder in settings.LOCALE_PATHS:
    compile_stale(Path(folder))

pytest_plugins = ["tests.personas", "tests.stripe_world", "tests.connect_market"]

# --- The database -----------------------------------------------------------------------------------


def _admin_cursor() -> Any:
    """A cursor of the owner on the maintenance database, outside any transaction."""
    known = settings.DATABASES["default"]
    link = psycopg2.connect(
        dbname="postgres",
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
    )
    link.autocommit = True
    return link.cursor()


def _schema_digest() -> str:
    """Changes whenever something changes that a migration may read."""
    digest = hashlib.sha256()
    for app in ("marketplace", "tasks", "workers", "payments"):
        for path in sorted((ROOT / app).rglob("*")):
            if path.suffix in {".sql", ".csv"} or (path.suffix == ".py" and path.parent.name == "migrations"):
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _drop_leftovers(cursor: Any, template: str) -> None:
    """Templates of other schemas, and databases of runs that ended without tidying up."""
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'tpl\\_%' OR datname LIKE 'test\\_%'")
    for (name,) in cursor.fetchall():
        pid = name.removeprefix("test_")
        alive = pid.isdigit() and Path(f"/proc/{pid}").exists()
        if name != template and not alive:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _point_at(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Migrate once for each state of the migrations, then copy: a run starts in well under a second."""
    template, name = f"tpl_{_schema_digest()}", f"test_{os.getpid()}"
    cursor = _admin_cursor()
    with django_db_blocker.unblock():
        cursor.execute("SELECT pg_advisory_lock(4201)")  # two runs at once make one template
        _drop_leftovers(cursor, template)
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "half_{name}"')
            _point_at(f"half_{name}")
            call_command("migrate", verbosity=0, interactive=False)
            connection.close()
            cursor.execute(f'ALTER DATABASE "half_{name}" RENAME TO "{template}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        cursor.execute("SELECT pg_advisory_unlock(4201)")
        _point_at(name)
        _remember_seeds()
    yield
    with django_db_blocker.unblock():
        connection.close()
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    cursor.connection.close()


_tables: list[str] = []
_seeds: dict[str, bytes] = {}


def _remember_seeds() -> None:
    """Rows that migrations made, to be put back after a transactional test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        _tables[:] = [table for (table,) in cursor.fetchall() if table != "django_migrations"]
        for table in _tables:
            copied = io.BytesIO()
            cursor.copy_expert(f'COPY "{table}" TO STDOUT', copied)
            if copied.getvalue():
                _seeds[table] = copied.getvalue()


def _empty_tables(self: Any = None) -> None:
    """After a transactional test: back to the rows of the migrations.

    Django's flush fails on tables whose triggers refuse TRUNCATE, so this deletes as the owner with the triggers
    asleep (session_replication_role = replica).
    """
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(";".join(f'DELETE FROM "{table}"' for table in _tables))
        for table, rows in _seeds.items():
            cursor.copy_expert(f'COPY "{table}" FROM STDIN', io.BytesIO(rows))
        cursor.execute("SET session_replication_role = DEFAULT")


TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[method-assign]


@pytest.fixture
def as_application(transactional_db: None) -> Iterator[Any]:
    """A psycopg2 connection (autocommit) with the role of the running application, which owns no table."""
    url = urlsplit(os.environ.get("DATABASE_URL") or embedded.database_url("app", HOME))
    link = psycopg2.connect(url._replace(path="/" + connection.settings_dict["NAME"]).geturl())
    link.autocommit = True
    yield link
    link.close()


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """No rate limit, session, doorbell or language of one test reaches the next."""
    yield
    from django.core.cache import cache
    from django.utils import translation

    cache.clear()
    translation.activate(settings.LANGUAGE_CODE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays in one process, and so do all files of the browser's world."""
    for item in items:
        place = item.path.relative_to(ROOT / "tests")
        group = place.parts[0] if place.parts[0] == "browser" else str(place)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Before the processes of a run are born: with the name of the settings in their environment pytest-django would
    read these at once, before this file has given each process its place."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure() -> None:
    embedded.leave(HOME)


# --- The clock -----------------------------------------------------------------------------------------


class Clock:
    """Moves the one clock of the house, for this process and for those it starts."""

    def __init__(self) -> None:
        self._shift = dt.timedelta()

    def now(self) -> dt.datetime:
        return house_clock.now()

    def forward(self, **duration: float) -> dt.datetime:
        """Later by so much, said as for `timedelta`: `clock.forward(days=7, seconds=1)`."""
        self._shift += dt.timedelta(**duration)
        house_clock.shift_to(self._shift.total_seconds())
        return self.now()

    def set(self, moment: dt.datetime) -> dt.datetime:
        """To an aware moment; from there it runs on."""
        self._shift = moment - dt.datetime.now(dt.UTC)
        house_clock.shift_to(self._shift.total_seconds())
        return self.now()


@pytest.fixture
def clock() -> Iterator[Clock]:
    yield Clock()
    house_clock.shift_to(0)
