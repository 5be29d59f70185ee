"""The REST interface keeps to its own description: schemathesis calls a live server as a stranger's program would.

It comes from a virtual environment of its own, made when it is first needed, since its dependencies are none
of ours.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import market
from tests.api_client import Program
from tests.conftest import HOME, ROOT
from tests.personas import BORN, make_organisation

REQUIREMENTS = ROOT / "requirements" / "schemathesis.txt"
VENV = HOME.parent / "schemathesis"
EXAMPLES = 4  # for each operation and phase
SEED = 20_261_122


@pytest.fixture(scope="session")
def schemathesis() -> Path:
    """The program, installed when it is missing or its requirements changed."""
    stamp, wanted = VENV / "requirements", hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        python = VENV / "bin" / "python"
        own = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True)
        pip = [python, "-m", "pip"]
        if own.returncode:  # a Python without ensurepip: the pip beside it installs
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV], check=True)
            pip = [sys.executable, "-m", "pip", "--python", python]
        install = [
            *pip,
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            REQUIREMENTS,
        ]
        subprocess.run(install, check=True)
        stamp.write_text(wanted)
    return VENV / "bin" / "schemathesis"


@pytest.fixture
def everybody(alice: Any, bob: Any, bea: Any, dana: Any) -> tuple[Program, dict[str, list[str]]]:
    """A key with every scope, and public ids that mean something to it, in every state there is.

    Dana moderates, belongs to an organisation, and works for another one.
    """
    from tasks.services import disputes, reviews
    from workers.services import onboarding

    onboarding.save_profile(
        user=dana, country="FR", languages=["fr"], birth_date=BORN, time_zone="Europe/Paris"
    )
    ours = make_organisation("Ours", owner=dana)
    program = Program(dana, "read", "write", "funds", "work", "moderate", organisation=ours)
    open_ = market.open_batch(ours, dana, rows=30, overlap=2)
    paused = market.open_batch(ours, dana)
    program.post(f"/batches/{paused.public_id}/pause/")
    draft = market.draft(ours, dana)
    source = program.send(f"/batches/{draft.public_id}/rows/", b"name\none\n", "text/csv")["id"]
    submissions = [market.submitted(worker, open_) for worker in (bob, bea) for _ in range(4)]
    for row in submissions[:2]:
        reviews.contest(assignment=row, actor=dana, reason="wrong_answer", evidence="It is another one.")

    theirs = market.open_batch(alice.organisation, alice, rows=60, overlap=2)
    claimed = [market.claimed(dana, theirs) for _ in range(3)]
    answered = [market.submitted(dana, theirs), market.submitted(bob, theirs)]
    for row in answered:
        reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Something is missing.")
        row.refresh_from_db()
    disputes.reply(assignment=answered[1], worker=bob, text="Nothing is.")
    deposit = program.post("/deposits/", {"amount": "20.00"}, 201)["id"]
    return program, {
        "path.batch": [open_.public_id, paused.public_id, draft.public_id],
        "path.import_id": [source],
        "path.submission": [row.public_id for row in submissions],
        "path.deposit": [deposit],
        "path.assignment": [row.public_id for row in [*claimed, answered[0]]],
        "path.dispute": [answered[1].disputes.get().public_id],
        "body.batch": [theirs.public_id],
    }


def config(values: dict[str, list[str]]) -> str:
    """Settings of schemathesis: real ids, and what our statuses mean."""
    lines = [
        f"seed = {SEED}",
        f"hooks = {json.dumps(str(Path(__file__).with_name('hooks.py')))}",
        "[checks]",
        # A value can fit its type and still be refused by a rule: 400 with `fields`.
        'positive_data_acceptance.expected-statuses = ["2xx", 400, 403, 404, 409, 422]',
        "negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 411, 413, 415, 422]",
        "[dictionaries]",
    ]
    names = {place: re.sub(r"\W", "_", place) for place in values}
    lines += [f"{names[place]} = {{ values = {json.dumps(ids)} }}" for place, ids in values.items()]
    lines.append("[parameters]")
    lines += [f'"{place}" = {{ dictionary = "{name}", probability = 1.0 }}' for place, name in names.items()]
    lines += [
        "[phases.coverage]",
        'unexpected-methods = ["DELETE", "OPTIONS"]',
        "[phases.fuzzing]",
        "error-feedback.enabled = false",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_no_call_is_answered_with_a_status_or_a_shape_that_is_not_described(
    live_server: Any, everybody: tuple[Program, dict[str, list[str]]], schemathesis: Path, tmp_path: Path
) -> None:
    program, values = everybody
    (tmp_path / "schemathesis.toml").write_text(config(values))
    command = [
        schemathesis, "--config-file", tmp_path / "schemathesis.toml", "run", f"{live_server.url}/api/v1/schema/",
        "--header", f"Authorization: Bearer {program.secret}", "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(EXAMPLES), "--continue-on-failure",
    ]  # fmt: skip
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))
    }
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
