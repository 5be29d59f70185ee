"""Break rules of the charter one by one, each in a copy of the tree, and see whether its tests notice.

`make broken` runs all; ids as arguments run those. A rule whose tests stay green when it is broken has no proof:
then this ends with 1. What is broken how stands in RULES: a file, the words in it, and what they become.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
OUTPUT_LINES = 12


class Break(NamedTuple):
    rule: str
    what: str  # what a person would lose
    file: str
    words: str
    become: str
    tests: str  # the file whose tests are run, those with the rule's id in their name


RULES = (
    Break(
        "P1", "work is offered under the floor of the worker's country", "tasks/services/prices.py",
        "if not floor.reaches(batch.reward_micros, batch.seconds, country):", "if False:",
        "tests/integration/test_claims.py",
    ),
    Break(
        "P3", "what took longer than was said stays under the floor", "tasks/services/floors.py",
        "    if not short:", "    if True:", "tests/integration/test_measured_floor.py",
    ),
    Break(
        "P7", "the time to do an answer again shrinks to nothing", "tasks/services/reviews.py",
        "dt.timedelta(days=settings.REDO_DAYS)", "dt.timedelta(hours=1)",
        "tests/integration/test_reviews_and_disputes.py",
    ),
    Break(
        "P8", "silence does not pay", "tasks/services/reviews.py",
        "review_due_at__lte=clock.now())", "review_due_at__lte=clock.now() - dt.timedelta(days=30))",
        "tests/integration/test_reviews_and_disputes.py",
    ),
    Break(
        "P9", "refused answers are delivered", "tasks/services/exports_rows.py",
        "x.task_id = t.id AND x.state = 'approved'", "x.task_id = t.id AND x.state IN ('approved', 'rejected')",
        "tests/integration/test_exports.py",
    ),
    Break(
        "C1", "a claim passes the yearly limit", "payments/sql/person.sql",
        "<= GREATEST(c.cap_micros, v_most);", "<= GREATEST(c.cap_micros, v_most) + 300000;",
        "tests/integration/test_claims.py",
    ),
    Break(
        "C1", "a second account of a person has a limit of its own", "payments/sql/person.sql",
        "IF v_holder IS NOT NULL THEN", "IF false THEN", "tests/integration/test_one_person.py",
    ),
    Break(
        "W6", "whoever leaves and comes back is not known again", "payments/services/persons.py",
        "    touched: set[int] = set()\n    for each in found:", "    touched: set[int] = set()\n    for each in ():",
        "tests/integration/test_one_person.py",
    ),
    Break(
        "C3", "the year ends by another clock than that of Paris", "marketplace/base/clock.py",
        "return moment.astimezone(BOOKS).year", "return moment.astimezone(dt.UTC).year",
        "tests/integration/test_claims.py",
    ),
    Break(
        "C4", "one person may do a whole batch", "tasks/services/rotation.py",
        "max(settings.SHARE_LEAST, -(-slots * settings.SHARE_PERCENT // 100))", "slots",
        "tests/integration/test_rotation.py",
    ),
    Break(
        "C4", "who waits in line is given work", "tasks/sql/claims.sql",
        "IF v_waits AND v_audience = 'open' THEN", "IF false THEN", "tests/integration/test_admission.py",
    ),
    Break(
        "M4", "who refused hears the appeal too", "tasks/services/disputes.py",
        "if moderator.pk in decided_before(dispute):", "if False:",
        "tests/integration/test_reviews_and_disputes.py",
    ),
    Break(
        "M1", "a job that decides about people stands in no register", "marketplace/web/automated/nothing.py",
        '    "retention": "deletes what is needed no more",\n', "", "tests/integration/test_automated.py",
    ),
    Break(
        "M4", "who is shut out can't reach their appeals", "marketplace/web/standing.py",
        '"/work/history/"', '"/work/histories/"', "tests/integration/test_complaints.py",
    ),
    Break(
        "M5", "a restriction that was wrong stays on the record", "workers/services/restrictions.py",
        ".update(overturned_at=now)", ".update(overturned_at=None)", "tests/integration/test_complaints.py",
    ),
    Break(
        "M12", "new terms count on the day they are published", "marketplace/web/terms.py",
        "settings.TERMS_NOTICE_DAYS if number > 1 else 0", "0", "tests/integration/test_terms.py",
    ),
    Break(
        "W1", "a batch is published without saying what for", "tasks/services/batches.py",
        "if not batch.purpose.strip():", "if False:", "tests/integration/test_requester_publishing.py",
    ),
    Break(
        "W2", "the rest of a batch opens below the floor", "tasks/services/pilot.py",
        "if batch.reward_micros < needed(batch):", "if False:", "tests/integration/test_pilot.py",
    ),
    Break(
        "W3", "what may distress is offered to everybody", "tasks/services/eligibility.py",
        "    distress.require(who.user_id, batch, who.distress)\n", "", "tests/integration/test_distress.py",
    ),
)  # fmt: skip


def main(ids: list[str]) -> int:
    """Break the rules with these ids, or all; 1 when one of them is not missed by its tests."""
    chosen = [each for each in RULES if not ids or each.rule in ids]
    unnoticed = []
    with tempfile.TemporaryDirectory(prefix="tessera-broken-") as folder:
        copy = _copy(Path(folder) / "tree")
        for each in chosen:
            noticed = _noticed(copy, each, Path(folder) / "home")
            print(f"{each.rule:<4} {'noticed' if noticed else 'NOT NOTICED':<12} {each.what}", flush=True)
            if not noticed:
                unnoticed.append(each.rule)
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} broken rules made a test fail")
    return 1 if unnoticed else 0


def _copy(to: Path) -> Path:
    """The tree as it stands, without what was installed; that is linked."""
    kept = {".venv", "node_modules"}
    skipped = shutil.ignore_patterns(".git", ".tessera", "*_cache", ".hypothesis", "__pycache__", *kept)
    shutil.copytree(ROOT, to, ignore=skipped)
    for name in kept:
        if (ROOT / name).exists():
            (to / name).symlink_to((ROOT / name).resolve())
    return to


def _noticed(copy: Path, each: Break, home: Path) -> bool:
    """Whether the tests of the rule pass as it is and fail when it is broken."""
    file = copy / each.file
    whole = file.read_text()
    if whole.count(each.words) < 1:
        raise SystemExit(
            f"{each.rule}: {each.file} has no “{each.words}” any more; say anew how to break it."
        )
    before = _run(copy, each, home)
    if before.returncode:
        print(*before.stdout.splitlines()[-OUTPUT_LINES:], sep="\n")
        raise SystemExit(f"{each.rule}: its tests fail before it is broken.")
    file.write_text(whole.replace(each.words, each.become))
    try:
        return _run(copy, each, home).returncode == 1
    finally:
        file.write_text(whole)


def _run(copy: Path, each: Break, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            each.tests,
            "-k",
            f"{each.rule}_",
        ],
        cwd=copy,
        env={**os.environ, "TESSERA_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
