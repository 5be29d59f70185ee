"""The local PostgreSQL and Valkey: joined by many commands, stopped by the last, back after a kill."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from marketplace import embedded

ROOT = Path(embedded.__file__).resolve().parents[2]

# A command that joins, says so, and stays until its input ends.
USER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from marketplace import embedded
try:
    embedded.join(sys.argv[3], Path(sys.argv[2]))
except embedded.ServiceError as error:
    print("error", error, flush=True)
    sys.exit(1)
print("joined", flush=True)
sys.stdin.read()
"""

Command = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for services of their own."""
    parent = Path(tempfile.mkdtemp(prefix="tessera-"))
    parent.chmod(0o755)
    (parent / "local").mkdir()
    yield parent / "local"
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def command(place: Path) -> Iterator[Command]:
    """Starts commands that use a service of `place`; all are ended, and the services with them."""
    started: list[subprocess.Popen[str]] = []

    def start(service: str, *, wait: bool = True) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(ROOT), str(place), service],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        if wait:
            assert process.stdout
            assert process.stdout.readline() == "joined\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    for service in ("postgres", "valkey"):
        until(lambda service=service: not embedded.is_kept(place, service))


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def query(place: Path, statement: str, role: str = "owner") -> object:
    link = psycopg2.connect(embedded.database_url(role, place), connect_timeout=3)
    link.autocommit = True
    try:
        cursor = link.cursor()
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None
    finally:
        link.close()


def answers(place: Path) -> bool:
    try:
        return query(place, "SELECT 1") == 1
    except psycopg2.OperationalError:
        return False


def postmaster(place: Path) -> int:
    return int((embedded.data_folder(place) / "postmaster.pid").read_text().split()[0])


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate()


def test_a_second_command_joins_and_the_last_one_to_go_stops_the_server(
    place: Path, command: Command
) -> None:
    first = command("postgres")
    pid = postmaster(place)
    second = command("postgres")
    assert postmaster(place) == pid
    end(first)  # the one that started it
    time.sleep(0.6)
    assert answers(place)
    end(second)
    until(lambda: not answers(place))
    until(lambda: not embedded.is_kept(place, "postgres"))


def test_commands_that_start_at_once_share_one_server(place: Path, command: Command) -> None:
    several = [command("valkey", wait=False) for _ in range(5)]  # type: ignore[call-arg]
    for process in several:
        assert process.stdout
        assert process.stdout.readline() == "joined\n"
    assert len(valkeys(place)) == 1


def test_a_killed_server_comes_back_with_its_data_on_the_same_address(place: Path, command: Command) -> None:
    command("postgres")
    query(place, "CREATE TABLE kept (id int)")
    query(place, "INSERT INTO kept VALUES (42)")
    address, pid = embedded.database_url("app", place), postmaster(place)
    os.kill(pid, signal.SIGKILL)
    until(lambda: answers(place) and postmaster(place) != pid)
    assert query(place, "SELECT id FROM kept") == 42
    assert embedded.database_url("app", place) == address


def test_a_killed_keeper_takes_its_server_along_and_the_next_command_starts_anew(
    place: Path, command: Command
) -> None:
    command("valkey")
    keeper = embedded.keeper_pid("valkey", place)
    assert keeper
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not valkeys(place))
    command("valkey")
    assert redis.Redis.from_url(embedded.redis_url(place)).ping()
    assert embedded.keeper_pid("valkey", place) != keeper


def test_a_command_that_is_killed_leaves_nothing_running(place: Path, command: Command) -> None:
    process = command("postgres")
    process.kill()
    until(lambda: not embedded.is_kept(place, "postgres"))
    assert not answers(place)
    until(lambda: not [line for line in processes() if str(place) in line])


def test_a_stale_pid_file_that_names_another_program_does_not_stop_the_start(
    place: Path, command: Command
) -> None:
    end(command("postgres"))
    until(lambda: not embedded.is_kept(place, "postgres"))
    pid_file = embedded.data_folder(place) / "postmaster.pid"
    pid_file.write_text(
        f"{os.getpid()}\n{embedded.data_folder(place)}\n1700000000\n1\n\n127.0.0.1\n0 0\nready   \n"
    )
    pid_file.chmod(0o644)
    command("postgres")
    assert answers(place)


def test_a_taken_port_is_left_and_another_is_chosen(place: Path, command: Command) -> None:
    end(command("valkey"))
    until(lambda: not embedded.is_kept(place, "valkey"))
    import socket

    port = json.loads((place / "valkey.json").read_text())["port"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((embedded.HOST, port))
        other.listen()
        command("valkey")
        assert json.loads((place / "valkey.json").read_text())["port"] != port
        assert redis.Redis.from_url(embedded.redis_url(place)).ping()


def test_the_application_may_use_but_not_change_what_the_owner_made(place: Path, command: Command) -> None:
    command("postgres")
    query(place, "CREATE TABLE ours (id int)")
    query(place, "INSERT INTO ours VALUES (1)", "app")
    assert query(place, "SELECT id FROM ours", "app") == 1
    for statement in (
        "ALTER TABLE ours ADD more int",
        "DROP TABLE ours",
        "TRUNCATE ours",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            query(place, statement, "app")


def test_passwords_are_for_the_owner_of_the_folder_alone(place: Path, command: Command) -> None:
    command("valkey")
    embedded.local_secrets(place, "SOME_KEY")
    for name in ("valkey.json", "secrets.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600, name
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=json.loads((place / "valkey.json").read_text())["port"]).ping()
    again = embedded.local_secrets(place, "SOME_KEY", "OTHER")
    assert again["SOME_KEY"] == json.loads((place / "secrets.json").read_text())["SOME_KEY"]


def test_data_of_another_major_version_is_refused_with_a_sentence(place: Path, command: Command) -> None:
    end(command("postgres"))
    until(lambda: not embedded.is_kept(place, "postgres"))
    (embedded.data_folder(place) / "PG_VERSION").write_text("12\n")
    process = command("postgres", wait=False)  # type: ignore[call-arg]
    said, _ = process.communicate(timeout=30)
    assert "is of PostgreSQL 12" in said
    assert process.returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must step aside to another user")
def test_root_in_a_closed_folder_keeps_the_data_where_the_server_can_reach_it(
    place: Path, command: Command
) -> None:
    place.parent.chmod(0o700)
    data = embedded.data_folder(place)
    assert not data.is_relative_to(place)
    assert (place / "elsewhere").readlink() == data
    try:
        command("postgres")
        assert answers(place)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def processes() -> list[str]:
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]


def valkeys(place: Path) -> list[str]:
    port = json.loads((place / "valkey.json").read_text())["port"]
    return [line for line in processes() if "valkey-server" in line and f"{embedded.HOST}:{port}" in line]
