"""The compose file: read, checked, and each service's command run here without Docker."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from marketplace import embedded
from tests.conftest import HOME

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")
SECRET_NAMES = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|AUTH")


def test_all_services_are_there_and_ours_share_one_image() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "valkey"}
    assert {SERVICES[name]["image"] for name in OURS} == {"tessera"}
    assert all(SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"] for name in OURS)


def test_each_lasting_service_has_a_health_check() -> None:
    for name, service in SERVICES.items():
        if name == "migrate":  # it ends
            continue
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


def test_nothing_starts_before_what_it_needs() -> None:
    for name in ("web", "worker", "beat"):
        needs = SERVICES[name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["valkey"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


OPTIONAL = {
    "${METRICS_TOKEN:-}",
    "${S3_ACCESS_KEY_ID:-}",
    "${S3_SECRET_ACCESS_KEY:-}",
    "${TESSERA_CERTIFICATE_KEY:-}",
    "${TESSERA_CERTIFICATE_OLD_KEYS:-}",
}


def test_no_secret_is_in_the_file_and_a_missing_one_says_what_it_is() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET_NAMES.search(variable) and value not in OPTIONAL:
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", str(value)), (name, variable)
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"://\w*:(?!\$)\w+@", text.replace("user:password@", ""))


def test_the_owner_of_the_tables_is_known_to_the_migration_alone() -> None:
    for name in ("web", "worker", "beat"):
        assert "DATABASE_OWNER_URL" not in SERVICES[name]["environment"]
        assert "OWNER" not in json.dumps(SERVICES[name])
    assert "tessera_app" in SERVICES["web"]["environment"]["DATABASE_URL"]


def test_the_image_does_not_run_as_root_and_is_built_from_locked_packages() -> None:
    text = (ROOT / "Dockerfile").read_text()
    users = re.findall(r"^USER (\S+)", text, re.M)
    assert users[-1] not in {"root", "0"}
    assert "--require-hashes" in text
    assert "npm ci" in text
    assert "HEALTHCHECK" in text
    for path in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        assert all((ROOT / part).exists() for part in path.split())


# --- Each command, outside Docker ----------------------------------------------------------------------


class Stack:
    """The environment of compose, filled in, on a database that `migrate` makes ready."""

    def __init__(self, folder: Path, database: str, port: int) -> None:
        self.folder, self.port = folder, port
        known = embedded.known_of("postgres", HOME)
        where = f"@{embedded.HOST}:{known['port']}/{database}"
        self.application = "compose_" + secrets.token_hex(4)
        self.filled = {
            "BASE_URL": "https://tessera.example",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "TESSERA_ID_KEY": secrets.token_urlsafe(20),
            "EMAIL_URL": "smtp://me:secret@mail.example:587",
            "PAYMENT_GATEWAY": "simulated",
        }
        self.known = {
            "DATABASE_URL": f"postgresql://{self.application}:{secrets.token_hex(8)}{where}",
            "DATABASE_OWNER_URL": f"postgresql://{embedded.SUPERUSER}:{known['admin']}{where}",
            "REDIS_URL": embedded.redis_url(HOME).removesuffix("/0") + "/9",
        }

    def environment(self, service: str) -> dict[str, str]:
        """What compose would give the service, with the addresses of this machine."""
        found = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "HOME"}}
        found["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{found['PATH']}"
        for name, value in SERVICES[service]["environment"].items():
            filled = self.known.get(name) or re.sub(r"\$\{(\w+):[?-]([^}]*)\}", self._fill, str(value))
            assert "${" not in filled, (name, filled)
            found[name] = filled
        image = {"TESSERA_HOME": str(self.folder), "BIND": "127.0.0.1", "PORT": str(self.port)}
        return found | image | {"TRUSTED_PROXY_COUNT": "1"}

    def _fill(self, match: "re.Match[str]") -> str:
        return self.filled.get(match[1], "")

    def command(self, service: str) -> list[str]:
        return [word.replace("/tmp/", f"{self.folder}/") for word in SERVICES[service]["command"]]

    def start(self, service: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / f"{service}.log", "wb") as log:
            return subprocess.Popen(
                self.command(service), cwd=ROOT, env=self.environment(service), stdout=log, stderr=log
            )

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text()[-3000:]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder, database = Path(tempfile.mkdtemp(prefix="tessera-compose-")), "compose_" + secrets.token_hex(4)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Stack(folder, database, port)
    admin = psycopg2.connect(embedded.database_url("admin", HOME))
    admin.autocommit = True
    cursor = admin.cursor()
    cursor.execute(f"CREATE DATABASE {database}")
    done = subprocess.run(
        made.command("migrate"), cwd=ROOT, env=made.environment("migrate"), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    yield made
    cursor.execute(f"DROP DATABASE {database} WITH (FORCE)")
    cursor.execute(f"DROP ROLE {made.application}")
    admin.close()
    shutil.rmtree(folder)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_migrate_makes_a_role_that_may_use_but_not_change_the_tables(stack: Stack) -> None:
    link = psycopg2.connect(stack.known["DATABASE_URL"])
    link.autocommit = True
    cursor = link.cursor()
    cursor.execute("SELECT count(*) FROM base_user")
    for statement in (
        "ALTER TABLE base_user ADD more int",
        "TRUNCATE base_user",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
    link.close()


def test_web_answers_its_health_check_and_redirects_to_https(stack: Stack) -> None:
    web = stack.start("web")
    try:
        check = SERVICES["web"]["healthcheck"]["test"]
        assert check[0] == "CMD"
        command = [part.replace(":8000/", f":{stack.port}/") for part in check[1:]]
        wait(lambda: passes(command, stack.environment("web")), stack, "web", web)
        page = urllib.request.Request(f"http://127.0.0.1:{stack.port}/", headers={"Host": "tessera.example"})
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.build_opener(NoRedirect).open(page, timeout=5)
        assert answer.value.code == 301
        assert answer.value.headers["Location"] == "https://tessera.example/"
        answer.value.close()
    finally:
        end(web)


def test_worker_answers_its_health_check(stack: Stack) -> None:
    worker = stack.start("worker")
    try:
        check = SERVICES["worker"]["healthcheck"]["test"]
        assert check[0] == "CMD-SHELL"
        command = ["sh", "-c", check[1].replace("$$HOSTNAME", socket.gethostname())]
        wait(lambda: passes(command, stack.environment("worker")), stack, "worker", worker)
    finally:
        end(worker)


def test_beat_starts_and_passes_its_health_check(stack: Stack) -> None:
    beat = stack.start("beat")
    try:
        check = SERVICES["beat"]["healthcheck"]["test"]
        command = ["sh", "-c", check[1].replace("$$", "$").replace("/tmp", str(stack.folder))]
        wait(lambda: passes(command, dict(os.environ)), stack, "beat", beat)
    finally:
        end(beat)


def passes(check: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(check, cwd=ROOT, env=environment, capture_output=True).returncode == 0


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **rest: Any) -> None:
        return None


def wait(true: Any, stack: Stack, service: str, process: "subprocess.Popen[bytes]") -> None:
    end_at = time.monotonic() + 60
    while not true():
        assert process.poll() is None, stack.log(service)
        assert time.monotonic() < end_at, stack.log(service)
        time.sleep(0.3)
