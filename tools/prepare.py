"""Make a bare checkout ready: `.venv`, locked packages, front-end packages, database, translations, static files.

    prepare.py setup    what the product needs           prepare.py test    and what its checks need
    prepare.py demo     ready, with data, and running    prepare.py lock    and package-lock.json made anew

Only the standard library. A step whose inputs did not change is skipped: its digest is kept in a stamp file.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
HOME = Path(os.environ.get("TESSERA_HOME") or ROOT / ".tessera").absolute()
LEAST_FREE, LEAST_FREE_FIRST = 500_000_000, 2_000_000_000  # bytes; the packages alone take 800 MB
PRODUCT, CHECKS, NODE = "requirements/base.txt", "requirements/dev.txt", "requirements/node.txt"
DOCUMENT = "requirements/stripe-document.txt"  # a file that tests read

# What a failing tool prints, and the sentence a person needs.
HINTS = (
    ("No space left on device", "The disk is full. Free at least 2 GB and run the same command again."),
    (
        "No matching distribution found",
        "A package has no ready-made build for this Python and machine, and building it would need a compiler. "
        "Use CPython 3.11, 3.12 or 3.13 on Linux or macOS (x86_64 or arm64): make PYTHON=python3.11 …",
    ),
    (
        "do not match the hashes",
        "A downloaded package is not the one that was locked. Do not go on; try again later.",
    ),
    (
        "Temporary failure in name resolution",
        "The package index can't be reached. Check the network, then try again.",
    ),
    ("Max retries exceeded", "The package index can't be reached. Check the network, then try again."),
    ("ConnectionError", "The package index can't be reached. Check the network, then try again."),
    ("Permission denied", "A file can't be written. Does this checkout belong to somebody else?"),
)


def main() -> None:
    goal = sys.argv[1] if len(sys.argv) > 1 else "setup"
    if sys.version_info < (3, 11):
        fail("Tessera needs Python 3.11 or newer; this is %s." % sys.version.split()[0])
    os.chdir(ROOT)
    require_disk()
    make_venv()
    install([PRODUCT, CHECKS, DOCUMENT] if goal == "test" else [PRODUCT])
    if goal == "lock":
        lock_front_end()
    install_front_end()
    translations()
    if goal == "demo":
        require_port()
        run_demo()


def fail(sentence: str) -> None:
    sys.exit("\n" + sentence)


def require_disk() -> None:
    free, least = shutil.disk_usage(ROOT).free, LEAST_FREE if VENV.exists() else LEAST_FREE_FIRST
    if free < least:
        fail(
            "Only %d MB are free on the disk of this checkout; %d MB are needed."
            % (free // 10**6, least // 10**6)
        )


def require_port() -> None:
    """Said before the work of a first run, not after; `manage.py up` looks again."""
    import socket

    port = int(os.environ.get("PORT") or 8000)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("BIND") or "127.0.0.1", port))
        except OSError:
            fail(
                "Port %d is taken by another program. Stop it, or choose another port: PORT=%d make demo"
                % (port, port + 1)
            )


# --- Steps and their stamps ---------------------------------------------------------------------------


def digest(*paths: Path) -> str:
    """Of the names and contents of files, and of all files in folders."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.suffix not in {".mo", ".pyc"} and file.exists():
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def fresh(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def mark(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)


def step(sentence: str, command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a quiet command under one line that says what happens; when it fails, say why and show its end."""
    print("· %s …" % sentence, end="", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode == 0:
        print(" %.0f s" % (time.monotonic() - began), flush=True)
        return
    text = done.stdout.decode(errors="replace")
    print(" failed\n" + "\n".join("    " + line for line in text.strip().splitlines()[-15:]))
    for sign, sentence in HINTS:
        if sign in text:
            fail(sentence)
    fail("This step failed; its last words are above. Command: " + " ".join(command))


# --- Packages --------------------------------------------------------------------------------------------


def make_venv() -> None:
    if not (BIN / "python").exists() or subprocess.call(
        [str(BIN / "python"), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    ):
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if made.returncode:  # Debian keeps ensurepip in a package of its own; a system pip can do its work
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)], check=False)
    if subprocess.call([str(BIN / "python"), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
        return
    if subprocess.call(
        [str(BIN / "python"), "-m", "ensurepip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) and subprocess.call(
        [sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        fail(
            "This Python can't make a virtual environment: its module ensurepip is missing. "
            "On Debian or Ubuntu: apt-get install python%d.%d-venv" % sys.version_info[:2]
        )


def pip() -> list[str]:
    own = [str(BIN / "python"), "-m", "pip"]
    if subprocess.call([*own, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return own
    return [sys.executable, "-m", "pip", "--python", str(BIN / "python")]


def install(files: list[str]) -> None:
    for name in files:
        stamp, wanted = VENV / ("." + name.replace("/", "-")), digest(ROOT / name)
        if fresh(stamp, wanted):
            continue
        count = sum(1 for line in (ROOT / name).read_text().splitlines() if "==" in line)
        step(
            "Installing %d locked Python packages of %s" % (count, name),
            [
                *pip(),
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "-r",
                name,
                "--require-hashes",
                "--no-deps",
                "--only-binary",
                ":all:",
            ],
        )
        mark(stamp, wanted)


def install_front_end() -> None:
    stamp, wanted = ROOT / "node_modules" / ".stamp", digest(ROOT / "package-lock.json")
    if fresh(stamp, wanted):
        return
    step(
        "Installing the front-end packages",
        [npm(), "ci", "--no-fund", "--no-audit", "--ignore-scripts"],
        {"PATH": str(BIN) + os.pathsep + os.environ.get("PATH", "")},
    )
    mark(stamp, wanted)


def lock_front_end() -> None:
    """package-lock.json as package.json asks for it now: `npm ci` refuses one that lags behind."""
    step(
        "Resolving the front-end packages",
        [npm(), "install", "--package-lock-only", "--ignore-scripts"],
        {"PATH": str(BIN) + os.pathsep + os.environ.get("PATH", "")},
    )


def npm() -> str:
    found = shutil.which("npm")
    if found is None or not node_is_new():
        install([NODE])
        found = str(BIN / "npm")
    return found


def node_is_new() -> bool:
    try:
        version = subprocess.check_output(["node", "--version"], text=True)
        return int(version.lstrip("v").split(".")[0]) >= 18
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


# --- What the product prepares of itself ---------------------------------------------------------------------


def manage(*words: str) -> list[str]:
    return [str(BIN / "python"), str(ROOT / "manage.py"), *words]


def translations() -> None:
    sources = list(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    if any(
        not po.with_suffix(".mo").exists() or po.with_suffix(".mo").stat().st_mtime < po.stat().st_mtime
        for po in sources
    ):
        step("Compiling translations", manage("compile_messages"), {"TESSERA_ENV": "demo"})


def run_demo() -> None:
    demo = {"TESSERA_ENV": "demo"}
    stamps = HOME / "stamps"
    own_database = bool(os.environ.get("DATABASE_URL"))
    made = (HOME / "postgres.made").exists() or own_database
    schema = digest(*(ROOT / app for app in ("marketplace", "tasks", "workers", "payments")))
    if not made or own_database or not fresh(stamps / "migrate", schema):
        step("Bringing the database up to date", manage("migrate", "--verbosity", "0"), demo)
        mark(stamps / "migrate", schema)
    pages = digest(ROOT / "static", ROOT / "package-lock.json", ROOT / PRODUCT)
    if not (ROOT / "staticfiles" / "staticfiles.json").exists() or not fresh(stamps / "static", pages):
        step(
            "Collecting static files",
            manage("collectstatic", "--noinput", "--clear", "--verbosity", "0"),
            demo,
        )
        mark(stamps / "static", pages)
    if not made or own_database or not demo_is_known():
        step("Filling the market with demonstration data", manage("demo"), demo)
    print("· Starting web, worker and beat …", flush=True)
    os.execve(str(BIN / "python"), manage("up"), {**os.environ, **demo})


def demo_is_known() -> bool:
    """Whether `demo.json` is there and speaks of the address that will be served."""
    address = os.environ.get("BASE_URL") or "http://127.0.0.1:" + (os.environ.get("PORT") or "8000")
    try:
        return json.loads((HOME / "demo.json").read_text())["base_url"] == address
    except (OSError, ValueError, KeyError):
        return False


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on where it was.")
